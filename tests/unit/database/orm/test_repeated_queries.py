"""
Tests of finding what should have been one query.
"""

import sys
import warnings
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, selectinload

from covet.database.orm import (
    RepeatedQueryError,
    RepeatedQueryWarning,
    Repository,
    allow_repeated_queries,
    create_session_factory,
)
from covet.database.orm.repeated_queries import Reaction, watch_repeated_queries
from covet.database.orm.session import RowSession
from tests.unit.database.orm.tables import Post, User, open_engine


async def open_watched(reaction: Reaction, limit: int = 5) -> AsyncIterator[AsyncSession]:
    """Open a session that is watched, with ten users of a post each."""
    watched = type("WatchedSession", (RowSession,), {})
    watch_repeated_queries(watched, reaction=reaction, limit=limit)
    async with open_engine("sqlite://") as engine:
        factory = create_session_factory(engine)
        factory.configure(sync_session_class=watched)
        async with factory() as session:
            session.add_all(User(id=n, name=str(n), posts=[Post(id=n, slug=str(n))]) for n in range(1, 11))
            await session.commit()
            session.expunge_all()
            yield session


@pytest.fixture
async def session() -> AsyncIterator[AsyncSession]:
    """Open a session that warns."""
    async for session in open_watched("warn"):
        yield session


@pytest.fixture
async def strict_session() -> AsyncIterator[AsyncSession]:
    """Open a session that raises."""
    async for session in open_watched("raise"):
        yield session


def read_author(_session: Session, post: Post) -> str:
    """Load something on the way, where SQLAlchemy can."""
    return post.author.name


async def test_relationship_that_is_loaded_row_by_row(session: AsyncSession) -> None:
    """The warning stands at the very line, and says what to write instead."""
    posts = await Repository[Post](session).find()

    with pytest.warns(RepeatedQueryWarning) as caught:
        for post in posts:
            await session.run_sync(read_author, post)

    (found,) = caught
    assert str(found.message) == (
        "This line asks the database for Post.author more than 5 times. "
        "Load it with the rows: load=[selectinload(Post.author)]."
    )
    assert (found.filename, found.lineno) == (__file__, read_author.__code__.co_firstlineno + 2)


async def test_row_that_is_fetched_one_at_a_time(session: AsyncSession) -> None:
    """The usual form of it where nothing is loaded on the way."""
    users = Repository[User](session)

    with pytest.warns(RepeatedQueryWarning) as caught:
        for number in range(1, 11):
            line = sys._getframe().f_lineno + 1
            await users.get_by_id(number)

    (found,) = caught
    assert str(found.message) == (
        "This line asks the database for User more than 5 times. Ask once for all of them: User.id.in_(...), or a join."
    )
    assert (found.filename, found.lineno) == (__file__, line)


async def test_test_may_fail_over_it(strict_session: AsyncSession) -> None:
    """The error says the line, too."""
    users = Repository[User](strict_session)

    with pytest.raises(RepeatedQueryError) as caught:
        for number in range(1, 11):
            line = sys._getframe().f_lineno + 1
            await users.get_by_id(number)

    assert str(caught.value).startswith(f"{__file__}:{line}: This line asks the database for User more than 5 times.")


async def test_what_is_loaded_with_the_rows_is_fine(strict_session: AsyncSession) -> None:
    """However many rows there are."""
    users = await Repository[User](strict_session).find(load=[selectinload(User.posts)])

    assert [post.slug for user in users for post in user.posts] == [str(n) for n in range(1, 11)]


async def test_different_lines_and_questions_are_not_the_same(strict_session: AsyncSession) -> None:
    """Each may be asked as often as the limit says."""
    for number in range(5):
        await strict_session.scalars(select(User).where(User.age == number))
    for number in range(5):
        await strict_session.scalars(select(User).where(User.age == number))
    for column in (User.id, User.name, User.age, User.email, Post.id, Post.slug, Post.title):
        await strict_session.execute(select(column))


async def test_block_may_be_allowed_to(strict_session: AsyncSession) -> None:
    """A job that works in batches is no mistake."""
    with allow_repeated_queries():
        for number in range(20):
            await strict_session.scalars(select(User).where(User.age == number))


async def test_each_session_counts_for_itself() -> None:
    """Ten requests with one query each are no N+1."""
    for _ in range(10):
        async for session in open_watched("raise", limit=1):
            await session.scalars(select(User))


async def test_others_are_not_watched() -> None:
    """Nothing is installed on the sessions of other applications, or in production."""
    async with open_engine("sqlite://") as engine, create_session_factory(engine)() as session:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for number in range(20):
                await session.scalars(select(User).where(User.age == number))

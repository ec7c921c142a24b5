"""
Tests of what tables have in common.
"""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import selectinload

from covet.database.orm import Repository, StaleRowError, Versioned
from tests.unit.database.orm.tables import Post, User


async def add_posts(session: AsyncSession, *slugs: str) -> None:
    """Add a user with posts, and commit."""
    session.add(User(id=1, name="Ada", posts=[Post(slug=slug) for slug in slugs]))
    await session.commit()


async def test_timestamps_say_when(session: AsyncSession) -> None:
    """The second one follows each change."""
    before = datetime.now(UTC)
    await add_posts(session, "a")
    post = (await session.scalars(select(Post))).one()
    made, changed = post.created_at, post.updated_at

    post.title = "new"
    await session.commit()

    assert before <= made <= datetime.now(UTC)
    assert changed == made
    assert post.updated_at > changed
    assert post.created_at == made


async def test_timestamps_of_a_new_row_are_one(session: AsyncSession) -> None:
    """However it is made, and whenever it says that it was made; what the database computes is its own affair."""
    moment = datetime(2020, 1, 1, tzinfo=UTC)
    posts = Repository[Post](session)
    await add_posts(session, "a")
    await posts.create_many([{"author_id": 1, "slug": "b"}, {"author_id": 1, "slug": "c", "created_at": moment}])
    await posts.upsert({"author_id": 1, "slug": "d"}, on=["slug"])
    await posts.create({"author_id": 1, "slug": "e", "created_at": moment})
    await posts.create_many([{"author_id": 1, "slug": "f", "updated_at": moment}])
    await session.execute(insert(Post).values(author_id=1, slug="g", created_at=func.now()))

    rows = {post.slug: post for post in await posts.find(order_by=["slug"])}

    assert all(rows[slug].created_at == rows[slug].updated_at for slug in "abcde")
    assert rows["c"].created_at == rows["e"].created_at == rows["f"].updated_at == moment
    assert abs(rows["g"].updated_at - datetime.now(UTC)) < timedelta(minutes=1)


async def test_deleted_rows_are_hidden_from_every_query(session: AsyncSession) -> None:
    """Selects, joins, counts, changes and what relationships load: none of them shows one."""
    await add_posts(session, "a", "b")
    await Repository[Post](session).delete(1)
    await session.commit()
    session.expunge_all()

    user = (await session.scalars(select(User).options(selectinload(User.posts)))).one()
    joined = await session.scalars(select(User).join(User.posts).where(Post.slug == "a"))
    counted = await session.scalar(select(func.count()).select_from(Post))
    changed = await Repository[Post](session).update_many(values={"title": "new"}, every=True)

    assert [post.slug for post in user.posts] == ["b"]
    assert joined.all() == []
    assert (counted, changed) == (1, 1)


async def test_deleted_rows_are_hidden_from_what_is_loaded_late(session: AsyncSession) -> None:
    """A relationship of an object that no query has loaded is one of the queries."""
    await add_posts(session, "a", "b")
    await Repository[Post](session).delete(1)
    user = await session.get_one(User, 1)
    await session.refresh(user, ["posts"])

    assert [post.slug for post in user.posts] == ["b"]


async def test_deleted_rows_are_shown_to_who_asks(session: AsyncSession) -> None:
    """The option belongs to SQLAlchemy's statements, too."""
    await add_posts(session, "a")
    await Repository[Post](session).delete(1)
    await session.commit()

    hidden = (await session.scalars(select(Post))).all()
    shown = (await session.scalars(select(Post), execution_options={"include_deleted": True})).one()

    assert hidden == []
    assert shown.is_deleted
    assert shown.deleted_at is not None
    assert shown.deleted_at.tzinfo is UTC


async def test_version_counts_changes(session: AsyncSession) -> None:
    """It begins at 1, and the tag says it."""
    await add_posts(session, "a")
    post = (await session.scalars(select(Post))).one()
    tags = [post.etag]

    post.title = "new"
    await session.commit()
    tags.append(post.etag)

    assert tags == ['"1"', '"2"']


async def test_no_change_gets_lost(sessions: async_sessionmaker[AsyncSession]) -> None:
    """Of two who have read the same state, the second one is told, and nothing of it is kept."""
    async with sessions() as first, sessions() as second:
        await add_posts(first, "a")
        mine, theirs = await first.get_one(Post, 1), await second.get_one(Post, 1)
        await second.commit()
        mine.title = "mine"
        await first.commit()
        theirs.title = "theirs"

        with pytest.raises(StaleRowError) as caught:
            await second.commit()

        await second.rollback()
        await first.refresh(mine)
    assert (caught.value.status_code, str(caught.value)) == (409, "It was changed meanwhile. Read it again.")
    assert mine.title == "mine"


def test_etag_is_strong() -> None:
    """It may stand in If-Match."""
    row = Versioned()
    row.version = 12

    assert row.etag == '"12"'

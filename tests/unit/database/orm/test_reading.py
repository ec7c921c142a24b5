"""
Tests of finding rows.
"""

import asyncio
import re
import tracemalloc
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, TypeVar, cast
from uuid import uuid4

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from covet.database.orm import CursorQuery, OffsetQuery, Repository, UnknownFieldError
from covet.exceptions import ConfigurationError, NotFoundError
from tests.unit.database.orm.tables import Post, Sample, User

ModelT = TypeVar("ModelT")


class Users(Repository[User]):
    """Know more than all repositories do."""

    async def adults(self) -> list[User]:
        """Find those of age."""
        return await self.find(User.age >= 18, order_by=["name"])


async def add_users(session: AsyncSession, *ages: int) -> Users:
    """Add users whose names are a, b, c, …"""
    session.add_all(User(id=index + 1, name="abcdefghij"[index], age=age) for index, age in enumerate(ages))
    await session.commit()
    session.expunge_all()
    return Users(session)


async def test_row_of_a_key(session: AsyncSession) -> None:
    """It is the same object for the same session."""
    users = await add_users(session, 36)

    ada = await users.get_by_id(1)

    assert (ada.name, ada.age) == ("a", 36)
    assert await users.find_by_id(1) is ada


@pytest.mark.parametrize("ident", [7, -1, 2**63, 10**40])
async def test_missing_row_is_a_404(session: AsyncSession, ident: int) -> None:
    """However large the number is that a client has asked for."""
    users = await add_users(session)

    with pytest.raises(NotFoundError) as caught:
        await users.get_by_id(ident)

    assert (caught.value.status_code, caught.value.detail) == (404, f"User {ident} was not found.")
    assert await users.find_by_id(ident) is None


async def test_long_key_is_not_repeated(memory_session: AsyncSession) -> None:
    """An answer is not as long as a client likes."""
    with pytest.raises(NotFoundError, match=r"^User of that id was not found\.$"):
        await Users(memory_session).get_by_id("x" * 10_000)


async def test_key_may_be_anything(session: AsyncSession) -> None:
    """A UUID that no row has is a 404 as well."""
    with pytest.raises(NotFoundError, match="Sample UUID"):
        await Repository[Sample](session).get_by_id(uuid4())


async def test_relationships_are_loaded_with_the_row(session: AsyncSession) -> None:
    """In SQLAlchemy's words."""
    session.add(User(id=1, name="a", posts=[Post(slug="x"), Post(slug="y")]))
    await session.commit()
    session.expunge_all()

    user = await Users(session).get_by_id(1, load=[selectinload(User.posts)], for_update=True)

    assert [post.slug for post in user.posts] == ["x", "y"]


async def test_deleted_row_is_not_there(session: AsyncSession) -> None:
    """Even if the session still has the object."""
    session.add(User(id=1, name="a", posts=[Post(id=1, slug="x")]))
    await session.commit()
    posts = Repository[Post](session)
    await posts.delete(1)

    assert await posts.find_by_id(1) is None
    session.expunge_all()
    assert await posts.find_by_id(1) is None
    assert (await posts.get_by_id(1, include_deleted=True)).is_deleted


async def test_rows_are_found(session: AsyncSession) -> None:
    """By conditions, in an order, some of them."""
    users = await add_users(session, 30, 17, 40, 30)

    found = [
        await users.adults(),
        await users.find({"age": 30}, order_by=["-name"]),
        await users.find(User.age > 17, {"name": "c"}),
        await users.find(order_by=["-age", User.name], limit=2, offset=1),
        await users.find({"email": None}, User.name.in_(["a"])),
    ]

    assert ["".join(user.name for user in rows) for rows in found] == ["acd", "da", "c", "ad", "a"]


class ByOffset(OffsetQuery[User], sort=["age"]):
    """Go by pages that are counted."""

    age__ge: int | None = None


class ByCursor(CursorQuery[User], sort=["age"]):
    """Go on where the page before ended."""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"limit": -1}, "limit must be at least 0, got -1."),
        ({"limit": "5"}, "limit must be at least 0, got '5'."),
        ({"limit": True}, "limit must be at least 0, got True."),
        ({"offset": -1}, "offset must be at least 0, got -1."),
    ],
)
async def test_numbers_of_rows_are_numbers(session: AsyncSession, options: dict[str, Any], message: str) -> None:
    """SQLite takes a negative limit for none, and would give the whole table."""
    users = Repository[User](session)

    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        await users.find(**options)
    assert await users.find(limit=0) == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (lambda: ByOffset(limit=0), "limit must be at least 1, got 0."),
        (lambda: ByOffset(limit=-1), "limit must be at least 1, got -1."),
        (lambda: ByOffset(offset=-1), "offset must be at least 0, got -1."),
        (lambda: ByCursor(limit=-1), "limit must be at least 1, got -1."),
    ],
)
async def test_pages_that_code_asks_for_have_rows(session: AsyncSession, query: Any, message: str) -> None:
    """A client that asks for others gets a 422; nobody has validated what code makes."""
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        await Repository[User](session).list(query())


async def test_first_row_that_fits(session: AsyncSession) -> None:
    """Or none."""
    users = await add_users(session, 30, 40)

    first = await users.find_one(order_by=["-age"])

    assert first is not None
    assert first.name == "b"
    assert await users.find_one({"name": "z"}) is None


async def test_rows_are_counted_and_known_to_exist(session: AsyncSession) -> None:
    """Without loading any."""
    users = await add_users(session, 30, 40, 50)

    assert (await users.count(), await users.count(User.age > 30)) == (3, 2)
    assert (await users.exists(), await users.exists({"age": 31})) == (True, False)


async def test_deleted_rows_count_for_who_asks(session: AsyncSession) -> None:
    """In each of the methods."""
    session.add(User(id=1, name="a", posts=[Post(id=1, slug="x"), Post(id=2, slug="y")]))
    await session.commit()
    posts = Repository[Post](session)
    await posts.delete(1)

    assert (await posts.count(), await posts.count(include_deleted=True)) == (1, 2)
    assert (await posts.exists({"id": 1}), await posts.exists({"id": 1}, include_deleted=True)) == (False, True)
    assert len(await posts.find(include_deleted=True)) == 2
    assert len([post async for post in posts.stream(include_deleted=True)]) == 2


@pytest.mark.row(96)
@pytest.mark.parametrize("name", ["_connector", "__class__", "id__raw", "include_deleted", "posts", "limit"])
async def test_names_that_a_client_sent_reach_nothing_inside(memory_session: AsyncSession, name: str) -> None:
    """A mapping says values of columns: no option of the method, no attribute of the class is among them."""
    users = Users(memory_session)

    for call in (users.find, users.count, users.exists, users.find_one):
        with pytest.raises(UnknownFieldError):
            await call({name: 1})
    with pytest.raises(UnknownFieldError):
        await users.find(order_by=[name])


async def test_statement_goes_on_in_the_words_of_sqlalchemy(session: AsyncSession) -> None:
    """What a repository has no method for begins there."""
    users = await add_users(session, 30, 40)

    statement = users.select(User.age > 30).with_only_columns(User.name)

    assert (await session.scalars(statement)).all() == ["b"]


async def test_batch_of_a_stream_has_a_row(memory_session: AsyncSession) -> None:
    """SQLAlchemy would take 0 for all of them."""
    with pytest.raises(ValueError, match=r"batch_size must be at least 1, got 0\."):
        async for _ in Repository[User](memory_session).stream(batch_size=0):
            pass


async def test_stream_holds_a_batch_at_a_time(session: AsyncSession) -> None:
    """Twenty thousand rows take no more memory than some hundred do."""
    rows = 20_000
    await session.execute(insert(User), [{"name": f"{number:0>40}", "age": number} for number in range(rows)])
    await session.commit()
    users, seen = Users(session), 0
    tracemalloc.start()
    try:
        async for user in users.stream(order_by=["age"], batch_size=200):
            assert user.age == seen
            seen += 1
            if seen == 1_000:
                tracemalloc.reset_peak()
                before = tracemalloc.get_traced_memory()[0]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert seen == rows
    assert peak - before < 2_000_000


async def test_stream_that_is_left_gives_its_cursor_back(session: AsyncSession) -> None:
    """The session goes on with other queries."""
    users = await add_users(session, *range(10))

    async with aclosing(cast("AsyncGenerator[User, None]", users.stream(batch_size=2))) as rows:
        async for user in rows:
            assert user.age == 0
            break

    assert await users.count() == 10


async def test_page_that_a_client_asks_for(session: AsyncSession) -> None:
    """Its filters and those of the application hold together."""
    users = await add_users(session, 10, 20, 30, 40)

    page = await users.list(ByOffset(age__ge=20, limit=2, sort=["-age"]), User.name != "d")
    first = await users.list(ByCursor(limit=3))

    assert ([user.age for user in page.items], page.total) == ([30, 20], 2)
    assert [user.age for user in first.items] == [10, 20, 30]


class _Named(Repository[ModelT]):
    """Stand between the repository and one of a model."""


class _NamedUsers(_Named[User]):
    """Say the model two classes later."""


async def test_model_is_known_however_it_was_said(memory_session: AsyncSession) -> None:
    """In brackets, in a subclass, in a subclass of a generic one."""
    made: list[Repository[Any]] = [
        Repository[User](memory_session),
        Users(memory_session),
        _Named[User](memory_session),
        _NamedUsers(memory_session),
    ]

    assert [repository.model for repository in made] == [User] * 4


async def test_repository_of_nothing_says_how(memory_session: AsyncSession) -> None:
    """It is a mistake that one makes once."""
    with pytest.raises(ConfigurationError) as caught:
        await Repository(memory_session).count()

    assert str(caught.value) == (
        "Repository is of no model.\n  Write Repository[User], or a class that derives from it."
    )
    with pytest.raises(ConfigurationError, match="int is no mapped class"):

        class Numbers(Repository[int]):
            pass


async def test_two_repositories_do_not_mix_up_their_models(memory_session: AsyncSession) -> None:
    """The model belongs to the instance."""
    users, posts = Repository[User](memory_session), Repository[Post](memory_session)
    await asyncio.sleep(0)

    assert (users.model, posts.model) == (User, Post)

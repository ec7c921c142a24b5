"""
Tests of rows that may be there already.
"""

import asyncio

import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from covet.database.errors import UniqueViolationError
from covet.database.orm import Repository, UnknownFieldError
from tests.unit.database.orm.tables import Post, Stamp, User


async def test_row_is_made_or_changed(session: AsyncSession) -> None:
    """The columns that tell which one it is are not changed, and what is not given stays."""
    users = Repository[User](session)

    made = await users.upsert({"name": "Ada", "age": 36, "email": "ada@example.com"}, on=["name"])
    ident = made.id
    changed = await users.upsert({"name": "Ada", "age": 37}, on=["name"])

    assert (changed.id, changed.age, changed.email) == (ident, 37, "ada@example.com")
    assert changed is made
    assert await users.count() == 1


async def test_only_what_is_named_is_changed(session: AsyncSession) -> None:
    """Nothing at all may be: then the row is found or made."""
    users = Repository[User](session)
    await users.upsert({"name": "Ada", "age": 36, "email": "a"}, on=["name"])

    one = await users.upsert({"name": "Ada", "age": 1, "email": "b"}, on=["name"], update=["email"])
    seen = one.age, one.email
    none = await users.upsert({"name": "Ada", "age": 2, "email": "c"}, on=["name"], update=[])

    assert (seen, (none.age, none.email)) == ((36, "b"), (36, "b"))


async def test_deleted_row_is_there_again(session: AsyncSession) -> None:
    """Its version and its time of change have gone up."""
    await Repository[User](session).create({"id": 1, "name": "Ada"})
    posts = Repository[Post](session)
    first = await posts.upsert({"author_id": 1, "slug": "a", "title": "old"}, on=["slug"])
    before = first.updated_at
    await posts.delete(first)

    again = await posts.upsert({"author_id": 1, "slug": "a", "title": "new"}, on=["slug"])

    assert (again.title, again.is_deleted, again.version) == ("new", False, 3)
    assert again.updated_at > before
    assert await posts.count() == 1


async def test_columns_that_change_by_themselves_do(session: AsyncSession) -> None:
    """By a function, a value or an expression of SQL, as in an update; what is given counts more."""
    stamps = Repository[Stamp](session)
    await stamps.upsert({"id": 1, "name": "a"}, on=["id"])

    stamp = await stamps.upsert({"id": 1, "name": "b"}, on=["id"])
    stamp = await stamps.upsert({"id": 1, "name": "c", "by_function": "mine"}, on=["id"])

    assert (stamp.by_function, stamp.by_value, stamp.by_expression, stamp.by_itself) == (
        "mine",
        "value",
        "EXPRESSION",
        2,
    )


async def test_fields_must_be_given(memory_session: AsyncSession) -> None:
    """Otherwise the database could not tell, or would change what nobody said."""
    users = Repository[User](memory_session)

    with pytest.raises(UnknownFieldError, match=r"^An upsert of User has no field 'name'"):
        await users.upsert({"age": 1}, on=["name"])
    with pytest.raises(UnknownFieldError, match=r"^An upsert of User has no field 'email'"):
        await users.upsert({"name": "Ada"}, on=["name"], update=["email"])
    with pytest.raises(TypeError, match=r"on= is a list of fields, such as \['id'\], got 'name'"):
        await users.upsert({"name": "Ada"}, on="name")


async def test_another_constraint_still_holds(session: AsyncSession, url: str) -> None:
    """MariaDB takes whichever constraint is broken; the others have only those that are named."""
    users = Repository[User](session)
    await users.create({"id": 1, "name": "Ada"})
    await session.commit()

    if url.startswith("mysql"):
        assert (await users.upsert({"id": 1, "name": "Ada", "age": 3}, on=["id"])).age == 3
        return
    with pytest.raises(UniqueViolationError):
        await users.upsert({"id": 2, "name": "Ada"}, on=["id"])


async def test_many_at_once_make_one_row(sessions: async_sessionmaker[AsyncSession]) -> None:
    """Nobody is refused, whoever comes first."""

    async def upsert(age: int) -> None:
        async with sessions() as session:
            await Repository[User](session).upsert({"name": "Ada", "age": age}, on=["name"])
            await session.commit()

    async with asyncio.TaskGroup() as group:
        for age in range(6):
            group.create_task(upsert(age))

    async with sessions() as session:
        assert await Repository[User](session).count() == 1


@pytest.mark.parametrize("url", ["postgresql", "mysql"], indirect=True)
async def test_row_that_came_in_between_is_found(sessions: async_sessionmaker[AsyncSession]) -> None:
    """What a transaction of MariaDB has read first is what it reads later; nothing of the row is to be changed."""
    async with sessions() as session, sessions() as other:
        users = Repository[User](session)
        assert await users.count() == 0
        await Repository[User](other).create({"name": "Ada", "age": 36})
        await other.commit()

        found = await users.upsert({"name": "Ada"}, on=["name"])

        assert (found.name, found.age) == ("Ada", 36)

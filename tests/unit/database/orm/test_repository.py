"""
Tests of keeping rows, one at a time.
"""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from covet.database.errors import ForeignKeyViolationError, UniqueViolationError
from covet.database.orm import DTO, Repository, StaleRowError, UnknownFieldError
from covet.exceptions import NotFoundError
from covet.types import UNSET
from tests.unit.database.orm.tables import Post, User


class UserChanges(DTO[User], include={"name", "age", "email"}, partial=True):
    """Carry what a client wants to change."""


async def make_post(session: AsyncSession, **values: Any) -> Repository[Post]:
    """Add a user with a post, and commit."""
    await Repository[User](session).create({"id": 1, "name": "Ada"})
    posts = Repository[Post](session)
    await posts.create({"id": 1, "author_id": 1, "slug": "a", **values})
    await session.commit()
    return posts


async def test_a_new_row_has_the_columns_that_nobody_gave(session: AsyncSession) -> None:
    """Also after the commit, and without a look into the database: they are empty."""
    users, posts = Repository[User](session), Repository[Post](session)
    user = await users.create({"name": "Ada"})
    post = await posts.create({"slug": "tea", "author_id": user.id})
    await session.commit()

    assert (user.email, user.age) == (None, 0)
    assert post.deleted_at is None


async def test_row_is_created(session: AsyncSession) -> None:
    """Of a mapping, of a DTO, or of an object; it has its key at once."""
    users = Repository[User](session)

    made = [
        await users.create({"name": "Ada", "age": 36}),
        await users.create(UserChanges(name="Blaise", email=None)),
        await users.create(User(name="Charles")),
    ]

    assert [(user.id, user.name, user.age) for user in made] == [(1, "Ada", 36), (2, "Blaise", 0), (3, "Charles", 0)]


async def test_fields_are_given_by_name(session: AsyncSession) -> None:
    """Alone, beside what a client sent, which they overrule, and beside an object."""
    users = Repository[User](session)

    made = [
        await users.create(name="Ada", age=36),
        await users.create(UserChanges(name="Blaise", age=1), age=39),
        await users.create(User(name="Charles"), age=45),
    ]
    changed = await users.update(made[0], UserChanges(name="Augusta"), age=37)
    await users.update(made[2].id, age=46)

    assert [(user.name, user.age) for user in made] == [("Augusta", 37), ("Blaise", 39), ("Charles", 46)]
    assert changed is made[0]


async def test_unknown_name_of_a_field_is_refused(session: AsyncSession) -> None:
    """Whichever way it comes, and with the one that was meant."""
    users = Repository[User](session)
    ada = await users.create(name="Ada")

    with pytest.raises(UnknownFieldError, match="User has no field 'nme'"):
        await users.create(nme="Ada")
    with pytest.raises(UnknownFieldError, match="User has no field 'nme'"):
        await users.create(User(name="Ada"), nme="Blaise")
    with pytest.raises(UnknownFieldError, match="User has no field 'nme'"):
        await users.update(ada, nme="Blaise")


async def test_refused_row_says_so_here(session: AsyncSession) -> None:
    """Not at the commit, where nobody knows which one it was."""
    users = Repository[User](session)
    await users.create({"name": "Ada"})

    with pytest.raises(UniqueViolationError):
        await users.create({"name": "Ada"})


@pytest.mark.row(98)
@pytest.mark.parametrize(
    "name", ["nme", "__pk_only__", "posts", "metadata", "_sa_instance_state", "__class__", "registry", "is_deleted"]
)
async def test_only_columns_are_written(memory_session: AsyncSession, name: str) -> None:
    """No relationship, no property, nothing of SQLAlchemy's or Python's own."""
    users = Repository[User](memory_session)
    await users.create({"id": 1, "name": "Ada"})

    for call in (
        users.create({name: 1}),
        users.update(1, {name: 1}),
        users.upsert({"id": 1, name: 1}, on=["id"]),
        users.create_many([{name: 1}]),
        users.update_many({"id": 1}, values={name: 1}),
    ):
        with pytest.raises(UnknownFieldError):
            await call


async def test_given_fields_are_changed_and_no_others(session: AsyncSession) -> None:
    """What a client did not send stays; None that it sent is a value."""
    users = Repository[User](session)
    ada = await users.create({"name": "Ada", "age": 36, "email": "ada@example.com"})

    await users.update(ada.id, UserChanges(age=37))
    await users.update(ada, {"email": None})

    assert (ada.name, ada.age, ada.email) == ("Ada", 37, None)
    assert UserChanges(age=37).name is UNSET


@pytest.mark.parametrize("name", ["id", "version"])
async def test_key_and_version_do_not_change(session: AsyncSession, name: str) -> None:
    """The one would be another row, and the other counts by itself."""
    posts = await make_post(session)

    with pytest.raises(UnknownFieldError, match=f"^An update of Post has no field '{name}'"):
        await posts.update(1, {name: 7})
    with pytest.raises(UnknownFieldError):
        await posts.update_many({"id": 1}, values={name: 7})


async def test_missing_row_cannot_change(session: AsyncSession) -> None:
    """Nor be deleted, nor come back."""
    posts = Repository[Post](session)

    for call in (posts.update(7, {"title": "x"}), posts.delete(7), posts.restore(7)):
        with pytest.raises(NotFoundError):
            await call


async def test_expected_version_is_compared(session: AsyncSession) -> None:
    """A client that has seen another state is told, before anything is sent."""
    posts = await make_post(session)
    await posts.update(1, {"title": "second"}, expected_version=1)

    with pytest.raises(StaleRowError):
        await posts.update(1, {"title": "third"}, expected_version=1)
    with pytest.raises(StaleRowError):
        await posts.delete(1, expected_version=1)
    with pytest.raises(TypeError, match="User is not mapped with Versioned"):
        await Repository[User](session).update(1, {"age": 1}, expected_version=1)

    post = await posts.get_by_id(1)
    assert (post.title, post.version) == ("second", 2)


async def test_somebody_else_was_quicker(sessions: async_sessionmaker[AsyncSession], session: AsyncSession) -> None:
    """Between reading and writing nobody else's change is lost."""
    posts = await make_post(session)
    mine = await posts.get_by_id(1)
    await session.commit()
    async with sessions() as other:
        await other.execute(text("UPDATE posts SET title = 'theirs', version = version + 1"))
        await other.commit()

    with pytest.raises(StaleRowError):
        await posts.update(mine, {"title": "mine"})
    await session.rollback()

    assert (await posts.get_by_id(1)).title == "theirs"


async def test_deleted_row_is_marked(session: AsyncSession) -> None:
    """It comes back, or goes for good."""
    posts = await make_post(session)

    await posts.delete(1)
    gone = await posts.count(), await posts.count(include_deleted=True)
    await posts.restore(1)
    back = await posts.count()
    await posts.delete(1)
    await posts.delete(1, hard=True)

    assert (gone, back, await posts.count(include_deleted=True)) == ((0, 1), 1, 0)


async def test_row_without_the_mixin_is_deleted(session: AsyncSession) -> None:
    """And cannot come back."""
    users = Repository[User](session)
    ada = await users.create({"name": "Ada"})
    await session.commit()

    with pytest.raises(TypeError, match="User is not mapped with SoftDelete: what is deleted is gone"):
        await users.restore(ada)
    await users.delete(ada)

    assert await users.count() == 0


async def test_row_that_others_refer_to_stays(session: AsyncSession) -> None:
    """The database says so, on SQLite as well."""
    await make_post(session)

    with pytest.raises(ForeignKeyViolationError):
        await Repository[User](session).delete_many({"id": 1})


async def test_nothing_is_committed(sessions: async_sessionmaker[AsyncSession]) -> None:
    """That is up to whoever has the session."""
    async with sessions() as session:
        await Repository[User](session).create({"name": "Ada"})

    async with sessions() as session:
        assert await Repository[User](session).count() == 0


async def test_row_that_the_session_does_not_know_is_written(session: AsyncSession) -> None:
    """Such as one that was read by a session before: nothing is lost without a word."""
    posts = await make_post(session, title="old")
    post = await posts.get_by_id(1)
    session.expunge_all()

    await posts.update(post, {"title": "new"})
    await session.commit()
    session.expunge_all()
    assert (await posts.get_by_id(1)).title == "new"

    session.expunge_all()
    await posts.delete(post)
    await session.commit()
    with pytest.raises(NotFoundError):
        await posts.get_by_id(1)

    session.expunge_all()
    await posts.restore(post)
    await session.commit()
    session.expunge_all()
    assert (await posts.get_by_id(1)).deleted_at is None


async def test_row_that_was_never_saved_cannot_change(memory_session: AsyncSession) -> None:
    """It has no key by which it could be found."""
    with pytest.raises(TypeError, match=r"This User was never saved: create\(\) does that\."):
        await Repository[User](memory_session).update(User(name="Ada"), {"age": 36})

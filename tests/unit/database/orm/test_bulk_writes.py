"""
Tests of many rows at once.
"""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from covet.database.errors import UniqueViolationError
from covet.database.orm import DTO, Repository, UnfilteredWriteError, UnknownFieldError
from tests.unit.database.orm.tables import Post, User


class UserIn(DTO[User]):
    """Carry what a row begins with."""

    name: str
    age: int


async def fill(session: AsyncSession) -> Repository[User]:
    """Add three users."""
    users = Repository[User](session)
    await users.create_many([{"id": number, "name": name} for number, name in enumerate("abc", 1)])
    await session.commit()
    return users


async def test_rows_are_inserted(session: AsyncSession) -> None:
    """Defaults of the columns hold; mappings and DTOs may stand beside each other."""
    users = Repository[User](session)

    count = await users.create_many([{"name": "a", "age": 1}, UserIn(name="b", age=2), {"name": "c", "age": 3}])

    assert (count, await users.create_many([])) == (3, 0)
    assert [(user.name, user.age, user.password_hash) for user in await users.find(order_by=["name"])] == [
        ("a", 1, "$scrypt$"),
        ("b", 2, "$scrypt$"),
        ("c", 3, "$scrypt$"),
    ]


async def test_none_is_inserted_if_one_is_refused(session: AsyncSession) -> None:
    """It is one statement, or a savepoint away from being none."""
    users = await fill(session)

    with pytest.raises(UniqueViolationError):
        await users.create_many([{"name": "d"}, {"name": "a"}])
    await session.rollback()

    assert await users.count() == 3


async def test_a_transaction_goes_on_without_any_of_them(session: AsyncSession) -> None:
    """Whoever catches the error commits what stood before, and none of those that were inserted before the bad one."""
    users = await fill(session)
    await users.create({"id": 10, "name": "before"})

    with pytest.raises(UniqueViolationError):
        # Other names, so another statement: the first one has inserted its row already.
        await users.create_many([{"id": 11, "name": "d"}, {"id": 12, "name": "a", "age": 1}])
    await users.create({"id": 20, "name": "after"})
    await session.commit()

    assert [user.name for user in await users.find(order_by=["id"])] == ["a", "b", "c", "before", "after"]


async def test_rows_are_changed(session: AsyncSession) -> None:
    """By conditions; objects that the session has learn of it."""
    users = await fill(session)
    first = await users.get_by_id(1)

    changed = await users.update_many(User.name.in_(["a", "b"]), values={"age": User.age + 5})
    await session.refresh(first)

    assert (changed, first.age, await users.count({"age": 5})) == (2, 5, 2)
    assert await users.update_many({"name": "a"}, values={}) == 0


@pytest.mark.parametrize("name", ["update_many", "delete_many"])
async def test_without_a_condition_it_has_to_be_said(session: AsyncSession, name: str) -> None:
    """A forgotten filter is not the end of a table."""
    users = await fill(session)

    async def call(*where: dict[str, object], every: bool = False) -> int:
        if name == "delete_many":
            return await users.delete_many(*where, every=every)
        return await users.update_many(*where, values={"age": 9}, every=every)

    with pytest.raises(UnfilteredWriteError) as caught:
        await call()
    with pytest.raises(UnfilteredWriteError):
        # A filter that a client left empty is none.
        await call({})

    assert str(caught.value) == (
        f"{name}() of User has no condition: it would touch every row.\n"
        f"  Give a condition, or write {name}(every=True)."
    )
    assert await call(every=True) == 3


async def test_rows_are_deleted(session: AsyncSession) -> None:
    """By conditions, and nothing else."""
    users = await fill(session)

    deleted = await users.delete_many(User.id > 1)

    assert (deleted, [user.id for user in await users.find()]) == (2, [1])
    with pytest.raises(UnknownFieldError):
        await users.delete_many({"id__gt": 1})


async def test_rows_with_the_mixin_are_marked(session: AsyncSession) -> None:
    """Their versions go up, those that were deleted before do not count, and hard means hard."""
    users = await fill(session)
    posts = Repository[Post](session)
    await posts.create_many([{"author_id": 1, "slug": slug} for slug in "xyz"])
    await session.commit()

    marked = await posts.delete_many({"slug": "x"}), await posts.delete_many(Post.slug != "z")
    versions = sorted(post.version for post in await posts.find(include_deleted=True))
    hard = await posts.delete_many({"slug": "x"}, hard=True)

    assert (marked, versions, hard) == ((1, 1), [1, 2, 2], 1)
    assert await posts.count(include_deleted=True) == 2
    assert await users.count() == 3


async def test_changes_in_bulk_count_as_changes(session: AsyncSession) -> None:
    """Whoever has seen a row before is told; the time of the change is noted."""
    await fill(session)
    posts = Repository[Post](session)
    post = await posts.create({"author_id": 1, "slug": "x"})
    before = post.updated_at
    await session.commit()

    await posts.update_many({"slug": "x"}, values={"title": "new"})
    await session.refresh(post)

    assert (post.version, post.title) == (2, "new")
    assert post.updated_at > before

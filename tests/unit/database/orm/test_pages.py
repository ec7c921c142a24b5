"""
Tests of lists in pages.
"""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from covet.database.orm import (
    CursorPage,
    CursorQuery,
    OffsetQuery,
    Page,
    Repository,
    create_session_factory,
)
from covet.exceptions import ValidationError
from covet.http.request import Request
from covet.security import Signer
from tests.unit.database.orm.tables import Post, User


class ByOffset(OffsetQuery[User], sort=["age", "name"], limit=2):
    """Count the pages."""


class ByCursor(CursorQuery[User], sort=["age", "name"], limit=2):
    """Go on where the one before ended."""


class PostsByCursor(CursorQuery[Post], sort=["created_at"], default_sort="-created_at", limit=3):
    """Sort by something that many rows share."""


async def fill(session: AsyncSession) -> Repository[User]:
    """Add users, some of the same age."""
    users = Repository[User](session)
    ages = [10, 20, 20, 20, 30, 30, 40]
    await users.create_many([{"name": name, "age": age} for name, age in zip("abcdefg", ages, strict=True)])
    await session.commit()
    return users


async def test_pages_by_offset(session: AsyncSession) -> None:
    """Each row is on one of them, and the number of all is known."""
    users = await fill(session)

    pages = [await users.list(ByOffset(sort=["-age"], offset=offset)) for offset in (0, 2, 4, 6, 8)]

    assert ["".join(user.name for user in page.items) for page in pages] == ["gf", "ed", "cb", "a", ""]
    assert {page.total for page in pages} == {7}


@pytest.mark.parametrize("sort", [[], ["age"], ["-age"], ["age", "-name"], ["-age", "name"], ["name"]])
async def test_pages_by_cursor_lead_there_and_back(session: AsyncSession, sort: list[str]) -> None:
    """Whatever the order is: no row is left out, none comes twice, and back is the way one came."""
    users = await fill(session)
    everything = [user.name for user in await users.find(order_by=ByCursor(sort=sort).order())]

    there: list[CursorPage[User]] = [await users.list(ByCursor(sort=sort))]
    while there[-1].next_cursor is not None:
        there.append(await users.list(ByCursor(sort=sort, cursor=there[-1].next_cursor)))
    back = [there[-1]]
    while back[-1].previous_cursor is not None:
        back.append(await users.list(ByCursor(sort=sort, cursor=back[-1].previous_cursor)))

    assert [user.name for page in there for user in page.items] == everything
    assert [user.name for page in reversed(back) for user in page.items] == everything
    assert there[0].previous_cursor is None
    assert [len(page.items) for page in there] == [2, 2, 2, 1]


async def test_rows_that_come_and_go_move_nothing(session: AsyncSession) -> None:
    """The next page begins behind the last row, whether or not that is still there."""
    users = await fill(session)
    first = await users.list(ByCursor(sort=["name"]))
    await users.delete_many(User.name.in_(["a", "b"]))
    await users.create({"name": "A0"})

    second = await users.list(ByCursor(sort=["name"], cursor=first.next_cursor))

    assert [user.name for user in second.items] == ["c", "d"]


async def test_moments_are_compared_as_they_are_kept(session: AsyncSession) -> None:
    """Microseconds and zones survive the way through a cursor, on each database."""
    await Repository[User](session).create({"id": 1, "name": "Ada"})
    posts, moment = Repository[Post](session), datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(8):
        created = moment + timedelta(microseconds=number // 2)
        await posts.create({"author_id": 1, "slug": str(number), "created_at": created})
    await session.commit()

    seen, cursor = [], None
    while True:
        page = await posts.list(PostsByCursor(cursor=cursor))
        seen += [post.slug for post in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break

    assert seen == ["7", "6", "5", "4", "3", "2", "1", "0"]


async def test_cursor_belongs_to_its_order(session: AsyncSession) -> None:
    """In another one it would mean another place."""
    users = await fill(session)
    first = await users.list(ByCursor(sort=["name"]))

    with pytest.raises(ValidationError):
        await users.list(ByCursor(sort=["age"], cursor=first.next_cursor))


async def test_every_text_that_a_row_has_leads_on(session: AsyncSession) -> None:
    """The longest, of letters that take most room; with a NUL in it where the database keeps one."""
    users = Repository[User](session)
    has_nul = session.get_bind().dialect.name != "postgresql"
    names = ["\n" * 50, "\U0001f600" * 50, "a\0" if has_nul else "a\1", "b", "\x01" * 50]
    await users.create_many([{"name": name, "age": 7} for name in names])
    await session.commit()

    seen, cursor = [], None
    while True:
        page = await users.list(ByCursor(sort=["age", "name"], cursor=cursor, limit=1))
        seen += [user.name for user in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break

    assert sorted(seen) == sorted(names)


async def test_sealed_cursors_lead_on(engine: AsyncEngine) -> None:
    """The session has what seals them."""
    signer = Signer("a secret of thirty-two bytes, or more", purpose="cursor")
    async with create_session_factory(engine, cursor_sealer=signer)() as session:
        users = await fill(session)
        first = await users.list(ByCursor())
        second = await users.list(ByCursor(cursor=first.next_cursor))

    assert [user.name for user in second.items] == ["c", "d"]


def test_links_of_counted_pages() -> None:
    """They keep what else was asked for, and name no host."""
    request = Request(url="http://evil.example/users?age__ge=3&offset=4&limit=2&name=%22%3E")

    _, status, headers = Page([1, 2], 9, 2, 4).answer(request)

    assert status == 200
    assert headers["link"].split(", ") == [
        '</users?age__ge=3&limit=2&name=%22%3E&offset=0>; rel="first"',
        '</users?age__ge=3&limit=2&name=%22%3E&offset=2>; rel="prev"',
        '</users?age__ge=3&limit=2&name=%22%3E&offset=6>; rel="next"',
        '</users?age__ge=3&limit=2&name=%22%3E&offset=8>; rel="last"',
    ]


def test_only_page_has_no_links_to_others() -> None:
    """Nor has one of an empty list."""
    request = Request(url="/users")

    assert Page([], 0, 20, 0).answer(request)[2] == {}
    assert CursorPage([1]).answer(request)[2] == {}
    assert Page([1], None, 20, 0).answer(request)[2] == {}
    assert Page([1], None, 1, 0).answer(request)[2] == {"link": '</users?offset=1>; rel="next"'}
    assert CursorPage([1], "a", "b").map(str).answer(request)[2]["link"].count("rel=") == 2

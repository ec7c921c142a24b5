"""
What a client gets of a long list: some of its rows, and how to ask for the others.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, Select, and_, or_
from sqlalchemy.ext.asyncio import AsyncSession

from covet.database.orm.cursors import Cursor, read_cursor
from covet.database.orm.list_query import CursorQuery, OffsetQuery
from covet.database.orm.session import CURSOR_SEALER
from covet.http.links import make_link
from covet.http.query import encode_query
from covet.http.request import Request

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True)
class Page(Generic[T]):
    """
    Rows of a list whose pages are counted.

    Attributes:
        items: The rows.
        total: How many there are in all; `None` if that was not counted.
        limit: How many were asked for.
        offset: How many stand before the first.
    """

    items: list[T]
    total: int | None
    limit: int
    offset: int

    def map(self, convert: Callable[[T], U]) -> "Page[U]":
        """
        Make a page of something else out of each row, such as `page.map(UserOut.of)`.

        Example:
            >>> Page(items=[1, 2], total=2, limit=20, offset=0).map(str).items
            ['1', '2']
        """
        return Page([convert(item) for item in self.items], self.total, self.limit, self.offset)

    def answer(self, request: Request) -> "PageAnswer[T]":
        """
        Make what a handler returns: the page, with `Link` to the first, previous, next and last one.

        Example:
            >>> page = Page(items=[1, 2], total=5, limit=2, offset=2)
            >>> page.answer(Request(url="/numbers?limit=2&offset=2"))[2]["link"].split(", ")[1]
            '</numbers?limit=2&offset=4>; rel="next"'
        """
        wanted: dict[str, int] = {}
        if self.offset > 0:
            wanted |= {"first": 0, "prev": max(0, self.offset - self.limit)}
        is_last = len(self.items) < self.limit if self.total is None else self.offset + len(self.items) >= self.total
        if not is_last:
            wanted["next"] = self.offset + self.limit
        if self.total:
            wanted["last"] = (self.total - 1) // self.limit * self.limit
        return self, 200, _write_links(request, {rel: {"offset": offset} for rel, offset in wanted.items()})


@dataclass(frozen=True)
class CursorPage(Generic[T]):
    """
    Rows of a list that goes on where it ended.

    Attributes:
        items: The rows.
        next_cursor: What leads to the rows behind them; `None` if there are none.
        previous_cursor: What leads to those before them; `None` if there are none.
    """

    items: list[T]
    next_cursor: str | None = None
    previous_cursor: str | None = None

    def map(self, convert: Callable[[T], U]) -> "CursorPage[U]":
        """Make a page of something else out of each row, such as `page.map(UserOut.of)`."""
        return CursorPage([convert(item) for item in self.items], self.next_cursor, self.previous_cursor)

    def answer(self, request: Request) -> "CursorPageAnswer[T]":
        """
        Make what a handler returns: the page, with `Link` to the next and the previous one.

        Example:
            >>> CursorPage(items=[1], next_cursor="abc").answer(Request(url="/numbers?sort=-id"))[2]
            {'link': '</numbers?sort=-id&cursor=abc>; rel="next"'}
        """
        wanted = {"next": self.next_cursor, "prev": self.previous_cursor}
        links = {rel: {"cursor": cursor} for rel, cursor in wanted.items() if cursor is not None}
        return self, 200, _write_links(request, links)


PageAnswer: TypeAlias = tuple[Page[T], Literal[200], dict[str, str]]
"""What `Page.answer` gives: what a handler is annotated to return."""
CursorPageAnswer: TypeAlias = tuple[CursorPage[T], Literal[200], dict[str, str]]
"""What `CursorPage.answer` gives: what a handler is annotated to return."""


def _write_links(request: Request, links: Mapping[str, Mapping[str, object]]) -> dict[str, str]:
    """Write the links as paths: what host a client used is its own business, and a proxy's."""
    written = []
    for rel, changed in links.items():
        pairs = [(name, value) for name, value in request.query_params.multi_items() if name not in changed]
        query = encode_query([*pairs, *changed.items()])
        written.append(make_link(f"{request.url.path}?{query}", rel=rel))
    return {"link": ", ".join(written)} if written else {}


# ── Fetching ─────────────────────────────────────────────────────────────────


# Any: rows of whatever model.
async def fetch_page(
    session: AsyncSession, statement: Select[Any], query: OffsetQuery[Any], total: int | None
) -> Page[Any]:
    """Fetch a page by its offset; nothing is asked if the count says that there is nothing."""
    query.check_order()
    if total is not None and query.offset >= total:
        return Page([], total, query.limit, query.offset)
    statement = statement.order_by(*query._table.ordering(query.order()))  # noqa: SLF001 - the same noun
    rows = await session.scalars(statement.limit(query.limit).offset(query.offset))
    return Page([*rows.unique()], total, query.limit, query.offset)


# Any: as above.
async def fetch_cursor_page(session: AsyncSession, statement: Select[Any], query: CursorQuery[Any]) -> CursorPage[Any]:
    """
    Fetch a page by its cursor; one row more tells whether there is another.

    Raises:
        ValidationError: If the cursor is none of this list, or the order too long for one (422).
    """
    table, order, context = query._table, query.order(), type(query).__qualname__  # noqa: SLF001 - the same noun
    sealer = session.info.get(CURSOR_SEALER)
    query.check_order()
    cursor = None
    if query.cursor is not None:
        cursor = read_cursor(query.cursor, sealer, context, order, query.key_columns(order))
    is_backward = cursor is not None and cursor.is_backward
    way = tuple(map(_turn, order)) if is_backward else order
    if cursor is not None:
        columns = [(table.attribute(item.removeprefix("-")), item.startswith("-")) for item in way]
        statement = statement.where(_behind(columns, cursor.values))
    found = await session.scalars(statement.order_by(*table.ordering(way)).limit(query.limit + 1))
    rows = [*found.unique()]
    has_more = len(rows) > query.limit
    del rows[query.limit :]
    if is_backward:
        rows.reverse()

    def point(row: object, *, is_backward: bool) -> str:
        values = tuple(getattr(row, item.removeprefix("-")) for item in order)
        return Cursor(order, values, is_backward).write(sealer, context)

    if not rows:
        return CursorPage([])
    # Whoever came from there knows that there is something.
    has_next = has_more if not is_backward else True
    has_previous = has_more if is_backward else cursor is not None
    return CursorPage(
        rows,
        point(rows[-1], is_backward=False) if has_next else None,
        point(rows[0], is_backward=True) if has_previous else None,
    )


def _turn(item: str) -> str:
    return item[1:] if item.startswith("-") else f"-{item}"


# Any: columns and values of whatever type.
def _behind(columns: Sequence[tuple[Any, bool]], values: Sequence[Any]) -> ColumnElement[bool]:
    """Tell what stands behind a row: a later first column, or the same one and a later second, and so on."""
    choices = []
    for index, (column, goes_down) in enumerate(columns):
        same = [other == value for (other, _), value in zip(columns[:index], values, strict=False)]
        later = column < values[index] if goes_down else column > values[index]
        choices.append(and_(*same, later))
    return or_(*choices)


__all__ = ["CursorPage", "CursorPageAnswer", "Page", "PageAnswer", "fetch_cursor_page", "fetch_page"]

"""
Finding rows: the half of a repository that changes nothing.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any, ClassVar, Final, Generic, TypeAlias, TypeVar, get_args, overload

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.interfaces import ORMOption

from covet.database.orm.fields import FieldTable, OrderBy, Where, find_model, read_fields
from covet.database.orm.list_query import CursorQuery, OffsetQuery
from covet.database.orm.mixins import SoftDelete
from covet.database.orm.pages import CursorPage, Page, fetch_cursor_page, fetch_page
from covet.database.queries import check_batch_size, check_count
from covet.exceptions import ConfigurationError, NotFoundError

ModelT = TypeVar("ModelT")
# `list` is a method below.
Rows: TypeAlias = list[ModelT]

_SHOW_DELETED: Final = {"include_deleted": True}
_MAX_SHOWN: Final = 64


class RowReader(Generic[ModelT]):
    """
    Find the rows of one model.

    Args:
        session: What it works in. Whoever opened it commits and closes it.

    Attributes:
        session: The same.
    """

    _table: ClassVar[FieldTable | None] = None
    _own_table: FieldTable | None = None

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    def __init_subclass__(cls, **kwargs: Any) -> None:  # Any: the keywords of other bases
        """Find the model that a subclass is of."""
        super().__init_subclass__(**kwargs)
        model = find_model(cls, RowReader)
        if model is not None:
            cls._table = read_fields(model)

    # `Repository[User](session)`: typing says by this attribute what stood in the brackets.
    @property
    def __orig_class__(self) -> object:
        return getattr(self, "_orig_class", None)

    @__orig_class__.setter
    def __orig_class__(self, alias: object) -> None:
        self._orig_class = alias
        model = get_args(alias)[0]
        if not isinstance(model, TypeVar):
            self._own_table = read_fields(model)

    @property
    def fields(self) -> FieldTable:
        """
        The columns of the model.

        Raises:
            ConfigurationError: If nobody said which model it is of.
        """
        table = self._own_table or self._table
        if table is None:
            raise ConfigurationError(
                f"{type(self).__name__} is of no model.",
                hint="Write Repository[User], or a class that derives from it.",
            )
        return table

    @property
    def model(self) -> type[ModelT]:
        """The model."""
        return self.fields.model

    # ── One row ──────────────────────────────────────────────────────────────

    # Any: a key is whatever its column holds, or a tuple of that.
    async def get_by_id(
        self, ident: Any, *, load: Sequence[ORMOption] = (), include_deleted: bool = False, for_update: bool = False
    ) -> ModelT:
        """
        Return the row of a key.

        Args:
            ident: The key; a tuple if several columns make it.
            load: What to load with it, such as `selectinload(User.posts)`.
            include_deleted: Whether one that counts as deleted will do.
            for_update: Lock it until the transaction ends; SQLite, which locks the whole database, ignores it.

        Raises:
            NotFoundError: If there is none (404).
        """
        # PERF: not through find_by_id: one coroutine less (benchmarks/orm.py).
        table = self._own_table or self._table or self.fields
        found = None
        if table.key_fits(ident):
            found = await self.session.get(
                table.model,
                ident,
                options=load or None,
                execution_options=_SHOW_DELETED if include_deleted else {},
                with_for_update=for_update or None,
            )
            if found is not None and isinstance(found, SoftDelete) and found.is_deleted and not include_deleted:
                found = None
        if found is None:
            # Cut: it comes from a client, and may be as long as a URL.
            shown = repr(ident) if len(repr(ident)) <= _MAX_SHOWN else "of that id"
            raise NotFoundError(f"{table.name} {shown} was not found.")
        row: ModelT = found
        return row

    # Any: as above.
    async def find_by_id(
        self, ident: Any, *, load: Sequence[ORMOption] = (), include_deleted: bool = False, for_update: bool = False
    ) -> ModelT | None:
        """Return the row of a key, or `None`; the arguments are those of `get_by_id`."""
        try:
            return await self.get_by_id(ident, load=load, include_deleted=include_deleted, for_update=for_update)
        except NotFoundError:
            return None

    async def find_one(
        self,
        *where: Where,
        order_by: Sequence[OrderBy] = (),
        load: Sequence[ORMOption] = (),
        include_deleted: bool = False,
    ) -> ModelT | None:
        """Return the first row that fits, or `None`; the arguments are those of `find`."""
        rows = await self.find(*where, order_by=order_by, limit=1, load=load, include_deleted=include_deleted)
        return rows[0] if rows else None

    # ── Several rows ─────────────────────────────────────────────────────────

    async def find(
        self,
        *where: Where,
        order_by: Sequence[OrderBy] = (),
        limit: int | None = None,
        offset: int = 0,
        load: Sequence[ORMOption] = (),
        include_deleted: bool = False,
    ) -> Rows[ModelT]:
        """
        Return the rows that fit.

        Args:
            *where: Conditions: expressions such as `User.age >= 18`, or the values that columns have, by name:
                `{"name": "Ada"}`. All must hold.
            order_by: Names of fields, with `-` in front of those that go down, or expressions.
            limit: How many at most.
            offset: How many are left out at the beginning.
            load: What to load with them, such as `selectinload(User.posts)`.
            include_deleted: Whether those count that are deleted.

        Raises:
            UnknownFieldError: If a name is no column of the model.
            ValueError: If `limit` or `offset` is less than 0; to SQLite such a limit is none.
        """
        check_count("offset", offset, least=0)
        statement = self.select(*where, order_by=order_by, load=load, include_deleted=include_deleted)
        if limit is not None:
            check_count("limit", limit, least=0)
            statement = statement.limit(limit)
        if offset:
            statement = statement.offset(offset)
        return [*(await self.session.scalars(statement)).all()]

    @overload
    async def list(
        self, query: OffsetQuery[ModelT], *where: Where, load: Sequence[ORMOption] = (), include_deleted: bool = False
    ) -> Page[ModelT]: ...

    @overload
    async def list(
        self, query: CursorQuery[ModelT], *where: Where, load: Sequence[ORMOption] = (), include_deleted: bool = False
    ) -> CursorPage[ModelT]: ...

    async def list(
        self,
        query: OffsetQuery[ModelT] | CursorQuery[ModelT],
        *where: Where,
        load: Sequence[ORMOption] = (),
        include_deleted: bool = False,
    ) -> Page[ModelT] | CursorPage[ModelT]:
        """
        Return the page that a client asks for.

        Args:
            query: What it asks: filters, order, and where in the list.
            *where: Further conditions, which it has no say in.
            load: What to load with the rows.
            include_deleted: Whether those count that are deleted.

        Raises:
            ValidationError: If its cursor is none, or of another list (422).
            ValueError: If code has made it with a limit below 1, or an offset below 0; of a client that is a 422.
        """
        check_count("limit", query.limit, least=1)
        if isinstance(query, OffsetQuery):
            check_count("offset", query.offset, least=0)
        conditions = [*query.conditions(), *where]
        statement = self.select(*conditions, load=load, include_deleted=include_deleted)
        if isinstance(query, CursorQuery):
            return await fetch_cursor_page(self.session, statement, query)
        total = await self.count(*conditions, include_deleted=include_deleted) if query.counts_total else None
        return await fetch_page(self.session, statement, query, total)

    async def count(self, *where: Where, include_deleted: bool = False) -> int:
        """Count the rows that fit."""
        statement = select(func.count()).select_from(self.model)
        statement = self._restrict(statement, where, include_deleted=include_deleted)
        return int((await self.session.execute(statement)).scalar_one())

    async def exists(self, *where: Where, include_deleted: bool = False) -> bool:
        """Tell whether a row fits."""
        table = self.fields
        statement = select(table.attribute(table.keys[0])).limit(1)
        statement = self._restrict(statement, where, include_deleted=include_deleted)
        return (await self.session.execute(statement)).first() is not None

    async def stream(
        self,
        *where: Where,
        order_by: Sequence[OrderBy] = (),
        batch_size: int = 1000,
        load: Sequence[ORMOption] = (),
        include_deleted: bool = False,
    ) -> AsyncIterator[ModelT]:
        """
        Yield the rows that fit, however many: a cursor of the server holds them, and memory a batch at a time.

        It keeps its connection until it ends: close it, by `contextlib.aclosing`, if you leave early. Rows that
        somebody keeps stay in memory.

        Args:
            *where: As for `find`.
            order_by: As for `find`.
            batch_size: How many rows are fetched at once.
            load: What to load with them; `joinedload` of a collection cannot be.
            include_deleted: Whether those count that are deleted.

        Raises:
            ValueError: If `batch_size` is less than 1.
        """
        check_batch_size(batch_size)
        statement = self.select(*where, order_by=order_by, load=load, include_deleted=include_deleted)
        result = await self.session.stream_scalars(statement.execution_options(yield_per=batch_size))
        try:
            async for row in result:
                yield row
        finally:
            await result.close()

    # ── Statements ───────────────────────────────────────────────────────────

    # Any: a statement's columns are a tuple of types.
    def select(
        self,
        *where: Where,
        order_by: Sequence[OrderBy] = (),
        load: Sequence[ORMOption] = (),
        include_deleted: bool = False,
    ) -> "Select[Any]":
        """Make the statement of `find`, to go on with in SQLAlchemy's words."""
        statement = self._restrict(select(self.model), where, include_deleted=include_deleted)
        if order_by:
            statement = statement.order_by(*self.fields.ordering(order_by))
        return statement.options(*load) if load else statement

    # Any: as above.
    def _restrict(self, statement: "Select[Any]", where: Sequence[Where], *, include_deleted: bool) -> "Select[Any]":
        if where:
            statement = statement.where(*self.fields.conditions(where))
        return statement.execution_options(include_deleted=True) if include_deleted else statement


__all__ = ["ModelT", "RowReader", "Rows"]

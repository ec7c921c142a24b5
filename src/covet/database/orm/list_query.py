"""
What a client may ask of a list: the filters and orders that are declared, and nothing else.

A query is a model like any other: validated, described by OpenAPI, 422 for what it does not have. Names of columns come
from its class alone; what a client sends is compared with names, or bound as a value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from inspect import get_annotations
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar, dataclass_transform

from sqlalchemy import ColumnElement

from covet.class_annotations import class_type_hints
from covet.database.orm.cursors import KEY_TYPES, MAX_CURSOR, KeyColumn, measure_cursor, read_key_column
from covet.database.orm.fields import FieldTable, find_model, read_fields
from covet.database.orm.filters import Filter, read_filter
from covet.exceptions import ConfigurationError, ErrorItem, ValidationError, suggest
from covet.introspection import Annotation
from covet.parameters import Query
from covet.validation import Constraints

ModelT = TypeVar("ModelT")

_RESERVED = ("sort", "limit", "offset", "cursor")


@dataclass_transform(kw_only_default=True)
class _Transformed(Generic[ModelT]):
    """Tell type checkers that the classes below are dataclasses; this one is none."""


class ListQuery(_Transformed[ModelT]):
    """
    The base of both kinds; derive from `OffsetQuery` or `CursorQuery`.

    Attributes:
        sort: The orders that a client asks for, such as `["-created_at", "name"]`.
        limit: How many rows at most.
    """

    # Names that the query does not have are refused, wherever it is read.
    __forbid_unknown_fields__: ClassVar[bool] = True

    _table: ClassVar[FieldTable]
    _filters: ClassVar[tuple[Filter, ...]] = ()
    _sort: ClassVar[tuple[str, ...]] = ()
    _default_sort: ClassVar[tuple[str, ...]] = ()
    _limit: ClassVar[int] = 20
    _max_limit: ClassVar[int] = 100

    sort: Sequence[str] = ()
    limit: int = 20

    # Any: the keywords of other bases.
    def __init_subclass__(
        cls,
        *,
        sort: Sequence[str] | None = None,
        default_sort: str | Sequence[str] | None = None,
        limit: int | None = None,
        max_limit: int | None = None,
        **kwargs: Any,
    ) -> None:
        """
        Read what clients may ask for: what another query allows that this one is derived from, and its own.

        Args:
            sort: The fields that they may sort by.
            default_sort: The order if they say nothing; the key decides between rows that are equal otherwise.
            limit: How many rows they get unless they say so: 20.
            max_limit: How many they may ask for: 100.
            **kwargs: What others read.

        Raises:
            ConfigurationError: If the model has no such column, or one that cannot be used so.
        """
        super().__init_subclass__(**kwargs)
        model = find_model(cls, ListQuery)
        if model is None:
            return
        cls._table = table = read_fields(model)
        if sort is not None:
            cls._sort = tuple(sort)
        if default_sort is not None:
            cls._default_sort = (default_sort,) if isinstance(default_sort, str) else tuple(default_sort)
        cls._limit = cls._limit if limit is None else limit
        cls._max_limit = cls._max_limit if max_limit is None else max_limit
        names = {*cls._sort, *(item.removeprefix("-") for item in cls._default_sort)}
        for name in sorted(names):
            if name not in table.public_names():
                raise ConfigurationError(
                    f"{cls.__name__}: {table.name} has no field {name!r} that clients may sort by.",
                    hint=suggest(name, table.public_names()),
                )
        if not 1 <= cls._limit <= cls._max_limit:
            raise ConfigurationError(
                f"{cls.__name__}: limit={cls._limit} is not between 1 and max_limit={cls._max_limit}."
            )
        cls._check_order({*names, *table.keys})
        _make_dataclass(cls, table)

    @classmethod
    def _check_order(cls, names: set[str]) -> None:
        """Refuse fields that this kind of list cannot be sorted by."""

    @classmethod
    def _own_fields(cls) -> dict[str, tuple[Annotation, object]]:
        """Name the fields of this kind, with their types and defaults."""
        return {}

    def conditions(self) -> list[ColumnElement[bool]]:
        """Make the conditions of the filters that were given."""
        made = []
        for item in self._filters:
            value = getattr(self, item.name)
            if value is not None:
                made.append(item.compare(self._table.attribute(item.field), value))
        return made

    def order(self) -> tuple[str, ...]:
        """Name the whole order: what was asked for, or the default; then the key, so that it leaves nothing open."""
        return self._complete(tuple(self.sort) or self._default_sort)

    def check_order(self) -> None:
        """
        Refuse an order that names a field twice: the second time decides nothing.

        Raises:
            ValidationError: If it does (422).
        """
        named = [item.removeprefix("-") for item in self.sort]
        if len(named) > len(set(named)):
            raise ValidationError([ErrorItem("query", "/sort", "names a field twice; leave one out", "sort")])

    @classmethod
    def _complete(cls, asked: Sequence[str]) -> tuple[str, ...]:
        named = {item.removeprefix("-") for item in asked}
        # The key goes the way of what it stands behind, so that one index serves both.
        sign = "-" if asked and asked[-1].startswith("-") else ""
        return (*asked, *(sign + key for key in cls._table.keys if key not in named))


class OffsetQuery(ListQuery[ModelT]):
    """
    A list by pages that are counted: `?limit=20&offset=40`.

    It is the simplest, and knows how many there are; far behind it is slow, and rows that come or go meanwhile move the
    others. `class UserQuery(OffsetQuery[User], sort=["name"]): age__ge: int | None = None`.

    Attributes:
        offset: How many rows are left out at the beginning.
    """

    counts_total: ClassVar[bool] = True
    _max_offset: ClassVar[int] = 100_000

    offset: int = 0

    # Any: what the base reads.
    def __init_subclass__(cls, *, count: bool | None = None, max_offset: int | None = None, **kwargs: Any) -> None:
        """
        Read what clients may ask for.

        Args:
            count: Whether all rows that fit are counted, which is a query of its own: they are.
            max_offset: How far they may go: the database reads all that it leaves out, 100,000 rows at most.
            **kwargs: As for `ListQuery`.
        """
        cls.counts_total = cls.counts_total if count is None else count
        cls._max_offset = cls._max_offset if max_offset is None else max_offset
        super().__init_subclass__(**kwargs)

    @classmethod
    def _own_fields(cls) -> dict[str, tuple[Annotation, object]]:
        return {"offset": (Annotated[int, Constraints(ge=0, le=cls._max_offset)], 0)}


class CursorQuery(ListQuery[ModelT]):
    """
    A list whose pages go on where the one before ended: `?limit=20&cursor=…`.

    Each page costs the same, and rows that come or go meanwhile move nothing. The columns that it is sorted by must not
    be null, and texts need a length. `class UserQuery(CursorQuery[User], sort=["name"]): age__ge: int | None = None`.

    Attributes:
        cursor: What the page before gave; `None` for the first.
    """

    _key_columns: ClassVar[Mapping[str, KeyColumn]] = MappingProxyType({})

    cursor: str | None = None

    @classmethod
    def _check_order(cls, names: set[str]) -> None:
        for name in sorted(names):
            column = cls._table.columns[name]
            if column.nullable:
                raise ConfigurationError(
                    f"{cls.__name__}: {cls._table.name}.{name} may be null, so no page can go on behind it.",
                    hint="Make it nullable=False, or use an OffsetQuery.",
                )
            found = read_key_column(column)
            if found is None:
                raise ConfigurationError(
                    f"{cls.__name__}: a cursor cannot carry {cls._table.name}.{name}.",
                    hint=f"It carries {', '.join(kind.__name__ for kind in KEY_TYPES)}.",
                )
            if found.size is None:
                raise ConfigurationError(
                    f"{cls.__name__}: {cls._table.name}.{name} has no limit, and a cursor has one.",
                    hint="Give the column a length, such as String(255), or use an OffsetQuery.",
                )
            cls._key_columns = {**cls._key_columns, name: found}
        for order in (*((name,) for name in sorted(names)), cls._default_sort):
            size = cls._measure(cls._complete(order))
            if size > MAX_CURSOR:
                raise ConfigurationError(
                    f"{cls.__name__}: a cursor in the order {', '.join(order)} has up to {size} characters, of"
                    f" {MAX_CURSOR}.",
                    hint="Sort by shorter columns, or use an OffsetQuery.",
                )

    @classmethod
    def _measure(cls, order: Sequence[str]) -> int:
        return measure_cursor(cls.__qualname__, order, cls.key_columns(order))

    @classmethod
    def _own_fields(cls) -> dict[str, tuple[Annotation, object]]:
        return {"cursor": (Annotated[str | None, Constraints(max_length=MAX_CURSOR)], None)}

    @classmethod
    def key_columns(cls, order: Sequence[str]) -> list[KeyColumn]:
        """List how a cursor carries the columns of an order."""
        return [cls._key_columns[item.removeprefix("-")] for item in order]

    def check_order(self) -> None:
        """
        Refuse to sort by more fields than a cursor can carry, or by one twice.

        Raises:
            ValidationError: If an order does so (422).
        """
        super().check_order()
        if self._measure(self.order()) > MAX_CURSOR:
            message = "names more fields than a page can go on behind; leave one out"
            raise ValidationError([ErrorItem("query", "/sort", message, "sort")])


def _make_dataclass(cls: type[ListQuery[Any]], table: FieldTable) -> None:
    """Make the class a model: its filters, then what all lists have."""
    hints = class_type_hints(cls)
    filters, annotations = [], {}
    for name in get_annotations(cls):
        if name.startswith("_"):
            continue
        if name in _RESERVED:
            raise ConfigurationError(f"{cls.__name__}.{name}: every list has one; it is no filter.")
        found, annotations[name] = read_filter(name, hints[name], table, cls.__name__)
        filters.append(found)
        if name not in vars(cls):
            # A filter that must be given has no default.
            setattr(cls, name, field())
    made: dict[str, tuple[Annotation, object]] = {}
    if cls._sort:
        # Words of their own: whatever else comes never meets a name of a column.
        words = tuple(word for name in cls._sort for word in (name, f"-{name}"))
        literal: Any = Literal  # its words are known when the program runs
        made["sort"] = (Annotated[list[literal[words]], Query(style="form", explode=False)], None)
    made["limit"] = (Annotated[int, Constraints(ge=1, le=cls._max_limit)], cls._limit)
    made |= cls._own_fields()
    for name, (annotation, default) in made.items():
        annotations[name] = annotation
        setattr(cls, name, field(default_factory=list) if name == "sort" else default)
    cls._filters = (*(item for item in cls._filters if item.name not in annotations), *filters)
    cls.__annotations__ = annotations
    dataclass(kw_only=True)(cls)


__all__ = ["CursorQuery", "ListQuery", "OffsetQuery"]

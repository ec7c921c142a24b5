"""
What a client may compare a column with: `age__ge=18` is the field `age` and the operator `ge`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args

from sqlalchemy import Column, ColumnElement, String
from sqlalchemy.orm import InstrumentedAttribute

from covet.database.orm.column_agreement import require_agreement
from covet.database.orm.column_bounds import bound_by_column
from covet.database.orm.column_types import is_secret
from covet.database.orm.fields import FieldTable
from covet.exceptions import ConfigurationError, suggest
from covet.introspection import Annotation, origin_of, split_annotated

# Any: columns and values of whatever type.
_Compare = Callable[[InstrumentedAttribute[Any], Any], ColumnElement[bool]]

# APPSEC: docs/security.md, row 98: `%`, `_` and the escape itself are what they are.
OPERATORS: Final[dict[str, _Compare]] = {
    "eq": lambda column, value: column == value,
    "ne": lambda column, value: column != value,
    "lt": lambda column, value: column < value,
    "le": lambda column, value: column <= value,
    "gt": lambda column, value: column > value,
    "ge": lambda column, value: column >= value,
    "in": lambda column, value: column.in_(value),
    "not_in": lambda column, value: column.not_in(value),
    "is_null": lambda column, value: column.is_(None) if value else column.is_not(None),
    "contains": lambda column, value: column.contains(value, autoescape=True),
    "icontains": lambda column, value: column.icontains(value, autoescape=True),
    "starts_with": lambda column, value: column.startswith(value, autoescape=True),
    "ends_with": lambda column, value: column.endswith(value, autoescape=True),
}
"""By what stands behind the two underscores."""

_LISTS: Final = frozenset({"in", "not_in"})
_TEXTS: Final = frozenset({"contains", "icontains", "starts_with", "ends_with"})


@dataclass(frozen=True, slots=True)
class Filter:
    """
    One comparison that a client may ask for.

    Attributes:
        name: What it is called in the query.
        field: The attribute of the column.
        compare: Makes the condition.
    """

    name: str
    field: str
    compare: _Compare


def read_filter(name: str, annotation: Annotation, table: FieldTable, place: str) -> tuple[Filter, Annotation]:
    """
    Read what a field of a query compares.

    Args:
        name: The field, such as `"age__ge"`; without an operator it is equality.
        annotation: Its type.
        table: The columns of the model.
        place: The class, for messages.

    Returns:
        The filter, and the type with what the column can hold.

    Raises:
        ConfigurationError: If the model has no such column, it is secret, or the operator or the type does not fit.
    """
    field, _, word = name.partition("__")
    operator = word or "eq"
    column = table.columns.get(field)
    if column is None or is_secret(column):
        raise ConfigurationError(
            f"{place}.{name}: {table.name} has no field {field!r} that clients may filter by.",
            hint=suggest(field, table.public_names()),
        )
    if operator not in OPERATORS:
        raise ConfigurationError(f"{place}.{name}: {operator!r} is no comparison.", hint=suggest(operator, OPERATORS))
    if operator in _TEXTS and not isinstance(column.type, String):
        raise ConfigurationError(f"{place}.{name}: {field!r} is no text, so {operator!r} makes no sense.")
    members = [member for member in _members(annotation) if member is not NoneType]
    if operator in _LISTS and not all(_is_list(member) for member in members):
        raise ConfigurationError(f"{place}.{name}: {operator!r} needs a list.", hint=f"Write {name}: list[...] | None.")
    if operator == "is_null" and members != [bool]:
        raise ConfigurationError(f"{place}.{name}: 'is_null' is true or false.", hint=f"Write {name}: bool | None.")
    if operator in _LISTS:
        annotation = _bound_items(annotation, column)
    elif operator != "is_null":
        # What no column can hold is a mistake of the client's, and the driver would fail over it.
        require_agreement(f"{place}.{name}", annotation, column)
        annotation = bound_by_column(annotation, column.type)
    return Filter(name, field, OPERATORS[operator]), annotation


# Any: a column of whatever type.
def _bound_items(annotation: Annotation, column: Column[Any]) -> Annotation:
    inner, metadata = split_annotated(annotation)
    if _is_list(inner) and get_args(inner):
        item, *others = get_args(inner)
        bound: Any = origin_of(inner)[(bound_by_column(item, column.type), *others)]
    elif origin_of(inner) in (Union, UnionType):
        bound = Union[tuple(_bound_items(member, column) for member in get_args(inner))]  # noqa: UP007 - of a tuple
    else:
        bound = inner
    for item in metadata:
        bound = Annotated[bound, item]
    return bound


def _members(annotation: Annotation) -> Sequence[Annotation]:
    inner = split_annotated(annotation)[0]
    return get_args(inner) if origin_of(inner) in (Union, UnionType) else (inner,)


def _is_list(annotation: Annotation) -> bool:
    return (origin_of(annotation) or annotation) in (list, tuple, set, frozenset, Sequence)


__all__ = ["OPERATORS", "Filter", "read_filter"]

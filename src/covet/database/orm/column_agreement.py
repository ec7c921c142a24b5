"""
Whether the type of a field can be that of its column: what a client may send and no column takes is found at the start.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Column

from covet.database.orm.column_bounds import ColumnValues, name_kinds, read_bounds
from covet.exceptions import ConfigurationError
from covet.introspection import Annotation, type_name
from covet.types import UnsetType
from covet.validation import Constraints
from covet.validation.analysis import analyze
from covet.validation.nodes import ChoiceNode, Node, ScalarNode, UnionNode

_UPPER: Final = ("le", "lt")
_LOWER: Final = ("ge", "gt")


# Any: a column of whatever type.
def require_agreement(place: str, annotation: Annotation, column: Column[Any]) -> None:
    """
    Refuse a type that contradicts its column.

    Args:
        place: The field, for messages.
        annotation: Its type.
        column: The column.

    Raises:
        ConfigurationError: If the column holds values of another type, or fewer than the type's constraints promise.

    Example:
        >>> from sqlalchemy import String
        >>> require_agreement("UserIn.name", int, Column("name", String(50)))
        Traceback (most recent call last):
            ...
        covet.exceptions.ConfigurationError: UserIn.name is annotated as int, and its column holds str.
          Annotate it as str, or change the column.
    """
    kinds = name_kinds(column.type)
    if kinds is None:
        return
    try:
        node = analyze(annotation)
    except ConfigurationError:
        # Whoever reads such a value from a client says what is wrong with its type.
        return
    for member in node.members if isinstance(node, UnionNode) else (node,):
        if member.annotation is UnsetType or (isinstance(member, ScalarNode) and member.kind in {"none", "any"}):
            continue
        if not _is_of(member, kinds, column):
            expected = ColumnValues(column.type).expected
            name = type_name(expected) if expected is not None else "another type"
            raise ConfigurationError(
                f"{place} is annotated as {type_name(member.annotation)}, and its column holds {name}.",
                hint=f"Annotate it as {name}, or change the column.",
            )
        for looser, least in _find_looser(member, column):
            raise ConfigurationError(
                f"{place} has {looser}, which is beyond its column: {least}.",
                hint="Let the type be as strict as the column, or make the column larger.",
            )


# Any: as above.
def _is_of(node: Node, kinds: frozenset[str], column: Column[Any]) -> bool:
    if isinstance(node, ScalarNode):
        return node.kind in kinds
    if isinstance(node, ChoiceNode):
        values = ColumnValues(column.type)
        return all(values.takes(value) for _, value in node.values)
    return False


# Any: as above.
def _find_looser(node: Node, column: Column[Any]) -> Iterator[tuple[str, str]]:
    """Find what a type promises beyond a column, and what the column has."""
    bound = read_bounds(column.type).get(node.kind) if isinstance(node, ScalarNode) else None
    if bound is None or not isinstance(node, ScalarNode):
        return
    for given in node.constraints:
        own = given
        if node.kind == "int":
            # The greatest and the least number itself.
            own = replace(
                given,
                le=given.le if given.lt is None else given.lt - 1,  # type: ignore[operator] # a bound of an integer
                ge=given.ge if given.gt is None else given.gt + 1,  # type: ignore[operator] # as above
                lt=None,
                gt=None,
            )
        for names, sign in ((_UPPER, 1), (_LOWER, -1)):
            for name in names:
                value = getattr(own, name)
                for limit_name in names:
                    limit = getattr(bound, limit_name)
                    if value is not None and limit is not None and _is_beyond(value, limit, name, limit_name, sign):
                        yield _write(given, names), f"{limit_name}={limit!r}"
        for name in ("min_length", "max_length"):
            value = getattr(own, name)
            if value is not None and bound.max_length is not None and value > bound.max_length:
                yield f"{name}={value!r}", f"max_length={bound.max_length!r}"
        if own.tz is not None and bound.tz is not None and own.tz is not bound.tz:
            yield f"tz={own.tz!r}", f"tz={bound.tz!r}"


# Any: bounds of whatever type.
def _is_beyond(value: Any, limit: Any, name: str, limit_name: str, sign: int) -> bool:
    # A time with an offset, and one without, are not comparable.
    with suppress(TypeError):
        is_reached_here_alone = name in {"le", "ge"} and limit_name in {"lt", "gt"}
        return bool((value > limit if sign > 0 else value < limit) or (is_reached_here_alone and value == limit))
    return False


def _write(given: Constraints, names: tuple[str, ...]) -> str:
    return ", ".join(f"{name}={value!r}" for name in names if (value := getattr(given, name)) is not None)


__all__ = ["require_agreement"]

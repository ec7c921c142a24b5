"""
What the columns can hold, as constraints: a client hears of it, rather than the database.

Databases disagree on what becomes of a value that does not fit: some refuse it, some round or cut it. It is decided
once, here, by the type of the column, for the fields of a `DTO`, for filters and for cursors. What a type of somebody
else's takes is not known here.
"""

import operator
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, get_args
from uuid import UUID

from sqlalchemy import (
    BINARY,
    VARBINARY,
    BigInteger,
    DateTime,
    Double,
    Float,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Time,
)
from sqlalchemy import Enum as EnumType
from sqlalchemy.types import TypeDecorator, TypeEngine

from covet.database.orm.column_types import UTCDateTime
from covet.exceptions import ConfigurationError
from covet.introspection import Annotation
from covet.validation import Constraints
from covet.validation.analysis import analyze
from covet.validation.checks import Check, make_checks
from covet.validation.nodes import Node, ScalarKind, ScalarNode, UnionNode

_Bounds = Mapping[str, Constraints]

# What a driver takes for a column of each type of Python's, and what kind of value it is.
_KINDS: Final[Mapping[type, Mapping[type, ScalarKind]]] = {
    int: {int: "int"},
    str: {str: "str"},
    bool: {bool: "bool", int: "int"},
    float: {float: "float", int: "int", Decimal: "decimal"},
    Decimal: {Decimal: "decimal", int: "int", float: "float"},
    datetime: {datetime: "datetime"},
    date: {date: "date"},
    time: {time: "time"},
    timedelta: {timedelta: "timedelta"},
    UUID: {UUID: "uuid"},
    bytes: {bytes: "bytes"},
}
# Whose values are those of another class, too, and mean something else.
_SUBCLASSES: Final = ((bool, int), (datetime, date))

# MySQL has integers of other sizes besides.
_BYTES: Final = {"TINYINT": 1, "MEDIUMINT": 3}
_LARGEST_SINGLE: Final = 3.4028234663852886e38
_SINGLE_BITS: Final = 24
# A moment of any offset is kept in UTC.
_MOMENT: Final = Constraints(ge=datetime.min.replace(tzinfo=UTC), le=datetime.max.replace(tzinfo=UTC), tz=True)
_PLAIN_MOMENT: Final = Constraints(tz=False)
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - as SQLAlchemy has it
# Where there is no type for it, a duration is a moment after 1970.
_DURATION: Final = Constraints(ge=datetime.min - _EPOCH, le=datetime.max - _EPOCH)  # noqa: DTZ901
# What says as much as a bound: the same one, or its neighbour, if they compare so with it.
_IMPLYING: Final = {
    "ge": (("ge", operator.ge), ("gt", operator.ge)),
    "gt": (("gt", operator.ge), ("ge", operator.gt)),
    "le": (("le", operator.le), ("lt", operator.le)),
    "lt": (("lt", operator.le), ("le", operator.lt)),
    "multiple_of": (("multiple_of", operator.eq),),
    "max_length": (("max_length", operator.le),),
    "without": (("without", operator.eq),),
    "tz": (("tz", operator.eq),),
}


# Any: a column's type, of whatever values.
def bound_by_column(annotation: Annotation, kind: TypeEngine[Any]) -> Annotation:
    """
    Add to a type what a column can hold, unless the type is as strict already.

    Args:
        annotation: The type of a field.
        kind: The type of the column.

    Example:
        >>> from sqlalchemy import SmallInteger, Text
        >>> bound_by_column(int, SmallInteger())
        typing.Annotated[int, Constraints(ge=-32768, le=32767)]
        >>> bound_by_column(list[int], Text())
        list[int]
    """
    if isinstance(kind, EnumType):
        return _name_words(annotation, kind)
    bounds = read_bounds(kind)
    if not bounds:
        return annotation
    try:
        node = analyze(annotation)
    except ConfigurationError:
        # Whoever reads such a value from a client says what is wrong with its type.
        return annotation
    added: list[Constraints] = []
    for member in node.members if isinstance(node, UnionNode) else (node,):
        bound = bounds.get(member.kind) if isinstance(member, ScalarNode) else None
        missing = None if bound is None else _subtract(bound, member)
        if missing is not None and missing.checks and missing not in added:
            added.append(missing)
    for item in added:
        annotation = Annotated[annotation, item]
    return annotation


# Any: as above.
def read_bounds(kind: TypeEngine[Any]) -> _Bounds:
    """
    Tell what a column can hold, by the kinds of values that it may be given.

    Args:
        kind: The type of the column.
    """
    if isinstance(kind, String):
        return {"str": Constraints(max_length=kind.length, without="\0")}
    if isinstance(kind, LargeBinary | BINARY | VARBINARY):
        return {} if kind.length is None else {"bytes": Constraints(max_length=kind.length)}
    if isinstance(kind, Integer):
        return {"int": _bound_integer(kind)}
    if isinstance(kind, Float):
        is_single = not isinstance(kind, Double) and (kind.precision is None or kind.precision <= _SINGLE_BITS)
        return {"float": Constraints(ge=-_LARGEST_SINGLE, le=_LARGEST_SINGLE)} if is_single else {}
    if isinstance(kind, Numeric):
        return _bound_number(kind)
    if isinstance(kind, UTCDateTime):
        return {"datetime": _MOMENT}
    if isinstance(kind, DateTime):
        return {"datetime": _MOMENT if kind.timezone else _PLAIN_MOMENT}
    if isinstance(kind, Time):
        return {"time": Constraints(tz=bool(kind.timezone))}
    return {"timedelta": _DURATION} if isinstance(kind, Interval) else {}


# Any: as above.
def name_kinds(kind: TypeEngine[Any]) -> frozenset[str] | None:
    """
    Name the kinds of values that a column may be given; `None` if they are not known.

    Args:
        kind: The type of the column.

    Example:
        >>> from sqlalchemy import Text
        >>> name_kinds(Text())
        frozenset({'str'})
    """
    expected = _find_type(kind)
    kinds = None if expected is None else _KINDS.get(expected)
    return None if kinds is None else frozenset(kinds.values())


class ColumnValues:
    """
    Which values a column can have at all.

    A database that is asked for another one compares something else: to MySQL `"1 OR 1=1"` is the number 1, and each
    text that begins with no digit is 0.

    Args:
        kind: The type of the column.

    Attributes:
        expected: The type of Python's that it has; `None` if that is not known.

    Example:
        >>> from sqlalchemy import SmallInteger
        >>> numbers = ColumnValues(SmallInteger())
        >>> numbers.takes(40_000), numbers.holds(40_000), numbers.takes("7"), numbers.takes(True)
        (True, False, False, False)
    """

    __slots__ = ("_checks", "_range", "expected")

    # Any: as above.
    def __init__(self, kind: TypeEngine[Any]) -> None:
        self.expected = _find_type(kind)
        self._checks: dict[type, tuple[Check, ...]] | None = None
        # PERF: nearly all keys are integers, and each row that is read by its key asks (benchmarks/orm.py).
        self._range: tuple[int, int] | None = None
        if isinstance(kind, Integer):
            bound: Any = _bound_integer(kind)
            self._range = (bound.ge, bound.le)
        kinds = None if self.expected is None else _KINDS.get(self.expected)
        if kinds is not None:
            bounds = read_bounds(kind)
            self._checks = {
                cls: make_checks(ScalarNode(annotation=cls, kind=name, constraints=(bounds.get(name, Constraints()),)))
                for cls, name in kinds.items()
            }

    def takes(self, value: object) -> bool:
        """Tell whether a value is of a kind that the column has."""
        return self._checks is None or self._find(value) is not None

    def holds(self, value: object) -> bool:
        """Tell whether a row can have a value in this column."""
        if type(value) is int and self._range is not None:
            return self._range[0] <= value <= self._range[1]
        if self._checks is None:
            return True
        checks = self._find(value)
        return checks is not None and all(check.holds(value) for check in checks)

    def _find(self, value: object) -> tuple[Check, ...] | None:
        checks = self._checks or {}
        found = checks.get(type(value))
        if found is not None:
            return found
        hidden = {base for special, base in _SUBCLASSES if isinstance(value, special)}
        return next((checks[cls] for cls in checks if isinstance(value, cls) and cls not in hidden), None)


# Any: as above.
def _find_type(kind: TypeEngine[Any]) -> type | None:
    is_own = isinstance(kind, TypeDecorator) and type(kind).python_type is TypeDecorator.python_type
    if is_own or isinstance(kind, EnumType):
        # Somebody's own: what it makes of a value is its business. That of an enumeration looks at each.
        return None
    try:
        return kind.python_type
    except NotImplementedError:
        return None


def _bound_integer(kind: Integer) -> Constraints:
    size = _BYTES.get(kind.__visit_name__) or (
        2 if isinstance(kind, SmallInteger) else 8 if isinstance(kind, BigInteger) else 4
    )
    if getattr(kind, "unsigned", False):
        return Constraints(ge=0, le=2 ** (8 * size) - 1)
    return Constraints(ge=-(2 ** (8 * size - 1)), le=2 ** (8 * size - 1) - 1)


# Any: numbers of either class.
def _bound_number(kind: Numeric[Any]) -> _Bounds:
    if kind.precision is None:
        return {}
    scale = kind.scale or 0
    limit = 10 ** (kind.precision - scale) if kind.precision >= scale else Decimal(10) ** (kind.precision - scale)
    whole = Constraints(gt=-limit, lt=limit)
    exact = replace(whole, multiple_of=Decimal(1).scaleb(-scale))
    return {"int": whole, "decimal": exact, "float": exact}


def _subtract(bound: Constraints, node: Node) -> Constraints:
    """Leave out what the type's own constraints say already, and more strictly."""
    kept: dict[str, Any] = {}  # Any: bounds of whatever type
    for name in _IMPLYING:
        value = getattr(bound, name)
        if value is not None and not any(_implies(own, name, value) for own in node.constraints):
            kept[name] = value
    return Constraints(**kept)


# Any: as above.
def _implies(own: Constraints, name: str, value: Any) -> bool:
    for other, holds in _IMPLYING[name]:
        given: Any = getattr(own, other)
        # A time with an offset, and one without, are not comparable: then both are asked.
        with suppress(TypeError):
            if given is not None and holds(given, value):
                return True
    return False


def _name_words(annotation: Annotation, kind: EnumType) -> Annotation:
    """Name the words of a column that has no enumeration of Python's."""
    if kind.enum_class is not None:
        return annotation
    literal: Any = Literal  # its words are known when the program runs
    words = literal[tuple(kind.enums)]
    if annotation is str:
        return words
    return words | None if set(get_args(annotation)) == {str, type(None)} else annotation


__all__ = ["ColumnValues", "bound_by_column", "name_kinds", "read_bounds"]

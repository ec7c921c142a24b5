"""
Cursors: where a list goes on, as text that a client keeps and gives back.

A cursor holds the order and the values of one row in it, and nothing that is ever read as SQL: the order must be the
one of the query, and the values are parsed into the types of the columns and bound. With a sealer it is signed as well.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, Numeric, String
from sqlalchemy import Enum as EnumType

from covet.database.errors import QueryError
from covet.database.orm.column_bounds import bound_by_column
from covet.exceptions import ErrorItem, ValidationError
from covet.security.base64url import decode_base64url, encode_base64url
from covet.security.errors import BadSignatureError
from covet.security.sealing import TokenSealer
from covet.validation import compile_validator

MAX_CURSOR: Final = 4096
"""How many characters a cursor has at most: a URL has room for it, and so has a header with two."""

# How many bytes a value of each type takes at most; those of texts and decimals depend on their columns.
_SIZES: Final[dict[type, int]] = {
    int: 21, str: 24, float: 25, bool: 6, Decimal: 6, datetime: 36, date: 13, time: 24, UUID: 39
}  # fmt: skip
KEY_TYPES: Final = tuple(_SIZES)
"""The types that a cursor carries."""

_BYTES_OF_CHARACTER: Final = 4
# What a seal adds, and what stands around the values.
_OVERHEAD: Final = 128


@dataclass(frozen=True, slots=True)
class KeyColumn:
    """
    A column that a list is sorted by, as a cursor carries it.

    Attributes:
        kind: The type of its values.
        read: Makes a value of what JSON gave.
        size: How many bytes a value takes at most; `None` if there is no limit.
    """

    kind: type
    read: Callable[[Any], Any]  # Any: what JSON gave, of whatever type
    size: int | None


# Any: a column of whatever type.
def read_key_column(column: Column[Any]) -> KeyColumn | None:
    """Tell how a cursor carries the values of a column; `None` if it cannot."""
    try:
        kind = column.type.python_type
    except NotImplementedError:
        return None
    if kind not in _SIZES or isinstance(column.type, EnumType):
        return None
    size: int | None = _SIZES[kind]
    if isinstance(column.type, String):
        # A row may have what a client could not send now: only what no driver takes is refused.
        length = column.type.length
        return KeyColumn(kind, _read_text, None if length is None else _SIZES[str] + _BYTES_OF_CHARACTER * length)
    if kind is Decimal and isinstance(column.type, Numeric):
        size = None if column.type.precision is None else _SIZES[Decimal] + column.type.precision
    return KeyColumn(kind, compile_validator(bound_by_column(kind, column.type)).validate, size)


def measure_cursor(context: str, order: Sequence[str], columns: Sequence[KeyColumn]) -> int:
    """
    Tell how many characters a cursor has at most.

    Args:
        context: The list.
        order: The order.
        columns: The columns of the order, all of which have a limit.
    """
    head = len(json.dumps([context, *order]))
    size = _OVERHEAD + head + sum(column.size or 0 for column in columns)
    return -(-size * 4 // 3)


def _read_text(value: str) -> str:
    # No driver takes half a surrogate pair.
    value.encode("utf-8")
    return value


@dataclass(frozen=True, slots=True)
class Cursor:
    """
    A place in a list.

    Attributes:
        order: The order of the list.
        values: The values of the row that it stands at, in that order.
        is_backward: Whether it leads to what is before the row, rather than behind.
    """

    order: tuple[str, ...]
    values: tuple[Any, ...]  # Any: values of columns
    is_backward: bool = False

    def write(self, sealer: TokenSealer | None, context: str) -> str:
        """
        Write it as text.

        Args:
            sealer: What protects it, if anything does.
            context: The list that it belongs to.

        Raises:
            QueryError: If a row has values that a cursor cannot carry, which its columns should not have let in.
        """
        # Texts stand behind the rest as they are, and only their lengths in it: JSON would make six bytes of some.
        tail = "".join(value for value in self.values if isinstance(value, str))
        plain = [len(value) if isinstance(value, str) else _to_plain(value) for value in self.values]
        payload = [context, int(self.is_backward), self.order, plain]
        try:
            text = json.dumps(payload, separators=(",", ":"), allow_nan=False) + "\n" + tail
        except ValueError as exc:
            raise _make_misfit(self.order, "a number that is none") from exc
        made = (
            encode_base64url(text.encode()) if sealer is None else sealer.seal(text, expires_in=None, context=context)
        )
        if len(made) > MAX_CURSOR:
            raise _make_misfit(self.order, "a text that is longer than its column")
        return made


def read_cursor(
    text: str, sealer: TokenSealer | None, context: str, order: tuple[str, ...], columns: Sequence[KeyColumn]
) -> Cursor:
    """
    Read what a client gave back.

    Args:
        text: What it gave.
        sealer: What protects it, if anything does.
        context: The list that it must belong to.
        order: The order that it must be of.
        columns: The columns of that order.

    Raises:
        ValidationError: If it is no cursor, or one of another list or another order; why is not said (422).
    """
    try:
        head, _, tail = _unseal(text, sealer, context).partition("\n")
        whose, is_backward, named, values = json.loads(head, parse_constant=_refuse)
        is_ours = whose == context and tuple(named) == order and is_backward in (0, 1) and type(values) is list
        if is_ours:
            return Cursor(order, tuple(_read_values(values, tail, columns)), bool(is_backward))
    except (
        ValueError, TypeError, ArithmeticError, RecursionError, AttributeError, BadSignatureError, ValidationError
    ) as exc:  # fmt: skip
        raise _make_error() from exc
    raise _make_error()


# Any: what JSON gave, and values of columns.
def _read_values(values: list[Any], tail: str, columns: Sequence[KeyColumn]) -> Iterator[Any]:
    for value, column in zip(values, columns, strict=True):
        if column.kind is not str:
            yield column.read(value)
            continue
        if type(value) is not int or not 0 <= value <= len(tail):
            raise ValueError("It is no length of a text.")
        yield column.read(tail[:value])
        tail = tail[value:]
    if tail:
        raise ValueError("There is more text than the order has.")


def _make_misfit(order: Sequence[str], what: str) -> QueryError:
    return QueryError(
        f"A row cannot be gone on behind: in the order {', '.join(order)} it has {what}.",
        hint="Mend the row; SQLite keeps what other databases refuse.",
    )


def _make_error() -> ValidationError:
    message = "is no cursor of this list in this order; leave it out to begin anew"
    return ValidationError([ErrorItem("query", "/cursor", message, "cursor")])


def _unseal(text: str, sealer: TokenSealer | None, context: str) -> str:
    if sealer is not None:
        plain = sealer.unseal(text, context=context)
        if not isinstance(plain, str):
            raise ValueError("It is no text.")
        return plain
    data = decode_base64url(text)
    if data is None:
        raise ValueError("It is no base64url.")
    return data.decode()


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no number.")


# Any: a value of a column.
def _to_plain(value: Any) -> Any:
    if isinstance(value, int | float):
        return value
    return value.isoformat() if isinstance(value, datetime | date | time) else str(value)


__all__ = ["KEY_TYPES", "MAX_CURSOR", "Cursor", "KeyColumn", "measure_cursor", "read_cursor", "read_key_column"]

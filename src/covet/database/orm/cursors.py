"""
Cursors: where a list goes on, as text that a client keeps and gives back.

A cursor holds the order and the values of one row in it, and nothing that is ever read as SQL: the order must be the
one of the query, and the values are parsed into the types of the columns and bound. With a sealer it is signed as well.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from math import isfinite
from typing import Any, Final
from uuid import UUID

from covet.database.orm.fields import INT64
from covet.exceptions import ErrorItem, ValidationError
from covet.security.errors import BadSignatureError
from covet.security.sealing import TokenSealer

_MAX_DIGITS: Final = 64


def _read_datetime(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("It has no time zone.")
    return moment.astimezone(UTC)


def _read_decimal(value: str) -> Decimal:
    number = Decimal(value) if len(value) <= _MAX_DIGITS else Decimal("NaN")
    if not number.is_finite():
        raise ValueError("It is no number.")
    return number


def _read_int(value: int) -> int:
    if type(value) is not int or value not in INT64:
        raise ValueError("It is no number that a column can hold.")
    return value


def _read_float(value: float) -> float:
    if type(value) not in (int, float) or not isfinite(value):
        raise ValueError("It is no number.")
    return float(value)


def _read_str(value: str) -> str:
    # PostgreSQL has no NUL in its texts, and no driver takes half a surrogate pair.
    if type(value) is not str or "\0" in value:
        raise ValueError("It is no text.")
    value.encode("utf-8")
    return value


def _read_bool(value: bool) -> bool:
    if type(value) is not bool:
        raise ValueError("It is neither true nor false.")
    return value


# Any: what JSON gave, of whatever type.
KEY_TYPES: Final[dict[type, Callable[[Any], Any]]] = {
    int: _read_int,
    str: _read_str,
    float: _read_float,
    bool: _read_bool,
    Decimal: _read_decimal,
    datetime: _read_datetime,
    date: date.fromisoformat,
    time: time.fromisoformat,
    UUID: UUID,
}
"""The types that a cursor carries, and what reads them."""


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
        """
        plain = [value if isinstance(value, int | float | str) else _to_text(value) for value in self.values]
        payload = [context, int(self.is_backward), self.order, plain]
        text = json.dumps(payload, separators=(",", ":"), allow_nan=False)
        if sealer is not None:
            return sealer.seal(text, expires_in=None, context=context)
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(
    text: str, sealer: TokenSealer | None, context: str, order: tuple[str, ...], types: Sequence[type]
) -> Cursor:
    """
    Read what a client gave back.

    Args:
        text: What it gave.
        sealer: What protects it, if anything does.
        context: The list that it must belong to.
        order: The order that it must be of.
        types: The types of its values.

    Raises:
        ValidationError: If it is no cursor, or one of another list or another order; why is not said (422).
    """
    try:
        plain = _unseal(text, sealer, context)
        whose, is_backward, named, values = json.loads(plain, parse_constant=_refuse)
        is_ours = whose == context and tuple(named) == order and is_backward in (0, 1) and type(values) is list
        if is_ours:
            read = tuple(KEY_TYPES[kind](value) for kind, value in zip(types, values, strict=True))
            return Cursor(order, read, bool(is_backward))
    except (ValueError, TypeError, ArithmeticError, RecursionError, AttributeError, BadSignatureError) as exc:
        raise _make_error() from exc
    raise _make_error()


def _make_error() -> ValidationError:
    message = "is no cursor of this list in this order; leave it out to begin anew"
    return ValidationError([ErrorItem("query", "/cursor", message, "cursor")])


def _unseal(text: str, sealer: TokenSealer | None, context: str) -> str:
    if sealer is not None:
        plain = sealer.unseal(text, context=context)
        if not isinstance(plain, str):
            raise ValueError("It is no text.")
        return plain
    return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)).decode()


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no number.")


# Any: a value of a column.
def _to_text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime | date | time) else str(value)


__all__ = ["KEY_TYPES", "Cursor", "read_cursor"]

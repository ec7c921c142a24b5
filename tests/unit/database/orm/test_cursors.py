"""
Tests of cursors: whatever a client makes of one, it is a place in the list, or a 422.
"""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    Enum,
    Integer,
    Numeric,
    String,
    Text,
    Time,
    Uuid,
)
from sqlalchemy.types import TypeEngine

from covet.database import QueryError
from covet.database.orm import UTCDateTime
from covet.database.orm.cursors import (
    KEY_TYPES,
    MAX_CURSOR,
    Cursor,
    KeyColumn,
    measure_cursor,
    read_cursor,
    read_key_column,
)
from covet.exceptions import ValidationError
from covet.security import Signer

ORDER = ("-age", "id")


def column(kind: TypeEngine[Any] | type[TypeEngine[Any]]) -> KeyColumn:
    """Make a column of a type."""
    made = read_key_column(Column("x", kind))
    assert made is not None
    return made


COLUMNS = [column(BigInteger), column(BigInteger)]


def encode(payload: object, tail: str = "") -> str:
    """Write what a client might."""
    return urlsafe_b64encode(f"{json.dumps(payload)}\n{tail}".encode()).decode().rstrip("=")


# The longest value of each column, or one like it.
VALUES: dict[TypeEngine[Any], Any] = {
    BigInteger(): -(2**63),
    String(255): "\U0001f600" * 254 + "\0",
    Double(): -1.7976931348623157e308,
    Boolean(): False,
    Numeric(70, 2): Decimal("-" + "9" * 68 + ".99"),
    UTCDateTime(): datetime(2026, 1, 1, 12, 30, 0, 5, UTC),
    DateTime(): datetime(2026, 1, 1, 12, 30, 0, 5),  # noqa: DTZ001 - as the column has it
    Date(): date(2026, 1, 1),
    Time(): time(12, 30, 0, 5),
    Uuid(): UUID(int=2**128 - 1),
}


@pytest.mark.parametrize("sealer", [None, Signer("a secret of thirty-two bytes, or more", purpose="cursor")])
@pytest.mark.parametrize("is_backward", [False, True])
def test_cursor_comes_back_as_it_was(sealer: Signer | None, is_backward: bool) -> None:
    """With each type that it may carry, and no longer than it may be."""
    order, columns = tuple(repr(kind) for kind in VALUES), [column(kind) for kind in VALUES]
    cursor = Cursor(order, tuple(VALUES.values()), is_backward)

    text = cursor.write(sealer, "Users")

    assert read_cursor(text, sealer, "Users", order, columns) == cursor
    assert {item.kind for item in columns} == set(KEY_TYPES)
    assert len(text) <= measure_cursor("Users", order, columns) <= MAX_CURSOR


@pytest.mark.parametrize("kind", list(VALUES))
def test_no_cursor_is_longer_than_was_measured(kind: TypeEngine[Any]) -> None:
    """Of each column alone, signed as well."""
    signer = Signer("a secret of thirty-two bytes, or more", purpose="cursor")

    made = Cursor(("x",), (VALUES[kind],)).write(signer, "Users")

    assert len(made) <= measure_cursor("Users", ("x",), [column(kind)])


@pytest.mark.parametrize("kind", [JSON(), Enum("a", "b")])
def test_what_has_no_order_of_its_own_is_not_carried(kind: TypeEngine[Any]) -> None:
    """Nor what has one of its own on each database."""
    assert read_key_column(Column("x", kind)) is None


def test_texts_without_a_limit_have_no_measure() -> None:
    """Nor numbers."""
    assert column(Text).size is None
    assert column(Numeric).size is None


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("a" * 5000, "in the order name, id it has a text that is longer than its column."),
        (float("inf"), "in the order name, id it has a number that is none."),
    ],
)
def test_no_cursor_is_handed_out_that_would_be_refused(value: object, message: str) -> None:
    """SQLite keeps what its columns do not say."""
    with pytest.raises(QueryError) as caught:
        Cursor(("name", "id"), (value, 1)).write(None, "Users")

    assert str(caught.value).startswith(f"A row cannot be gone on behind: {message}")


@pytest.mark.parametrize(
    "payload",
    [
        ["Others", 0, ORDER, [1, 2]],
        ["Users", 0, ["age", "id"], [1, 2]],
        ["Users", 0, ["-age", "id;--"], [1, 2]],
        ["Users", 2, ORDER, [1, 2]],
        ["Users", 0, ORDER, [1]],
        ["Users", 0, ORDER, [1, 2, 3]],
        ["Users", 0, ORDER, ["1", 2]],
        ["Users", 0, ORDER, [True, 2]],
        ["Users", 0, ORDER, [2**63, 2]],
        ["Users", 0, ORDER, [None, 2]],
        ["Users", 0, ORDER, [{"a": 1}, 2]],
        ["Users", 0, ORDER, {"0": 1}],
        ["Users", 0, ORDER, [float("nan"), 2]],
        ["Users", 0, 7, [1, 2]],
        {"order": ORDER},
        [],
        None,
        7,
    ],
)
@pytest.mark.row(97)
def test_made_up_cursor_is_refused(payload: object) -> None:
    """Why is not said."""
    with pytest.raises(ValidationError) as caught:
        read_cursor(encode(payload), None, "Users", ORDER, COLUMNS)

    (error,) = caught.value.errors
    assert (error.source, error.pointer) == ("query", "/cursor")
    assert error.message == "is no cursor of this list in this order; leave it out to begin anew"


@pytest.mark.parametrize("sealer", [None, Signer("a secret of thirty-two bytes, or more", purpose="cursor")])
def test_cursor_has_one_spelling(sealer: Signer | None) -> None:
    """No padding, no strangers that a reader skips, and zeros in the bits that the last character has too many."""
    real = next(text for id in range(100) if len(text := Cursor(ORDER, (1, 10**id)).write(sealer, "Users")) % 4 == 2)
    assert read_cursor(real, sealer, "Users", ORDER, COLUMNS).values[0] == 1

    last = chr(ord(real[-1]) + 1)
    for changed in (real[:-1] + last, real + "=", real + "==", real[:4] + "*" + real[4:], real[:4] + "\n" + real[4:]):
        with pytest.raises(ValidationError):
            read_cursor(changed, sealer, "Users", ORDER, COLUMNS)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (UTCDateTime(), "2026-01-01T00:00:00"),
        (UTCDateTime(), "0001-01-01T00:00:00+14:00"),
        (UTCDateTime(), 7),
        (DateTime(), "2026-01-01T00:00:00Z"),
        (Numeric(12, 2), "NaN"),
        (Numeric(12, 2), "1" * 1000),
        (Numeric(12, 2), "1e999999999"),
        (Numeric(12, 2), "1.001"),
        (Integer(), 2**31),
        (BigInteger(), 2**63),
        (String(9), "a"),
        (String(9), -1),
        (String(9), True),
        (String(9), 4),
        (String(9), 2),
        (Double(), "1"),
        (Boolean(), 1),
        (Uuid(), "x"),
        (Date(), "2026-13-01"),
        (Time(), 5),
    ],
)
def test_values_must_be_of_their_columns(kind: TypeEngine[Any], value: Any) -> None:
    """What a driver would choke on never gets there."""
    text = encode(["Users", 0, ["x"], [value]], "abc" if isinstance(kind, String) else "")

    with pytest.raises(ValidationError):
        read_cursor(text, None, "Users", ("x",), [column(kind)])


def test_half_a_surrogate_pair_is_no_text() -> None:
    """A seal would carry it."""
    signer = Signer("a secret of thirty-two bytes, or more", purpose="cursor")
    text = signer.seal('["Users",0,["x"],[1]]\n\ud800', expires_in=None, context="Users")

    with pytest.raises(ValidationError):
        read_cursor(text, signer, "Users", ("x",), [column(String(9))])


def test_signed_cursor_cannot_be_made_up() -> None:
    """Nor taken from another list."""
    signer = Signer("a secret of thirty-two bytes, or more", purpose="cursor")
    real = Cursor(ORDER, (1, 2)).write(signer, "Users")

    for text, context in ((encode(["Users", 0, ORDER, [1, 2]]), "Users"), (real[:-2] + "AA", "Users"), (real, "Posts")):
        with pytest.raises(ValidationError):
            read_cursor(text, signer, context, ORDER, COLUMNS)


@given(st.text() | st.binary().map(lambda data: urlsafe_b64encode(data).decode()))
def test_any_text_is_a_cursor_or_refused(text: str) -> None:
    """No text gets an error that is not ours."""
    with pytest.raises(ValidationError):
        read_cursor(text, None, "Users", ORDER, COLUMNS)

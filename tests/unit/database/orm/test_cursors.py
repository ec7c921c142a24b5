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

from covet.database.orm.cursors import KEY_TYPES, Cursor, read_cursor
from covet.exceptions import ValidationError
from covet.security import Signer

ORDER = ("-age", "id")
TYPES = [int, int]


def encode(payload: object) -> str:
    """Write what a client might."""
    return urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")


@pytest.mark.parametrize("sealer", [None, Signer("a secret of thirty-two bytes, or more", purpose="cursor")])
@pytest.mark.parametrize("is_backward", [False, True])
def test_cursor_comes_back_as_it_was(sealer: Signer | None, is_backward: bool) -> None:
    """With each type that it may carry."""
    values = {
        int: 2**63 - 1,
        str: "ü\n'",
        float: 0.1,
        bool: True,
        Decimal: Decimal("1.20"),
        datetime: datetime(2026, 1, 1, 12, 30, 0, 5, UTC),
        date: date(2026, 1, 1),
        time: time(12, 30),
        UUID: UUID(int=7),
    }
    order = tuple(kind.__name__ for kind in values)
    cursor = Cursor(order, tuple(values.values()), is_backward)

    text = cursor.write(sealer, "Users")

    assert read_cursor(text, sealer, "Users", order, list(values)) == cursor
    assert list(values) == list(KEY_TYPES)


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
        read_cursor(encode(payload), None, "Users", ORDER, TYPES)

    (error,) = caught.value.errors
    assert (error.source, error.pointer) == ("query", "/cursor")
    assert error.message == "is no cursor of this list in this order; leave it out to begin anew"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (datetime, "2026-01-01T00:00:00"),
        (datetime, 7),
        (Decimal, "NaN"),
        (Decimal, "1" * 1000),
        (Decimal, "1e999999999"),
        (str, "a\0b"),
        (str, "\ud800"),
        (str, 7),
        (float, "1"),
        (bool, 1),
        (UUID, "x"),
        (date, "2026-13-01"),
        (time, 5),
    ],
)
def test_values_must_be_of_their_columns(kind: type, value: Any) -> None:
    """What a driver would choke on never gets there. A large exponent is a number, as far as Python knows."""
    text = encode(["Users", 0, ["x"], [value]])

    if value == "1e999999999":
        assert read_cursor(text, None, "Users", ("x",), [kind]).values == (Decimal(value),)
        return
    with pytest.raises(ValidationError):
        read_cursor(text, None, "Users", ("x",), [kind])


def test_signed_cursor_cannot_be_made_up() -> None:
    """Nor taken from another list."""
    signer = Signer("a secret of thirty-two bytes, or more", purpose="cursor")
    real = Cursor(ORDER, (1, 2)).write(signer, "Users")

    for text, context in ((encode(["Users", 0, ORDER, [1, 2]]), "Users"), (real[:-2] + "AA", "Users"), (real, "Posts")):
        with pytest.raises(ValidationError):
            read_cursor(text, signer, context, ORDER, TYPES)


@given(st.text() | st.binary().map(lambda data: urlsafe_b64encode(data).decode()))
def test_any_text_is_a_cursor_or_refused(text: str) -> None:
    """No text gets an error that is not ours."""
    with pytest.raises(ValidationError):
        read_cursor(text, None, "Users", ORDER, TYPES)

"""
Tests of `covet.database.drivers.mysql_values`.
"""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from uuid import UUID

import pytest

from covet.database import QueryError
from covet.database.drivers.mysql_values import adapt_values


class Kind(Enum):
    """Members with values of several types."""

    TEXT = "text"
    LIST = (1, 2)
    FLOAT = float("inf")


class Number(IntEnum):
    """A number that is more."""

    ONE = 1


class Word(StrEnum):
    """A text that is more."""

    TEA = "tea"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, True),
        (None, None),
        ("tëa", "tëa"),
        (Kind.TEXT, "text"),
        (Kind.LIST, "[1,2]"),
        (Number.ONE, 1),
        (Word.TEA, "tea"),
        (0.5, 0.5),
        (bytearray(b"a"), b"a"),
        (memoryview(b"a"), b"a"),
        (Decimal("0.10"), Decimal("0.10")),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (date(2030, 1, 2), date(2030, 1, 2)),
        (time(1, 2), time(1, 2)),
        (timedelta(hours=30), timedelta(hours=30)),
        (
            datetime(2030, 1, 2, 3, tzinfo=timezone(timedelta(hours=3))),
            datetime(2030, 1, 2, tzinfo=UTC).replace(tzinfo=None),
        ),
        ({"a": None}, '{"a":null}'),
        ([1, "x"], '[1,"x"]'),
        ((1, "x"), '[1,"x"]'),
    ],
)
def test_each_type_has_its_form(value: object, written: object) -> None:
    """Of those that the library escapes, and of no other type: it would write a list as several values."""
    [adapted] = adapt_values((value,))

    assert adapted == written
    assert type(adapted) is type(written)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (object(), "MySQL cannot keep a value of type object."),
        ({1, 2}, "MySQL cannot keep a value of type set."),
        ({"canary": object()}, "A list or a mapping has something in it that has no form in JSON."),
        (float("nan"), "MySQL has no number that is infinite or none."),
        (float("-inf"), "MySQL has no number that is infinite or none."),
        (Decimal("sNaN"), "MySQL has no number that is infinite or none."),
        (Decimal("Infinity"), "MySQL has no number that is infinite or none."),
        (Kind.FLOAT, "MySQL has no number that is infinite or none."),
        ("canary\ud800", "A text cannot be written as UTF-8."),
        ("canary\udc27", "A text cannot be written as UTF-8."),
    ],
)
def test_what_cannot_be_written_is_refused(value: object, message: str) -> None:
    """By its type, and without what it is."""
    with pytest.raises(QueryError) as caught:
        adapt_values((1, value))

    assert caught.value.message == message

"""
Tests of `covet.database.drivers.sqlite_values`.
"""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from uuid import UUID

import pytest

from covet.database import QueryError
from covet.database.drivers.sqlite_values import adapt_values


class Kind(Enum):
    """Members with values of several types."""

    TEXT = "text"
    LIST = (1, 2)


class Number(IntEnum):
    """A number that is more."""

    ONE = 1


class Word(StrEnum):
    """A text that is more."""

    TEA = "tea"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (True, True),
        (Kind.TEXT, "text"),
        (Kind.LIST, "[1,2]"),
        (Number.ONE, 1),
        (Word.TEA, "tea"),
        (bytearray(b"a"), b"a"),
        (memoryview(b"a"), b"a"),
        (Decimal("0.10"), "0.10"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (date(2030, 1, 2), "2030-01-02"),
        (time(1, 2), "01:02:00"),
        (datetime(2030, 1, 2, 3, tzinfo=timezone(timedelta(hours=3))), "2030-01-02T00:00:00.000000+00:00"),
        (datetime(2030, 1, 2, 3, tzinfo=UTC).replace(tzinfo=None), "2030-01-02T03:00:00.000000"),
        ({"a": None}, '{"a":null}'),
        ([1, "x"], '[1,"x"]'),
    ],
)
def test_each_type_has_its_form(value: object, kept: object) -> None:
    """Alone and among others."""
    [adapted] = adapt_values((value,))

    assert adapted == kept
    assert type(adapted) is type(kept)
    assert adapt_values((1, value, "x")) == (1, kept, "x")


def test_times_are_ordered_as_their_texts() -> None:
    """With and without a part of a second."""
    moments = [datetime(2030, 1, 2, 3, 4, 5, micro, tzinfo=UTC) for micro in (0, 5, 500000)]

    texts = [str(adapt_values((moment,))[0]) for moment in moments]

    assert texts == sorted(texts)


def test_what_is_as_it_should_be_is_not_copied() -> None:
    """Most values are."""
    values = (1, "a", b"b", 0.5, None)

    assert adapt_values(values) is values


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (object(), "SQLite cannot keep a value of type object."),
        ({"canary": object()}, "A list or a mapping has something in it that has no form in JSON."),
        ({1, 2}, "SQLite cannot keep a value of type set."),
        (timedelta(1), "SQLite cannot keep a value of type timedelta."),
    ],
)
def test_what_cannot_be_kept_is_refused(value: object, message: str) -> None:
    """By its type, and without what it is."""
    with pytest.raises(QueryError) as caught:
        adapt_values((value,))

    assert caught.value.message == message

"""
One spelling of numbers, times and identifiers, in linear time, and nothing that only Python would read.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.exceptions import BadRequestError
from covet.validation.scalars import (
    READERS,
    read_bool,
    read_bytes,
    read_date,
    read_datetime,
    read_decimal,
    read_float,
    read_int,
    read_key_int,
    read_time,
    read_timedelta,
    read_uuid,
    write_bytes,
)
from tests.linearity import assert_linear

Reader = Callable[[str], object]
PLUS_TWO = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (read_int, "0", 0),
        (read_int, "-07", -7),
        (read_int, "+5", 5),
        (read_int, "9" * 4300, int("9" * 4300)),
        (read_key_int, "-7", -7),
        (read_key_int, "0", 0),
        (read_float, "1", 1.0),
        (read_float, ".5", 0.5),
        (read_float, "1.", 1.0),
        (read_float, "-1.5E-3", -0.0015),
        (read_decimal, "1.10", Decimal("1.10")),
        (read_decimal, "-3e2", Decimal("-3e2")),
        (read_bool, "TRUE", True),
        (read_bool, "1", True),
        (read_bool, "on", True),
        (read_bool, "yes", True),
        (read_bool, "False", False),
        (read_bool, "0", False),
        (read_bool, "off", False),
        (read_bool, "no", False),
        (read_bytes, "", b""),
        (read_bytes, "dGVhIQ==", b"tea!"),
        (read_uuid, "0123456789abcdef0123456789ABCDEF", UUID("01234567-89ab-cdef-0123-456789abcdef")),
        (read_uuid, "01234567-89ab-cdef-0123-456789abcdef", UUID("01234567-89ab-cdef-0123-456789abcdef")),
        (read_date, "2024-02-29", date(2024, 2, 29)),
        (read_datetime, "2026-02-28T12:30:00", datetime(2026, 2, 28, 12, 30)),  # noqa: DTZ001 - none was given
        (read_datetime, "2026-02-28 12:30:00z", datetime(2026, 2, 28, 12, 30, tzinfo=UTC)),
        (read_datetime, "2026-02-28t12:30:00+02:00", datetime(2026, 2, 28, 12, 30, tzinfo=PLUS_TWO)),
        (read_datetime, "2026-02-28T12:30:00-00:00", datetime(2026, 2, 28, 12, 30, tzinfo=UTC)),
        (read_datetime, "2026-02-28T12:30:00.1234567Z", datetime(2026, 2, 28, 12, 30, 0, 123457, tzinfo=UTC)),
        (read_datetime, "2026-12-31T23:59:59.9999995", datetime(2027, 1, 1)),  # noqa: DTZ001 - none was given
        (read_time, "23:59:59.5", time(23, 59, 59, 500_000)),
        (read_time, "12:30:00+0200", time(12, 30, tzinfo=PLUS_TWO)),
        (read_timedelta, "P1D", timedelta(days=1)),
        (read_timedelta, "-PT1.5S", timedelta(seconds=-1.5)),
        (read_timedelta, "+pt36h", timedelta(hours=36)),
        (read_timedelta, "P1DT2H3M4S", timedelta(days=1, hours=2, minutes=3, seconds=4)),
    ],
)
def test_reads(read: Reader, text: str, value: object) -> None:
    """A spelling that is common has its value."""
    found = read(text)

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (read_int, ""),
        (read_int, "1_0"),
        (read_int, "１２"),
        (read_int, " 1"),
        (read_int, "1\n"),
        (read_int, "1.0"),
        (read_int, "0x10"),
        (read_key_int, "07"),
        (read_key_int, "+7"),
        (read_key_int, "-"),
        (read_float, "nan"),
        (read_float, "Infinity"),
        (read_float, "1e400"),
        (read_float, "."),
        (read_float, "1e"),
        (read_float, "1_0.0"),
        (read_float, "1" * 4301),
        (read_decimal, "NaN"),
        (read_decimal, "1e99999999999999999999"),
        (read_decimal, "1" * 4301),
        (read_bool, "truer"),
        (read_bool, "y"),
        (read_bool, ""),
        (read_bytes, "dGVh="),
        (read_bytes, "dGV\n"),
        (read_bytes, "dGV="),
        (read_bytes, "dB=="),
        (read_bytes, "=dGVh"),
        (read_bytes, "dG_-"),
        (read_bytes, "é==="),
        (read_uuid, "{01234567-89ab-cdef-0123-456789abcdef}"),
        (read_uuid, "01234567-89abcdef-0123-456789abcdef"),
        (read_uuid, "urn:uuid:01234567-89ab-cdef-0123-456789abcdef"),
        (read_date, "2026-02-30"),
        (read_date, "20260228"),
        (read_date, "2026-2-28"),
        (read_date, "2026-02-28T00:00:00"),
        (read_date, "0000-01-01"),
        (read_datetime, "2026-02-28"),
        (read_datetime, "2026-02-28T24:00:00"),
        (read_datetime, "2026-02-28T12:30"),
        (read_datetime, "2026-02-28T12:30:00+24:00"),
        (read_datetime, "2026-02-28T12:30:00+02:60"),
        (read_datetime, "9999-12-31T23:59:59.9999999"),
        (read_datetime, "1767225600"),
        (read_time, "12:30"),
        (read_time, "25:00:00"),
        (read_time, "12:30:00+25:00"),
        (read_timedelta, "P"),
        (read_timedelta, "PT"),
        (read_timedelta, "P1DT"),
        (read_timedelta, "P1M"),
        (read_timedelta, "P1W"),
        (read_timedelta, "P1.5DT1H"),
        (read_timedelta, "P99999999999D"),
        (read_timedelta, "P" + "1" * 500 + "D"),
        (read_timedelta, "3600"),
    ],
)
def test_refuses(read: Reader, text: str) -> None:
    """Anything else is no value, and no exception either."""
    assert read(text) is None


@pytest.mark.parametrize("text", ["1" * 4301, "-" + "1" * 4301])
def test_an_integer_of_too_many_digits_is_a_bad_request(text: str) -> None:
    """`int` would take time that grows with the square of the digits."""
    with pytest.raises(BadRequestError) as caught:
        read_int(text)

    assert caught.value.detail == "A number has more than 4300 characters."


@pytest.mark.parametrize(
    "kind", ["int", "float", "decimal", "bytes", "uuid", "date", "datetime", "time", "timedelta", "bool"]
)
@pytest.mark.parametrize("unit", ["1", "-", ".", "e", "P1D", "2026-02-28", "12:30:00.", "="])
def test_readers_are_linear(kind: str, unit: str) -> None:
    """No reader backtracks over a long text."""
    assert_linear(READERS[kind][0], lambda size: unit * size, size=200)


@given(st.binary(max_size=30))
def test_bytes_have_one_spelling(data: bytes) -> None:
    """What is written is read, and has no other length."""
    text = write_bytes(data)

    assert read_bytes(text) == data
    assert read_bytes(text + "=") is None


@given(st.datetimes(timezones=st.none() | st.just(UTC)))
def test_a_datetime_is_read_as_isoformat_writes_it(value: datetime) -> None:
    """The standard library's own spelling is understood."""
    assert read_datetime(value.isoformat()) == value

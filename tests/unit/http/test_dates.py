"""
HTTP dates: written in one form, read in three.
"""

from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.http import dates
from covet.http.dates import format_http_date, is_moment, parse_http_date, to_moment
from tests.linearity import assert_linear

MOMENT = datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)
# A day from either end of the calendar, any zone's moment is in it.
AWARE = st.datetimes(
    datetime(1, 1, 2),  # noqa: DTZ001 - bounds are naive
    datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-9))]),
)


@pytest.mark.parametrize(
    "moment",
    [MOMENT, 784111777, 784111777.9, MOMENT.astimezone(timezone(timedelta(hours=5))), MOMENT.replace(microsecond=5)],
)
def test_a_moment_is_written_in_the_preferred_form(moment: datetime | float) -> None:
    """Datetimes of any zone and seconds since 1970 give the same date in GMT."""
    assert format_http_date(moment) == "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize(
    "text", ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
)
def test_all_three_forms_are_read(text: str) -> None:
    """RFC 9110 obliges a recipient to read the two obsolete forms too."""
    assert parse_http_date(text) == MOMENT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "sun, 06 nov 1994 08:49:37 gmt",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        " Sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT\n",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov １９９４ 08:49:37 GMT",
        "Sun, 06 Abc 1994 08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT",
        "2026-01-01T00:00:00Z",
        "9" * 5000,
    ],
)
def test_anything_else_is_none(text: str) -> None:
    """A bad date is ignored, not refused (RFC 9110 §13.1.3)."""
    assert parse_http_date(text) is None


def test_a_leap_second_is_the_second_before() -> None:
    """The 61st second of a minute is on the wire legal, and in Python is not."""
    assert parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT") == datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(("digits", "year"), [("26", 2026), ("76", 2076), ("77", 1977), ("99", 1999), ("00", 2000)])
def test_two_digits_are_a_year_within_fifty(digits: str, year: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than 50 years ahead means the most recent past year with those digits."""
    monkeypatch.setattr(dates, "_this_year", lambda: 2026)

    parsed = parse_http_date(f"Sunday, 06-Nov-{digits} 08:49:37 GMT")

    assert parsed is not None
    assert parsed.year == year


@pytest.mark.parametrize(("digits", "year"), [("10", 2110), ("45", 2145), ("46", 2046), ("95", 2095)])
def test_two_digits_cross_the_century(digits: str, year: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Late in a century, small numbers are years of the next."""
    monkeypatch.setattr(dates, "_this_year", lambda: 2095)

    parsed = parse_http_date(f"Sunday, 06-Nov-{digits} 08:49:37 GMT")

    assert parsed is not None
    assert parsed.year == year


def test_a_naive_datetime_is_refused() -> None:
    """Nobody knows which moment it means; the error says what to write."""
    with pytest.raises(ValueError, match=r"has no time zone\. Write datetime\.now\(UTC\), or add tzinfo\."):
        format_http_date(datetime(2026, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize("moment", [1e20, -1e20, 1e12, float("nan"), float("inf"), 10**40])
def test_a_moment_outside_the_calendar_is_refused(moment: float) -> None:
    """What has no year of four digits is a `ValueError`, whatever the platform says."""
    with pytest.raises(ValueError, match="is no moment between the years 1 and 9999"):
        format_http_date(moment)


@given(AWARE)
def test_what_is_written_is_read_back(moment: datetime) -> None:
    """Writing cuts to seconds; reading gives the same moment in UTC, as the standard library writes it."""
    text = format_http_date(moment)

    assert parse_http_date(text) == moment.replace(microsecond=0)
    assert text == format_datetime(moment.astimezone(UTC), usegmt=True)


@given(st.text(max_size=60) | st.text("SunModayNv ,:-0123456789GMT", max_size=40))
def test_reading_raises_nothing(text: str) -> None:
    """Any text gives a moment or `None`."""
    moment = parse_http_date(text)

    assert moment is None or moment.tzinfo is UTC


@pytest.mark.parametrize("unit", ["Sun, ", "0", " ", "Sun, 06 Nov 1994 08:49:37 GMT"])
def test_reading_is_linear(unit: str) -> None:
    """A long header is refused in linear time."""
    assert_linear(parse_http_date, lambda size: unit * size, size=500)


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        (date(2026, 1, 2), True),
        (datetime(2026, 1, 2, tzinfo=UTC), True),
        (datetime(2026, 1, 2), False),  # noqa: DTZ001 - naive on purpose
        ("2026-01-02", False),
        (0, False),
    ],
)
def test_moment_is_a_date_or_has_a_time_zone(value: object, is_one: bool) -> None:
    """A naive datetime is one thing here and another there."""
    assert is_moment(value) is is_one


def test_moment_of_a_date_is_its_beginning() -> None:
    """In UTC; a datetime stays."""
    moment = datetime(2026, 1, 2, tzinfo=UTC)

    assert to_moment(date(2026, 1, 2)) == moment
    assert to_moment(moment) is moment

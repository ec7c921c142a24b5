"""
HTTP dates (RFC 9110 §5.6.7): to text in the one preferred form, from text in all three.

Names of days and months are tables, since `strftime` speaks the machine's language.
"""

import re
import time
from datetime import UTC, date, datetime
from datetime import time as time_of_day

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH_NUMBERS = {name: number for number, name in enumerate(_MONTHS, start=1)}

_DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_DAY_LONG = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_MONTH = f"(?P<month>{'|'.join(_MONTHS)})"
_TIME = "(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
_FORMS = (
    # RFC 9110: IMF-fixdate, then the obsolete rfc850-date and asctime-date.
    re.compile(f"{_DAY}, (?P<day>[0-9]{{2}}) {_MONTH} (?P<year>[0-9]{{4}}) {_TIME} GMT"),
    re.compile(f"{_DAY_LONG}, (?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_TIME} GMT"),
    re.compile(f"{_DAY} {_MONTH} (?P<day>[0-9]{{2}}| [0-9]) {_TIME} (?P<year>[0-9]{{4}})"),
)


def format_http_date(moment: datetime | float) -> str:
    """
    Write a moment as an HTTP date.

    Args:
        moment: An aware datetime, or seconds since 1970 in UTC; fractions are cut off.

    Raises:
        ValueError: If the datetime is naive, or if the moment lies outside the years 1 to 9999.

    Example:
        >>> format_http_date(784111777)
        'Sun, 06 Nov 1994 08:49:37 GMT'
        >>> format_http_date(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
        'Fri, 02 Jan 2026 03:04:05 GMT'
    """
    if isinstance(moment, datetime):
        if moment.utcoffset() is None:
            raise ValueError(f"{moment!r} has no time zone. Write datetime.now(UTC), or add tzinfo.")
        fields = moment.utctimetuple()
    else:
        try:
            fields = time.gmtime(moment)
        except (OverflowError, OSError, ValueError) as exc:
            raise ValueError(f"{moment!r} is no moment between the years 1 and 9999.") from exc
    if not 1 <= fields.tm_year <= 9999:
        raise ValueError(f"{moment!r} is no moment between the years 1 and 9999.")
    return (
        f"{_DAYS[fields.tm_wday]}, {fields.tm_mday:02} {_MONTHS[fields.tm_mon - 1]} {fields.tm_year:04} "
        f"{fields.tm_hour:02}:{fields.tm_min:02}:{fields.tm_sec:02} GMT"
    )


def parse_http_date(text: str) -> datetime | None:
    """
    Read an HTTP date in any of its three forms; give `None` for anything else.

    A client's bad date must be ignored (RFC 9110 §13.1.3), so this never raises. The name of the day
    is not compared with the date. A leap second becomes the second before it.

    Example:
        >>> parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT")
        datetime.datetime(1994, 11, 6, 8, 49, 37, tzinfo=datetime.timezone.utc)
        >>> parse_http_date("yesterday") is None
        True
    """
    for form in _FORMS:
        match = form.fullmatch(text)
        if match is not None:
            break
    else:
        return None
    year = int(match["year"])
    if len(match["year"]) == 2:
        year = _full_year(year)
    second = int(match["second"])
    try:
        return datetime(
            year,
            _MONTH_NUMBERS[match["month"]],
            int(match["day"]),
            int(match["hour"]),
            int(match["minute"]),
            59 if second == 60 else second,
            tzinfo=UTC,
        )
    except ValueError:
        return None


def is_moment(value: object) -> bool:
    """
    Tell whether a value says when: a date, or a datetime with a time zone.

    Example:
        >>> is_moment(date(2026, 1, 2)), is_moment(datetime(2026, 1, 2)), is_moment("2026-01-02")
        (True, False, False)
    """
    if isinstance(value, datetime):
        return value.utcoffset() is not None
    return isinstance(value, date)


def to_moment(value: date) -> datetime:
    """
    Make the moment of a date: its beginning in UTC.

    Example:
        >>> to_moment(date(2026, 1, 2))
        datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc)
    """
    return value if isinstance(value, datetime) else datetime.combine(value, time_of_day(), UTC)


def _full_year(two_digits: int) -> int:
    # RFC 9110 §5.6.7: more than 50 years in the future means the most recent past year with those digits.
    latest = _this_year() + 50
    return latest - (latest - two_digits) % 100


def _this_year() -> int:
    return time.gmtime().tm_year

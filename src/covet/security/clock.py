"""
The time that signatures are made and judged by: one function, which a test replaces.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import time_ns
from typing import Final, TypeAlias

Clock: TypeAlias = Callable[[], datetime]
"""What tells the time: an aware `datetime` at every call."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def utc_now() -> datetime:
    """
    Tell the time in UTC.

    Example:
        >>> utc_now().utcoffset()
        datetime.timedelta(0)
    """
    return datetime.now(UTC)


def read_milliseconds(clock: Clock) -> int:
    """
    Ask a clock for the whole milliseconds since 1970.

    Raises:
        ValueError: If its time has no time zone: what it means would depend on the machine.

    Example:
        >>> read_milliseconds(lambda: datetime(1970, 1, 1, 0, 0, 2, tzinfo=UTC))
        2000
    """
    if clock is utc_now:
        # PERF: the same to the millisecond, without a `datetime` in between (benchmarks/production.py).
        return time_ns() // 1_000_000
    moment = clock()
    if moment.tzinfo is None:
        raise ValueError(f"The clock gave a time without a time zone, {moment!r}. Write datetime.now(UTC).")
    return (moment - _EPOCH) // _MILLISECOND


def to_datetime(milliseconds: int) -> datetime:
    """
    Make the `datetime` of a number of milliseconds since 1970.

    Example:
        >>> to_datetime(2000).isoformat()
        '1970-01-01T00:00:02+00:00'
    """
    return datetime.fromtimestamp(milliseconds / 1000, UTC)

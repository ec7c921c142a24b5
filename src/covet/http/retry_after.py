"""
`Retry-After` (RFC 9110 §10.2.3): when a client may come back.
"""

import math
from datetime import datetime, timedelta

from covet.exceptions import ResponseError
from covet.http.dates import format_http_date


def make_retry_after(when: float | timedelta | datetime) -> str:
    """
    Write when to come back, for the headers of a response or of an error.

    Args:
        when: Seconds, rounded up; how long; or an aware moment.

    Raises:
        ResponseError: If it is negative, no number, or a datetime without a time zone.

    Example:
        >>> make_retry_after(1.5), make_retry_after(timedelta(minutes=2))
        ('2', '120')
        >>> from covet.exceptions import ServiceUnavailableError
        >>> ServiceUnavailableError("We are moving.", headers={"retry-after": make_retry_after(3600)}).headers
        {'retry-after': '3600'}
    """
    if isinstance(when, datetime):
        try:
            return format_http_date(when)
        except ValueError as exc:
            raise ResponseError(f"Retry-After cannot be {when!r}.", hint=str(exc)) from exc
    seconds = when.total_seconds() if isinstance(when, timedelta) else when
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < math.inf:
        raise ResponseError(f"Retry-After cannot be {when!r}.", hint="Write seconds from now, 0 or more.")
    return str(math.ceil(seconds))


__all__ = ["make_retry_after"]

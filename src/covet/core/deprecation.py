"""
What the answers of a route say about its end: `Deprecation` (RFC 9745) and `Sunset` (RFC 8594).
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from covet.core.middleware import Middleware
from covet.core.route import Route
from covet.exceptions import RouteError
from covet.http.dates import format_http_date, to_moment
from covet.http.request import Request
from covet.http.response import Response
from covet.http.response_headers import MutableHeaders

# A route of which nobody said since when it is deprecated: the header has a date, and every date in the past says so.
_UNKNOWN: Final = datetime(1970, 1, 1, tzinfo=UTC)


class DeprecationNotice(Middleware):
    """
    Tell clients with every answer of a route, its errors included, that it is deprecated or will end.

    The application puts it around the routes that are declared so; what a handler has set itself stays.

    Args:
        headers: What it adds.
    """

    def __init__(self, headers: MutableHeaders) -> None:
        self._headers = headers

    def process_response(self, request: Request, response: Response) -> Response:  # noqa: ARG002
        """Add the headers."""
        for name, value in self._headers.items():
            if name not in response.headers:
                response.headers[name] = value
        return response


def make_notices(route: Route) -> Sequence[Middleware]:
    """
    Make what has to be around a route because it is deprecated or will end: nothing for most of them.

    Args:
        route: The route.

    Raises:
        RouteError: If it ends before it is deprecated.
    """
    headers = MutableHeaders()
    said, last = route.deprecation, route.end
    since = None if said is False else _UNKNOWN if said is True else to_moment(said)
    if since is not None:
        headers["deprecation"] = f"@{int(since.timestamp())}"
    if last is not None:
        end = to_moment(last)
        # RFC 9745 §4
        if since is not None and end < since:
            raise RouteError(
                f"It ends at {last}, before it is deprecated at {said}.",
                route=str(route),
                hint="sunset= is when it stops answering, deprecated= since when nobody should use it.",
            )
        headers["sunset"] = format_http_date(end)
    return (DeprecationNotice(headers),) if headers else ()

"""
Conditional requests for what handlers compute: nobody gets a body twice that has not changed.

The work of the handler is not spared, the way over the network is. Files have their own conditions.
"""

from datetime import datetime
from typing import Final

from covet.core.middleware import Middleware
from covet.http.dates import parse_http_date
from covet.http.entity_tags import make_etag
from covet.http.preconditions import SAFE_METHODS, Outcome, PreconditionFailedError, Preconditions
from covet.http.request import Request
from covet.http.response import Response
from covet.http.streamed_response import StreamedResponse
from covet.middleware.places import Place

_KEPT: Final = "no-store"


class ConditionalMiddleware(Middleware):
    """
    Give responses an entity tag made of their bodies, and answer 304 to a client that names it.

    Only `GET` and `HEAD` with status 200 are looked at. A tag or a `Last-Modified` that the handler set is taken as it
    is; a stream gets no tag of its own. What says `Cache-Control: no-store` is left alone. Before a write, a handler
    calls `covet.http.preconditions.check_preconditions`: after it, it is too late for a 412.

    Example:
        >>> from covet import CovetPy
        >>> from covet.testing import TestClient
        >>> app = CovetPy(middleware=[ConditionalMiddleware()])
        >>> @app.get("/")
        ... async def index() -> dict[str, int]:
        ...     return {"cups": 2}
        >>> client = TestClient(app)
        >>> first = await client.get("/")
        >>> again = await client.get("/", headers={"If-None-Match": first.headers["etag"]})
        >>> first.status_code, again.status_code
        (200, 304)
    """

    priority: int = Place.CONDITIONAL
    raises: tuple[type[Exception], ...] = (PreconditionFailedError,)

    def list_raised(self, method: str) -> tuple[type[Exception], ...]:
        """List the errors that it answers requests of a method with: of those that change something, none."""
        return self.raises if method in SAFE_METHODS else ()

    def process_response(self, request: Request, response: Response) -> Response:
        """Tag a response, and leave its body out if the client has it."""
        if response.status_code != 200 or request.method not in SAFE_METHODS:
            return response
        headers = response.headers
        if _KEPT in headers.get("cache-control", "").lower():
            return response
        etag = headers.get("etag")
        if etag is None and not isinstance(response, StreamedResponse):
            etag = headers["etag"] = make_etag(response.body)
        changed = parse_http_date(headers.get("last-modified", ""))
        if etag is None and changed is None:
            return response
        outcome = Preconditions.of(request.headers).evaluate(request.method, etag, _to_seconds(changed))
        if outcome is Outcome.FAILED:
            raise PreconditionFailedError
        if outcome is Outcome.NOT_MODIFIED:
            response.status_code = 304
            if not isinstance(response, StreamedResponse):
                response.body = b""
        return response


def _to_seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()

"""
A name for each request, by which its lines in all logs are found.
"""

import re
from collections.abc import Callable
from contextvars import Token
from typing import Any, Final

from covet.core.middleware import Middleware
from covet.exceptions import ConfigurationError
from covet.http.request import Request
from covet.http.response import Response
from covet.http.response_headers import check_header_name
from covet.http.trace_context import TraceContext, begin_trace, read_trace_context
from covet.logs import current_request_id
from covet.middleware.option_checks import OptionChecks
from covet.middleware.places import Place
from covet.options import refuse_unknown

_check: Final = OptionChecks("RequestIDMiddleware")
# APPSEC: it is written to logs, and sent on to other services.
_VALID: Final = re.compile(r"[0-9A-Za-z._\-]{1,128}")
_set_current: Final = current_request_id.set


def get_request_id() -> str | None:
    """
    Return the id of the request that is being answered; `None` outside of one, or without the middleware.

    Example:
        >>> get_request_id() is None
        True
    """
    return current_request_id.get()


class RequestIDMiddleware(Middleware):
    """
    Give each request an id, and a place in a trace; say the id on the response.

    `request.state.request_id` and `get_request_id()` have the id. `request.state.trace` is a `TraceContext`: the trace
    that `traceparent` names (W3C Trace Context), or one that begins here.

    Args:
        header: The header of the id, on requests and responses.
        accept_incoming: Whether the id of a request is taken over, if it is at most 128 letters, digits, `.`, `_` and
            `-`. Otherwise each gets one of its own: the id of its trace.
        generate: Makes the ids, in place of those of the traces.

    Raises:
        ConfigurationError: If an option is wrong.

    Example:
        >>> from covet import CovetPy, Request
        >>> from covet.testing import TestClient
        >>> app = CovetPy(middleware=[RequestIDMiddleware()])
        >>> @app.get("/")
        ... async def index(request: Request) -> str:
        ...     return request.state.request_id
        >>> response = await TestClient(app).get("/", headers={"X-Request-ID": "cup-7"})
        >>> response.text, response.headers["x-request-id"]
        ('cup-7', 'cup-7')
    """

    priority: int = Place.REQUEST_ID
    reads_headers = True

    @refuse_unknown
    def __init__(
        self,
        *,
        header: str = "X-Request-ID",
        accept_incoming: bool = True,
        generate: Callable[[], str] | None = None,
    ) -> None:
        try:
            self._header = check_header_name(header)
        except (ConfigurationError, ValueError, TypeError) as exc:
            raise _check.fail("header", f"is {header!r}, which is no header name.", "Leave it out.") from exc
        self._raw_header = self._header.encode()
        self._accept_incoming = _check.flag("accept_incoming", accept_incoming)
        if generate is not None and not callable(generate):
            raise _check.fail("generate", f"is {generate!r}, expected a function of nothing.", "Leave it out.")
        self._generate = generate

    def process_request(self, request: Request) -> None:
        """Give a request its id."""
        headers = request.headers
        state = request.state
        parent = headers.get_bytes(b"traceparent")
        state.trace = trace = begin_trace() if parent is None else read_trace_context(parent.decode("latin-1"))
        # PERF: nearly always there is none, and nothing is decoded (benchmarks/production.py).
        raw = headers.get_bytes(self._raw_header) if self._accept_incoming else None
        given = None if raw is None else raw.decode("latin-1")
        if given is None or _VALID.fullmatch(given) is None:
            given = trace[0] if self._generate is None else self._generate()
        state.request_id = given
        state.request_id_reset = _set_current(given)

    def process_response(self, request: Request, response: Response) -> Response:
        """Say the id on a response."""
        name, given = self._header, request.state.request_id
        if self._generate is None:
            # It was made here, or looked at when it came.
            response.headers.set_field(((name, given), (self._raw_header, given.encode())))
        else:
            response.headers[name] = given
        return response

    def on_finish(self, request: Request, response: Response | None, error: BaseException | None) -> None:  # noqa: ARG002
        """Forget the id: what runs after the request in the same context is no part of it."""
        token: Token[str | None] = request.state.request_id_reset
        # The end may be seen in another context, such as that of a task: there it was never set.
        try:  # noqa: SIM105 - PERF: a context manager costs as much as the rest of the hook (benchmarks/production.py)
            current_request_id.reset(token)
        except ValueError:
            pass

    # Any: a WebSocket, whose class is loaded with the first route of WebSockets.
    def websocket_connect(self, websocket: Any) -> None:
        """Give a connection its id."""
        self.process_request(websocket.request)


__all__ = ["RequestIDMiddleware", "TraceContext", "get_request_id"]

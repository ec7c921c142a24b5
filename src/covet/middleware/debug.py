"""
The debug toolbar: what a page was made of, at its foot, for its developer.

It shows no value that a client gave, of statements no more than their text, and nothing to anybody who may not see the
debug pages either.
"""

from collections.abc import Sequence
from contextvars import ContextVar
from html import escape
from time import perf_counter
from typing import Any, Final

from covet.core.middleware import CallNext, Middleware, describe_middleware
from covet.error_text import describe_callable
from covet.events import DatabaseQueryEvent, Subscription
from covet.http.locality import may_look
from covet.http.request import Request
from covet.http.response import Response
from covet.http.streamed_response import StreamedResponse
from covet.middleware.places import Place

_END: Final = b"</body>"
_MAX_QUERIES: Final = 50
# Events of queries are delivered by tasks of their own: the last one may be on its way yet.
_DELIVERY_SECONDS: Final = 0.1
_STYLE: Final = (
    "position:fixed;right:0;bottom:0;z-index:2147483647;max-width:100%;max-height:60vh;overflow:auto;padding:.3em .8em;"
    "background:#1c2430;color:#e4e9ef;font:13px/1.5 ui-monospace,monospace;text-align:left"
)

_queries: ContextVar[list[DatabaseQueryEvent] | None] = ContextVar("covet_debug_queries", default=None)


class DebugToolbarMiddleware(Middleware):
    """
    Show how a page came about: its route, handler and middleware, how long it took, which queries it sent.

    Pages of HTML get a bar at their foot, every response the header `Server-Timing`, which browsers show among their
    tools. Nothing happens unless `app.debug` is on and the request comes from this machine, by nobody's order but its
    user's. `create_app` adds it in development, if `debug` is on.

    Example:
        >>> from covet import CovetPy
        >>> from covet.responses import HTMLResponse
        >>> from covet.testing import TestClient
        >>> app = CovetPy(debug=True, middleware=[DebugToolbarMiddleware])
        >>> @app.get("/teas/{tea_id}")
        ... async def show_tea(tea_id: int) -> HTMLResponse:
        ...     return HTMLResponse("<html><body>Assam</body></html>")
        >>> async with TestClient(app, base_url="http://localhost") as client:
        ...     page = await client.get("/teas/7")
        >>> "GET /teas/{tea_id}" in page.text, page.headers["server-timing"].startswith("app;dur=")
        (True, True)
    """

    priority: int = Place.DEBUG_TOOLBAR

    def __init__(self) -> None:
        # Any: the application, whose class stands on a higher floor.
        self._apps: dict[Any, Subscription] = {}

    # Any: as above.
    async def startup(self, app: Any) -> None:
        """
        Listen to the queries, if the application is in debug.

        Args:
            app: The application.
        """
        if app.debug:
            self._apps[app] = app.events.subscribe(DatabaseQueryEvent, _keep_query)

    async def shutdown(self) -> None:
        """Listen no more."""
        while self._apps:
            self._apps.popitem()[1].unsubscribe()

    async def __call__(self, request: Request, call_next: CallNext) -> Response:
        """Look at the clock and at the queries, and tell of both."""
        app = request.app
        # Asked anew for each request: the switch may have been turned since the start.
        if app is None or not app.debug or not may_look(request):
            return await call_next(request)
        queries: list[DatabaseQueryEvent] = []
        token = _queries.set(queries)
        began = perf_counter()
        try:
            response = await call_next(request)
        finally:
            _queries.reset(token)
        milliseconds = (perf_counter() - began) * 1000
        if app in self._apps:
            await app.events.drain(_DELIVERY_SECONDS)
        response.headers.append("server-timing", _write_timing(milliseconds, queries))
        place = _find_place(response)
        if place is not None:
            bar = _write_bar(request, response, milliseconds, queries)
            body = response.body
            response.body = body[:place] + bar.encode("ascii", "xmlcharrefreplace") + body[place:]
        return response


async def _keep_query(event: DatabaseQueryEvent) -> None:
    queries = _queries.get()
    if queries is not None:
        queries.append(event)


def _find_place(response: Response) -> int | None:
    """Find where the bar goes: the end of a page. A part of one, or what is compressed, gets none."""
    if isinstance(response, StreamedResponse) or "content-encoding" in response.headers:
        return None
    if not response.headers.get("content-type", "").startswith("text/html"):
        return None
    place = response.body.lower().rfind(_END)
    return None if place < 0 else place


def _write_timing(milliseconds: float, queries: Sequence[DatabaseQueryEvent]) -> str:
    timing = f"app;dur={milliseconds:.1f}"
    if queries:
        timing += f', db;dur={_add_up(queries):.1f};desc="{_count(queries)}"'
    return timing


def _write_bar(request: Request, response: Response, milliseconds: float, queries: Sequence[DatabaseQueryEvent]) -> str:
    route = request.route
    path = "no route" if route is None else route.path
    layers = [*request.app.layers, *(() if route is None else route.all_middleware)]
    rows = [
        ("Handler", "" if route is None else describe_callable(route.handler)),
        ("Middleware", ", ".join(map(describe_middleware, layers))),
        ("Page", f"{len(response.body)} bytes"),
        *((f"{query.duration_ms:.1f} ms", query.query) for query in queries[:_MAX_QUERIES]),
    ]
    if len(queries) > _MAX_QUERIES:
        rows.append(("…", f"and {len(queries) - _MAX_QUERIES} further queries"))
    summary = f"{response.status_code} {request.method} {path} · {milliseconds:.1f} ms"
    if queries:
        summary += f" · {_count(queries)}, {_add_up(queries):.1f} ms"
    table = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
    return (
        f'<details id="covet-debug-toolbar" style="{_STYLE}"><summary>{escape(summary)}</summary>'
        f"<table>{table}</table></details>"
    )


def _count(queries: Sequence[DatabaseQueryEvent]) -> str:
    return "1 query" if len(queries) == 1 else f"{len(queries)} queries"


def _add_up(queries: Sequence[DatabaseQueryEvent]) -> float:
    return sum(query.duration_ms for query in queries)


__all__ = ["DebugToolbarMiddleware"]

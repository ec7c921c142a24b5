"""
What start-up needs for WebSockets, and an application without them never loads.
"""

from collections.abc import Sequence
from typing import Any

from covet.core.compiled_route import CompiledRoute, compile_route
from covet.core.route import Route
from covet.core.services import Services
from covet.core.websocket_endpoint import check_handler, compile_socket_endpoint
from covet.exceptions import RouteError
from covet.http.body import BodyLimits
from covet.serialization import SerializerTable


def compile_websocket(
    app: object,
    route: Route,
    middleware: Sequence[object],
    levels: Sequence[Any],
    serializers: SerializerTable,
    limits: BodyLimits,
    services: Services,
    *,
    is_debug: bool,
    protocol: str | None,
) -> CompiledRoute:
    """
    Check a route of WebSockets and prepare what it needs.

    What serves it is compiled with the first connection, when all that it injects is known.

    Args:
        app: The application.
        route: The route.
        middleware: The application's middleware, the outermost first.
        levels: The application's exception handlers.
        serializers: The formats on offer, for what answers an error.
        limits: The application's limits for bodies.
        services: What can be injected.
        is_debug: Whether traces may be shown.
        protocol: `"asgi"` or `"rsgi"`; `None` if no server has started the application yet.

    Raises:
        RouteError: If the route cannot be served.
    """
    if protocol == "rsgi" and route.socket.subprotocols:
        raise RouteError(
            "RSGI cannot tell a client which subprotocol was chosen; browsers give up then.",
            route=str(route),
            hint='Serve with interface="asgi", or leave out subprotocols.',
        )
    compiled = compile_route(
        route, middleware, levels, serializers, limits, is_debug=is_debug, services=services, app=app
    )
    check_handler(compiled)

    # Any: what the endpoint takes is its own affair.
    def compile_and_call(*exchange: Any) -> Any:
        compiled.websocket = compile_socket_endpoint(compiled)
        return compiled.websocket(*exchange)

    compiled.websocket = compile_and_call
    return compiled

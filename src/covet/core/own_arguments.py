"""
What a handler gets of the exchange itself: the request, the WebSocket, its background tasks.

A class that has `__from_request__`, as a `Session` does, says itself what of it a request has; with `__brought_by__` it
names the middleware without which there is none.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from covet.core.argument import Argument
from covet.core.argument_types import without_none
from covet.core.layer_binding import may_bring
from covet.core.route import WEBSOCKET, Route
from covet.exceptions import RouteError
from covet.http.request import Request
from covet.introspection import CallableInfo, ParameterInfo
from covet.tasks import BackgroundTasks
from covet.types import UNSET

# The class is loaded with the first route of WebSockets, and known by its module until then.
_WEBSOCKET_MODULE: Final = "covet.http.websocket"
_USUAL_NAMES: Final = frozenset({"websocket", "socket", "ws"})


def find_own_source(route: Route, info: CallableInfo, parameter: ParameterInfo) -> str | None:
    """
    Tell what part of the exchange a parameter takes; `None` for none.

    It is `"request"`, `"websocket"` or `"background"`, or `"own"` for what its class finds in a request.

    Args:
        route: The route.
        info: What the signature of its handler says.
        parameter: The parameter, which has no marker.

    Raises:
        RouteError: If it takes a WebSocket where there is none.
    """
    annotation = without_none(parameter.annotation)
    if isinstance(annotation, type):
        return _find_by_class(route, parameter, annotation)
    if parameter.has_annotation or parameter.name in route.parameter_names:
        return None
    # The usual spelling `async def handler(request)`, and whatever name a lonely first parameter has.
    if parameter.name == "request":
        return "request"
    is_first = info.parameters[0] is parameter and parameter.default is UNSET
    if WEBSOCKET in route.methods:
        return "websocket" if is_first or parameter.name in _USUAL_NAMES else None
    return "request" if is_first else None


def check_own_arguments(route: Route, arguments: Iterable[Argument], layers: Sequence[object]) -> None:
    """
    Refuse an argument that a middleware brings, where no such one is around the route.

    Args:
        route: The route.
        arguments: The arguments of its handler.
        layers: The middleware around it.

    Raises:
        RouteError: If nothing around the route may bring it.
    """
    for argument in arguments:
        if argument.source != "own":
            continue
        bringer = getattr(argument.annotation, "__brought_by__", None)
        if bringer is not None and not may_bring(layers, bringer):
            raise RouteError(
                f"It takes a {argument.annotation.__name__}, and no {bringer} is around it.",
                route=str(route),
                parameter=argument.name,
                hint=f"Write app.add_middleware({bringer}(...)), or put it around the router.",
            )


def _find_by_class(route: Route, parameter: ParameterInfo, cls: type) -> str | None:
    if issubclass(cls, Request):
        return "request"
    if cls is BackgroundTasks:
        return "background"
    if hasattr(cls, "__from_request__"):
        return "own"
    if any(base.__module__ == _WEBSOCKET_MODULE for base in cls.__mro__):
        if WEBSOCKET not in route.methods:
            raise RouteError(
                "A request has no WebSocket.",
                route=str(route),
                parameter=parameter.name,
                hint="Declare the handler with @app.websocket(path).",
            )
        return "websocket"
    return None

"""
Routes of WebSockets: what can be said about one, and how it is made of that.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypedDict

from covet.core.path_template import PathTemplate
from covet.core.route import WEBSOCKET, Route, RouteGroup, make_route
from covet.core.route_options import ExceptionHandlers, Handler
from covet.exceptions import ConfigurationError, RouteError, suggest


class WebSocketOptions(TypedDict, total=False):
    """
    What can be said about a route of WebSockets besides its path and its handler.

    `allowed_origins`, `subprotocols`, `max_message_size` and `max_messages_per_second` are explained by
    `covet.http.websocket_rules.WebSocketRules`, the others by `Route`. Of its middleware those are called that have
    `websocket_connect()`. An unknown option is refused with a suggestion.
    """

    name: str | None
    middleware: Sequence[object]
    exception_handlers: ExceptionHandlers
    tags: Sequence[str]
    summary: str | None
    description: str | None
    deprecated: bool
    include_in_schema: bool
    allowed_origins: Sequence[str] | None
    subprotocols: Sequence[str]
    max_message_size: int | None
    max_messages_per_second: float | None


_RULES: Final = frozenset({"allowed_origins", "subprotocols", "max_message_size", "max_messages_per_second"})


def check_websocket_options(options: Mapping[str, object], *, route: str) -> None:
    """
    Refuse options that a route of WebSockets has not.

    Raises:
        RouteError: If one is unknown.
    """
    known = WebSocketOptions.__annotations__
    for name in options:
        if name not in known:
            raise RouteError(f"There is no option {name!r}.", route=route, hint=suggest(name, known))


def make_websocket_route(
    template: PathTemplate,
    handler: Handler,
    options: Mapping[str, Any],  # Any: each value is looked at
    groups: tuple[RouteGroup, ...],
) -> Route:
    """
    Make a route of WebSockets from checked parts.

    Raises:
        RouteError: If an option is unknown or wrong, or the handler cannot be called.
    """
    # Loaded here: an application without WebSockets never needs it.
    from covet.http.websocket_rules import make_rules

    where = f"{WEBSOCKET} {template.text}"
    check_websocket_options(options, route=where)
    others = {name: value for name, value in options.items() if name not in _RULES}
    route = make_route(template, handler, (WEBSOCKET,), others, groups)
    try:
        route.socket = make_rules({name: value for name, value in options.items() if name in _RULES})
    except ConfigurationError as exc:
        raise RouteError(exc.message, route=where, hint=exc.hint) from exc
    return route

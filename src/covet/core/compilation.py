"""
What start-up needs and a running application does not: the compilers of both adapters, in one place.

The application loads this module when it compiles its first route, so that importing CovetPy stays cheap.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from covet.core.afterwards import finish
from covet.core.asgi_wire import compile_asgi
from covet.core.bridge import bridge_to_asgi
from covet.core.compiled_route import CompiledRoute, compile_route
from covet.core.layer_binding import bind_handshake, check_mounts
from covet.core.middleware import CallNext
from covet.core.mount_guards import bind_mount
from covet.core.onion import compile_onion
from covet.core.route import Route
from covet.core.rsgi_wire import compile_rsgi
from covet.core.services import Services
from covet.exceptions import RouteError
from covet.http.body import DEFAULT_BODY_LIMITS, BodyLimits
from covet.http.request import Request
from covet.http.response import Response
from covet.serialization import SerializerTable, get_serializer_registry

# Any: the adapters alone know how they call their endpoints.
Compile = Callable[..., Any]

_ENDPOINTS: Final[dict[str, tuple[Compile, bool]]] = {
    "asgi": (compile_asgi, False),
    "asgi_head": (compile_asgi, True),
    "rsgi": (compile_rsgi, False),
    "rsgi_head": (compile_rsgi, True),
}


def compile_for_servers(
    app: object,
    route: Route,
    middleware: Sequence[object],
    levels: Sequence[Any],
    serializers: SerializerTable,
    limits: BodyLimits,
    services: Services,
    *,
    is_debug: bool,
    is_shown: bool,
) -> CompiledRoute:
    """
    Check a route and find out what it needs; each of its endpoints is compiled when it is called first.

    `compile_early` does so at the start for those that the server will call.

    Args:
        app: The application.
        route: The route.
        middleware: The application's middleware, the outermost first.
        levels: The application's exception handlers.
        serializers: The formats on offer.
        limits: The application's limits for bodies.
        services: What can be injected.
        is_debug: Whether traces may be shown.
        is_shown: Whether requests show it as their route.

    Raises:
        RouteError: If the route cannot be served.
    """
    compiled = compile_route(
        route, middleware, levels, serializers, limits, is_debug=is_debug, services=services, app=app
    )
    if not is_shown:
        compiled.shown = None
    info = compiled.plan.info
    if route.non_blocking and (info.is_async or info.is_async_generator):
        raise RouteError(
            "non_blocking is for a plain function: a coroutine function runs on the event loop anyway.",
            route=str(route),
            hint="Leave the option out.",
        )
    is_plain = not (info.is_async or info.wraps_async or info.is_generator or info.is_async_generator)
    if route.cancel_on_disconnect and is_plain:
        reason = "what never waits" if route.non_blocking else "what runs in a thread"
        raise RouteError(
            f"cancel_on_disconnect needs a coroutine function: {reason} cannot be cancelled.",
            route=str(route),
            hint="Write async def, or leave the option out.",
        )
    for name, (compiler, is_head) in _ENDPOINTS.items():
        setattr(compiled, name, _compile_late(compiled, name, app, compiler, is_head))
    return compiled


def compile_early(compiled: CompiledRoute, app: object, protocol: str | None) -> None:
    """
    Compile the endpoint that a server will call, once all that it injects is known.

    Args:
        compiled: The route.
        app: The application.
        protocol: `"asgi"` or `"rsgi"`; `None` if no server has started the application yet.
    """
    if protocol is not None:
        setattr(compiled, protocol, _ENDPOINTS[protocol][0](compiled, app))


def compile_chain(route: Route, middleware: Sequence[object]) -> CallNext:
    """
    Compile the onion of a route by itself, without an adapter around it.

    Args:
        route: The route.
        middleware: The layers, the outermost first.
    """
    table = SerializerTable(get_serializer_registry())
    compiled = compile_route(route, middleware, [], table, DEFAULT_BODY_LIMITS, is_debug=False)
    inside = compile_onion(compiled)

    async def run(request: Request) -> Response:
        response: Response | None = None
        error: BaseException | None = None
        try:
            response = await inside(request)
        except BaseException as exc:
            error = exc
            raise
        finally:
            await finish(compiled.layers, request, response, error)
        return response

    return run


def _compile_late(compiled: CompiledRoute, name: str, app: object, compiler: Compile, is_head: bool) -> Compile:
    def compile_and_call(*exchange: Any) -> Any:
        endpoint = compiler(compiled, app, is_head=is_head)
        setattr(compiled, name, endpoint)
        return endpoint(*exchange)

    return compile_and_call


__all__ = [
    "CompiledRoute",
    "bind_handshake",
    "bind_mount",
    "bridge_to_asgi",
    "check_mounts",
    "compile_chain",
    "compile_early",
    "compile_for_servers",
]

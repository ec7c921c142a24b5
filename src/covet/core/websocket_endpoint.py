"""
One compiled coroutine per route of WebSockets: hooks of middleware, binding, services and the handler.

It is written once, when the route is compiled; what a message costs is none of its business.
"""

from typing import Any

from covet.code_writer import CodeWriter
from covet.core.arguments import INJECTED, collect_errors, write_arguments
from covet.core.compiled_route import CompiledRoute
from covet.core.hook_results import settle
from covet.core.route import Route
from covet.exceptions import RouteError, ValidationError
from covet.http.websocket_phase import WebSocketPhase


# Any: a coroutine function of the WebSocket and its request.
def compile_socket_endpoint(compiled: CompiledRoute) -> Any:
    """
    Write and compile what serves the WebSockets of a route.

    Args:
        compiled: The route.

    Raises:
        RouteError: If its handler cannot serve any.
    """
    writer = CodeWriter()
    injected = compiled.plan.injected
    writer.bind("handler", compiled.route.handler)
    with writer.block("async def endpoint(websocket, request):"):
        writer.line("# Written by covet.core.websocket_endpoint, once for all routes of this shape.")
        if injected is None:
            _write_call(writer, compiled)
        else:
            injected.write_open(writer, scope="request.services", values="request.scope_values")
            writer.line("request.failure = None")
            with writer.block("try:"):
                with writer.block("try:"):
                    _write_call(writer, compiled)
                with writer.block("except BaseException as exc:"):
                    writer.line("request.failure = exc")
                    writer.line("raise")
            with writer.block("finally:"):
                injected.write_close(writer, error="request.failure")
    return writer.compile("endpoint")


def _write_call(writer: CodeWriter, compiled: CompiledRoute) -> None:
    writer.bind("CONNECTING", WebSocketPhase.CONNECTING)
    teller = find_origin_teller(compiled)
    for number, layer in enumerate(compiled.layers):
        hook = writer.bind(f"websocket_connect_{number}", layer.middleware.websocket_connect)
        writer.line(f"await {writer.bind('settle', settle)}({hook}(websocket))")
        # A layer refuses by `refuse()` or `close()`, or by an error.
        with writer.block("if websocket.phase is not CONNECTING:"):
            writer.line("return")
        if number == teller:
            writer.line(f"{writer.bind('check_origin', compiled.route.socket.check_origin)}(request)")
    source = write_arguments(writer, compiled.plan, compiled.serializers, values="request.path_values")
    arguments = source.passed
    if source.readers:
        with writer.block("try:"):
            for line in source.lines:
                writer.line(line)
        with writer.block(f"except (ValueError, {writer.bind('ValidationError', ValidationError)}) as exc:"):
            collect, readers = writer.bind("collect_errors", collect_errors), writer.bind("readers", source.readers)
            writer.line(f"raise await {collect}(request, {readers}, exc) from exc")
    if compiled.plan.injected is not None:
        for number, value in enumerate(compiled.plan.injected.write_arguments(writer, scope="request.services")):
            arguments = arguments.replace(INJECTED.format(number), value)
    writer.line(f"await handler({arguments})")


def find_origin_teller(compiled: CompiledRoute) -> int:
    """
    Find the innermost layer that tells scheme and host anew, as behind a proxy: origins are compared inside of it.

    Args:
        compiled: The route.

    Returns:
        Its number; -1 if there is none, and nothing has to be waited for.
    """
    tellers = [index for index, layer in enumerate(compiled.layers) if getattr(layer.middleware, "tells_origin", False)]
    return tellers[-1] if tellers else -1


def check_handler(compiled: CompiledRoute) -> None:
    """
    Refuse a handler that could not serve a WebSocket.

    Raises:
        RouteError: If it is no coroutine function, takes no WebSocket, or takes a body.
    """
    route, plan = compiled.route, compiled.plan
    if not (plan.info.is_async or plan.info.wraps_async):
        raise RouteError(
            "A handler of WebSockets is a coroutine function: it waits for messages.",
            route=str(route),
            hint="Write async def.",
        )
    for argument in plan.arguments:
        if argument.source in {"body", "form", "file"}:
            raise _refuse_body(route, argument.name)
    if "websocket" not in plan.sources:
        raise RouteError(
            "The handler takes no WebSocket, so it could neither accept nor close it.",
            route=str(route),
            hint="Add a parameter websocket: WebSocket.",
        )


def _refuse_body(route: Route, name: str) -> RouteError:
    return RouteError(
        "It would come from a body, which the handshake of a WebSocket does not have.",
        route=str(route),
        parameter=name,
        hint="Receive it in a message: await websocket.receive_json(Model).",
    )

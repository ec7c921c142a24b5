"""
One compiled coroutine per route: plan, middleware and handler, with nothing in it that the route does not use.

A route with middleware gets `handle(request) -> Response`, the onion written out flat. A route without
is answered straight on the wire, without a `Response` in between and, where nobody asks for it, without
a `Request`. Both are written as source once, when the route is compiled; `covet.core.code_writer` shows it in
tracebacks.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from inspect import iscoroutinefunction
from typing import Any, Final, Protocol

from covet.core.arguments import collect_errors, write_arguments
from covet.core.binding import Plan, make_plan
from covet.core.code_writer import CodeWriter
from covet.core.errors import CallHandler, ErrorAnswers, contain, status_of
from covet.core.middleware import Layer, OnceNext, make_layer, settle, settle_response
from covet.core.results import ResultConverter
from covet.core.route import Route
from covet.deadlines import Deadline
from covet.exceptions import ClientDisconnectedError, HandlerTimeoutError, ValidationError
from covet.http.body import BodyLimits
from covet.http.request import Request
from covet.http.response import Response, StreamedResponse
from covet.serialization import SerializerTable, encode_json, load_json_encoder
from covet.tasks import attach_background_tasks
from covet.threads import run_in_thread

Handle = Callable[[Request], Awaitable[Response]]

# CPython allows 20 statically nested blocks; a longer onion continues in a function of its own.
_MAX_NESTED: Final = 8

# What is answered, and as which error: some servers end with what ends a process (measured: hypercorn 0.18).
_ENDING: Final = "(SystemExit, KeyboardInterrupt)"
_CAUGHT: Final = {"Exception": "exc", _ENDING: "contain(exc)"}


class Wire(Protocol):
    """What an adapter contributes to the source of an endpoint."""

    parameters: str
    request: str
    exchange: str
    wants_json: str
    has_text_headers: bool

    def bind(self, writer: CodeWriter) -> None:
        """Put what the adapter's source names into the namespace."""

    def write_body(self, writer: CodeWriter, *, status_code: int, is_head: bool) -> None:
        """Write the source that sends the bytes in `body` as `content_type`: `text_type` or `json_type`."""


@dataclass(slots=True)
class CompiledRoute:
    """
    What the application keeps for each route.

    Attributes:
        route: The route.
        plan: Where the handler's arguments come from.
        layers: The middleware around it that does anything, the outermost first.
        answers: What answers its errors.
        results: What makes responses of its results.
        serializers: The formats that bodies may come in.
        limits: How large its body may be.
        shown: The route as its requests show it: none, if it stands for all that no route answers.
        asgi: The endpoint for ASGI; `asgi_head` answers HEAD. Compiled at start-up.
        rsgi: The endpoint for RSGI; `rsgi_head` answers HEAD.
    """

    route: Route
    plan: Plan
    layers: tuple[Layer, ...]
    answers: ErrorAnswers
    results: ResultConverter
    serializers: SerializerTable
    limits: BodyLimits
    shown: Route | None
    # Any: the adapters alone know how they call their endpoints.
    asgi: Any = None
    asgi_head: Any = None
    rsgi: Any = None
    rsgi_head: Any = None
    has_finishers: bool = field(default=False)


def compile_route(
    route: Route,
    middleware: Sequence[object],
    levels: Sequence[Any],
    serializers: SerializerTable,
    limits: BodyLimits,
    *,
    is_debug: bool,
) -> CompiledRoute:
    """
    Check a route and analyse what it needs.

    Args:
        route: The route.
        middleware: The application's middleware, the outermost first; the route's own is added.
        levels: The application's exception handlers; the route's own come first.
        serializers: The formats on offer.
        limits: The application's limits for bodies.
        is_debug: Whether traces may be shown.

    Raises:
        RouteError: If the handler cannot be served.
        ConfigurationError: If a middleware is none.
    """
    plan = make_plan(route)
    made = (make_layer(item) for item in (*middleware, *route.all_middleware))
    layers = tuple(layer for layer in made if layer.is_call or layer.hooks)
    if route.body_limit is not None:
        limits = BodyLimits(route.body_limit, limits.grace, limits.min_rate)
    results = ResultConverter(route, plan.info, serializers)
    caller = _compile_error_caller(results)
    answers = ErrorAnswers((*route.all_exception_handlers, *levels), layers, caller, is_debug=is_debug)
    return CompiledRoute(
        route,
        plan,
        layers,
        answers,
        results,
        serializers,
        limits,
        route,
        has_finishers=any("on_finish" in layer.hooks for layer in layers),
    )


def _compile_error_caller(results: ResultConverter) -> CallHandler:
    async def call(handler: Callable[..., object], request: Request, exc: Exception) -> Response:
        # Any: an exception handler may return anything.
        result: Any
        if iscoroutinefunction(handler) or iscoroutinefunction(getattr(handler, "__call__", None)):  # noqa: B004
            result = handler(request, exc)
        else:
            result = await run_in_thread(handler, request, exc)
        return results.convert_error(request, await settle(result), status_of(exc) or 400)

    return call


def compile_handle(compiled: CompiledRoute) -> Handle:
    """Write and compile `handle(request) -> Response` for a route with middleware."""
    writer = CodeWriter()
    _bind_common(writer, compiled)
    _write_onion(writer, compiled, 0, "handle")
    return writer.compile("handle")


def compile_bare(compiled: CompiledRoute, wire: Wire, *, is_head: bool) -> Any:
    """Write and compile the endpoint of a route without middleware, straight to the wire."""
    writer = CodeWriter()
    _bind_common(writer, compiled)
    wire.bind(writer)
    plan, route = compiled.plan, compiled.route
    needs_request = any(argument.source != "path" for argument in plan.arguments) or bool(
        plan.makes_background_tasks or route.cancel_on_disconnect
    )
    with writer.block(f"async def endpoint({wire.parameters}):"):
        with writer.block("try:"):
            _write_bare(writer, compiled, wire, needs_request=needs_request, is_head=is_head)
        with writer.block(f"except {_ENDING} as exc:"):
            writer.line("raise contain(exc) from exc")
    return writer.compile("endpoint")


def _write_bare(writer: CodeWriter, compiled: CompiledRoute, wire: Wire, *, needs_request: bool, is_head: bool) -> None:
    """Write the call of the handler, the answer on the wire and what follows it."""
    results = compiled.results
    writer.line("response = None")
    if not needs_request:
        writer.line("request = None")
    with writer.block("try:"):
        if needs_request:
            writer.line(f"request = {wire.request}")
        _write_call(writer, compiled, "values", "request" if needs_request else wire.request)
        writer.line("kind = result.__class__")
        if results.is_plain:
            _write_fast_result(writer, compiled, wire, has_request=needs_request)
        else:
            if not needs_request:
                writer.line(f"request = {wire.request}")
            _write_conversion(writer)
    for kind, error in _CAUGHT.items():
        with writer.block(f"except {kind} as exc:"):
            if not needs_request:
                with writer.block("if request is None:"):
                    writer.line(f"request = {wire.request}")
            writer.line(f"response = await answer(request, {error}, 0)")
    send = f"await send_response({wire.exchange}, request, response, {is_head})"
    if results.is_plain:
        with writer.block("if response is None:"):
            wire.write_body(writer, status_code=results.status_code, is_head=is_head)
        with writer.block("else:"):
            _write_send(writer, send)
    else:
        _write_send(writer, send)
    with writer.block("if response is not None:" if not needs_request else "if True:"):
        writer.line("await run_afterwards(request, response)")


def _write_conversion(writer: CodeWriter) -> None:
    writer.line("response = to_response(request, result)")
    streamed = writer.bind("StreamedResponse", StreamedResponse)
    with writer.block(f"if isinstance(response, {streamed}) and request.method != 'HEAD':"):
        # An error before the first piece is answered in here, where the middleware is around it.
        writer.line("await response.begin()")


def _write_send(writer: CodeWriter, send: str) -> None:
    with writer.block("try:"):
        writer.line(send)
    with writer.block(f"except {writer.bind('ClientDisconnectedError', ClientDisconnectedError)}:"):
        writer.line("pass")


def _write_fast_result(writer: CodeWriter, compiled: CompiledRoute, wire: Wire, *, has_request: bool) -> None:
    """Write the two results that nearly every handler gives: text and JSON; the rest goes to the table."""
    results = compiled.results
    writer.bind("json_accepted", results.accepted if wire.has_text_headers else results.accepted_bytes)
    is_text_first = compiled.plan.info.return_annotation is str
    tests = ["kind is str", f"kind in json_types and {wire.wants_json}"]
    keyword = "if"
    for test in tests if is_text_first else reversed(tests):
        with writer.block(f"{keyword} {test}:"):
            # PERF: both look for the rare case only when it shows itself; a `try` costs nothing until then.
            is_text = test is tests[0]
            with writer.block("try:"):
                writer.line("body = result.encode()" if is_text else "body = encode(result)")
            with writer.block("except Exception:"):
                writer.line("body = result.encode('utf-8', 'replace')" if is_text else "body = encode_json(result)")
            writer.line(f"content_type = {'text_type' if is_text else 'json_type'}")
        keyword = "elif"
    with writer.block("else:"):
        if not has_request:
            writer.line(f"request = {wire.request}")
        _write_conversion(writer)


def _bind_common(writer: CodeWriter, compiled: CompiledRoute) -> None:
    results = compiled.results
    encode = load_json_encoder() if results.encode_json is encode_json else results.encode_json
    for name, value in {
        "handler": compiled.route.handler,
        "route": compiled.route,
        "compiled": compiled,
        "answer": compiled.answers.answer,
        "to_response": results.convert,
        "json_types": results.json_types,
        "encode": encode,
        "encode_json": results.encode_json,
        "collect_errors": collect_errors,
        "contain": contain,
        "ValidationError": ValidationError,
        "run_in_thread": run_in_thread,
        "attach_background_tasks": attach_background_tasks,
        "run_until_disconnect": run_until_disconnect,
        "Deadline": Deadline,
        "HandlerTimeoutError": HandlerTimeoutError,
        "OnceNext": OnceNext,
        "Response": Response,
        "settle_response": settle_response,
    }.items():
        writer.bind(name, value)


def _write_call(
    writer: CodeWriter, compiled: CompiledRoute, values: str = "request.path_values", request: str = "request"
) -> None:
    """Write the binding of the arguments and the call of the handler; it leaves `result`."""
    route = compiled.route
    if route.timeout is None:
        _write_guarded_call(writer, compiled, values, request)
        return
    writer.line(f"deadline = Deadline({float(route.timeout)!r})")
    with writer.block("try:"), writer.block("with deadline:"):
        _write_guarded_call(writer, compiled, values, request)
    with writer.block("except TimeoutError as exc:"):
        with writer.block("if not deadline.is_expired:"):
            writer.line("raise")
        writer.line("raise HandlerTimeoutError() from exc")


def _write_guarded_call(writer: CodeWriter, compiled: CompiledRoute, values: str, request: str) -> None:
    plan, info, route = compiled.plan, compiled.plan.info, compiled.route
    arguments = write_arguments(writer, plan, compiled.serializers, values=values, request=request)
    if plan.makes_background_tasks:
        writer.line("attach_background_tasks(request.background)")
    call = f"handler({arguments})"
    is_generator = info.is_async_generator or info.is_generator
    if info.is_async:
        awaited = f"await run_until_disconnect(request, {call})" if route.cancel_on_disconnect else f"await {call}"
        writer.line(f"result = {awaited}")
    elif is_generator or route.non_blocking:
        writer.line(f"result = {call}")
    else:
        writer.line(f"result = await run_in_thread(handler{', ' + arguments if arguments else ''})")
    if not info.is_async and not is_generator:
        # A function that is no coroutine function may still return an awaitable, such as a decorated one.
        with writer.block("if hasattr(result, '__await__'):"):
            writer.line("result = await result")


async def run_until_disconnect(request: Request, call: Awaitable[Any]) -> Any:
    """Await a handler, but cancel it when the client leaves."""
    return await request.run_until_disconnect(call)


# ── The onion ────────────────────────────────────────────────────────────────


def _write_onion(writer: CodeWriter, compiled: CompiledRoute, start: int, name: str) -> None:
    """Write a function that runs the layers from `start` inwards; an error becomes a response in it."""
    with writer.block(f"async def {name}(request):"):
        _write_guarded_layer(writer, compiled, start, start)
        writer.line("return response")


def _write_guarded_layer(writer: CodeWriter, compiled: CompiledRoute, index: int, start: int) -> None:
    with writer.block("try:"):
        _write_layer(writer, compiled, index, start)
    for kind, error in _CAUGHT.items():
        with writer.block(f"except {kind} as exc:"):
            writer.line(f"response = await answer(request, {error}, {index})")


def _write_layer(writer: CodeWriter, compiled: CompiledRoute, index: int, start: int) -> None:
    if index == len(compiled.layers):
        _write_call(writer, compiled)
        _write_conversion(writer)
        return
    if index - start >= _MAX_NESTED:
        _continue_elsewhere(writer, compiled, index)
        writer.line(f"response = await inner_{index}(request)")
        return
    layer = compiled.layers[index]
    if layer.hooks and "on_finish" in layer.hooks:
        writer.line(f"request.entered = {index + 1}")
    title = writer.bind(f"name_{index}", layer.name)
    if layer.is_call:
        _continue_elsewhere(writer, compiled, index + 1)
        middleware = writer.bind(f"middleware_{index}", layer.middleware)
        writer.line(f"response = await {middleware}(request, OnceNext(inner_{index + 1}, {title}))")
        _write_check(writer, title, "__call__")
        return
    if "process_request" in layer.hooks:
        writer.line(f"response = {_hook(writer, layer, index, 'process_request')}(request)")
        with writer.block("if response is not None:"):
            _write_check(writer, title, "process_request")
        with writer.block("if response is None:"):
            _write_guarded_layer(writer, compiled, index + 1, start)
    else:
        _write_guarded_layer(writer, compiled, index + 1, start)
    if "process_response" in layer.hooks:
        writer.line(f"response = {_hook(writer, layer, index, 'process_response')}(request, response)")
        _write_check(writer, title, "process_response")


def _write_check(writer: CodeWriter, title: str, hook: str) -> None:
    # PERF: nearly every response is of this very class; one comparison instead of a call (benchmarks: onion).
    with writer.block("if type(response) is not Response:"):
        writer.line(f"response = await settle_response(response, {title}, {hook!r})")


def _hook(writer: CodeWriter, layer: Layer, index: int, hook: str) -> str:
    name = writer.bind(f"{hook}_{index}", getattr(layer.middleware, hook))
    return f"await {name}" if layer.is_async(hook) else name


def _continue_elsewhere(writer: CodeWriter, compiled: CompiledRoute, index: int) -> None:
    """Compile the layers from `index` inwards as a function of its own, `inner_<index>`."""
    inner = CodeWriter()
    _bind_common(inner, compiled)
    _write_onion(inner, compiled, index, f"inner_{index}")
    writer.bind(f"inner_{index}", inner.compile(f"inner_{index}"))


__all__ = ["CompiledRoute", "Handle", "Wire", "compile_bare", "compile_handle", "compile_route"]

"""
What answers a request, read from the plan that answers it: the application is compiled, and never started.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from covet.app import CovetPy
from covet.cli.explained_response import explain_response
from covet.cli.routes import name_of
from covet.config.masking import show
from covet.core.argument_types import make_constraints
from covet.core.arguments import compile_reader
from covet.core.binding import Argument
from covet.core.compiled_route import CompiledRoute
from covet.core.middleware import HOOKS
from covet.core.path_template import SegmentKind
from covet.core.route import Mount, Route
from covet.core.unmatched import Answer, Redirection
from covet.di import Injection
from covet.di.diagram import Diagram
from covet.di.path import shorten_place
from covet.exceptions import HTTPError, NotFoundError, suggest
from covet.http.request import Request
from covet.http.response import Response
from covet.introspection import find_place, type_name
from covet.serialization import SerializerTable
from covet.types import UNSET
from covet.validation import SchemaWriter

# What a request by hand can bring without a client: everything else is not there yet.
_KNOWN_SOURCES: Final = frozenset({"path", "query"})


@dataclass(frozen=True, slots=True)
class ExplainedArgument:
    """
    One argument of a handler.

    Attributes:
        name: The parameter's name.
        source: Where it comes from.
        alias: Its name on the wire; empty if it has none.
        type: Its type.
        default: Its default as Python writes it; `None` if it has to come.
        schema: The JSON Schema of what is accepted, with constraints; empty for what is not validated.
        value: What the explained request brings, as Python writes it; `None` if it does not say.
        problem: What is wrong with that.
    """

    name: str
    source: str
    alias: str
    type: str
    default: str | None
    schema: dict[str, Any]  # Any: as JSON Schema has it
    value: str | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ExplainedLayer:
    """A middleware: its name, and the hooks that it has; `__call__` is around the inside."""

    name: str
    hooks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExplainedHandler:
    """What answers errors: which ones, its name, and where it was declared."""

    answers: str
    name: str
    level: str


@dataclass(frozen=True, slots=True)
class ExplainedRequest:
    """
    Everything that happens to a request.

    Attributes:
        method: Its method.
        path: Its path, decoded.
        status: The status of the answer, as far as the head of the request decides it.
        answer: What answers, in a sentence.
        hints: What may have been meant, where nothing answers.
        route: The route; `None` if none answers.
        layers: The middleware, the outermost first.
        wrappers: The raw ASGI middleware around the whole application, outside of all layers.
        arguments: The handler's arguments.
        services: What is injected, drawn; `None` if nothing is.
        limits: The limits, by name.
        handlers: What answers errors, the nearest first.
        response: What the answer is like.
        mounted: What a mounted application makes of it, if it is one of CovetPy's.
    """

    method: str
    path: str
    status: int
    answer: str
    hints: tuple[str, ...] = ()
    route: Route | None = None
    layers: tuple[ExplainedLayer, ...] = ()
    arguments: tuple[ExplainedArgument, ...] = ()
    wrappers: tuple[str, ...] = ()
    services: Diagram | None = None
    limits: dict[str, object] | None = None
    handlers: tuple[ExplainedHandler, ...] = ()
    response: dict[str, object] | None = None
    mounted: "ExplainedRequest | None" = None


def explain_request(app: CovetPy, method: str, path: str, query: str = "") -> ExplainedRequest:
    """
    Explain what an application makes of a request.

    Args:
        app: The application.
        method: The method, in capitals.
        path: The decoded path.
        query: The query, as it stands in the target.

    Raises:
        ConfigurationError: If the application cannot be served.
    """
    explained = _explain_inside(app, method, path, query)
    return replace(explained, wrappers=tuple(name_of(wrapper) for wrapper in app.wrappers))


def _explain_inside(app: CovetPy, method: str, path: str, query: str) -> ExplainedRequest:
    """Explain what no wrapper is around any more."""
    compiled, values, mount = app.find_endpoint(method, path)
    if mount is not None:
        return _explain_mount(mount, method, path, query)
    if compiled.shown is None:
        return _explain_unmatched(app, compiled, values[0], method, path)
    request = Request(method, f"/?{query}" if query else "/")
    request.path_values = values
    # Any: what is injected has its own class in the application's container.
    injected: Any = compiled.plan.injected
    table = SerializerTable(app.serializers)
    arguments = tuple(_explain_argument(compiled, argument, request, table) for argument in compiled.plan.arguments)
    response = explain_response(compiled, app.serializers)
    status, sentence = _decide(compiled, arguments)
    return ExplainedRequest(
        method,
        path,
        status or int(str(response["status"])),
        sentence,
        route=compiled.route,
        layers=_list_layers(compiled),
        arguments=arguments,
        services=injected.graph() if isinstance(injected, Injection) else None,
        limits=_list_limits(compiled),
        handlers=tuple(_list_handlers(app, compiled)),
        response=response,
    )


def _decide(compiled: CompiledRoute, arguments: Sequence[ExplainedArgument]) -> tuple[int, str]:
    """Say what the arguments make of the request; the status is 0 if it is for the handler to decide."""
    place = shorten_place(find_place(compiled.route.handler))
    name = f"{name_of(compiled.route.handler)}{f' ({place})' if place else ''}"
    missing = [item for item in arguments if item.problem == _NO_SUCH_PATH]
    for status, wrong in ((404, missing), (422, [item for item in arguments if item.problem])):
        if wrong:
            listed = "; ".join(f"{item.source} {item.alias!r} {item.problem}" for item in wrong)
            return status, f"The route of {name} matches, and its arguments do not: {listed}."
    return 0, f"{name} answers."


# ── Parts of a route ─────────────────────────────────────────────────────────

_NO_SUCH_PATH: Final = "is refused by the path's converter: there is no such path"


def _explain_argument(
    compiled: CompiledRoute, argument: Argument, request: Request, table: SerializerTable
) -> ExplainedArgument:
    default = None
    if not argument.is_required:
        default = "made for each request" if argument.default is UNSET else show(argument.default, name=argument.name)
    value, problem = _read_value(argument, compiled.plan.arguments, request, table)
    annotation = next(item.annotation for item in compiled.plan.info.parameters if item.name == argument.name)
    return ExplainedArgument(
        argument.name,
        "injected" if argument.source == "inject" else argument.source,
        argument.alias if argument.source != "body" else "",
        "" if annotation is UNSET else type_name(annotation),
        default,
        _write_schema(argument),
        value,
        problem,
    )


def _write_schema(argument: Argument) -> dict[str, Any]:
    if argument.validator is None and not argument.is_model:
        return {}
    writer = SchemaWriter()
    constraints = None if argument.marker is None else make_constraints(argument.marker)
    annotation = argument.annotation if argument.validator is None else argument.validator.annotation
    schema = writer.write(annotation, constraints=constraints)
    return {**schema, "$defs": writer.definitions} if writer.definitions else schema


def _read_value(
    argument: Argument, arguments: Sequence[Argument], request: Request, table: SerializerTable
) -> tuple[str | None, str]:
    """Read an argument as the route would: its value, and what is wrong with it."""
    if argument.source not in _KNOWN_SOURCES:
        return None, ""
    try:
        value = compile_reader(argument, table, arguments)(request)
    except NotFoundError:
        return None, _NO_SUCH_PATH
    except HTTPError as exc:
        problems = getattr(exc, "errors", ())
        return None, ", ".join(item.message for item in problems) or str(exc)
    return show(value, name=argument.name), ""


def _list_layers(compiled: CompiledRoute) -> tuple[ExplainedLayer, ...]:
    return tuple(
        ExplainedLayer(
            name_of(layer.middleware),
            (*(["__call__"] if layer.is_call else []), *sorted(layer.hooks, key=_order_hooks)),
        )
        for layer in compiled.layers
    )


def _order_hooks(hook: str) -> int:
    return list(HOOKS).index(hook)


def _list_limits(compiled: CompiledRoute) -> dict[str, object]:
    route, info = compiled.route, compiled.plan.info
    is_coroutine = info.is_async or info.wraps_async or info.is_async_generator
    return {
        "timeout": compiled.timeout,
        "body": compiled.limits.max_size,
        "body_grace": compiled.limits.grace,
        "body_min_rate": compiled.limits.min_rate,
        "cancel_on_disconnect": route.cancel_on_disconnect,
        "runs": "on the event loop" if is_coroutine or route.non_blocking else "in a thread",
    }


def _list_handlers(app: CovetPy, compiled: CompiledRoute) -> Iterator[ExplainedHandler]:
    own, seen = compiled.route.exception_handlers, set()
    for level in compiled.answers.levels:
        if id(level) in seen:
            continue
        seen.add(id(level))
        is_general = level is app.router.group.exception_handlers
        word = "route" if level is own else "application" if is_general else "router"
        for key, handler in level.items():
            yield ExplainedHandler(key.__name__ if isinstance(key, type) else f"status {key}", name_of(handler), word)
    for layer in reversed(compiled.layers):
        if "handle_exception" in layer.hooks:
            yield ExplainedHandler("every other error", name_of(layer.middleware), "middleware")


# ── No route ─────────────────────────────────────────────────────────────────


def _explain_mount(mount: Mount, method: str, path: str, query: str) -> ExplainedRequest:
    where = mount.prefix or "/"
    inner = None
    if isinstance(mount.app, CovetPy):
        inner = explain_request(mount.app, method, path[len(mount.prefix) :] or "/", query)
    return ExplainedRequest(
        method,
        path,
        200 if inner is None else inner.status,
        f"{name_of(mount.app)}, mounted at {where}, answers: the middleware of this application is not around it.",
        mounted=inner,
    )


def _explain_unmatched(
    app: CovetPy, compiled: CompiledRoute, answer: Answer, method: str, path: str
) -> ExplainedRequest:
    hints: tuple[str, ...] = ()
    if isinstance(answer, Redirection):
        status, sentence = 308, f"The framework redirects to {answer.path}, which exists."
    elif isinstance(answer, Response):
        status, sentence = answer.status_code, f"The framework answers: allowed are {answer.headers['allow']}."
    elif isinstance(answer, NotFoundError):
        status, sentence = 404, "No route has this path."
        hints = tuple(_find_near(app, path))
    else:
        status, sentence = answer.status_code, str(answer.detail or answer.title)
        allowed = answer.headers.get("allow") if answer.headers else None
        if allowed:
            others = {id(route): route for table, _ in app.router.tree.find_all(path) for route in table.values()}
            sentence = f"The path exists, not for {method}: allowed are {allowed}."
            hints = tuple(f"{route} is {name_of(route.handler)}." for route in others.values())
    return ExplainedRequest(
        method,
        path,
        status,
        sentence,
        hints,
        layers=_list_layers(compiled),
        handlers=tuple(_list_handlers(app, compiled)),
    )


def _find_near(app: CovetPy, path: str) -> Iterator[str]:
    """Find the routes that a path nearly has: those whose parameters refuse a part of it, else those spelled alike."""
    reasons = [(route, _fits(route, path)) for route in app.router.routes]
    near = [f"{route} is close: {reason}." for route, reason in reasons if reason]
    if near:
        yield from near
        return
    paths = {route.path for route in app.router.routes}
    meant = suggest(path, paths).partition(" Available")[0]
    if meant.startswith("Did"):
        yield meant


def _fits(route: Route, path: str) -> str | None:
    """Say what part of a path a route's parameter refuses; `None` if the path differs in more than that."""
    parts = path[1:].split("/")
    segments = route.template.segments
    if len(parts) != len(segments):
        return None
    reason = None
    for part, segment in zip(parts, segments, strict=True):
        if segment.kind is SegmentKind.STATIC:
            if segment.text != part:
                return None
        elif segment.fullmatch is not None and segment.fullmatch(part) is None:
            reason = reason or f"{part!r} does not fit {segment.text}"
    return reason

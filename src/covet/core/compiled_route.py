"""
What is known of a route once it was checked: all that its endpoints are written from.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from covet.core.arguments import is_plain_body
from covet.core.binding import Plan, make_plan
from covet.core.deprecation import make_notices
from covet.core.errors import CallHandler, ErrorAnswers, status_of
from covet.core.layer_binding import bind_layers
from covet.core.middleware import Layer, make_layer
from covet.core.own_arguments import check_own_arguments
from covet.core.results import ResultConverter
from covet.core.route import WEBSOCKET, Route
from covet.core.route_limits import find_limits, limit_bodies
from covet.core.services import NO_SERVICES, Injected, Services
from covet.http.body import BodyLimits
from covet.http.request import Request
from covet.http.response import Response
from covet.serialization import SerializerTable
from covet.threads import call_anywhere
from covet.types import UNSET


@dataclass(slots=True)
class CompiledRoute:
    """
    What the application keeps for each route.

    Attributes:
        route: The route.
        plan: Where the handler's arguments come from.
        layers: The middleware around it, the outermost first.
        answers: What answers its errors.
        results: What makes responses of its results.
        serializers: The formats that bodies may come in.
        limits: How large its body may be.
        timeout: Seconds after which its handler is given up; `None` is never.
        shown: The route as its requests show it: none, if it stands for all that no route answers.
        asgi: The endpoint for ASGI; `asgi_head` answers HEAD. Compiled at start-up.
        rsgi: The endpoint for RSGI; `rsgi_head` answers HEAD.
        websocket: What serves a WebSocket, over both.
        handshake: The middleware that is asked about a WebSocket, if it stands for all that no route answers.
    """

    route: Route
    plan: Plan
    layers: tuple[Layer, ...]
    answers: ErrorAnswers
    results: ResultConverter
    serializers: SerializerTable
    limits: BodyLimits
    timeout: float | None
    shown: Route | None
    # Any: the adapters alone know how they call their endpoints.
    asgi: Any = None
    asgi_head: Any = None
    rsgi: Any = None
    rsgi_head: Any = None
    websocket: Any = None
    handshake: tuple[Layer, ...] = ()

    @property
    def has_finishers(self) -> bool:
        """Whether a layer wants to learn that the exchange is over."""
        return any("on_finish" in layer.hooks for layer in self.layers)

    @property
    def reads_headers(self) -> bool:
        """Whether a layer looks into the headers of every request."""
        return any(getattr(layer.middleware, "reads_headers", False) for layer in self.layers)

    @property
    def reads_json_first(self) -> bool:
        """Whether its body is tried as JSON before anything is made of the request."""
        plain = [argument for argument in self.plan.arguments if is_plain_body(argument, self.serializers)]
        return len(plain) == 1 and self.plan.sources <= {"path", "body", "inject"} and self._is_lean

    @property
    def needs_request(self) -> bool:
        """Whether a request is made for every call, and not just for what goes another way than usual."""
        return not (self._is_lean and (self.plan.sources <= {"path", "inject"} or self.reads_json_first))

    @property
    def scoped(self) -> Injected | None:
        """
        What gives the injected arguments, if it does so in a scope of the request.

        Where nothing needs a scope and nobody else could look into it, the arguments are made without one.
        """
        injected = self.plan.injected
        if injected is None or self._is_scope_hidden(injected):
            return None
        return injected

    def _is_scope_hidden(self, injected: Injected) -> bool:
        is_seen = self.layers or self.answers.has_handlers or self.plan.sources & {"request", "background", "own"}
        return not is_seen and injected.is_local and not injected.takes_values

    @property
    def _is_lean(self) -> bool:
        plan = self.plan
        return not (self.layers or self.scoped or plan.makes_background_tasks or self.route.cancel_on_disconnect)


def compile_route(
    route: Route,
    middleware: Sequence[object],
    levels: Sequence[Any],
    serializers: SerializerTable,
    limits: BodyLimits,
    *,
    is_debug: bool,
    services: Services = NO_SERVICES,
    app: object = None,
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
        services: What can be injected.
        app: The application, for layers that want to know theirs.

    Raises:
        RouteError: If the handler cannot be served.
        ConfigurationError: If a middleware is none.
    """
    plan = make_plan(route, services)
    made = (make_layer(item) for item in (*middleware, *make_notices(route), *route.all_middleware))
    served = [layer for layer in made if layer.serves(is_websocket=WEBSOCKET in route.methods)]
    check_own_arguments(route, plan.arguments, [layer.middleware for layer in served])
    layers = bind_layers(served, route, services, app)
    said = find_limits(route, [layer.middleware for layer in served])
    limits = limit_bodies(limits, said.body_limit)
    timeout = None if said.timeout is UNSET else said.timeout
    results = ResultConverter(route, plan.info, serializers)
    caller = _compile_error_caller(results)
    answers = ErrorAnswers((*route.all_exception_handlers, *levels), layers, caller, is_debug=is_debug)
    return CompiledRoute(route, plan, layers, answers, results, serializers, limits, timeout, route)


def _compile_error_caller(results: ResultConverter) -> CallHandler:
    async def call(handler: Callable[..., object], request: Request, exc: Exception) -> Response:
        return results.convert_error(request, await call_anywhere(handler, request, exc), status_of(exc) or 400)

    return call

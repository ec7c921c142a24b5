"""
An application whose routes are checked and compiled: at its start, and again when something that all contain changes.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from covet._extras import find_extra
from covet.core.compiled_settings import CompiledSetting, check_body_limits, check_debug
from covet.core.event_handlers import EventHandlers
from covet.core.mounts import MountedApplications
from covet.core.path_template import PathTemplate
from covet.core.pipeline import MiddlewarePipeline
from covet.core.route import Mount, Route, make_route
from covet.core.routing import CovetRouter, TrailingSlash
from covet.core.unmatched import unmatched
from covet.core.wrapping import Wrapping
from covet.exceptions import ConfigurationError, HTTPError, RouteError
from covet.http.body import DEFAULT_BODY_LIMITS, BodyLimits
from covet.http.state import State
from covet.registry import Registry
from covet.serialization import MessagePackSerializer, Serializer, SerializerTable, get_serializer_registry
from covet.types import ASGIApp


class CompiledApplication(EventHandlers):
    """
    Compile routes, once for all requests.

    Attributes:
        router: The routes.
        state: A place for attributes of one's own.
        lifespan_state: What the state of each request begins with.
        debug: Whether errors may show traces; a change holds from the next request on.
        serializers: The formats on offer; a change holds from the next request on.
        body_limits: How large a body may be, and how slow; a change holds from the next request on.
    """

    debug = CompiledSetting[bool](check_debug)
    body_limits = CompiledSetting[BodyLimits](check_body_limits)
    _wrapping: Wrapping

    def __init__(self, *, debug: bool, trailing_slash: TrailingSlash) -> None:
        super().__init__(self._recompile)
        # PERF: the hosts that were found valid: one look-up sends all others the slow way
        # (benchmarks/instructions.py, plain).
        self.hosts_bytes: set[bytes] = set()
        self._hosts_text: set[str] = set()
        self.debug = debug
        self.router = CovetRouter(trailing_slash=trailing_slash)
        self.state = State()
        self.lifespan_state: Mapping[str, Any] = {}
        self.body_limits = DEFAULT_BODY_LIMITS
        self.serializers = _copy_serializers(self._recompile)
        self._pipeline = MiddlewarePipeline()
        self._mounts = MountedApplications()
        self._is_compiled = False
        self._wrapped: ASGIApp | None = None
        self._unmatched: Any = None
        # The same where a header chose the version: answers say so to caches.
        self._unmatched_version: Any = None
        # The protocol of the server, once one has started the application.
        self._protocol: str | None = None
        self._static = self.router.tree.static
        self._find = self.router.tree.find

    def compile(self) -> None:
        """
        Check and compile every route; it happens at start, or with the first request of a server without start.

        Raises:
            ExceptionGroup: Of `RouteError`, with everything that is wrong with the routes at once.
            RouteError: If only one thing is.
        """
        if self._is_compiled:
            return
        from covet.core.compilation import bind_mount, bridge_to_asgi, check_mounts, compile_early

        self._bridge = bridge_to_asgi
        self._serializer_table = SerializerTable(self.serializers)
        failures: list[Exception] = list(check_mounts(self.router.mounts))
        for route in self.router.served_routes:
            try:
                route.endpoint = self._compile(route)
            except ConfigurationError as exc:
                failures.append(exc)
        for route in self.router.websocket_routes:
            try:
                route.endpoint = self._compile_websocket(route)
            except ConfigurationError as exc:
                failures.append(exc)
        for mount in self.router.mounts:
            try:
                bind_mount(mount, self._pipeline.layers)
            except ConfigurationError as exc:
                failures.append(exc)
        if self.router.version_header is not None:
            failures += self._find_version_problem()
        try:
            # What the routes inject is part of the graph: it is checked with everything else.
            self._build_services()
        except ConfigurationError as exc:
            failures.append(exc)
        if len(failures) == 1:
            raise failures[0]
        if failures:
            raise ExceptionGroup(f"{len(failures)} {_name_failures(failures)}", failures)
        for route in self.router.served_routes:
            compile_early(route.endpoint, self, self._protocol)
        self._unmatched, self._unmatched_version = self._compile_unmatched()
        self.router.prepare = self._prepare
        self._wrapped = self._wrapping.apply()
        if self._wrapped is not None:
            # With nothing to be found, all that a wrapper has to see goes the slow way without a question.
            self._static, self._find = {}, _find_nothing
        self._is_compiled = True

    # Any: `CompiledRoute`, whose module is loaded here and not before.
    def list_compiled(self) -> list[Any]:
        """
        List what is known of each route once it was checked: the same that its requests are answered by.

        Raises:
            ConfigurationError: If a route is wrong.
        """
        self.compile()
        for route in self.router.routes:
            if route.endpoint is None:
                # What it inherits has changed, and no request has come since.
                self._prepare(route)
        return [route.endpoint for route in self.router.routes]

    def list_middleware(self) -> list[object]:
        """
        List the middleware around all routes and around some, each as often as it stands around something.

        Raises:
            ConfigurationError: If a route is wrong.
        """
        self.compile()
        routes = (*self.router.served_routes, *self.router.websocket_routes)
        around = [layer.middleware for route in routes if route.endpoint is not None for layer in route.endpoint.layers]
        return [*self._pipeline.layers, *around]

    def _prepare(self, item: Route | Mount) -> None:
        route = item.route if isinstance(item, Mount) else item
        if isinstance(item, Mount) and route is None:
            self._lifespan.refuse_late(f"What is mounted at {item.prefix or '/'!r}")
        elif item.__class__ is Route and item.socket is not None:
            item.endpoint = self._compile_websocket(item)
        elif route is not None:
            from covet.core.compilation import compile_early

            route.endpoint = self._compile(route)
            # The first service of an application may come with a late route.
            self._build_services()
            compile_early(route.endpoint, self, self._protocol)

    # Any: as the server has them.
    def find_mount_refusal(self, mount: Mount, scope: Any, exchange: Any) -> HTTPError | None:
        """
        Tell why a request, or a handshake, is not for a mounted application, though its path is.

        Args:
            mount: The mounted application.
            scope: The scope, of ASGI or RSGI.
            exchange: What gives the messages, or the protocol.

        Raises:
            ConfigurationError: If middleware that was added late cannot do its work there.
        """
        if mount.guards is None:
            from covet.core.compilation import bind_mount

            bind_mount(mount, self._pipeline.layers)
        if not mount.guards:
            return None
        from covet.core.mount_guards import find_refusal, make_asgi_request, make_rsgi_request

        make = make_asgi_request if isinstance(scope, dict) else make_rsgi_request
        return find_refusal(mount.guards, make(self, self._unmatched, scope, exchange))

    # Any: `CompiledRoute`, whose module is loaded here and not before.
    def _compile(self, route: Route, *, is_shown: bool = True) -> Any:
        from covet.core.compilation import compile_for_servers

        return compile_for_servers(
            self,
            route,
            (*self._wiring.layers, *self._pipeline.layers),
            [self.router.group.exception_handlers],
            self._serializer_table,
            self.body_limits,
            self._services,
            is_debug=self.debug,
            is_shown=is_shown,
        )

    # Any: as above.
    def _compile_websocket(self, route: Route) -> Any:
        from covet.core.websocket_compilation import compile_websocket

        return compile_websocket(
            self,
            route,
            self._pipeline.layers,
            [self.router.group.exception_handlers],
            self._serializer_table,
            self.body_limits,
            self._services,
            is_debug=self.debug,
            protocol=self._protocol,
        )

    # Any: as above.
    @cached_property
    def _websockets(self) -> Any:
        from covet.core.websocket_dispatch import WebSocketDispatch

        return WebSocketDispatch(self, self._prepare, self._mounts)

    def _find_version_problem(self) -> list[Exception]:
        from covet.core.versioning import PrefixVersioning, check_default

        try:
            check_default(self.router.versioning or PrefixVersioning(), self.router.versions)
        except ConfigurationError as exc:
            return [exc]
        return []

    # Any: as above.
    def _compile_unmatched(self) -> tuple[Any, Any]:
        template, header = PathTemplate.parse("/"), self.router.version_header
        from covet.core.compilation import bind_handshake

        plain = self._compile(make_route(template, unmatched, ("GET",), {}, ()), is_shown=False)
        plain.handshake = bind_handshake(self._pipeline.layers, plain.route, self._services, self)
        if header is None:
            return plain, None
        from covet.core.versioning import VaryByVersion

        options = {"middleware": [VaryByVersion(header)]}
        return plain, self._compile(make_route(template, unmatched, ("GET",), options, ()), is_shown=False)

    def _recompile(self) -> None:
        """Forget what was compiled: something that all routes contain has changed."""
        self._is_compiled = False
        self.hosts_bytes.clear()
        self._hosts_text.clear()


def _name_failures(failures: Sequence[Exception]) -> str:
    are_routes = all(isinstance(failure, RouteError) for failure in failures)
    return "routes cannot be served." if are_routes else "errors in routes and services."


def _find_nothing(_path: str) -> None:
    """Find no route."""


def _copy_serializers(on_change: Callable[[], object]) -> Registry[Serializer]:
    registry = get_serializer_registry().copy()
    if find_extra("msgspec") is not None and "application/msgpack" not in registry:
        registry.register("application/msgpack", MessagePackSerializer(), priority=200)
    return registry.copy(on_change=on_change)

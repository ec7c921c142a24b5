"""
`CovetPy`, the application: what it can be told, and nothing of how it is done.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

from covet.core.configured_application import ConfiguredApplication
from covet.core.converters import DEFAULT_PRIORITY, Converter
from covet.core.lifespan import Step, check_lifespan, make_context_step
from covet.core.route import Route
from covet.core.route_decorators import RouteDecorators
from covet.core.route_options import Handler, RouteOptions
from covet.core.route_security import SecurityRequirement
from covet.core.routing import CovetRouter, TrailingSlash
from covet.core.static_mounting import StaticMounting
from covet.core.websocket_route import WebSocketOptions
from covet.exceptions import ConfigurationError, RouteError
from covet.http.file_handler import FileHandler
from covet.options import refuse_unknown
from covet.types import UNSET, ASGIApp, UnsetType

if TYPE_CHECKING:
    from covet.config import Settings
    from covet.core.versioning import Versioning
    from covet.di import DependencyContainer
    from covet.http.form_limits import FormLimits
    from covet.plugins import PluginManager

HandlerT = TypeVar("HandlerT", bound=Callable[..., object])
MiddlewareT = TypeVar("MiddlewareT")

LifespanFactory = Callable[[Any], AbstractAsyncContextManager[Any]]


class CovetPy(RouteDecorators, StaticMounting, ConfiguredApplication):
    """
    A web application.

    Args:
        debug: Show traces to browsers; never in production.
        middleware: Middleware around every route, the outermost first: instances, classes, functions or
            `"pkg.mod:Name"`.
        lifespan: A function of the application that gives an async context manager: entered at start, left at stop. A
            mapping that it yields becomes the state of each request.
        exception_handlers: What answers exceptions, by class or by status.
        body_limit: The largest body in bytes, `None` for no limit; that of the settings by default, or else 1 MiB.
        form_limits: How much a form may bring: fields, files and their sizes; see `covet.http.form_limits`. That of the
            settings by default.
        trailing_slash: `"redirect"`, `"ignore"` or `"strict"`.
        plugins: What extends it: instances, classes or `"pkg.mod:Name"`, in any order.
        settings: Its settings: they configure its plugins and may enable further ones, and say how it is served, how
            much a request may bring and what is logged. `create_app` applies the rest.
        versioning: How clients choose between the versions of routers that have one; by path by default.

    Raises:
        ConfigurationError: If an argument is wrong; the text says how to mend it.

    Example:
        >>> app = CovetPy()
        >>> @app.get("/users/{user_id}")
        ... async def show_user(user_id: int) -> dict[str, int]:
        ...     return {"user_id": user_id}
        >>> from covet.testing import TestClient
        >>> async with TestClient(app) as client:
        ...     response = await client.get("/users/7")
        >>> response.json()
        {'user_id': 7}
    """

    @refuse_unknown
    def __init__(
        self,
        debug: bool = False,
        middleware: Sequence[object] | None = None,
        lifespan: LifespanFactory | None = None,
        *,
        exception_handlers: Mapping[type[Exception] | int, Handler] | None = None,
        body_limit: int | UnsetType | None = UNSET,
        form_limits: "FormLimits | None" = None,
        trailing_slash: TrailingSlash = "redirect",
        plugins: Sequence[object] | None = None,
        settings: "Settings | None" = None,
        versioning: "Versioning | None" = None,
    ) -> None:
        for name, items in (("middleware", middleware), ("plugins", plugins)):
            if items is not None and not isinstance(items, list | tuple):
                raise ConfigurationError(f"{name} must be a list, got {items!r}.", hint=f"Write [{items!r}].")
        super().__init__(
            debug=debug,
            trailing_slash=trailing_slash,
            settings=settings,
            body_limit=body_limit,
            form_limits=form_limits,
        )
        if versioning is not None:
            from covet.core.versioning import check_versioning

            self.router.versioning = check_versioning(versioning)
        self._lifespan_factory = lifespan
        self._plugin_manager: PluginManager | None = None
        if lifespan is not None:
            check_lifespan(lifespan)
        for item in middleware or ():
            self.add_middleware(item)
        for key, handler in (exception_handlers or {}).items():
            self.add_exception_handler(key, handler)
        enabled = () if settings is None else settings.discover_plugins
        if plugins or enabled:
            # Last: the plugins see a whole application.
            self.plugin_manager.register_all(plugins or (), enabled=enabled)

    # ── Routes ───────────────────────────────────────────────────────────────

    def add_route(
        self, path: str, handler: Handler, methods: Sequence[str] | None = None, **options: Unpack[RouteOptions]
    ) -> Route:
        """
        Declare a route, also while the application runs.

        Args:
            path: The path, such as `"/users/{user_id}"` or `"/users/{user_id:int}"`.
            handler: What answers.
            methods: Its methods, in capitals; `GET` by default, which answers `HEAD` too.
            **options: See `covet.core.routing.Route`.

        Raises:
            RouteError: If the path, a method or an option is wrong.
            RouteConflictError: If another route answers the same requests.
        """
        return self.router.add_route(path, handler, methods, **options)

    def add_websocket_route(self, path: str, handler: Handler, **options: Unpack[WebSocketOptions]) -> Route:
        """
        Declare a route of WebSockets, also while the application runs.

        Args:
            path: The path; it may be that of an HTTP route, too.
            handler: What serves them: a coroutine function that takes a `WebSocket`.
            **options: See `WebSocketOptions`.

        Raises:
            RouteError: If the path or an option is wrong.
            RouteConflictError: If another route of WebSockets has the same shape of path.
        """
        return self.router.add_websocket_route(path, handler, **options)

    @refuse_unknown
    def include_router(
        self,
        router: CovetRouter,
        prefix: str = "",
        *,
        middleware: Sequence[object] = (),
        tags: Sequence[str] = (),
        security: Sequence[SecurityRequirement] | None = None,
        name_prefix: str = "",
    ) -> None:
        """
        Add the routes of a router, those it gets later included.

        Args:
            router: The router.
            prefix: What stands before its paths.
            middleware: Middleware around its routes, outside its own.
            tags: Tags of its routes.
            security: The security schemes that its routes ask for, unless they say otherwise.
            name_prefix: What stands before its routes' names, so that it can be included twice.
        """
        self.router.include_router(
            router, prefix, middleware=middleware, tags=tags, security=security, name_prefix=name_prefix
        )

    @refuse_unknown
    def add_controller(self, controller: object, prefix: str = "") -> None:
        """Add the routes of a class: its methods that are marked with a route decorator."""
        self.router.add_controller(controller, prefix=prefix)

    @refuse_unknown
    def mount(
        self, path: str, app: ASGIApp | FileHandler, *, name: str | None = None, middleware: Sequence[object] = ()
    ) -> None:
        """
        Let another ASGI application answer everything below a path; its lifespan runs with this one's.

        This application's middleware is not around it: that belongs to routes. Use `wrap` for what must be.

        Args:
            path: The prefix.
            app: The application, or `StaticFiles`, around which this one's middleware is; see `static`.
            name: What to call it.
            middleware: Middleware around the files, inside the application's.

        Raises:
            RouteError: If the prefix is wrong or taken, or the application is this one.
            ConfigurationError: If this application has begun to start already.
        """
        if app is self:
            raise RouteError("An application cannot be mounted in itself.", route=path)
        self.router.mount(path, app, name=name, middleware=middleware)

    @refuse_unknown
    def register_converter(self, name: str, converter: Converter, *, priority: int = DEFAULT_PRIORITY) -> None:
        """
        Teach the application's paths a converter, such as `{code:name}`.

        Routers that are included have converters of their own.

        Args:
            name: What paths call it.
            converter: What reads a text, and writes it; see `covet.core.converters`.
            priority: Where two converters take the same text, the lower one wins.

        Raises:
            ItemExistsError: If the name is taken.
            RouteError: If the name is no identifier, or it is no converter.
        """
        self.router.register_converter(name, converter, priority=priority)

    def url_for(self, name: str, /, **params: object) -> str:
        """Write the path of a route by its name, percent-encoded."""
        return self.router.url_for(name, **params)

    # ── Around the routes ────────────────────────────────────────────────────

    @refuse_unknown
    def add_middleware(self, middleware: object, *, priority: int | None = None) -> None:
        """
        Put a layer around every route: by its priority, and inside those that have the same.

        Args:
            middleware: An instance, a class, a function or `"pkg.mod:Name"`.
            priority: Lower is further out; left out, the middleware's own.

        Raises:
            ConfigurationError: If it is no middleware.
        """
        self._pipeline.add(middleware, priority)
        self._recompile()

    @refuse_unknown
    def middleware(self, middleware: MiddlewareT, *, priority: int | None = None) -> MiddlewareT:
        """Put a layer around every route; a call, or a decorator of a function."""
        self.add_middleware(middleware, priority=priority)
        return middleware

    def add_middleware_stack(self, stack: Iterable[object]) -> None:
        """Put several layers around every route, the outermost first."""
        for item in stack:
            self.add_middleware(item)

    @property
    def layers(self) -> tuple[object, ...]:
        """The middleware around every route, the outermost first."""
        return self._pipeline.layers

    @property
    def wrappers(self) -> tuple[Callable[[ASGIApp], ASGIApp], ...]:
        """The raw ASGI middleware around the whole application, the outermost first."""
        return self._wrapping.wrappers

    def wrap(self, wrapper: Callable[[ASGIApp], ASGIApp]) -> None:
        """
        Put raw ASGI middleware around the whole application.

        Every request then goes through it as ASGI, on RSGI too; prefer `add_middleware`.

        Args:
            wrapper: Called once, with an ASGI application; gives another. What is added first is outermost.
        """
        self._wrapping.add(wrapper)
        self._recompile()

    def add_exception_handler(self, key: type[Exception] | int, handler: Handler) -> None:
        """Let a function of `(request, exc)` answer a class of exceptions, or a status."""
        self.router.add_exception_handler(key, handler)
        self._recompile()

    def exception_handler(self, key: type[Exception] | int) -> Callable[[HandlerT], HandlerT]:
        """Declare what answers a class of exceptions, or a status."""

        def decorate(handler: HandlerT) -> HandlerT:
            self.add_exception_handler(key, handler)
            return handler

        return decorate

    # ── Plugins and settings ─────────────────────────────────────────────────

    @property
    def plugin_manager(self) -> "PluginManager":
        """The plugins; their package is loaded when there are some."""
        if self._plugin_manager is None:
            from covet.plugins import PluginManager

            self._plugin_manager = PluginManager(self, settings=self._given_settings)
        return self._plugin_manager

    plugins = plugin_manager

    def _offer(self, container: "DependencyContainer") -> None:
        from covet.auth.principal import Principal, find_principal
        from covet.di import Lifetime
        from covet.plugins import PluginManager

        super()._offer(container)
        container.register(PluginManager, factory=lambda: self.plugin_manager)
        container.register(Principal, factory=find_principal, lifetime=Lifetime.SCOPED)
        self._offer_settings(container)

    # ── Start, stop, run ─────────────────────────────────────────────────────

    def _get_steps(self) -> list[Step]:
        steps = super()._get_steps()
        given = self._given_settings
        if given is not None and (given.is_production or given.is_staging):
            # Loaded here: only what is deployed is looked at. Before anything is started.
            from covet.deployment import refuse_unsafe

            steps.insert(0, ("deployment", partial(refuse_unsafe, self), None))
        if self._lifespan_factory is not None:
            steps.append(make_context_step("lifespan", self._lifespan_factory(self), keep=self._keep_state))
        return self._surround(steps + self._get_handler_steps())

    def _get_plugin_steps(self) -> list[Step]:
        # A section of a plugin that is not there is warned about, even if there is no plugin at all.
        if self._plugin_manager is not None or (self._given_settings is not None and self._given_settings.plugins):
            return self.plugin_manager.make_steps()
        return []

    def _keep_state(self, value: object) -> None:
        """Keep what a lifespan yields for its requests; a context manager that gives itself has nothing to say."""
        self.lifespan_state = dict(value) if isinstance(value, Mapping) else {}
        for name in self.lifespan_state:
            if not isinstance(name, str):
                raise ConfigurationError(
                    f"What lifespan yields becomes request.state: its keys are names, got {name!r}."
                )

    # Any: the options of the server, checked by name there.
    def run(
        self,
        host: str | None = None,
        port: int | None = None,
        workers: int | None = None,
        reload: bool | None = None,
        **options: Any,
    ) -> None:
        """
        Serve until the process is told to stop.

        What is not given is what the settings say that the application was given, or else the default.

        Args:
            host: The address to listen on; 127.0.0.1 by default.
            port: The port; 8000 by default.
            workers: How many processes serve; 1 by default.
            reload: Start anew when a source file changes; for development.
            **options: See `covet.server.run`.

        Raises:
            MissingDependencyError: If no server is installed.
            ConfigurationError: If an option is unknown or wrong.
        """
        # Loaded here: an application under another server, or in a test, never needs it.
        from covet.server import run

        named: dict[str, Any] = {"host": host, "port": port, "workers": workers, "reload": reload}
        run(self, **{name: value for name, value in named.items() if value is not None}, **options)

"""
The router: where routes are declared, included, mounted, named and found.

Everything is checked when it is declared. A router that is included stays live: what is added to it later appears
wherever it was included, at once, also while the application runs.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Final, TypeVar, Unpack, cast

from covet.core.controller import read_controller
from covet.core.converters import DEFAULT_PRIORITY, Converter, ConverterTable
from covet.core.path_template import PathTemplate
from covet.core.route import (
    WEBSOCKET,
    Mount,
    Route,
    RouteGroup,
    check_methods,
    check_new_method,
    make_group,
    make_route,
)
from covet.core.route_decorators import HandlerT, RouteDecorators
from covet.core.route_finder import RouteFinder, TrailingSlash
from covet.core.route_options import ExceptionHandlers, Handler, RouteOptions, check_exception_handler
from covet.core.route_security import SecurityRequirement
from covet.core.route_table import Inclusion, RouteTable
from covet.core.static_mounting import StaticMounting
from covet.core.websocket_route import WebSocketOptions, make_websocket_route
from covet.error_text import describe_callable
from covet.exceptions import RouteError, suggest
from covet.http.file_handler import FileHandler
from covet.options import refuse_unknown
from covet.types import ASGIApp

if TYPE_CHECKING:
    from covet.core.versioning import Versioning

MiddlewareT = TypeVar("MiddlewareT")

__all__ = ["CovetRouter", "TrailingSlash"]

SAFE_METHODS: Final = ("GET", "HEAD")
_TRAILING_SLASH: Final = ("strict", "redirect", "ignore")


class CovetRouter(RouteFinder, RouteDecorators, StaticMounting):
    """
    A set of routes.

    Args:
        prefix: What stands before every path declared here.
        middleware: Middleware around all its routes.
        tags: Tags of all its routes.
        security: The security schemes that its routes ask for, unless they say otherwise.
        deprecated: Its routes are deprecated, or since when, unless they say otherwise.
        sunset: When its routes stop answering, unless they say otherwise.
        exception_handlers: Exception handlers for all its routes.
        converters: The converters that its paths may name; a table of its own by default.
        version: The version of the API that its routes belong to; see `covet.core.versioning`.
        trailing_slash: What happens to a path whose other spelling exists: `"redirect"` (308) is the default,
            `"ignore"` answers it as that one, `"strict"` does not find it. Only the outermost router may be given one.

    Attributes:
        tree: The routes by path; `tree.static` and `tree.find()` are for whoever dispatches.
        websocket_tree: The WebSocket routes by path, under the method `"WEBSOCKET"`.
        group: What its routes inherit.

    Example:
        >>> router = CovetRouter()
        >>> @router.get("/users/{user_id:int}")
        ... async def show_user(user_id: int) -> dict[str, int]:
        ...     return {"user_id": user_id}
        >>> router.match_route("/users/7", "GET").params
        {'user_id': 7}
        >>> router.url_for("show_user", user_id=7)
        '/users/7'
    """

    @refuse_unknown
    def __init__(
        self,
        *,
        prefix: str = "",
        middleware: Sequence[object] = (),
        tags: Sequence[str] = (),
        security: Sequence[SecurityRequirement] | None = None,
        deprecated: bool | date | None = None,
        sunset: date | None = None,
        exception_handlers: ExceptionHandlers | None = None,
        converters: ConverterTable | None = None,
        version: str | None = None,
        trailing_slash: TrailingSlash | None = None,
    ) -> None:
        if trailing_slash is not None and trailing_slash not in _TRAILING_SLASH:
            raise RouteError(
                f"trailing_slash must be one of {', '.join(_TRAILING_SLASH)}, got {trailing_slash!r}.",
                hint=suggest(str(trailing_slash), _TRAILING_SLASH),
            )
        self.converters = converters if converters is not None else ConverterTable()
        self.group = make_group(middleware, tags, security, deprecated=deprecated, sunset=sunset, route=prefix)
        self._table = RouteTable(self.group)
        self.tree = self._table.tree
        self.websocket_tree = self._table.websocket_tree
        self._prefix = self._parse_prefix(prefix)
        self._trailing_slash = trailing_slash
        self.version = version
        # How versions are chosen, the header that does it, and what stands before the paths of each.
        self.versioning: Versioning | None = None
        self.version_header: str | None = None
        self.versions: dict[str, str] = {}
        for key, handler in (exception_handlers or {}).items():
            self.add_exception_handler(key, handler)

    # ── Declarations ─────────────────────────────────────────────────────────

    def add_route(
        self, path: str, handler: Handler, methods: Sequence[str] | None = None, **options: Unpack[RouteOptions]
    ) -> Route:
        """
        Declare a route; a request that arrives afterwards finds it, also while the application runs.

        Args:
            path: The path; see `covet.core.path_template`. With a prefix of the router it may be empty.
            handler: What answers.
            methods: Its methods, in capitals; `GET` by default.
            **options: See `Route`.

        Raises:
            RouteError: If the path, a method or an option is wrong.
            RouteConflictError: If another route has the same shape of path and one of the methods.
        """
        return self._declare(path, handler, methods, options, (self.group,), self._prefix)

    def add_websocket_route(self, path: str, handler: Handler, **options: Unpack[WebSocketOptions]) -> Route:
        """
        Declare a route of WebSockets.

        Args:
            path: The path; it may be that of an HTTP route, too.
            handler: What serves them: a coroutine function that takes a `WebSocket`.
            **options: See `WebSocketOptions`.

        Raises:
            RouteError: If the path or an option is wrong.
            RouteConflictError: If another route of WebSockets has the same shape of path.
        """
        return self._declare_websocket(path, handler, options, (self.group,), self._prefix)

    @refuse_unknown
    def add_controller(
        self,
        controller: type | object,
        *,
        prefix: str = "",
        middleware: Sequence[object] = (),
        tags: Sequence[str] = (),
    ) -> None:
        """
        Declare the routes of a class; see `covet.core.controller`.

        Raises:
            RouteError: If it has none, or one is wrong.
        """
        declared = read_controller(controller)
        full = self._prefix
        for text in (prefix, declared.path):
            parsed = self._parse_prefix(text)
            full = full if parsed is None else parsed.with_prefix(full)
        groups = (self.group, make_group(middleware, tags, route=prefix), declared.group)
        for item in declared.routes:
            if item.methods == (WEBSOCKET,):
                self._declare_websocket(item.path, item.handler, item.options, groups, full, item.controller)
                continue
            options = cast("RouteOptions", item.options)
            self._declare(item.path, item.handler, item.methods, options, groups, full, item.controller)

    @refuse_unknown
    def include_router(
        self,
        router: "CovetRouter",
        prefix: str = "",
        *,
        middleware: Sequence[object] = (),
        tags: Sequence[str] = (),
        security: Sequence[SecurityRequirement] | None = None,
        name_prefix: str = "",
    ) -> None:
        """
        Take in another router's routes and mounts, those that it gets later as well.

        Args:
            router: The other router; it may be included in several places.
            prefix: What stands before its paths.
            middleware: Middleware around its routes here, outside its own.
            tags: Tags of its routes here, before its own.
            security: The security schemes that its routes ask for here, unless they or the router say otherwise.
            name_prefix: What stands before its routes' names here.

        Raises:
            RouteError: If the routers would contain each other, or the router has a policy for trailing slashes.
            RouteConflictError: If one of its routes claims the requests of another; nothing is included then.
        """
        if not isinstance(router, CovetRouter):
            hint = "Mount an application in its stead: app.mount(prefix, other)."
            raise RouteError(f"A CovetRouter is included, got {type(router).__name__}.", route=prefix or "/", hint=hint)
        if router._trailing_slash is not None:  # noqa: SLF001 - another instance of this class
            raise RouteError(
                "An included router cannot have a policy for trailing slashes.",
                route=prefix or "/",
                hint="Give trailing_slash= to the outermost router.",
            )
        if router.version is not None or router.versions:
            prefix, middleware = self._open_version(router, prefix, middleware)
        group = make_group(middleware, tags, security, route=prefix)
        inclusion = Inclusion(self._table, self._join_prefix(prefix), group, name_prefix)
        self._table.include(router._table, inclusion)  # noqa: SLF001 - another instance of this class

    def mount(
        self, prefix: str, app: ASGIApp | FileHandler, *, name: str | None = None, middleware: Sequence[object] = ()
    ) -> None:
        """
        Let an ASGI application answer everything below a prefix that no route answers.

        Args:
            prefix: Text without parameters; `"/"` for everything.
            app: The application, or `StaticFiles`; see `static()`.
            name: What it is called in listings.
            middleware: Middleware around files; an application has its own.

        Raises:
            RouteError: If the prefix is wrong.
            RouteConflictError: If something is mounted there already.
        """
        template = self._join_prefix(prefix if prefix != "/" else "")
        text = "" if template is None else template.text
        if template is not None and not template.is_static:
            raise RouteError("The prefix of a mounted application has no parameters.", route=text)
        if isinstance(app, FileHandler):
            below = PathTemplate.parse("/{path:path}").with_prefix(template)
            options = {"name": name, "middleware": middleware, "include_in_schema": False}
            route = make_route(below, app.answer, SAFE_METHODS, options, (self.group,))
            self._table.attach(mounts=[Mount(text, app.answer, name, route=route)])
            return
        if middleware:
            raise RouteError(
                "An application that is mounted has its own middleware.",
                route=text or "/",
                hint="Leave middleware= out, or give it to the application.",
            )
        self._table.attach(mounts=[Mount(text, app, name, groups=(self.group,))])

    def middleware(self, middleware: MiddlewareT) -> MiddlewareT:
        """Put a middleware inside those that the router has already; works as a decorator, too."""
        self.group.middleware.append(middleware)
        self._table.forget_endpoints()
        return middleware

    def add_exception_handler(self, key: type[Exception] | int, handler: Handler) -> None:
        """
        Let a handler answer the exceptions of a class, or of a status, that the router's routes raise.

        Raises:
            RouteError: If the key is neither, or has a handler already.
        """
        check_exception_handler(key, handler)
        other = self.group.exception_handlers.get(key)
        if other is not None:
            raise RouteError(
                f"{key!r} is handled by {describe_callable(other)} already, not by {describe_callable(handler)}."
            )
        self.group.exception_handlers[key] = handler
        self._table.forget_endpoints()

    def exception_handler(self, key: type[Exception] | int) -> Callable[[HandlerT], HandlerT]:
        """Declare an exception handler; see `add_exception_handler()`."""

        def decorate(handler: HandlerT) -> HandlerT:
            self.add_exception_handler(key, handler)
            return handler

        return decorate

    def register_converter(self, name: str, converter: Converter, *, priority: int = DEFAULT_PRIORITY) -> None:
        """Teach the router a converter; see `ConverterTable.register()`."""
        self.converters.register(name, converter, priority=priority)

    def register_method(self, method: str) -> None:
        """
        Allow routes for a method outside the usual set, such as `PURGE`.

        Raises:
            RouteError: If it is no method, or differs from a usual one in its case only.
        """
        check_new_method(method)
        self._table.methods.add(method)

    def _open_version(
        self, router: "CovetRouter", prefix: str, middleware: Sequence[object]
    ) -> tuple[str, Sequence[object]]:
        """Put a router's version before its prefix, and say that its answers depend on what chooses it."""
        # Loaded here: few applications have versions.
        from covet.core.versioning import PrefixVersioning, VaryByVersion

        policy = self.versioning = self.versioning or PrefixVersioning()
        header = self.version_header = policy.header
        if router.version is None:
            if header is not None:
                raise RouteError(
                    f"Versions that are chosen by {header!r} are included in the application itself.",
                    route=prefix or "/",
                    hint="Include the routers with a version in the application, not in another router.",
                )
            return prefix, middleware
        before = policy.make_prefix(router.version)
        self.versions[router.version] = before
        if header is None:
            return f"{before}{prefix}", middleware
        return f"{before}{prefix}", (VaryByVersion(header), *middleware)

    # ── Inside ───────────────────────────────────────────────────────────────

    def _declare(
        self,
        path: str,
        handler: Handler,
        methods: Sequence[str] | None,
        options: RouteOptions,
        groups: tuple[RouteGroup, ...],
        prefix: PathTemplate | None,
        controller: type | None = None,
    ) -> Route:
        """Make a route and attach it."""
        template = self._parse(path, prefix)
        checked = check_methods(("GET",) if methods is None else methods, self._table.methods, route=template.text)
        route = make_route(template, handler, checked, options, groups)
        route.controller = controller
        self._table.attach([route])
        return route

    def _declare_websocket(
        self,
        path: str,
        handler: Handler,
        options: Mapping[str, object],
        groups: tuple[RouteGroup, ...],
        prefix: PathTemplate | None,
        controller: type | None = None,
    ) -> Route:
        route = make_websocket_route(self._parse(path, prefix), handler, options, groups)
        route.controller = controller
        self._table.attach([route])
        return route

    def _parse(self, path: str, prefix: PathTemplate | None) -> PathTemplate:
        """Read a path; with a prefix it may be empty."""
        if not path and prefix is not None:
            return prefix
        return PathTemplate.parse(path, self.converters).with_prefix(prefix)

    def _parse_prefix(self, prefix: str) -> PathTemplate | None:
        if not prefix:
            return None
        if isinstance(prefix, str) and prefix.endswith("/"):
            raise RouteError("A prefix does not end with a slash.", route=prefix, hint="Leave the slash out.")
        return PathTemplate.parse(prefix, self.converters)

    def _join_prefix(self, prefix: str) -> PathTemplate | None:
        """Put the router's own prefix before another."""
        parsed = self._parse_prefix(prefix)
        return self._prefix if parsed is None else parsed.with_prefix(self._prefix)

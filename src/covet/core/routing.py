"""
The router: where routes are declared, included, mounted, named and found.

Everything is checked when it is declared. A router that is included stays live: what is added to it later appears
wherever it was included, at once, also while the application runs.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, TypeVar, Unpack

from covet.core.controller import read_controller
from covet.core.converters import DEFAULT_PRIORITY, Converter, ConverterTable
from covet.core.path_template import PathTemplate
from covet.core.route import (
    ExceptionHandlers,
    Handler,
    Mount,
    Route,
    RouteGroup,
    RouteOptions,
    check_exception_handler,
    check_methods,
    check_new_method,
    describe_handler,
    make_group,
    make_route,
)
from covet.core.route_decorators import HandlerT, RouteDecorators
from covet.core.route_finder import RouteFinder, TrailingSlash
from covet.core.route_table import WEBSOCKET, Inclusion, RouteTable
from covet.exceptions import RouteError, suggest
from covet.options import refuse_unknown
from covet.types import ASGIApp

if TYPE_CHECKING:
    from covet.core.versioning import Versioning

MiddlewareT = TypeVar("MiddlewareT")

__all__ = ["CovetRouter", "TrailingSlash"]

_TRAILING_SLASH: Final = ("strict", "redirect", "ignore")


class CovetRouter(RouteFinder, RouteDecorators):
    """
    A set of routes.

    Args:
        prefix: What stands before every path declared here.
        middleware: Middleware around all its routes.
        tags: Tags of all its routes.
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
        self.group = make_group(middleware, tags, route=prefix)
        self._table = RouteTable(self.group)
        self.tree = self._table.tree
        self.websocket_tree = self._table.websocket_tree
        self._prefix = self._parse_prefix(prefix)
        self._trailing_slash = trailing_slash
        self.version = version
        # How versions are chosen, the header that does it, and which there are.
        self.versioning: Versioning | None = None
        self.version_header: str | None = None
        self.versions: dict[str, None] = {}
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

    def websocket(self, path: str, *, name: str | None = None) -> Callable[[HandlerT], HandlerT]:
        """Declare a handler of WebSocket connections."""

        def decorate(handler: HandlerT) -> HandlerT:
            template = self._parse(path, self._prefix)
            self._table.attach([make_route(template, handler, (WEBSOCKET,), {"name": name}, (self.group,))])
            return handler

        return decorate

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
            self._declare(item.path, item.handler, item.methods, item.options, groups, full, item.controller)

    @refuse_unknown
    def include_router(
        self,
        router: "CovetRouter",
        prefix: str = "",
        *,
        middleware: Sequence[object] = (),
        tags: Sequence[str] = (),
        name_prefix: str = "",
    ) -> None:
        """
        Take in another router's routes and mounts, those that it gets later as well.

        Args:
            router: The other router; it may be included in several places.
            prefix: What stands before its paths.
            middleware: Middleware around its routes here, outside its own.
            tags: Tags of its routes here, before its own.
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
        group = make_group(middleware, tags, route=prefix)
        inclusion = Inclusion(self._table, self._join_prefix(prefix), group, name_prefix)
        self._table.include(router._table, inclusion)  # noqa: SLF001 - another instance of this class

    def mount(self, prefix: str, app: ASGIApp, *, name: str | None = None) -> None:
        """
        Let an ASGI application answer everything below a prefix that no route answers.

        Args:
            prefix: Text without parameters; `"/"` for everything.
            app: The application.
            name: What it is called in listings.

        Raises:
            RouteError: If the prefix is wrong.
            RouteConflictError: If something is mounted there already.
        """
        template = self._join_prefix(prefix if prefix != "/" else "")
        text = "" if template is None else template.text
        if template is not None and not template.is_static:
            raise RouteError("The prefix of a mounted application has no parameters.", route=text)
        self._table.attach(mounts=[Mount(text, app, name)])

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
                f"{key!r} is handled by {describe_handler(other)} already, not by {describe_handler(handler)}."
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
        self.versions[router.version] = None
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

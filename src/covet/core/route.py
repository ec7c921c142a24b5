"""
A route and what it inherits: plain data, no decisions.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from covet.core.middleware import read_priority
from covet.core.path_template import PathTemplate
from covet.core.route_options import (
    ExceptionHandlers,
    Handler,
    check_options,
)
from covet.core.route_security import SecurityRequirement, find_security
from covet.error_text import describe_callable
from covet.exceptions import RouteError, suggest
from covet.types import UNSET, UnsetType

if TYPE_CHECKING:
    from covet.http.form_limits import FormLimits


@dataclass(slots=True, eq=False)
class RouteGroup:
    """
    What all routes of a router, of an inclusion or of a controller have in common.

    It is shared with its routes, not copied: what is added later holds for the routes that are there already.
    """

    middleware: list[object] = field(default_factory=list)
    exception_handlers: dict[type[Exception] | int, Handler] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    security: tuple[SecurityRequirement, ...] | None = None
    deprecated: bool | date | None = None
    sunset: date | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Route:
    """
    One path, its methods and what answers them.

    Attributes:
        path: The path as it was declared, with every prefix.
        methods: The methods that were declared; `HEAD` is answered for `GET` without standing here.
        handler: What answers.
        template: The path, read.
        name: What `url_for()` knows it by.
        named: The name was given, rather than taken from the handler.
        middleware: The route's own middleware, the outermost first.
        exception_handlers: The route's own exception handlers.
        groups: The routers, inclusions and controllers it stands in, the outermost first.
        timeout: Seconds after which the handler is given up (504); `None` is never, `UNSET` leaves it to the
            middleware.
        cancel_on_disconnect: The handler is cancelled when its client leaves.
        body_limit: The largest body in bytes; `None` is no limit, `UNSET` leaves it to the middleware and the
            application.
        form_limits: How much its form may bring; `None` leaves it to the application.
        status_code: The status of the handler's results that name none.
        media_type: The media type of the handler's results that name none.
        tags: The route's own tags.
        summary: A few words for the documents.
        description: The text for the documents.
        deprecated: The documents and the answers advise against it; a date says since when, or from when on. `None`
            leaves it to its groups.
        sunset: When it stops answering, for the answers to say so; `None` leaves it to its groups.
        include_in_schema: It appears in the documents.
        non_blocking: A handler that is no coroutine runs on the event loop instead of in a thread.
        raises: The errors that the documents list.
        security: The security schemes that the route itself asks for; `None` leaves it to its groups.
        controller: The class of which the container makes an instance for each request: the handler's first argument.
        socket: What its WebSockets are allowed (`WebSocketRules`); `None` for HTTP.
        endpoint: What the application compiled for it; `None` as long as it did not, or has to do it again.
    """

    path: str
    methods: tuple[str, ...]
    handler: Handler
    template: PathTemplate
    name: str
    named: bool = False
    middleware: tuple[object, ...] = ()
    exception_handlers: ExceptionHandlers = field(default_factory=dict)
    groups: tuple[RouteGroup, ...] = ()
    timeout: float | UnsetType | None = UNSET
    cancel_on_disconnect: bool = False
    body_limit: int | UnsetType | None = UNSET
    form_limits: "FormLimits | None" = None
    status_code: int | None = None
    media_type: str | None = None
    tags: tuple[str, ...] = ()
    summary: str | None = None
    description: str | None = None
    deprecated: bool | date | None = None
    sunset: date | None = None
    include_in_schema: bool = True
    non_blocking: bool = False
    raises: tuple[type[Exception], ...] = ()
    security: tuple[SecurityRequirement, ...] | None = None
    controller: type | None = None
    # Any: the class is loaded with the first route of WebSockets.
    socket: Any = None
    # Any: the application alone knows what it compiles; routing never touches it.
    endpoint: Any = None

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """The path's parameters, in the order of their values."""
        return tuple(parameter.name for parameter in self.template.parameters)

    @property
    def all_middleware(self) -> tuple[object, ...]:
        """The groups' middleware and the route's own, the outermost first; built-in ones have their places."""
        given = (*(item for group in self.groups for item in group.middleware), *self.middleware)
        return tuple(sorted(given, key=read_priority))

    @property
    def all_exception_handlers(self) -> tuple[ExceptionHandlers, ...]:
        """The levels to ask for an exception handler, the nearest first; empty levels are left out."""
        levels = (self.exception_handlers, *(group.exception_handlers for group in reversed(self.groups)))
        return tuple(level for level in levels if level)

    @property
    def all_tags(self) -> tuple[str, ...]:
        """The groups' tags and the route's own, each once."""
        return tuple(dict.fromkeys([*(tag for group in self.groups for tag in group.tags), *self.tags]))

    @property
    def all_security(self) -> tuple[SecurityRequirement, ...] | None:
        """What the nearest of the route and its groups asks for; `None` if none of them says anything."""
        return find_security([*(group.security for group in self.groups), self.security])

    @property
    def deprecation(self) -> bool | date:
        """Whether, or since when, the nearest of the route and its groups that says anything advises against it."""
        said = (self.deprecated, *(group.deprecated for group in reversed(self.groups)))
        return next((value for value in said if value is not None), False)

    @property
    def end(self) -> date | None:
        """When it stops answering, by the nearest of the route and its groups that says anything."""
        said = (self.sunset, *(group.sunset for group in reversed(self.groups)))
        return next((value for value in said if value is not None), None)

    def convert(self, values: Sequence[str]) -> dict[str, object]:
        """
        Turn the texts of the parameters into their values.

        Raises:
            ValueError: If a converter refuses a text that its regex took: there is no such path.
        """
        return {
            parameter.name: parameter.converter.convert(value)
            for parameter, value in zip(self.template.parameters, values, strict=True)
        }

    def __str__(self) -> str:
        return f"{','.join(self.methods)} {self.path}"

    def __repr__(self) -> str:
        return f"<Route {self}: {describe_callable(self.handler)}>"


@dataclass(slots=True, eq=False)
class RouteMatch:
    """A route that answers a request, and the values of its path's parameters."""

    handler: Handler
    params: dict[str, object]
    route: Route


@dataclass(slots=True, eq=False)
class Mount:
    """
    What answers everything below a prefix that no route answers.

    Attributes:
        prefix: The prefix; empty for everything.
        app: The application; a handler of requests if it is a route's.
        name: What it is called in listings.
        route: The route that answers, with the application's middleware around it: files are served so. `None` for an
            ASGI application.
        is_closed: Nothing reaches it for a time: requests are answered 503, and it is not started.
        groups: The routers and inclusions it stands in, the outermost first; their middleware is not around an ASGI
            application.
        guards: What looks at its requests all the same; `None` until it is asked for.
    """

    prefix: str
    # Any: an ASGIApp; a Handler if there is a route.
    app: Any
    name: str | None = None
    is_closed: bool = False
    route: Route | None = None
    groups: tuple[RouteGroup, ...] = ()
    guards: tuple[Callable[..., object], ...] | None = None

    def __post_init__(self) -> None:
        if not callable(self.app):
            raise RouteError(f"What is mounted is no ASGI application: {self.app!r}.", route=self.prefix or "/")


@dataclass(slots=True, eq=False)
class Resolution:
    """
    What a router knows about a path and a method; at most one of `route`, `allowed`, `mount` and `redirect` is set.

    Attributes:
        route: The route that answers.
        values: The texts of its path's parameters.
        allowed: The path exists, with these methods only (405, or the answer to `OPTIONS`).
        mount: The mounted application that answers.
        redirect: The percent-encoded path that exists in its stead (308).
    """

    route: Route | None = None
    values: Sequence[str] = ()
    allowed: tuple[str, ...] = ()
    mount: Mount | None = None
    redirect: str | None = None


# The methods of RFC 9110 that an application answers, and PATCH (RFC 5789). A closed, case-sensitive set.
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Under this method the tree of WebSocket routes holds them; no HTTP route can have it by accident, being in the other.
WEBSOCKET: Final = "WEBSOCKET"
# RFC 9110 §5.6.2: a method is a token.
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def check_methods(methods: Iterable[str], known: Iterable[str], *, route: str) -> tuple[str, ...]:
    """
    Refuse methods that are not in a closed set.

    Raises:
        RouteError: If one is unknown, or there is none.
    """
    if isinstance(methods, str):
        raise RouteError(f"The methods are a list, got {methods!r}.", route=route, hint=f"Write [{methods!r}].")
    known = frozenset(known)
    checked = tuple(dict.fromkeys(methods))
    if not checked:
        raise RouteError("It has no method.", route=route, hint="Leave the methods out for GET.")
    for method in checked:
        if method not in known:
            upper = str(method).upper()
            hint = f"Methods are case-sensitive: write {upper!r}." if upper in known else suggest(str(method), known)
            raise RouteError(f"{method!r} is no method that is answered here.", route=route, hint=hint)
    return checked


def check_new_method(method: str) -> None:
    """
    Refuse what cannot be a method, such as another spelling of a usual one.

    Raises:
        RouteError: If it is none.
    """
    if not _TOKEN.fullmatch(method) or (method.upper() in METHODS and method not in METHODS):
        raise RouteError(f"{method!r} cannot be a method.", hint="Methods are words in capitals, such as 'PURGE'.")


def make_group(
    middleware: Sequence[object] | None = (),
    tags: Sequence[str] | None = (),
    security: Sequence[SecurityRequirement] | None = None,
    *,
    deprecated: bool | date | None = None,
    sunset: date | None = None,
    route: str = "",
) -> RouteGroup:
    """
    Make what routes have in common from what a user gave.

    Raises:
        RouteError: If it is not what it should be, such as no list: a text would be taken for its letters.
    """
    given = {"middleware": middleware, "tags": tags, "security": security, "deprecated": deprecated, "sunset": sunset}
    check_options(given, route=route or "/")
    requirements = None if security is None else tuple(security)
    return RouteGroup(list(middleware or ()), {}, tuple(tags or ()), requirements, deprecated, sunset)


def make_route(
    template: PathTemplate,
    handler: Handler,
    methods: tuple[str, ...],
    options: Mapping[str, Any],  # Any: check_options() looks at each value
    groups: tuple[RouteGroup, ...],
) -> Route:
    """
    Make a route from checked parts.

    Raises:
        RouteError: If an option is unknown or wrong, or the handler cannot be called.
    """
    where = f"{','.join(methods)} {template.text}"
    check_options(options, route=where)
    if not callable(handler):
        raise RouteError(f"Its handler cannot be called: {handler!r}.", route=where)
    given: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in options.items()
        # Nothing was said, but for the limits: there it says something else than the middleware and the application.
        if value is not None or key in {"body_limit", "timeout"}
    }
    name = given.pop("name", None)
    return Route(
        path=template.text,
        methods=methods,
        handler=handler,
        template=template,
        name=name or getattr(handler, "__name__", type(handler).__name__),
        named=name is not None,
        groups=groups,
        **given,
    )

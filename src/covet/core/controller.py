"""
Classes whose methods are handlers.

A controller is any class with methods marked by this module's decorators. If its constructor takes nothing,
`CovetRouter.add_controller()` makes one instance of it and routes to its bound methods. If it takes something, the
container makes an instance for each request, and gives it what it takes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from inspect import getattr_static, signature
from types import MappingProxyType
from typing import Any, ClassVar, Final, Unpack, cast

from covet.core.route import WEBSOCKET, RouteGroup, make_group
from covet.core.route_decorators import RouteDecorators
from covet.core.route_options import ExceptionHandlers, Handler, RouteOptions, check_options
from covet.core.route_security import SecurityRequirement
from covet.core.websocket_route import WebSocketOptions, check_websocket_options
from covet.exceptions import RouteError

_MARKS: Final = "__covet_routes__"


class Controller:
    """
    The attributes that a controller may have; deriving from this class is optional.

    Attributes:
        path: What stands before the paths of its methods.
        middleware: Middleware around all its routes.
        tags: Tags of all its routes.
        security: The security schemes that its routes ask for, unless they say otherwise.
        exception_handlers: Exception handlers for all its routes.

    Example:
        >>> class Users(Controller):
        ...     path = "/users"
        ...
        ...     @get("/{user_id}")
        ...     async def show(self, user_id: int) -> dict[str, int]:
        ...         return {"user_id": user_id}
        >>> read_controller(Users).routes[0].path
        '/{user_id}'
    """

    path: ClassVar[str] = ""
    middleware: ClassVar[Sequence[object]] = ()
    tags: ClassVar[Sequence[str]] = ()
    security: ClassVar[Sequence[SecurityRequirement] | None] = None
    exception_handlers: ClassVar[ExceptionHandlers] = MappingProxyType({})


@dataclass(slots=True, eq=False)
class ControllerRoute:
    """
    One mark of one method.

    Attributes:
        path: The path below the controller's.
        methods: The methods that it answers.
        handler: What answers.
        options: The route's options.
        controller: The class of which the handler takes an instance, if one is made for each request.
    """

    path: str
    methods: Sequence[str] | None
    handler: Handler
    options: Mapping[str, Any]  # Any: those of the kind of route
    controller: type | None = None


@dataclass(slots=True, eq=False)
class ControllerRoutes:
    """What a controller declares."""

    path: str
    group: RouteGroup
    routes: tuple[ControllerRoute, ...]


class ControllerDecorators(RouteDecorators):
    """The decorators for methods: they note the route on the function and leave it as it is."""

    def add_route(
        self, path: str, handler: Handler, methods: Sequence[str] | None = None, **options: Unpack[RouteOptions]
    ) -> None:
        """Note a route on a function; it is declared when its class is added to a router."""
        check_options(options, route=f"{','.join(methods or ('GET',))} {path}")
        noted = ControllerRoute(path, methods, handler, options)
        setattr(handler, _MARKS, [noted, *getattr(handler, _MARKS, ())])

    def add_websocket_route(self, path: str, handler: Handler, **options: Unpack[WebSocketOptions]) -> None:
        """Note a route of WebSockets on a function."""
        check_websocket_options(options, route=f"{WEBSOCKET} {path}")
        noted = ControllerRoute(path, (WEBSOCKET,), handler, options)
        setattr(handler, _MARKS, [noted, *getattr(handler, _MARKS, ())])


_DECORATORS: Final = ControllerDecorators()
route = _DECORATORS.route
get = _DECORATORS.get
head = _DECORATORS.head
post = _DECORATORS.post
put = _DECORATORS.put
patch = _DECORATORS.patch
delete = _DECORATORS.delete
options = _DECORATORS.options
websocket = _DECORATORS.websocket


def read_controller(controller: type | object) -> ControllerRoutes:
    """
    Read what a controller declares.

    A method that overrides a marked one keeps its routes, unless it is marked itself.

    Args:
        controller: A class, or an instance.

    Raises:
        RouteError: If no method is marked.
    """
    cls = controller if isinstance(controller, type) else type(controller)
    marked = list(_find_marks(cls))
    if not marked:
        raise RouteError(
            f"The controller {cls.__module__}.{cls.__qualname__} has no route.",
            hint="Mark its methods with covet.core.controller.get, post, …",
        )
    is_made = isinstance(controller, type) and _takes_something(controller)
    instance = controller() if isinstance(controller, type) and not is_made else controller
    routes = tuple(
        ControllerRoute(
            mark.path,
            mark.methods,
            cast("Callable[..., object]", getattr(instance, name)),
            mark.options,
            cls if is_made and not isinstance(getattr_static(cls, name), staticmethod | classmethod) else None,
        )
        for name, marks in marked
        for mark in marks
    )
    handlers: Mapping[Any, Handler] = getattr(cls, "exception_handlers", {})
    where = f"{cls.__module__}.{cls.__qualname__}"
    check_options({"exception_handlers": handlers}, route=where)
    group = make_group(
        getattr(cls, "middleware", ()), getattr(cls, "tags", ()), getattr(cls, "security", None), route=where
    )
    group.exception_handlers.update(handlers)
    return ControllerRoutes(getattr(cls, "path", ""), group, routes)


def _takes_something(cls: type) -> bool:
    """Tell whether the constructor of a class has parameters."""
    try:
        return bool(signature(cls).parameters)
    except ValueError:
        # Some classes of C have no signature to show.
        return False


def _find_marks(cls: type) -> Iterator[tuple[str, Sequence[ControllerRoute]]]:
    """Find the marked methods, those of base classes first, in the order of their definition."""
    names = dict.fromkeys(name for base in reversed(cls.__mro__) for name in vars(base))
    for name in names:
        for base in cls.__mro__:
            if name not in vars(base):
                continue
            member = vars(base)[name]
            # A static or a class method may stand around the function that was marked.
            if marks := getattr(getattr(member, "__func__", member), _MARKS, getattr(member, _MARKS, None)):
                yield name, marks
                break


__all__ = [
    "Controller",
    "delete",
    "get",
    "head",
    "options",
    "patch",
    "post",
    "put",
    "read_controller",
    "route",
    "websocket",
]

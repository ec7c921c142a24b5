"""
Classes whose methods are handlers.

A controller is any class with methods marked by this module's decorators; `CovetRouter.add_controller()` makes one
instance of it, without arguments, and routes to its bound methods.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Final, Unpack, cast

from covet.core.route import ExceptionHandlers, Handler, RouteGroup, RouteOptions, check_options, make_group
from covet.core.route_decorators import RouteDecorators
from covet.exceptions import RouteError

_MARKS: Final = "__covet_routes__"


class Controller:
    """
    The attributes that a controller may have; deriving from this class is optional.

    Attributes:
        path: What stands before the paths of its methods.
        middleware: Middleware around all its routes.
        tags: Tags of all its routes.
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
    exception_handlers: ClassVar[ExceptionHandlers] = MappingProxyType({})


@dataclass(slots=True, eq=False)
class ControllerRoute:
    """One mark of one method."""

    path: str
    methods: Sequence[str] | None
    handler: Handler
    options: RouteOptions


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


_DECORATORS: Final = ControllerDecorators()
route = _DECORATORS.route
get = _DECORATORS.get
head = _DECORATORS.head
post = _DECORATORS.post
put = _DECORATORS.put
patch = _DECORATORS.patch
delete = _DECORATORS.delete
options = _DECORATORS.options


def read_controller(controller: type | object) -> ControllerRoutes:
    """
    Read what a controller declares.

    A method that overrides a marked one keeps its routes, unless it is marked itself.

    Args:
        controller: A class, of which one instance is made, or an instance.

    Raises:
        RouteError: If no method is marked, or the class cannot be made without arguments.
    """
    cls = controller if isinstance(controller, type) else type(controller)
    marked = list(_find_marks(cls))
    if not marked:
        raise RouteError(
            f"The controller {cls.__module__}.{cls.__qualname__} has no route.",
            hint="Mark its methods with covet.core.controller.get, post, …",
        )
    instance = _make_instance(controller) if isinstance(controller, type) else controller
    routes = tuple(
        ControllerRoute(mark.path, mark.methods, cast("Callable[..., object]", getattr(instance, name)), mark.options)
        for name, marks in marked
        for mark in marks
    )
    handlers: Mapping[Any, Handler] = getattr(cls, "exception_handlers", {})
    where = f"{cls.__module__}.{cls.__qualname__}"
    check_options({"exception_handlers": handlers}, route=where)
    group = make_group(getattr(cls, "middleware", ()), getattr(cls, "tags", ()), route=where)
    group.exception_handlers.update(handlers)
    return ControllerRoutes(getattr(cls, "path", ""), group, routes)


def _make_instance(cls: type) -> object:
    """Construct a controller plainly."""
    try:
        return cls()
    except TypeError as exc:
        raise RouteError(
            f"The controller {cls.__module__}.{cls.__qualname__} cannot be made without arguments: {exc}.",
            hint="Add an instance of it.",
        ) from exc


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


__all__ = ["Controller", "delete", "get", "head", "options", "patch", "post", "put", "read_controller", "route"]

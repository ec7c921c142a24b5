"""
The decorators that declare routes, written once for routers and for the application.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TypeVar, Unpack

from covet.core.route_options import Handler, RouteOptions
from covet.core.websocket_route import WebSocketOptions
from covet.error_text import describe_callable
from covet.exceptions import RouteError

HandlerT = TypeVar("HandlerT", bound=Handler)


class RouteDecorators(ABC):
    """
    `@router.get(path)` and its sisters, for whatever has `add_route()`.

    Each returns the handler as it is: decorators stack, and the handler stays callable and typed.
    """

    @abstractmethod
    def add_route(
        self, path: str, handler: Handler, methods: Sequence[str] | None = None, **options: Unpack[RouteOptions]
    ) -> object:
        """Declare a route."""

    @abstractmethod
    def add_websocket_route(self, path: str, handler: Handler, **options: Unpack[WebSocketOptions]) -> object:
        """Declare a route of WebSockets."""

    def websocket(self, path: str, **options: Unpack[WebSocketOptions]) -> Callable[[HandlerT], HandlerT]:
        """
        Declare a handler of WebSockets.

        Args:
            path: The path; see `covet.core.path_template`.
            **options: See `WebSocketOptions`.

        Returns:
            A decorator that returns the handler unchanged.
        """
        if callable(path):
            raise _make_path_error(path)

        def decorate(handler: HandlerT) -> HandlerT:
            self.add_websocket_route(path, handler, **options)
            return handler

        return decorate

    def route(
        self, path: str, methods: Sequence[str] | None = None, **options: Unpack[RouteOptions]
    ) -> Callable[[HandlerT], HandlerT]:
        """
        Declare a route for several methods; `GET` (and `HEAD`) if none is named.

        Args:
            path: The path; see `covet.core.path_template`.
            methods: Its methods, in capitals.
            **options: See `Route`.

        Returns:
            A decorator that returns the handler unchanged.
        """
        return self._make_decorator(path, methods, options)

    def _make_decorator(
        self, path: str, methods: Sequence[str] | None, options: RouteOptions
    ) -> Callable[[HandlerT], HandlerT]:
        if callable(path):
            raise _make_path_error(path)
        if methods is not None and "methods" in options:
            raise RouteError(
                "The decorator is named after its method, and takes no methods.",
                route=f"{methods[0]} {path}",
                hint=f"Write route({path!r}, methods=[...]) for several.",
            )

        def decorate(handler: HandlerT) -> HandlerT:
            self.add_route(path, handler, methods, **options)
            return handler

        return decorate

    def get(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[HandlerT], HandlerT]:
        """Declare a route for `GET` (and `HEAD`)."""
        return self._make_decorator(path, ("GET",), options)

    def head(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[HandlerT], HandlerT]:
        """Declare a route for `HEAD` alone."""
        return self._make_decorator(path, ("HEAD",), options)

    def post(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[HandlerT], HandlerT]:
        """Declare a route for `POST`."""
        return self._make_decorator(path, ("POST",), options)

    def put(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[HandlerT], HandlerT]:
        """Declare a route for `PUT`."""
        return self._make_decorator(path, ("PUT",), options)

    def patch(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[HandlerT], HandlerT]:
        """Declare a route for `PATCH`."""
        return self._make_decorator(path, ("PATCH",), options)

    def delete(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[HandlerT], HandlerT]:
        """Declare a route for `DELETE`."""
        return self._make_decorator(path, ("DELETE",), options)

    def options(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[HandlerT], HandlerT]:
        """Declare a route for `OPTIONS`, in place of the automatic answer."""
        return self._make_decorator(path, ("OPTIONS",), options)


def _make_path_error(handler: Handler) -> RouteError:
    return RouteError(
        f"{describe_callable(handler)} stands where the path belongs.",
        hint='A decorator of a route takes its path: write @app.get("/path"), not @app.get.',
    )

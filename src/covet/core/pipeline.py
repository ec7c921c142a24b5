"""
Middleware in order: the application's own, or some around a handler for a test.
"""

from collections.abc import Iterable
from enum import IntEnum

from covet.core.middleware import CallNext, make_layer, make_middleware, read_priority
from covet.core.path_template import PathTemplate
from covet.core.route import make_route
from covet.exceptions import ConfigurationError
from covet.http.request import Request
from covet.http.response import Response


class MiddlewarePipeline:
    """
    Middleware in order, ready to run around a handler.

    The application has one for its own middleware. A pipeline by itself is for tests and tools.

    Example:
        >>> pipeline = MiddlewarePipeline()
        >>> async def stamp(request, call_next):
        ...     response = await call_next(request)
        ...     response.headers["x-stamp"] = "1"
        ...     return response
        >>> pipeline.add(stamp)
        >>> async def handler(request):
        ...     return Response("hello")
        >>> response = await pipeline.execute(Request(), handler)
        >>> response.headers["x-stamp"]
        '1'
    """

    __slots__ = ("_items", "_serial")

    def __init__(self, items: Iterable[object] = ()) -> None:
        self._items: list[tuple[int, int, object]] = []
        self._serial = 0
        for item in items:
            self.add(item)

    def add(self, middleware: object, priority: int | None = None) -> None:
        """
        Add a layer.

        Args:
            middleware: An instance, a class, `"pkg.mod:Name"` or a function.
            priority: Lower is further out; ties keep the order of their adding. Left out, it is the middleware's own,
                which is 100 unless its class has another.

        Raises:
            ConfigurationError: If it is no middleware.
        """
        made = make_middleware(middleware)
        if priority is None:
            priority = read_priority(made)
        elif type(priority) is not int and not isinstance(priority, IntEnum):
            raise ConfigurationError(f"The priority of a middleware must be an integer, got {priority!r}.")
        make_layer(made)
        self._items.append((priority, self._serial, made))
        self._serial += 1
        self._items.sort(key=lambda entry: entry[:2])

    # A second name: every manager has a verb for what it manages.
    register = add

    @property
    def layers(self) -> tuple[object, ...]:
        """The middleware, the outermost first."""
        return tuple(item for _, _, item in self._items)

    def __len__(self) -> int:
        return len(self._items)

    def compile(self, handler: CallNext) -> CallNext:
        """
        Wrap a handler of `request` in the layers, as the application does; each handler gets a chain of its own.

        An error becomes a response inside, and every layer that was entered sees what leaves.
        """
        # Loaded here: an application that is only declared compiles nothing.
        from covet.core.compilation import compile_chain

        async def answer(request: Request) -> Response:
            return await handler(request)

        return compile_chain(make_route(PathTemplate.parse("/"), answer, ("GET",), {}, ()), self.layers)

    async def execute(self, request: Request, handler: CallNext) -> Response:
        """Run the layers around a handler for one request."""
        return await self.compile(handler)(request)

"""
Middleware: layers around a handler, as an onion.

Each layer sees the request on its way in and the response on its way out. The layers of a route are
compiled into one coroutine when the application starts (see `covet.core.endpoint`); a hook that a
class does not override is not there at all. An error is answered where it arises, so that every layer
that was entered sees a response leave, and `call_next` always returns one.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from inspect import isclass, iscoroutinefunction
from typing import Any, Final

from covet.exceptions import ConfigurationError, ResponseError
from covet.http.request import Request
from covet.http.response import Response

CallNext = Callable[[Request], Awaitable[Response]]

# A hook may be a coroutine function or, when it awaits nothing, a plain function: that saves a coroutine.
MaybeAwaitable = Awaitable[Any]

HOOKS: Final = ("process_request", "process_response", "handle_exception", "on_finish")


class Middleware:
    """
    The base of middleware: override the hooks that are needed, or `__call__` for full control.

    Options of a subclass are the parameters of its constructor; there is no place where an unknown
    option could vanish. One instance serves all requests at once: keep what belongs to a request in
    `request.state`.

    A hook is a coroutine function, or a plain function if it awaits nothing.

    Example:
        >>> class VersionMiddleware(Middleware):
        ...     async def process_response(self, request, response):
        ...         response.headers["x-version"] = "7"
        ...         return response
    """

    def process_request(self, request: Request) -> Response | Awaitable[Response | None] | None:
        """
        See a request before the inner layers do.

        Returns:
            A response to answer at once, or `None` to go on.
        """

    def process_response(  # the base only shows the shape of the hook
        self,
        request: Request,  # noqa: ARG002
        response: Response,
    ) -> Response | Awaitable[Response]:
        """
        See the response that leaves the inside: the handler's, an error's, or one of the layer's own.

        Returns:
            The response to go on with.
        """
        return response

    def handle_exception(
        self,
        request: Request,  # noqa: ARG002
        exc: Exception,
    ) -> Response | Awaitable[Response]:
        """
        Answer an error of the inside that no exception handler answers; the innermost layer is asked first.

        Returns:
            The response to go on with.

        Raises:
            Exception: The same error again, to leave it to the next layer and at last to the framework.
        """
        raise exc

    def on_finish(
        self, request: Request, response: Response | None, error: BaseException | None
    ) -> Awaitable[None] | None:
        """
        Learn that the exchange is over: after the last byte, or when it was cancelled.

        Args:
            request: The request.
            response: The response that was sent, wholly or in part; `None` if there was none.
            error: What ended the exchange early, such as `CancelledError`; `None` if nothing did.
        """

    async def __call__(self, request: Request, call_next: CallNext) -> Response:
        """
        Run this layer around another by hand, as a test does; the application compiles it instead.

        Args:
            request: The request.
            call_next: What answers inside.
        """
        response = await settle(self.process_request(request))
        if response is None:
            try:
                response = await call_next(request)
            except Exception as exc:  # noqa: BLE001 - the hook raises again what it does not answer
                response = await settle(self.handle_exception(request, exc))
        result: Response = await settle(self.process_response(request, response))
        return result


# Any: a hook's result, whichever hook it was.
async def settle(result: Any) -> Any:
    """
    Await a hook's result if it has to be awaited.

    Example:
        >>> await settle(7)
        7
    """
    return await result if hasattr(result, "__await__") else result


@dataclass(slots=True, eq=False)
class Layer:
    """
    One layer of the onion, analysed.

    Attributes:
        middleware: The instance or function.
        name: What to call it in errors and tables.
        hooks: The hooks that it overrides.
        is_call: It takes `(request, call_next)`.
    """

    middleware: Any  # a Middleware, or any callable of (request, call_next)
    name: str
    hooks: frozenset[str]
    is_call: bool

    def is_async(self, hook: str) -> bool:
        """Tell whether a hook has to be awaited."""
        return iscoroutinefunction(getattr(self.middleware, hook))


def make_layer(item: object) -> Layer:
    """
    Analyse one middleware: an instance, a class without required options, `"pkg.mod:Name"` or a function.

    Raises:
        ConfigurationError: If it is none of them.

    Example:
        >>> async def stamp(request, call_next):
        ...     return await call_next(request)
        >>> make_layer(stamp).is_call
        True
    """
    middleware = make_middleware(item)
    if isinstance(middleware, Middleware):
        cls = type(middleware)
        is_call = cls.__call__ is not Middleware.__call__
        hooks = frozenset(
            hook
            for hook in HOOKS
            if getattr(cls, hook) is not getattr(Middleware, hook) and not (is_call and hook != "on_finish")
        )
        return Layer(middleware, cls.__name__, hooks, is_call)
    if not iscoroutinefunction(middleware) and not iscoroutinefunction(getattr(middleware, "__call__", None)):  # noqa: B004
        raise ConfigurationError(
            f"{describe_middleware(item)} is no middleware.",
            hint="Write async def name(request, call_next), or a subclass of Middleware.",
        )
    return Layer(middleware, describe_middleware(middleware), frozenset(), is_call=True)


def make_middleware(item: object) -> Any:
    """
    Return the instance or function that an entry of a middleware list stands for.

    Raises:
        ConfigurationError: If a string leads nowhere, or a class cannot be made without options.
    """
    if isinstance(item, str):
        item = _import(item)
    if isclass(item):
        try:
            return item()
        except TypeError as exc:
            raise ConfigurationError(
                f"{item.__name__} cannot be made without options: {exc}.",
                hint=f"Pass an instance: {item.__name__}(...).",
            ) from exc
    return item


def _import(target: str) -> object:
    module, _, name = target.partition(":")
    if not name:
        raise ConfigurationError(f"{target!r} is no middleware.", hint='Write "package.module:Name".')
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError) as exc:
        raise ConfigurationError(f"{target!r} cannot be imported: {exc}.", hint='Write "package.module:Name".') from exc


def describe_middleware(item: object) -> str:
    """Name a middleware for tables and errors."""
    if isinstance(item, str):
        return item
    if isinstance(item, partial):
        return describe_middleware(item.func)
    return getattr(item, "__name__", None) or type(item).__name__


class OnceNext:
    """What a layer calls to go on: once, since the inside must not run twice for one request."""

    __slots__ = ("_inner", "_is_called", "_name")

    def __init__(self, inner: CallNext, name: str) -> None:
        self._inner = inner
        self._is_called = False
        self._name = name

    def __call__(self, request: Request) -> Awaitable[Response]:
        """Go on to the inside; the second time is an error."""
        if self._is_called:
            raise RuntimeError(f"{self._name} called call_next twice for one request.")
        self._is_called = True
        return self._inner(request)


def check_response(response: object, name: str, hook: str) -> Response:
    """
    Return what a layer answered if it is a response.

    Raises:
        ResponseError: If it is not; the text names the layer.
    """
    if isinstance(response, Response):
        return response
    raise ResponseError(
        f"{name}.{hook} returned {type(response).__name__}, expected Response.",
        hint="Return the response, at the end of the hook too.",
    )


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

    def add(self, middleware: object, priority: int = 100) -> None:
        """
        Add a layer.

        Args:
            middleware: An instance, a class, `"pkg.mod:Name"` or a function.
            priority: Lower is further out; ties keep the order of their adding.

        Raises:
            ConfigurationError: If it is no middleware.
        """
        made = make_middleware(middleware)
        make_layer(made)
        self._items.append((priority, self._serial, made))
        self._serial += 1
        self._items.sort(key=lambda entry: entry[:2])

    # The standards name this verb for every manager.
    register = add

    @property
    def layers(self) -> tuple[object, ...]:
        """The middleware, the outermost first."""
        return tuple(item for _, _, item in self._items)

    def __len__(self) -> int:
        return len(self._items)

    def compile(self, handler: CallNext) -> CallNext:
        """Wrap a handler of `request` in the layers; each handler gets a chain of its own."""
        chain = handler
        for item in reversed(self.layers):
            chain = partial(_run_layer, make_layer(item), chain)
        return chain

    async def execute(self, request: Request, handler: CallNext) -> Response:
        """Run the layers around a handler for one request."""
        return await self.compile(handler)(request)


async def _run_layer(layer: Layer, inner: CallNext, request: Request) -> Response:
    response = error = None
    try:
        response = check_response(await layer.middleware(request, OnceNext(inner, layer.name)), layer.name, "__call__")
    except BaseException as exc:
        error = exc
        raise
    finally:
        if "on_finish" in layer.hooks:
            await settle(layer.middleware.on_finish(request, response, error))
    return response

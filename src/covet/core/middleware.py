"""
Middleware: layers around a handler, as an onion.

Each layer sees the request on its way in and the response on its way out. The layers of a route are
compiled into one coroutine when the application starts (see `covet.core.endpoint`); a hook that a
class does not override is not there at all. An error is answered where it arises, so that every layer
that was entered sees a response leave, and `call_next` always returns one.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from inspect import isclass, iscoroutinefunction, signature, unwrap
from typing import Any, ClassVar, Final, Never

from covet.core.hook_results import check_response, settle
from covet.error_text import name_callable
from covet.exceptions import ConfigurationError
from covet.http.request import Request
from covet.http.response import Response
from covet.import_paths import import_path
from covet.options import make_unknown_error

CallNext = Callable[[Request], Awaitable[Response]]

# The one hook for WebSockets; all others are for HTTP.
WEBSOCKET_HOOK: Final = "websocket_connect"

HOOKS: Final[dict[str, Sequence[str]]] = {
    "process_request": ("request",),
    "process_response": ("request", "response"),
    "handle_exception": ("request", "exc"),
    "on_finish": ("request", "response", "error"),
    WEBSOCKET_HOOK: ("websocket",),
}

DEFAULT_PRIORITY: Final = 100

# What a class that was written for Starlette, aiohttp or Litestar calls its way around the inside.
_FOREIGN_HOOKS: Final = frozenset({"dispatch", "middleware", "handle"})


class Middleware:
    """
    The base of middleware: override the hooks that are needed, or `__call__` for full control.

    Options of a subclass are the parameters of its constructor; what it hands on beside them is unknown, and
    refused. One instance serves all requests at once: keep what belongs to a request in
    `request.state`.

    A hook is a coroutine function, or a plain function if it awaits nothing.

    Attributes:
        priority: Where it stands unless it is added with another: lower is further out, ties keep the order of their
            adding. Functions and classes that say nothing have 100; `covet.middleware.places` has the built-in ones.
        reads_headers: Whether it looks into the headers of every request: they are made ready then, before the first
            layer begins.
        raises: The errors that it answers requests with by itself, for the documents; a tuple of their classes.

    Example:
        >>> class VersionMiddleware(Middleware):
        ...     async def process_response(self, request, response):
        ...         response.headers["x-version"] = "7"
        ...         return response
    """

    priority: int = DEFAULT_PRIORITY
    reads_headers: ClassVar[bool] = False
    raises: tuple[type[Exception], ...] = ()

    def __init__(self, **options: Never) -> None:
        if options:
            cls = type(self)
            raise make_unknown_error(unwrap(cls.__init__), cls.__name__, next(iter(options)))

    def process_request(self, request: Request) -> Response | Awaitable[Response | None] | None:
        """
        See a request before the inner layers do.

        Returns:
            A response to answer at once, or `None` to go on.
        """

    def process_response(self, request: Request, response: Response) -> Response | Awaitable[Response]:  # noqa: ARG002
        """
        See the response that leaves the inside: the handler's, an error's, or one of the layer's own.

        Returns:
            The response to go on with.
        """
        return response

    def handle_exception(self, request: Request, exc: Exception) -> Response | Awaitable[Response]:  # noqa: ARG002
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

    # Any: a `WebSocket`, whose class is loaded with the first route of WebSockets.
    def websocket_connect(self, websocket: Any) -> Awaitable[None] | None:
        """
        See the handshake of a WebSocket before its handler does; the other hooks are for HTTP alone.

        Args:
            websocket: The `WebSocket`, not accepted yet. To refuse it, raise an `HTTPError`, or await its `refuse()`.
        """

    def list_raised(self, method: str) -> tuple[type[Exception], ...]:  # noqa: ARG002
        """
        List the errors that it answers requests of a method with: `raises`, unless that depends on the method.

        Args:
            method: The method.
        """
        return self.raises

    # Any: the application, whose class stands on a higher floor.
    async def startup(self, app: Any) -> None:
        """
        Open what the middleware needs, when its application starts: once, however many routes it stands around.

        Args:
            app: The application.
        """

    async def shutdown(self) -> None:
        """Close it, when the application stops: after the last request."""

    async def __call__(self, request: Request, call_next: CallNext) -> Response:
        """
        Run this layer around another by hand, as a test does; the application compiles it instead.

        Args:
            request: The request.
            call_next: What answers inside.
        """
        name = type(self).__name__
        response = await settle(self.process_request(request))
        if response is None:
            try:
                response = await call_next(request)
            except Exception as exc:  # noqa: BLE001 - the hook raises it again if it has no answer
                response = check_response(await settle(self.handle_exception(request, exc)), name, "handle_exception")
        else:
            check_response(response, name, "process_request")
        return check_response(await settle(self.process_response(request, response)), name, "process_response")


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

    def serves(self, *, is_websocket: bool) -> bool:
        """Tell whether the layer has something to do for WebSockets, or for HTTP."""
        if is_websocket:
            return WEBSOCKET_HOOK in self.hooks
        return self.is_call or self.hooks != {WEBSOCKET_HOOK}

    def is_async(self, hook: str) -> bool:
        """Tell whether a hook is a coroutine function; a plain one may still return an awaitable."""
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
    if not isinstance(middleware, Middleware):
        return Layer(middleware, _check_call(middleware), frozenset(), is_call=True)
    cls = type(middleware)
    is_call = cls.__call__ is not Middleware.__call__
    if is_call:
        _check_call(middleware)
    # With a `__call__` of its own it is the class that calls the other hooks, if it wants to.
    hooks = [
        name
        for name in (("on_finish", WEBSOCKET_HOOK) if is_call else HOOKS)
        if getattr(cls, name) is not getattr(Middleware, name)
    ]
    if not is_call and not hooks:
        _, hint = _find_misnamed(cls, HOOKS, cutoff=0.6) or ("", f"Override {', '.join(HOOKS)} or __call__.")
        raise ConfigurationError(f"{cls.__name__} overrides no hook: it would never run.", hint=hint)
    if not is_call:
        # Beside a hook there may be helpers, such as log_request(): only what is hardly anything else is a mistake.
        misnamed = _find_misnamed(cls, [name for name in HOOKS if name not in hooks], cutoff=0.9)
        if misnamed is not None:
            name, hint = misnamed
            raise ConfigurationError(
                f"{cls.__name__}.{name}() is no hook: nothing would call it.",
                hint=f"{hint} A helper of your own begins with an underscore: _{name}().",
            )
    for name in hooks:
        _check_parameters(getattr(middleware, name), f"{cls.__name__}.{name}", HOOKS[name])
    return Layer(middleware, cls.__name__, frozenset(hooks), is_call)


def _find_misnamed(cls: type, hooks: Iterable[str], *, cutoff: float) -> tuple[str, str] | None:
    """Find a method of a middleware class that was probably meant to be one of some hooks, and say which."""
    for name, value in (
        (name, value) for base in cls.__mro__ if base is not object for name, value in vars(base).items()
    ):
        if name[0] == "_" or name in HOOKS or not callable(value):
            continue
        if name in _FOREIGN_HOOKS:
            return name, f"Other frameworks call it {name}(): name it __call__(self, request, call_next) here."
        # Loaded here: few applications have such a method.
        from difflib import get_close_matches

        if close := get_close_matches(name, list(hooks), n=1, cutoff=cutoff):
            return name, f"Name {name}() {close[0]}({', '.join(HOOKS[close[0]])})."
    return None


# Any: whatever stands in a list of middleware.
def _check_call(middleware: Any) -> str:
    """Return the name of what goes around the inside, once it is known that it can."""
    name = describe_middleware(middleware)
    if not iscoroutinefunction(middleware) and not iscoroutinefunction(getattr(middleware, "__call__", None)):  # noqa: B004
        raise ConfigurationError(
            f"{name} is no middleware.",
            hint="Write async def name(request, call_next), or a subclass of Middleware.",
        )
    _check_parameters(middleware, name, ("request", "call_next"))
    return name


def _check_parameters(function: Callable[..., object], name: str, parameters: Sequence[str]) -> None:
    try:
        signature(function).bind(*parameters)
    except (TypeError, ValueError) as exc:
        raise ConfigurationError(
            f"{name} cannot be called: {exc}.", hint=f"Its parameters are ({', '.join(parameters)})."
        ) from exc


def make_middleware(item: object) -> Any:
    """
    Return the instance or function that an entry of a middleware list stands for.

    Raises:
        ConfigurationError: If a string leads nowhere, or a class cannot be made without options.
    """
    if isinstance(item, str):
        item = import_middleware(item)
    if isclass(item):
        try:
            return item()
        except TypeError as exc:
            raise ConfigurationError(
                f"{item.__name__} cannot be made without options: {exc}.",
                hint=f"Pass an instance, {item.__name__}(...). Raw ASGI middleware goes to app.wrap().",
            ) from exc
    return item


def read_priority(item: object) -> int:
    """
    Read where a middleware stands by itself.

    A text that leads nowhere is refused where the middleware is made.

    Raises:
        ConfigurationError: If its priority is no integer.

    Example:
        >>> class OuterMiddleware(Middleware):
        ...     priority = 20
        >>> read_priority(OuterMiddleware), read_priority(print)
        (20, 100)
    """
    if isinstance(item, str):
        try:
            item = import_middleware(item)
        except ConfigurationError:
            return DEFAULT_PRIORITY
    is_middleware = isinstance(item, Middleware) or (isclass(item) and issubclass(item, Middleware))
    # Any: what a subclass made of it.
    priority: Any = getattr(item, "priority", None) if is_middleware else DEFAULT_PRIORITY
    if type(priority) is not int and not isinstance(priority, IntEnum):
        raise ConfigurationError(
            f"The priority of a middleware must be an integer, {describe_middleware(item)} has {priority!r}.",
            hint=f"Lower is further out; leave it out for {DEFAULT_PRIORITY}.",
        )
    return int(priority)


def import_middleware(target: str) -> object:
    """
    Import what `"package.module:Name"` names.

    Raises:
        ConfigurationError: If it leads nowhere.
    """
    if ":" not in target:
        # FastAPI and Starlette write @app.middleware("http").
        hint = "Write @app.middleware above the function." if target == "http" else 'Write "package.module:Name".'
        raise ConfigurationError(f"{target!r} is no middleware.", hint=hint)
    return import_path(target)


def check_middleware(item: object) -> None:
    """
    Refuse what cannot go around the inside, without making anything of it: a class may need options first.

    Raises:
        ConfigurationError: If it is neither middleware nor a class of it.

    Example:
        >>> check_middleware(print)
        Traceback (most recent call last):
            ...
        covet.exceptions.ConfigurationError: print is no middleware.
          Write async def name(request, call_next), or a subclass of Middleware.
    """
    if not isclass(item):
        make_layer(item)
    elif not issubclass(item, Middleware):
        # As it is called on its instances, which do not exist yet.
        _check_call(partial(item.__call__, None) if iscoroutinefunction(item.__call__) else item)


def describe_middleware(item: object) -> str:
    """Name a middleware for tables and errors, by itself or by the text that stands for it."""
    # Any: a name is found for everything.
    named: Any = item
    return item if isinstance(item, str) else name_callable(named)


class OnceNext:
    """What a layer calls to go on: once, since the inside must not run twice for one request."""

    __slots__ = ("_inner", "_is_called", "_name")

    def __init__(self, inner: CallNext, name: str) -> None:
        self._inner = inner
        self._is_called = False
        self._name = name

    def __call__(self, request: Request) -> Awaitable[Response]:
        """
        Let the inside answer.

        Raises:
            RuntimeError: If it did already.
        """
        if self._is_called:
            raise RuntimeError(f"{self._name} called call_next twice for one request.")
        self._is_called = True
        return self._inner(request)

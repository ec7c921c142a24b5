"""
Exceptions become responses here: the nearest handler first, then the middleware, then the framework.

In production no trace, path, SQL or secret leaves the process: an unhandled error is a bare 500 with a
number that its log record carries as well.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from os import urandom
from typing import Any, Final

from covet.core.hook_results import check_response, settle
from covet.core.middleware import Layer
from covet.deadlines import DRAIN_IS_OVER
from covet.exceptions import (
    ClientDisconnectedError,
    CovetError,
    HTTPError,
    ResponseError,
    ServiceUnavailableError,
    ValidationError,
)
from covet.http.locality import may_look
from covet.http.request import Request
from covet.http.response import Response
from covet.serialization import encode_json

logger = logging.getLogger("covet.errors")

PROBLEM: Final = "application/problem+json"

ExceptionHandlers = Mapping[type[Exception] | int, Callable[..., object]]


# Classes that say less about an error than its status does: a handler of a status is asked before theirs.
_GENERAL: Final = (HTTPError, CovetError, Exception)

# What calls an exception handler and makes a response of its result.
CallHandler = Callable[[Callable[..., object], Request, Exception], Awaitable[Response]]


class ErrorAnswers:
    """
    What answers the errors of one route.

    Args:
        levels: The exception handlers of route, routers and application, the nearest level first.
        layers: The middleware around the route, the outermost first.
        call: Calls an exception handler and turns its result into a response.
        is_debug: Whether traces may be shown.
    """

    __slots__ = ("_call", "_found", "_is_debug", "_layers", "_levels")

    def __init__(
        self, levels: Sequence[ExceptionHandlers], layers: Sequence[Layer], call: CallHandler, *, is_debug: bool
    ) -> None:
        self._levels = tuple(levels)
        self._layers = tuple(layers)
        self._call = call
        self._is_debug = is_debug
        # Bounded by the number of exception classes that the program has.
        self._found: dict[tuple[type[Exception], int | None, int], tuple[Callable[..., object] | None, int]] = {}

    @property
    def levels(self) -> tuple[ExceptionHandlers, ...]:
        """The exception handlers of route, routers and application, the nearest level first."""
        return self._levels

    @property
    def has_handlers(self) -> bool:
        """Whether an exception handler of the application's may be called."""
        return any(self._levels)

    async def answer(self, request: Request, exc: BaseException, depth: int) -> Response:
        """
        Answer an error that left the inside of the outermost `depth` layers. Never raises an Exception.

        Args:
            request: The request.
            exc: The error.
            depth: How many layers were entered around the place where it arose.

        Raises:
            asyncio.CancelledError: If the request was cancelled.
        """
        exc = unwrap(exc)
        handler, level = self._find(exc, 0)
        while handler is not None:
            try:
                return check_response(await self._call(handler, request, exc), describe(handler), "")
            except BaseException as failure:  # noqa: BLE001 - the next level answers it
                exc = unwrap(failure)
            handler, level = self._find(exc, level + 1)
        for layer in reversed(self._layers[:depth]):
            if "handle_exception" not in layer.hooks:
                continue
            try:
                answered = await settle(layer.middleware.handle_exception(request, exc))
                return check_response(answered, layer.name, "handle_exception")
            except BaseException as failure:  # noqa: BLE001 - the next layer answers it
                exc = unwrap(failure)
        return make_error_response(request, exc, is_debug=self._is_debug)

    def find_handler(self, cls: type[Exception], status: int | None) -> Callable[..., object] | None:
        """
        Name the exception handler that is asked first about an error; `None` if the framework answers it.

        Args:
            cls: The class of the error.
            status: The status that it is answered with otherwise.
        """
        return self._search(cls, status, 0)[0]

    def _find(self, exc: Exception, start: int) -> tuple[Callable[..., object] | None, int]:
        key = (type(exc), status_of(exc), start)
        try:
            return self._found[key]
        except KeyError:
            found = self._found[key] = self._search(*key)
            return found

    def _search(self, cls: type[Exception], status: int | None, start: int) -> tuple[Callable[..., object] | None, int]:
        bases = cls.__mro__
        # Any: what cannot be a key, such as `object`, is in no level.
        keys: list[Any] = [*(base for base in bases if base not in _GENERAL), status]
        keys += [base for base in bases if base in _GENERAL]
        for number, level in enumerate(self._levels[start:], start):
            for key in keys:
                if key in level:
                    return level[key], number
        return None, len(self._levels)


def status_of(exc: Exception) -> int | None:
    """
    Tell the status that an error is answered with; `None` if nobody is there to read an answer.

    Example:
        >>> status_of(HTTPError(status_code=410)), status_of(KeyError("a"))
        (410, 500)
    """
    if isinstance(exc, HTTPError):
        # A class may say what it likes, and this is asked where an error would have no answer.
        with suppress(Exception):
            return exc.status_code if isinstance(exc.status_code, int) else 500
    return None if isinstance(exc, ClientDisconnectedError) else 500


def make_error_response(request: Request, exc: Exception, *, is_debug: bool = False) -> Response:
    """
    Make the framework's own answer to an error: a problem (RFC 9457), or the trace for a browser in debug.

    Args:
        request: The request.
        exc: The error.
        is_debug: Whether traces may be shown, to whom the debug pages are.
    """
    instance = make_instance()
    # APPSEC: somebody forgets `debug=True` some day; whoever is elsewhere, or sent by a page, still sees no trace.
    is_debug = is_debug and may_look(request)
    if isinstance(exc, HTTPError):
        try:
            response = make_problem(exc, instance)
        except Exception as failure:  # noqa: BLE001 - an error that no wire can carry is an error of its own
            exc = failure
        else:
            _log_answer(request, exc, instance)
            return response
    if isinstance(exc, ClientDisconnectedError):
        # Hardly anybody reads this answer; 499 is no registered status.
        logger.debug("%s: %s (%s)", describe_route(request), exc, instance)
        return make_problem(HTTPError(getattr(exc, "answer", "The client left."), status_code=400), instance)
    request.record_error(exc)
    _log_error(request, "Unhandled error in %s (%s)", describe_route(request), instance, exc=exc)
    if is_debug and "text/html" in request.headers.get("accept", ""):
        return Response(_show(request, exc), 500, media_type="text/plain")
    detail = _show(request, exc, is_short=True).strip() if is_debug else None
    return make_problem(HTTPError(detail, status_code=500), instance)


def _log_error(request: Request, message: str, *arguments: object, exc: Exception) -> None:
    """Log an error with its trace; one that cannot be shown is named, and costs no client its answer."""
    # Loaded here: an application without an error never needs it.
    from covet.core.error_traces import log_concealed, write_trace

    try:
        log_concealed(logger, message, arguments, exc, write_trace(request, exc))
    except Exception:  # noqa: BLE001 - a trace, or a handler of the log, may fail in any way
        with suppress(Exception):
            message += ": %s, whose trace cannot be shown"
            logger.error(message, *arguments, type(exc).__name__)  # noqa: TRY400 - its trace has just failed


def _show(request: Request, exc: Exception, *, is_short: bool = False) -> str:
    """Write an error or its trace; its class, if it cannot be shown (a `SyntaxError` whose line is no number)."""
    from covet.core.error_traces import write_trace

    try:
        return write_trace(request, exc, is_short=is_short)
    except Exception:  # noqa: BLE001 - an error's attributes may be anything
        return type(exc).__name__


def _log_answer(request: Request, exc: HTTPError, instance: str) -> None:
    """Log an error that carries its answer: what the client did wrong is worth a line in debugging only."""
    # APPSEC: 501, which is not logged, is what a client gets for a method that it made up: a line for each would fill
    # the disk.
    if exc.status_code >= 500 and exc.is_logged:
        if exc.status_code == 500 or exc.__cause__ is not None:
            _log_error(request, "%s answered %d (%s)", describe_route(request), exc.status_code, instance, exc=exc)
        else:
            # Raised on purpose, such as 503 or 507, and perhaps for every request: where is known, why the text says.
            logger.warning("%s answered %d (%s): %s", describe_route(request), exc.status_code, instance, exc.message)
    elif logger.isEnabledFor(logging.DEBUG):
        logger.debug("%s answered %d (%s)", describe_route(request), exc.status_code, instance)


def make_instance() -> str:
    """
    Name an occurrence of an error by a random UUID (RFC 9562 §5.4).

    Example:
        >>> len(make_instance())
        45
    """
    # PERF: an eighth of what the class of the standard library costs, whose import takes 3 ms besides
    # (benchmarks/router.py, missing).
    digits = urandom(16).hex()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"urn:uuid:{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def make_problem(error: HTTPError, instance: str | None = None) -> Response:
    """
    Write an error as RFC 9457 does.

    Args:
        error: The error.
        instance: A URI for this occurrence.

    Raises:
        ResponseError: If the status is none of an error, or a header or an extension cannot be carried.

    Example:
        >>> from covet.exceptions import NotFoundError
        >>> make_problem(NotFoundError("User 7 not found")).body
        b'{"type":"about:blank","title":"Not Found","status":404,"detail":"User 7 not found"}'
    """
    if not 400 <= error.status_code <= 599:
        raise ResponseError(f"An error's status is from 400 to 599, {type(error).__name__} has {error.status_code!r}.")
    problem: dict[str, object] = {
        "type": error.type or "about:blank",
        "title": error.title,
        "status": error.status_code,
    }
    if error.detail:
        problem["detail"] = error.detail
    if instance is not None:
        problem["instance"] = instance
    if isinstance(error, ValidationError):
        problem["errors"] = [item.to_dict() for item in error.errors]
    for name, value in error.extensions.items():
        problem.setdefault(name, value)
    return Response(encode_json(problem), error.status_code, error.headers, PROBLEM)


def contain(exc: BaseException) -> Exception:
    """
    Make an error of whatever was raised, so that one request cannot end the others.

    Raises:
        asyncio.CancelledError: If somebody cancelled this task: that belongs to them. What is awaited and was
            cancelled by itself is an error like any other, and the end of a server's drain is a 503.
        GeneratorExit: If the coroutine is being closed.

    Example:
        >>> contain(SystemExit(3))
        RuntimeError('A request raised SystemExit, which would have ended the process.')
    """
    if isinstance(exc, Exception):
        return exc
    if isinstance(exc, GeneratorExit):
        raise exc
    if isinstance(exc, asyncio.CancelledError):
        task = asyncio.current_task()
        if task is not None and exc.args == (DRAIN_IS_OVER,):
            # The server stops and cancels whoever is late: there is a second left to say so.
            task.uncancel()
            late = ServiceUnavailableError("The server stops.")
            late.__cause__ = exc
            return late
        if task is None or task.cancelling():
            raise exc
        contained = RuntimeError("What the request awaited was cancelled, but not the request.")
    else:
        contained = RuntimeError(f"A request raised {type(exc).__name__}, which would have ended the process.")
    contained.__cause__ = exc
    return contained


def unwrap(exc: BaseException) -> Exception:
    """
    Take the one error out of a group that a `TaskGroup` wrapped around it; contain what would end the process.

    Example:
        >>> unwrap(ExceptionGroup("unhandled", [KeyError("a")]))
        KeyError('a')
    """
    while isinstance(exc, ExceptionGroup) and len(exc.exceptions) == 1:
        exc = exc.exceptions[0]
    return contain(exc)


def describe(handler: Callable[..., object]) -> str:
    """Name an exception handler."""
    return getattr(handler, "__qualname__", type(handler).__qualname__)


def describe_route(request: Request) -> str:
    """Name the route of a request for a log: its template, never what the client sent."""
    return "no route" if request.route is None else str(request.route)


__all__ = [
    "PROBLEM",
    "ErrorAnswers",
    "ExceptionHandlers",
    "contain",
    "describe_route",
    "make_error_response",
    "make_instance",
    "make_problem",
    "status_of",
    "unwrap",
]

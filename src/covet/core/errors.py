"""
Exceptions become responses here: the nearest handler first, then the middleware, then the framework.

In production no trace, path, SQL or secret leaves the process: an unhandled error is a bare 500 with a
number that its log record carries as well.
"""

import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from covet.core.middleware import Layer, check_response, settle
from covet.exceptions import ClientDisconnectedError, HTTPError, ValidationError, phrase_of
from covet.http.request import Request
from covet.http.response import Response
from covet.serialization import encode_json

logger = logging.getLogger("covet.errors")

PROBLEM: Final = "application/problem+json"

ExceptionHandlers = Mapping[type[Exception] | int, Callable[..., object]]


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
        self,
        levels: Sequence[ExceptionHandlers],
        layers: Sequence[Layer],
        call: "Callable[[Callable[..., object], Request, Exception], Any]",  # Any: a coroutine of a Response
        *,
        is_debug: bool,
    ) -> None:
        self._levels = tuple(levels)
        self._layers = tuple(layers)
        self._call = call
        self._is_debug = is_debug
        # Bounded by the number of exception classes that the program has.
        self._found: dict[tuple[type[Exception], int | None], Callable[..., object] | None] = {}

    async def answer(self, request: Request, exc: Exception, depth: int) -> Response:
        """
        Answer an error that left the inside of the outermost `depth` layers. Never raises an Exception.

        Args:
            request: The request.
            exc: The error.
            depth: How many layers were entered around the place where it arose.
        """
        exc = unwrap(exc)
        handler = self._find(exc)
        if handler is not None:
            try:
                return check_response(await self._call(handler, request, exc), describe(handler), "")
            except Exception as failure:  # noqa: BLE001 - it is answered below
                if failure is not exc:
                    exc = unwrap(failure)
        for layer in reversed(self._layers[:depth]):
            if "handle_exception" not in layer.hooks:
                continue
            try:
                answered = await settle(layer.middleware.handle_exception(request, exc))
                return check_response(answered, layer.name, "handle_exception")
            except Exception as failure:  # noqa: BLE001 - the next layer is asked, then it is answered
                exc = unwrap(failure)
        return self.make_response(request, exc)

    def _find(self, exc: Exception) -> Callable[..., object] | None:
        status = getattr(exc, "status_code", None)
        key = (type(exc), status if isinstance(status, int) else None)
        try:
            return self._found[key]
        except KeyError:
            found = self._found[key] = self._search(*key)
            return found

    def _search(self, cls: type[Exception], status: int | None) -> Callable[..., object] | None:
        for level in self._levels:
            for base in cls.__mro__:
                if base in level:
                    return level[base]
            # Errors without a status are answered as 500 at the end.
            if (500 if status is None else status) in level:
                return level[500 if status is None else status]
        return None

    def make_response(self, request: Request, exc: Exception) -> Response:
        """Make the framework's own answer."""
        return make_error_response(request, exc, is_debug=self._is_debug)


def make_error_response(request: Request, exc: Exception, *, is_debug: bool = False) -> Response:
    """
    Make the framework's own answer to an error: a problem (RFC 9457), or the trace for a browser in debug.

    Args:
        request: The request.
        exc: The error.
        is_debug: Whether traces may be shown.
    """
    instance = f"urn:uuid:{_make_uuid()}"
    if isinstance(exc, HTTPError):
        # Somebody chose this answer: it is no failure of the program. A client's mistakes must not fill the log.
        level = logging.WARNING if exc.status_code in {500, 502, 503, 504} else logging.DEBUG
        if logger.isEnabledFor(level):
            logger.log(level, "%s answered %d (%s)", describe_route(request), exc.status_code, instance)
        return make_problem(exc, instance)
    if isinstance(exc, ClientDisconnectedError):
        # Nobody reads this answer; 499 is no registered status.
        logger.debug("%s: the client left (%s)", describe_route(request), instance)
        return make_problem(HTTPError("The client left.", status_code=400), instance)
    request.record_error(exc)
    logger.error("Unhandled error in %s (%s)", describe_route(request), instance, exc_info=exc)
    if is_debug and "text/html" in request.headers.get("accept", ""):
        return Response("".join(traceback.format_exception(exc)), 500, media_type="text/plain")
    detail = "".join(traceback.format_exception_only(exc)).strip() if is_debug else None
    return make_problem(HTTPError(detail, status_code=500), instance)


def _make_uuid() -> str:
    # Loaded here, with the first error: the module costs 3 ms of start-up.
    from uuid import uuid4

    return str(uuid4())


def make_problem(error: HTTPError, instance: str | None = None) -> Response:
    """
    Write an error as RFC 9457 does.

    Args:
        error: The error.
        instance: A URI for this occurrence.

    Example:
        >>> from covet.exceptions import NotFoundError
        >>> make_problem(NotFoundError("User 7 not found")).body
        b'{"type":"about:blank","title":"Not Found","status":404,"detail":"User 7 not found"}'
    """
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


def unwrap(exc: Exception) -> Exception:
    """
    Take the one error out of a group that a `TaskGroup` wrapped around it.

    Example:
        >>> unwrap(ExceptionGroup("unhandled", [KeyError("a")]))
        KeyError('a')
    """
    while isinstance(exc, ExceptionGroup) and len(exc.exceptions) == 1:
        exc = exc.exceptions[0]
    return exc


def describe(handler: Callable[..., object]) -> str:
    """Name an exception handler."""
    return getattr(handler, "__qualname__", type(handler).__qualname__)


def describe_route(request: Request) -> str:
    """Name the route of a request for a log: its template, never what the client sent."""
    return "no route" if request.route is None else str(request.route)


__all__ = ["PROBLEM", "ErrorAnswers", "ExceptionHandlers", "describe_route", "make_problem", "phrase_of", "unwrap"]

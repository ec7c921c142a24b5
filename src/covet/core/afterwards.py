"""
What follows a response: `on_finish` of the layers that were entered, the closing of what was not sent, deferred work.

A stream that fails before its first piece is answered here, too: the layers have seen its response leave by then.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Any

from covet.core.errors import make_error_response, unwrap
from covet.core.hook_results import settle
from covet.core.middleware import Layer
from covet.deadlines import Deadline
from covet.exceptions import HandlerTimeoutError, ResponseError
from covet.http.request import Request
from covet.http.response import Response
from covet.http.streamed_response import StreamedResponse
from covet.threads import call_anywhere

logger = logging.getLogger("covet.errors")


async def finish(
    layers: Sequence[Layer], request: Request, response: Response | None, error: BaseException | None
) -> None:
    """
    Tell every layer that was entered that the exchange is over, the innermost first; failures are logged.

    Endpoints have the same written out flat (`covet.core.onion`).
    """
    entered = getattr(request, "entered", 0)
    for layer in reversed(layers[:entered]):
        if "on_finish" not in layer.hooks:
            continue
        try:
            await settle(layer.middleware.on_finish(request, response, error))
        except (Exception, SystemExit, KeyboardInterrupt):  # noqa: BLE001 - it is logged
            note_failed_finish(layer.name)


def note_failed_finish(name: str) -> None:
    """Log that a layer's `on_finish` has just failed."""
    logger.exception("%s.on_finish failed", name)  # noqa: LOG004 - whoever calls it has just caught the error


def close_at_end(request: Request, close: Callable[[], Awaitable[None]]) -> None:
    """
    Close something at the end of a request, whatever becomes of it; the last first.

    Args:
        request: The request.
        close: What closes it; it may be closed already.
    """
    try:
        request._closers.append(close)  # noqa: SLF001 - what stands in a request's slots is the adapters' business
    except AttributeError:
        request._closers = [close]  # noqa: SLF001
    # PERF: endpoints look for deferred work anyway; some makes them come here (benchmarks/instructions.py, plain).
    _ = request.background


async def close_all(request: Request) -> None:
    """Close what is to be closed at the end of a request; a failure is logged and stops no other."""
    closers = getattr(request, "_closers", ())
    while closers:
        try:
            await closers.pop()()
        except (Exception, SystemExit, KeyboardInterrupt):
            logger.exception("Closing what %r has left open failed", request)


async def close_files(request: Request) -> None:
    """Close the files that a request brought; whatever is deferred may read them before."""
    uploads = getattr(request, "_uploads", None)
    if uploads:
        from covet.http.uploads import close_uploads

        await close_uploads(uploads)


class ClosedAtEnd:
    """
    Close a stream at the end of a block, inside of `async with`.

    Args:
        response: The stream.
    """

    __slots__ = ("_response",)

    def __init__(self, response: StreamedResponse) -> None:
        self._response = response

    async def __aenter__(self) -> None:
        """Do nothing yet."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Nothing can be awaited while a coroutine is closed; what it waits for was closed with it.
        if kind is not GeneratorExit:
            await self._response.aclose()


async def abandon(request: Request, error: BaseException) -> None:
    """
    Close what a request that ended with an error has left open.

    Args:
        request: The request.
        error: What ended it. Nothing can be awaited while a coroutine is closed (`GeneratorExit`).
    """
    if isinstance(error, GeneratorExit):
        for upload in getattr(request, "_uploads", ()):
            upload.close_at_once()
        return
    try:
        await close_all(request)
    finally:
        await close_files(request)


def release_before_stream(request: Request, release: Callable[[], Awaitable[None]]) -> None:
    """
    Call a function when the handler has made a stream, before its first piece: to give back what others wait for.

    A client may take as long as it likes for a stream. What the pieces themselves take comes later.

    Args:
        request: The request.
        release: Gives it back; an error is the request's.
    """
    releases = getattr(request, "_releases", None)
    if releases is None:
        releases = request._releases = []  # noqa: SLF001 - the same noun
    releases.append(release)


async def begin_stream(request: Request, response: StreamedResponse, seconds: float | None) -> None:
    """
    Make the first piece of a handler's stream, and see to it that the stream is closed, sent or not.

    It is given up when the client leaves, as the pieces that follow are.

    Args:
        request: The request; `HEAD` begins nothing.
        response: The stream.
        seconds: How long the first piece may take.

    Raises:
        HandlerTimeoutError: If the time is up.
        ClientDisconnectedError: If the client left first.
    """
    close_at_end(request, response.aclose)
    for release in getattr(request, "_releases", ()):
        await release()
    if seconds is None:
        await _begin(request, response)
        return
    deadline = Deadline(seconds)
    try:
        with deadline:
            await _begin(request, response)
    except TimeoutError as exc:
        if not deadline.is_expired:
            raise
        raise HandlerTimeoutError from exc


async def _begin(request: Request, response: StreamedResponse) -> None:
    await response.prepare(request)
    # A file needs no beginning: its server may send it without us.
    if request.method != "HEAD" and response.file_span is None:
        await request.run_until_disconnect(response.begin())


async def run_afterwards(request: Request | None, response: Response | None) -> None:
    """Close what was not sent, run what was deferred on the request and what the response brought, close files."""
    app = None if request is None else request.app
    try:
        if request is not None and request._deferred is not None:  # noqa: SLF001 - the property would make one
            await close_all(request)
        if app is None:
            await _run_deferred(request, response, call_anywhere)
        else:
            with app.deferred_work.running():
                await _run_deferred(request, response, app.call)
    except BaseException as exc:
        if request is not None:
            await abandon(request, exc)
        raise
    if request is not None:
        await close_files(request)


# Any: what a deferred function takes and gives is its own.
async def _run_deferred(
    request: Request | None, response: Response | None, call: Callable[..., Awaitable[Any]]
) -> None:
    if request is not None and request._deferred is not None:  # noqa: SLF001 - as above
        await request._deferred.run(call)  # noqa: SLF001
    if response is not None and response.background is not None:
        await response.background.run(call)


async def answer_late(request: Request, exc: BaseException) -> Response:
    """
    Answer an error of a stream that has not begun: by the route's exception handlers, else as the framework does.

    Args:
        request: The request.
        exc: The error.
    """
    error = unwrap(exc)
    compiled = None if request.route is None else request.route.endpoint
    if compiled is None:
        return make_error_response(request, error)
    response: Response = await compiled.answers.answer(request, error, 0)
    if isinstance(response, StreamedResponse):
        # It could fail in the same way, for ever.
        return make_error_response(request, ResponseError("A stream's error cannot be answered with a stream."))
    return response

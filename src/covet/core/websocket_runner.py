"""
The way of one WebSocket, the same for both protocols: origin, handler, and whatever may go wrong on it.

An error before `accept()` is answered as that of a request is; one behind it closes the connection.
"""

import logging

from covet.broadcasting.errors import SlowSubscriberError, TooManyChannelsError
from covet.core.afterwards import abandon, close_all, run_afterwards
from covet.core.compiled_route import CompiledRoute
from covet.core.errors import describe_route, unwrap
from covet.core.hook_results import settle
from covet.core.open_sockets import OpenSockets
from covet.core.websocket_endpoint import find_origin_teller
from covet.exceptions import ClientDisconnectedError, HTTPError, ServiceUnavailableError
from covet.http.request import Request
from covet.http.websocket import WebSocket
from covet.http.websocket_codes import FAILED, NORMAL, POLICY, RESTART, TRY_AGAIN
from covet.http.websocket_errors import WebSocketDisconnect, WebSocketMessageError
from covet.http.websocket_phase import WebSocketPhase
from covet.http.websocket_rules import WebSocketRules

logger = logging.getLogger("covet.errors")


async def run_websocket(
    compiled: CompiledRoute, websocket: WebSocket, sockets: OpenSockets, problem: HTTPError | None
) -> None:
    """
    Serve a WebSocket to its end. Whatever its handler raises is dealt with in here.

    Args:
        compiled: The route, or what stands for none.
        websocket: The WebSocket.
        sockets: The open ones.
        problem: What is wrong with the handshake, if anything is.

    Raises:
        asyncio.CancelledError: If somebody cancelled this task.
    """
    request = websocket.request
    try:
        try:
            await _call(compiled, websocket, sockets, problem)
        except BaseException as exc:  # noqa: BLE001 - it is answered
            await _answer(compiled, websocket, exc)
        else:
            # A handler that has not accepted has refused.
            await websocket.close(NORMAL)
        await close_all(request)
    except BaseException as exc:
        await abandon(request, exc)
        raise
    finally:
        # The request and its WebSocket know each other: the circle is broken here, not by the collector.
        request.websocket = None  # type: ignore[attr-defined] # an adapter's request
    if request._deferred is not None:  # noqa: SLF001 - the property would make one
        await run_afterwards(request, None)


def rules_of(compiled: CompiledRoute) -> WebSocketRules:
    """Return what a route allows; the defaults for what stands for no route."""
    rules: WebSocketRules | None = compiled.route.socket
    return WebSocketRules() if rules is None else rules


async def _call(compiled: CompiledRoute, websocket: WebSocket, sockets: OpenSockets, problem: HTTPError | None) -> None:
    if problem is not None:
        if await _is_refused(compiled, websocket):
            return
        raise problem
    if find_origin_teller(compiled) < 0:
        rules_of(compiled).check_origin(websocket.request)
    await sockets.serve(websocket, lambda: compiled.websocket(websocket, websocket.request))


async def _is_refused(compiled: CompiledRoute, websocket: WebSocket) -> bool:
    """Ask the application's middleware, as for requests: a guard does not tell which paths there are."""
    for layer in compiled.handshake:
        await settle(layer.middleware.websocket_connect(websocket))
        if websocket.phase is not WebSocketPhase.CONNECTING:
            return True
    return False


async def _answer(compiled: CompiledRoute, websocket: WebSocket, exc: BaseException) -> None:
    """Answer what a handler raised: with a response if it has not accepted, with a close if it has."""
    if isinstance(exc, GeneratorExit):
        raise exc
    request = websocket.request
    if websocket.phase is WebSocketPhase.CONNECTING:
        if isinstance(exc, WebSocketDisconnect):
            # Cancelled before it accepted, by the drain.
            exc = ServiceUnavailableError("The server stops.")
        response = await compiled.answers.answer(request, exc, 0)
        await websocket.refuse(response if 300 <= response.status_code <= 599 else 403)
        return
    error = _unwrap(exc)
    if isinstance(error, WebSocketDisconnect | ClientDisconnectedError):
        logger.debug("%s: the connection is over (%s)", describe_route(request), error)
    elif isinstance(error, WebSocketMessageError):
        logger.debug("%s: closed with %d", describe_route(request), error.code)
        await websocket.close(error.code, error.message)
        return
    elif isinstance(error, ServiceUnavailableError):
        await websocket.close(RESTART)
        return
    elif isinstance(error, SlowSubscriberError):
        # The client reads too slowly: its fault or its network's, which may be better once it comes again.
        logger.debug("%s: closed with %d (%s)", describe_route(request), TRY_AGAIN, error)
        await websocket.close(TRY_AGAIN, "Messages were missed.")
        return
    elif isinstance(error, TooManyChannelsError):
        # APPSEC: docs/security.md, row 70: a client that joins without an end is no fault of the application's.
        logger.debug("%s: closed with %d (%s)", describe_route(request), POLICY, error)
        await websocket.close(POLICY, "Too many channels.")
        return
    elif isinstance(error, HTTPError) and error.status_code < 500:
        # The title is the framework's own word, the detail might be anything.
        await websocket.close(POLICY, error.title[:60])
        return
    else:
        request.record_error(error)
        _log_error(request, error)
    await websocket.close(FAILED)


def _log_error(request: Request, error: Exception) -> None:
    # Loaded here: an application without an error never needs it.
    from covet.core.error_traces import log_concealed, write_trace

    log_concealed(logger, "Unhandled error in %s", (describe_route(request),), error, write_trace(request, error))


def _unwrap(exc: BaseException) -> Exception:
    """Take the one error out of a group, and the end of the connection out of whatever came with it."""
    if isinstance(exc, BaseExceptionGroup):
        ends = exc.subgroup(WebSocketDisconnect)
        if ends is not None and exc.split(WebSocketDisconnect)[1] is None:
            return WebSocketDisconnect()
    return unwrap(exc)


__all__ = ["rules_of", "run_websocket"]

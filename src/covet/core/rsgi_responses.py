"""
Responses over RSGI.

Facts of Granian that shape it: it drops an invalid header without a word, computes the length of a body that
it has in one piece, ends a body that was cut off as if it were whole, and its stream neither waits for the
client nor lets the event loop run.
"""

from asyncio import sleep
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from covet.core.afterwards import ClosedAtEnd, answer_late
from covet.core.backpressure import Backpressure
from covet.core.connections import cut_client, cut_client_now
from covet.core.errors import make_error_response
from covet.core.event_sending import send_events
from covet.core.file_sending import send_at_once
from covet.core.rsgi import RSGIRequest
from covet.core.rsgi_types import RSGIProtocol, RSGIStream, WireHeaders
from covet.exceptions import ClientDisconnectedError, ResponseError
from covet.http.response import Response, has_no_body
from covet.http.streamed_response import StreamedResponse
from covet.responses.event_stream import EventStream


def send_response(
    protocol: RSGIProtocol, request: RSGIRequest, response: Response, is_head: bool
) -> Awaitable[Response]:
    """
    Write a response to the wire.

    Args:
        protocol: The exchange.
        request: What is answered.
        response: The response.
        is_head: Whether only its head is wanted.

    Returns:
        The response that was sent: another one if the given one could not be carried.
    """
    # PERF: a coroutine of its own would be passed by each event, on its way in and out (benchmarks/event_streams.py).
    if not isinstance(response, StreamedResponse):
        return _send_whole(protocol, request, response, is_head=is_head)
    if not isinstance(response, EventStream):
        return _send_stream(protocol, request, response, is_head=is_head)
    return send_events(RSGIEvents(protocol, request, is_head=is_head), request, response)


async def _send_whole(protocol: RSGIProtocol, request: RSGIRequest, response: Response, *, is_head: bool) -> Response:
    try:
        headers = response.wire_headers()
    except ResponseError as exc:
        response = make_error_response(request, exc)
        headers = response.wire_headers()
    status = response.status_code
    if has_no_body(status):
        protocol.response_empty(status, _without_body(headers))
    elif is_head:
        protocol.response_empty(status, [*headers, ("content-length", str(len(response.body)))])
    else:
        protocol.response_bytes(status, headers, response.body)
    return response


def _without_body(headers: WireHeaders) -> WireHeaders:
    """Take away what describes a body."""
    return [pair for pair in headers if pair[0] not in {"content-type", "content-length"}]


async def _open(
    protocol: RSGIProtocol, request: RSGIRequest, response: StreamedResponse, *, is_head: bool
) -> Response | tuple[RSGIStream, bytes, AsyncIterator[bytes]]:
    """Begin a stream, and give it with its first piece; or else the response that was sent without one."""
    try:
        await response.prepare(request)
        status = response.status_code
        headers = response.wire_headers()
        if has_no_body(status) or is_head:
            protocol.response_empty(status, _without_body(headers) if has_no_body(status) else headers)
            return response
        if await send_at_once(protocol, response, headers):
            return response
        chunks = response.stream()
        # The first piece comes before the status goes: an error in it is still a clean answer.
        first = await request.run_until_disconnect(anext(chunks, None))
    except (Exception, SystemExit, KeyboardInterrupt) as exc:  # noqa: BLE001 - it becomes a response
        return await send_response(protocol, request, await answer_late(request, exc), is_head)
    stream = protocol.response_stream(status, headers)
    return response if first is None else (stream, first, chunks)


async def _send_stream(
    protocol: RSGIProtocol, request: RSGIRequest, response: StreamedResponse, *, is_head: bool
) -> Response:
    async with ClosedAtEnd(response):
        opened = await _open(protocol, request, response, is_head=is_head)
        if isinstance(opened, Response):
            return opened
        stream, first, chunks = opened
        scope = request._scope  # noqa: SLF001 - one adapter
        request.app.open_streams.add()
        try:
            with Backpressure(scope, is_framed=response.declared_length is None) as pressure:
                await request.run_until_disconnect(_pump(stream, first, chunks, pressure))
        except ClientDisconnectedError as exc:
            await _part(request, exc)
        except GeneratorExit:
            # Nothing can be awaited while a coroutine is closed.
            cut_client_now(scope)
            raise
        except BaseException:
            # The server ends the body as soon as nobody holds the stream: the connection goes first.
            await cut_client(scope)
            raise
        return response


async def _part(request: RSGIRequest, exc: ClientDisconnectedError) -> None:
    """Note that a client has left; cut the connection if it has not."""
    request.departure = exc
    if not await request.is_disconnected():
        # It came from the application's own stream, such as the client of another server.
        await cut_client(request._scope)  # noqa: SLF001 - as above


async def _pump(stream: RSGIStream, first: bytes, chunks: AsyncIterator[bytes], pressure: Backpressure) -> None:
    chunk: bytes | None = first
    while chunk is not None:
        try:
            await stream.send_bytes(chunk)
            if pressure.is_due(len(chunk)):
                await pressure.wait(stream)
        except RuntimeError as exc:
            # Granian's RSGIProtocolClosed; its module is no dependency.
            raise ClientDisconnectedError("The client left.") from exc
        chunk = await anext(chunks, None)


class RSGIEvents:
    """
    How the events of one stream are sent over RSGI.

    Args:
        protocol: The exchange.
        request: What is answered.
        is_head: Whether only the head of the response is wanted.

    Attributes:
        left: What the server raises when the client has left: Granian's RSGIProtocolClosed is one.
        send: Sends a piece.
    """

    __slots__ = ("_is_head", "_pressure", "_protocol", "_request", "_stream", "send")

    left = RuntimeError
    # Any: what the server's method gives.
    send: Callable[[bytes], Awaitable[Any]]

    def __init__(self, protocol: RSGIProtocol, request: RSGIRequest, *, is_head: bool) -> None:
        self._protocol = protocol
        self._request = request
        self._is_head = is_head

    async def open(self, response: StreamedResponse) -> Response | bytes:
        """Give the first piece, or the response that was sent without one."""
        opened = await _open(self._protocol, self._request, response, is_head=self._is_head)
        if isinstance(opened, Response):
            return opened
        self._stream, first, _ = opened
        # PERF: the server's own method, without one of ours between (benchmarks/event_streams.py).
        self.send = self._stream.send_bytes
        self._pressure = Backpressure(self._request._scope, is_framed=response.declared_length is None)  # noqa: SLF001
        return first

    async def wait_left(self) -> None:
        """Wait until the client has left."""
        await self._protocol.client_disconnect()

    async def rest(self, size: int) -> None:
        """Let others have a turn, and the client catch up, after so many bytes."""
        if self._pressure.is_due(size):
            await self._pressure.wait(self._stream)
        else:
            await sleep(0)

    async def finish(self, error: BaseException | None) -> None:
        """End the body, or cut the connection so that nobody takes it for whole."""
        self._pressure.close()
        if isinstance(error, ClientDisconnectedError):
            await _part(self._request, error)
        elif error is not None:
            # The server ends the body as soon as nobody holds the stream: the connection goes first.
            await cut_client(self._request._scope)  # noqa: SLF001 - as above

    def cut_now(self) -> None:
        """Cut the connection, where nothing can be awaited."""
        self._pressure.close()
        cut_client_now(self._request._scope)  # noqa: SLF001 - as above

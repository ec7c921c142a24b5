"""
Responses over ASGI.

What the application answers is not trusted.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Final

from covet.core.afterwards import ClosedAtEnd, answer_late
from covet.core.asgi import ASGIRequest
from covet.core.disconnects import PIECES_PER_TURN
from covet.core.errors import make_error_response
from covet.core.event_sending import send_events
from covet.core.file_sending import make_last
from covet.exceptions import ClientDisconnectedError, ResponseError
from covet.http.response import Response, has_no_body
from covet.http.streamed_response import StreamedResponse
from covet.responses.event_stream import EventStream
from covet.types import Send

LENGTHS: Final = tuple((b"content-length", b"%d" % size) for size in range(1024))


def send_response(send: Send, request: ASGIRequest, response: Response, is_head: bool) -> Awaitable[Response]:
    """
    Write a response to the wire.

    Args:
        send: Sends a message.
        request: What is answered.
        response: The response.
        is_head: Whether only its head is wanted.

    Returns:
        The response that was sent: another one if the given one could not be carried.
    """
    # PERF: a coroutine of its own would be passed by each event, on its way in and out (benchmarks/event_streams.py).
    if not isinstance(response, StreamedResponse):
        return _send_whole(send, request, response, is_head=is_head)
    if not isinstance(response, EventStream):
        return _send_stream(send, request, response, is_head=is_head)
    return send_events(ASGIEvents(send, request, is_head=is_head), request, response)


async def _send_whole(send: Send, request: ASGIRequest, response: Response, *, is_head: bool) -> Response:
    try:
        headers = response.encode_headers()
    except ResponseError as exc:
        response = make_error_response(request, exc)
        headers = response.encode_headers()
    status = response.status_code
    body = response.body
    if has_no_body(status):
        body = b""
        headers = _without_body(headers, status)
    else:
        headers.append(make_length(len(body)))
    request._send = None  # noqa: SLF001 - one adapter
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if is_head else body})
    return response


def make_length(size: int) -> tuple[bytes, bytes]:
    """
    Make the pair of a `Content-Length`.

    Example:
        >>> make_length(12)
        (b'content-length', b'12')
    """
    # PERF: most bodies are small; a look-up instead of formatting the length (benchmarks/instructions.py, plain, json).
    return LENGTHS[size] if size < len(LENGTHS) else (b"content-length", b"%d" % size)


def _without_body(headers: list[tuple[bytes, bytes]], status: int) -> list[tuple[bytes, bytes]]:
    """Take away what describes a body; of these statuses 205 alone has a length."""
    headers = [pair for pair in headers if pair[0] not in {b"content-type", b"content-length"}]
    return [*headers, LENGTHS[0]] if status == 205 else headers


async def _open(
    send: Send, request: ASGIRequest, response: StreamedResponse, *, is_head: bool
) -> Response | tuple[bytes, AsyncIterator[bytes]]:
    """Begin a stream, and give its first piece and the others; or else the response that was sent without them."""
    first = None
    try:
        await response.prepare(request)
        status = response.status_code
        headers = response.encode_headers()
        is_empty = is_head or has_no_body(status)
        if not is_empty and (last := await make_last(request.scope, response)) is not None:
            request._send = None  # noqa: SLF001 - one adapter
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send(last)
            return response
        chunks = response.stream()
        if has_no_body(status):
            headers = _without_body(headers, status)
        elif not is_head:
            # The first piece comes before the status goes: an error in it is still a clean answer.
            first = await request.run_until_disconnect(anext(chunks, None))
    except (Exception, SystemExit, KeyboardInterrupt) as exc:  # noqa: BLE001 - it becomes a response
        return await send_response(send, request, await answer_late(request, exc), is_head)
    request._send = None  # noqa: SLF001 - as above
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if first is None:
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return response
    return first, chunks


async def _send_stream(send: Send, request: ASGIRequest, response: StreamedResponse, *, is_head: bool) -> Response:
    async with ClosedAtEnd(response):
        opened = await _open(send, request, response, is_head=is_head)
        if isinstance(opened, Response):
            return opened
        # An error from here on leaves to the server, which logs it and cuts the connection.
        request.app.open_streams.add()
        try:
            await request.run_until_disconnect(_pump(send, *opened))
        except ClientDisconnectedError as exc:
            request.departure = exc
            return response
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return response


async def _pump(send: Send, first: bytes, chunks: AsyncIterator[bytes]) -> None:
    chunk: bytes | None = first
    sent = 0
    while chunk is not None:
        try:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except OSError as exc:
            # So servers say that the client has left (ASGI 2.4).
            raise ClientDisconnectedError("The client left.") from exc
        sent += 1
        if sent % PIECES_PER_TURN == 0:
            # Neither a generator nor a server need ever wait: others, and the news that the client left, get a turn.
            await asyncio.sleep(0)
        chunk = await anext(chunks, None)


class ASGIEvents:
    """
    How the events of one stream are sent over ASGI.

    Args:
        send: Sends a message.
        request: What is answered.
        is_head: Whether only the head of the response is wanted.

    Attributes:
        left: What the server raises when the client has left (ASGI 2.4).
    """

    __slots__ = ("_is_head", "_request", "_send")

    left = OSError

    def __init__(self, send: Send, request: ASGIRequest, *, is_head: bool) -> None:
        self._send = send
        self._request = request
        self._is_head = is_head

    async def open(self, response: StreamedResponse) -> Response | bytes:
        """Give the first piece, or the response that was sent without one."""
        opened = await _open(self._send, self._request, response, is_head=self._is_head)
        return opened if isinstance(opened, Response) else opened[0]

    def send(self, piece: bytes) -> Awaitable[None]:
        """Send a piece."""
        return self._send({"type": "http.response.body", "body": piece, "more_body": True})

    async def wait_left(self) -> None:
        """Wait until the client has left."""
        await self._request._get_inbox().wait_left()  # noqa: SLF001 - one adapter

    async def rest(self, _: int) -> None:
        """Let others have a turn."""
        await asyncio.sleep(0)

    async def finish(self, error: BaseException | None) -> None:
        """End the body; an error leaves to the server, which logs it and cuts the connection."""
        if isinstance(error, ClientDisconnectedError):
            self._request.departure = error
        elif error is None:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    def cut_now(self) -> None:
        """Leave the connection to the server."""

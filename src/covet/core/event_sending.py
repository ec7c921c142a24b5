"""
The sending of server-sent events, whatever the protocol.

One coroutine stands between the endpoint and the source of the events: each that an event has to pass on its way
costs as much as a small function, and memory for every subscriber.
"""

from collections.abc import Awaitable
from typing import Any, Final, Protocol

from covet.core.afterwards import ClosedAtEnd
from covet.core.live_stream import LiveStream
from covet.exceptions import ClientDisconnectedError
from covet.http.first_step import END
from covet.http.request import Request
from covet.http.response import Response
from covet.http.streamed_response import StreamedResponse
from covet.responses.event_stream import EventStream, encode_item
from covet.responses.server_sent_event import ServerSentEvent

# After so many events or bytes others get a turn.
_PIECES: Final = 64
_SIZE: Final = 65_536


class EventExchange(Protocol):
    """What an adapter knows of one stream of events."""

    @property
    def left(self) -> type[Exception]:
        """What `send` and `rest` raise when the client has left."""
        ...

    async def open(self, response: StreamedResponse) -> Response | bytes:
        """Begin the response, and give its first piece; or else the response that was sent without one."""
        ...

    # Any: what the server gives.
    def send(self, piece: bytes, /) -> Awaitable[Any]:
        """Send a piece, once the stream is open."""
        ...

    async def rest(self, size: int, /) -> None:
        """Let others have a turn, after so many bytes."""
        ...

    async def wait_left(self) -> None:
        """Wait until the client has left."""
        ...

    async def finish(self, error: BaseException | None) -> None:
        """End what was opened, with what ended it."""
        ...

    def cut_now(self) -> None:
        """End what was opened, where nothing can be awaited: the coroutine that sends it is closed."""
        ...


async def send_events(exchange: EventExchange, request: Request, response: EventStream) -> Response:
    """
    Send a stream of events, until its source ends, the client leaves, or the server stops.

    Args:
        exchange: The adapter's side of it.
        request: What is answered.
        response: The stream, which is closed at the end.

    Returns:
        The response that was sent: another one if an error came before the first event.
    """
    async with ClosedAtEnd(response):
        first = await exchange.open(response)
        if isinstance(first, Response):
            return first
        request.app.open_streams.add()
        left = exchange.left
        try:
            async with LiveStream(request, exchange.send, response.ping_interval, exchange.wait_left):
                if await _send_first(exchange, response, first):
                    send, pieces, size = exchange.send, 0, 0
                    # PERF: no generator between the source and the network, no call for what is an event that was
                    # written before, and one account for many (benchmarks/event_streams.py).
                    async for item in response.items:
                        if type(item) is not ServerSentEvent or (piece := item._encoded) is None:  # noqa: SLF001 - as said
                            piece = encode_item(item)
                        pieces += 1
                        size += len(piece)
                        try:
                            await send(piece)
                            if pieces == _PIECES or size > _SIZE:
                                await exchange.rest(size)
                                pieces = size = 0
                        except left as exc:
                            raise ClientDisconnectedError("The client left.") from exc
        except ClientDisconnectedError as exc:
            await exchange.finish(exc)
        except GeneratorExit:
            exchange.cut_now()
            raise
        except BaseException as exc:
            await exchange.finish(exc)
            raise
        else:
            await exchange.finish(None)
        return response


async def _send_first(exchange: EventExchange, response: EventStream, first: bytes) -> bool:
    """Send what opens the stream, and the first event; tell whether there was one."""
    await _send_or_leave(exchange, first)
    item = await response.take_first()
    if item is END:
        return False
    await _send_or_leave(exchange, encode_item(item))
    return True


async def _send_or_leave(exchange: EventExchange, piece: bytes) -> None:
    try:
        await exchange.send(piece)
    except exchange.left as exc:
        raise ClientDisconnectedError("The client left.") from exc

"""
What a stream without an end needs besides its pieces: pings while nothing happens, and an end when the server stops.

Neither costs anything per piece, and there is no task per stream: a ping is a timer, and a short task when it rings.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self

from covet.http.request import Request

# §9.2.7 of the HTML Living Standard: a comment line keeps connections from being dropped.
PING: Final = b": ping\n\n"

SendPiece = Callable[[bytes], Awaitable[Any]]


class LiveStream:
    """
    A stream that is being sent; `async with` ends its pings, and swallows the end that the server's stop brings.

    Args:
        request: The request.
        send: Sends a piece besides those of the stream.
        interval: Seconds between two pings; `None` for none.
    """

    __slots__ = (
        "_cancelling",
        "_forget",
        "_has_ended",
        "_interval",
        "_is_over",
        "_pinging",
        "_request",
        "_send",
        "_task",
        "_timer",
    )

    def __init__(self, request: Request, send: SendPiece, interval: float | None) -> None:
        self._request = request
        self._send = send
        self._interval = interval
        self._pinging: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._has_ended = self._is_over = False

    async def __aenter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("A stream is sent in an asyncio task.")
        self._task = task
        self._cancelling = task.cancelling()
        self._arm()
        app = self._request.app
        self._forget = _do_nothing if app is None else app.call_at_drain(self.end)
        return self

    def end(self) -> None:
        """End the stream as if its source had: the source is cancelled where it waits."""
        loop = self._task.get_loop()
        if asyncio.current_task(loop) is self._task:
            # It runs and waits for nothing: there is nothing to cancel before the next turn.
            loop.call_soon(self._cancel)
        else:
            self._cancel()

    def _cancel(self) -> None:
        if not self._has_ended and not self._is_over:
            self._has_ended = True
            self._task.cancel()

    def _arm(self) -> None:
        if self._interval is not None:
            self._timer = asyncio.get_running_loop().call_later(self._interval, self._ring)

    def _ring(self) -> None:
        # A client that takes nothing is not sent one ping on top of the other.
        if self._pinging is None or self._pinging.done():
            self._pinging = asyncio.create_task(self._ping(), name="covet-ping")
        self._arm()

    async def _ping(self) -> None:
        # That the client has left is noticed by whoever sends the stream.
        with suppress(OSError, RuntimeError):
            await self._send(PING)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._is_over = True
        self._forget()
        if self._timer is not None:
            self._timer.cancel()
        is_end = self._has_ended and self._task.uncancel() <= self._cancelling
        pinging = self._pinging
        if pinging is not None and not pinging.done():
            # Nothing of it may come behind the end of the body.
            pinging.cancel()
            await asyncio.wait({pinging})
        # The rule of asyncio.timeout: swallow our own cancellation only, and only if nobody else cancelled too.
        return is_end and kind is asyncio.CancelledError


def _do_nothing() -> None:
    """Forget nothing: without an application there is nobody who stops."""

"""
What a stream without an end needs besides its pieces: pings, and an end when its client leaves or the server stops.

None of it costs anything per piece. A ping is a timer, and a short task when it rings; one task waits for the client.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self

from covet.exceptions import ClientDisconnectedError
from covet.http.request import Request

# §9.2.7 of the HTML Living Standard: a comment line keeps connections from being dropped.
PING: Final = b": ping\n\n"

SendPiece = Callable[[bytes], Awaitable[Any]]


class LiveStream:
    """
    A stream that is being sent, inside of `async with`.

    The block is cancelled when the client leaves or the server stops; the latter is an end like any other.

    Args:
        request: The request.
        send: Sends a piece besides those of the stream.
        interval: Seconds between two pings; `None` for none.
        wait_left: Waits until the client has left; cancelled at the end.

    Raises:
        ClientDisconnectedError: From the block, if the client left first.
    """

    __slots__ = (
        "_cancelling",
        "_forget",
        "_has_ended",
        "_has_left",
        "_interval",
        "_is_over",
        "_pinging",
        "_request",
        "_send",
        "_task",
        "_timer",
        "_wait_left",
        "_watching",
    )

    def __init__(
        self, request: Request, send: SendPiece, interval: float | None, wait_left: Callable[[], Awaitable[Any]]
    ) -> None:
        self._request = request
        self._send = send
        self._interval = interval
        self._pinging: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._wait_left = wait_left
        self._watching: asyncio.Task[None] | None = None
        self._has_left = self._has_ended = self._is_over = False

    async def __aenter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("A stream is sent in an asyncio task.")
        self._task = task
        self._cancelling = task.cancelling()
        self._watching = asyncio.create_task(self._watch(), name="covet-departure")
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
        if not (self._has_ended or self._has_left or self._is_over):
            self._has_ended = True
            self._task.cancel()

    async def _watch(self) -> None:
        await self._wait_left()
        if not self._is_over and not self._has_ended:
            self._has_left = True
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
        # The rule of asyncio.timeout: swallow our own cancellation only, and only if nobody else cancelled too.
        is_ours = (self._has_ended or self._has_left) and self._task.uncancel() <= self._cancelling
        # Nothing of a ping may come behind the end of the body.
        helpers = {task for task in (self._pinging, self._watching) if task is not None and not task.done()}
        # Nothing can be awaited while a coroutine is closed, and the loop may be gone by then.
        is_closing = kind is GeneratorExit
        for helper in helpers:
            with suppress(RuntimeError):
                helper.cancel()
        if helpers and not is_closing:
            await asyncio.wait(helpers)
        # No circle is left: Granian ends the body when nobody holds its stream any more, and must not wait for the
        # garbage collector.
        self._forget = _do_nothing
        self._pinging = self._watching = None
        is_ours = is_ours and kind is asyncio.CancelledError
        if is_ours and self._has_left:
            raise ClientDisconnectedError("The client left.") from error
        return is_ours


def _do_nothing() -> None:
    """Forget nothing: without an application there is nobody who stops."""

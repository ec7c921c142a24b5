"""
The WebSockets of an application that are open now, and their end when the server stops.

Each gets the close code 1012 (service restart) as soon as the drain begins. Its handler learns of it where it receives
or sends; one that does neither is cancelled a little later, so that the stop does not wait for it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from covet.core.close_frames import CloseFrames
from covet.exceptions import ServiceUnavailableError
from covet.http.websocket_codes import RESTART
from covet.http.websocket_errors import WebSocketDisconnect

logger = logging.getLogger("covet.lifespan")

# How long a handler may go on once its WebSocket was closed by the drain.
GRACE_SECONDS: Final = 5.0
# How long those that were cancelled may take to notice.
_LAST_SECONDS: Final = 2.0
# How long a client that reads slowly may keep others waiting for their close.
_CLOSE_SECONDS: Final = 1.0
# How many closes are under way at once: each may wait for a client that reads slowly.
_AT_ONCE: Final = 1000


class Draining(Protocol):
    """What is wanted of the application."""

    @property
    def is_draining(self) -> bool:
        """Whether the server stops."""

    async def wait_draining(self) -> None:
        """Wait until the server stops."""


class Stoppable(Protocol):
    """A WebSocket, or what stands for one that another application serves."""

    async def stop(self, code: int, reason: str = "") -> None:
        """Close it, because the server stops."""


class OpenSockets:
    """
    Keep the WebSockets of an application, and close them when its server stops.

    Args:
        app: The application.

    Attributes:
        close_frames: Writes what some servers have no word for.
    """

    def __init__(self, app: Draining) -> None:
        self.close_frames = CloseFrames()
        self._app = app
        self._tasks: dict[Stoppable, asyncio.Task[object] | None] = {}
        self._stopped: set[Stoppable] = set()
        self._watcher: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._tasks)

    async def serve(self, websocket: Stoppable, call: Callable[[], Awaitable[None]]) -> None:
        """
        Await a handler, with its WebSocket among the open ones.

        Args:
            websocket: The WebSocket.
            call: Calls the handler.

        Raises:
            ServiceUnavailableError: If the server stops: nothing new is begun.
            WebSocketDisconnect: If the handler was cancelled because the server stops.
        """
        if self._app.is_draining:
            raise ServiceUnavailableError("The server stops.")
        self._tasks[websocket] = task = asyncio.current_task()
        cancelling = 0 if task is None else task.cancelling()
        if self._watcher is None:
            self._watcher = asyncio.create_task(self._watch(), name="covet-open-sockets")
        try:
            await call()
        except asyncio.CancelledError as exc:
            # The rule of asyncio.timeout: swallow our own cancellation only, and only if nobody else cancelled too.
            if websocket in self._stopped and task is not None and task.uncancel() <= cancelling:
                raise WebSocketDisconnect(RESTART) from exc
            raise
        finally:
            del self._tasks[websocket]
            self._stopped.discard(websocket)
            if not self._tasks and self._watcher is not None and not self._app.is_draining:
                self._watcher.cancel()
                self._watcher = None

    async def wait_ended(self) -> None:
        """Wait until every handler has ended, once the drain has begun: what they use must not be stopped before."""
        tasks = [task for task in self._tasks.values() if task is not None]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=GRACE_SECONDS + _LAST_SECONDS)
            if late:
                logger.warning("%d handler(s) of WebSockets did not end when they were cancelled.", len(late))

    async def _watch(self) -> None:
        try:
            await self._app.wait_draining()
            tasks = [task for task in self._tasks.values() if task is not None]
            await self._close_all()
            if tasks:
                await asyncio.wait(tasks, timeout=GRACE_SECONDS)
            late = [
                (websocket, task)
                for websocket, task in self._tasks.items()
                if task is not None and websocket not in self._stopped
            ]
            self._stopped.update(websocket for websocket, _ in late)
            # Behind a wrapper there are two for one task, which is cancelled once.
            for task in {task for _, task in late}:
                task.cancel("the server stops")
        finally:
            # Another may have begun since this one was cancelled.
            if self._watcher is asyncio.current_task():
                self._watcher = None

    async def _close_all(self) -> None:
        """Tell every client at once; one that reads nothing must not keep the others from hearing of it."""
        sockets = list(self._tasks)
        for start in range(0, len(sockets), _AT_ONCE):
            closing = [asyncio.ensure_future(socket.stop(RESTART)) for socket in sockets[start : start + _AT_ONCE]]
            try:
                await asyncio.wait(closing, timeout=_CLOSE_SECONDS)
            finally:
                for future in closing:
                    future.cancel()

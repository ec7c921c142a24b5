"""An event loop in a thread, for tests that are not async."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Self, TypeVar

Result = TypeVar("Result")


class Portal:
    """
    Run coroutines on a loop of their own, from code that has none.

    Example:
        >>> async def answer():
        ...     return 42
        >>> import threading
        >>> def ask():
        ...     with Portal.open(hint="await it") as portal:
        ...         print(portal.call(answer))
        >>> thread = threading.Thread(target=ask); thread.start(); thread.join()
        42
    """

    def __init__(self) -> None:
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="covet-test-portal", daemon=True)

    @classmethod
    def open(cls, *, hint: str) -> "Portal":
        """
        Start the thread and its loop.

        Raises:
            RuntimeError: If a loop runs in this thread already: to wait here would stop it.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            portal = cls()
            portal._thread.start()
            portal._started.wait()
            return portal
        raise RuntimeError(f"An event loop runs here already; {hint}.")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def call(self, func: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """Run a coroutine function on the loop and wait for its result."""
        if self._loop is None or not self._thread.is_alive():
            raise RuntimeError("This client is closed; use it inside its 'with' block.")
        future = asyncio.run_coroutine_threadsafe(func(), self._loop)
        try:
            return future.result()
        except BaseException:
            # Ctrl-C arrives here, in the waiting thread; the coroutine has to hear of it.
            future.cancel()
            raise

    def close(self) -> None:
        """Stop the loop and wait for the thread."""
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._started.set()
        await self._stop.wait()

"""
The news that the server stops: for those who wait for it, and for those who want to be called.
"""

import asyncio
from collections.abc import Callable


class DrainSignal:
    """
    Say once that the server stops.

    Attributes:
        is_set: Whether it was said.

    Example:
        >>> signal = DrainSignal()
        >>> forget = signal.call(lambda: print("it stops"))
        >>> signal.set()
        it stops
        >>> await signal.wait()
    """

    __slots__ = ("_callbacks", "_waiters", "is_set")

    def __init__(self) -> None:
        self.is_set = False
        self._waiters: set[asyncio.Future[None]] = set()
        self._callbacks: dict[Callable[[], object], None] = {}

    def reset(self) -> None:
        """Take it back: the application starts anew."""
        self.is_set = False

    def set(self) -> None:
        """Wake whoever waits, and call whoever wants to be called; once is enough."""
        self.is_set = True
        waiters, self._waiters = self._waiters, set()
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)
        callbacks, self._callbacks = self._callbacks, {}
        for callback in callbacks:
            callback()

    async def wait(self) -> None:
        """Wait until it is said."""
        if self.is_set:
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await waiter
        finally:
            self._waiters.discard(waiter)

    def call(self, callback: Callable[[], object]) -> Callable[[], object]:
        """
        Call something when it is said; at once, if it was.

        Args:
            callback: What is called; it must not raise.

        Returns:
            What takes it back.
        """
        if self.is_set:
            callback()
        else:
            self._callbacks[callback] = None
        return lambda: self._callbacks.pop(callback, None)

"""
Doing once what many ask for at the same time.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from covet.cache.errors import CacheError

T = TypeVar("T")


class Flight(Generic[T]):
    """
    Work that is being done, and those who wait for it.

    Attributes:
        result: What came of it, if anything did.
        is_void: Whether its result is not to be kept: what it is made from has changed since.
    """

    __slots__ = ("_landed", "has_result", "is_void", "key", "loop", "result", "task")

    result: T

    def __init__(self, key: str, loop: asyncio.AbstractEventLoop) -> None:
        self.key = key
        self.loop = loop
        self.task = asyncio.current_task(loop)
        self.has_result = False
        self.is_void = False
        self._landed: asyncio.Event | None = None

    async def wait(self) -> bool:
        """Wait for the end, and tell whether there is a result."""
        if self._landed is None:
            self._landed = asyncio.Event()
        await self._landed.wait()
        return self.has_result

    def wake(self) -> None:
        """Wake those who wait."""
        if self._landed is not None:
            self._landed.set()


class SingleFlight(Generic[T]):
    """
    Do work once for all who ask for it while it is being done.

    The first one does it, in its own task; the others wait. If it fails or is cancelled, that is its own affair: one of
    those who wait does the work then.

    Example:
        >>> flights = SingleFlight[int]()
        >>> async def work():
        ...     await asyncio.sleep(0)
        ...     print("worked")
        ...     return 7
        >>> await asyncio.gather(flights.run("a", work), flights.run("a", work))
        worked
        [7, 7]
    """

    __slots__ = ("_flights",)

    def __init__(self) -> None:
        self._flights: dict[str, Flight[T]] = {}

    async def run(self, key: str, work: Callable[[], Awaitable[T]]) -> T:
        """
        Do work, or wait for somebody who does it already.

        Args:
            key: What the work is for.
            work: Does it.

        Returns:
            The result: one object for all of them.

        Raises:
            CacheError: If the work asks for itself: it would wait for ever.
        """
        while (flight := self.find(key)) is not None:
            if flight.task is asyncio.current_task():
                raise CacheError(
                    f"What makes the value of {key!r} asks for that value itself.",
                    hint="Let the factory get what it needs under another key.",
                )
            if await flight.wait():
                return flight.result
        flight = self.begin(key)
        try:
            result = await work()
        except BaseException:
            self.fail(flight)
            raise
        self.land(flight, result)
        return result

    def find(self, key: str) -> Flight[T] | None:
        """Find the work that is being done for a key."""
        flight = self._flights.get(key)
        # One of another event loop is nobody's here: that loop may have ended in the middle of it.
        return flight if flight is not None and flight.loop is asyncio.get_running_loop() else None

    def begin(self, key: str) -> Flight[T]:
        """Begin work by hand; whoever does so ends it with `land` or `fail`, come what may."""
        flight = self._flights[key] = Flight(key, asyncio.get_running_loop())
        return flight

    def land(self, flight: Flight[T], result: T) -> None:
        """End work with a result; one that has ended stays as it is."""
        if self.forget(flight):
            flight.result = result
            flight.has_result = True
        flight.wake()

    def fail(self, flight: Flight[T]) -> None:
        """End work without a result: one of those who wait does it."""
        self.forget(flight)
        flight.wake()

    def forget(self, flight: Flight[T]) -> bool:
        """Let nobody wait for it any more who does not already, and tell whether anybody could."""
        if self._flights.get(flight.key) is not flight:
            return False
        del self._flights[flight.key]
        return True

    def void(self, key: str) -> None:
        """Let the work for a key, if there is any, be nobody else's, and its result not be kept."""
        flight = self._flights.get(key)
        if flight is not None:
            flight.is_void = True
            self.forget(flight)

    def forget_all(self, *, is_void: bool) -> None:
        """Let whoever asks from now on have work done anew; what is void is not kept, either."""
        for flight in self._flights.values():
            flight.is_void = flight.is_void or is_void
        self._flights.clear()

    def __len__(self) -> int:
        return len(self._flights)

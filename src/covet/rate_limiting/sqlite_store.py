"""
Counters in one file, by SQLite of the standard library: the workers of a machine count together.

Everything happens in a thread that belongs to the store; the event loop never waits for the disk.
"""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from covet.exceptions import ConfigurationError
from covet.options import refuse_unknown
from covet.rate_limiting.errors import RateLimitStoreError
from covet.rate_limiting.limit import Decision, RateLimit, Slot
from covet.rate_limiting.machine_clock import read_machine_clock
from covet.rate_limiting.sqlite_file import SQLiteFile, Work, count_calls, free_slot, take_slot
from covet.sqlite_threads import ForkGuard


class SQLiteRateLimitStore:
    """
    Count in a file that the processes of one machine share.

    What is asked while the file is busy is done together, in the order in which it came. The clock is the machine's
    own, which nobody sets; when the machine starts anew, all is forgotten.

    Args:
        path: The file; it is made if it is not there, its folder is not. Not on a network drive.
        busy_timeout: Seconds to wait for other processes.
        clock: Gives the time in seconds; a test brings its own.

    Raises:
        ConfigurationError: If there is no path.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     store = SQLiteRateLimitStore(f"{folder}/limits.db")
        ...     decisions = [await store.hit("ada", RateLimit(1, 60)) for _ in range(2)]
        ...     await store.aclose()
        >>> [decision.allowed for decision in decisions]
        [True, False]
    """

    is_shared = True

    @refuse_unknown
    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        busy_timeout: float = 5.0,
        clock: Callable[[], float] = read_machine_clock,
    ) -> None:
        self._path = os.fspath(path)
        if self._path in {"", ":memory:"}:
            raise ConfigurationError(
                f"The path of a store of rate limits is a file, got {self._path!r}.",
                hint="MemoryRateLimitStore() needs none.",
            )
        self._options = (self._path, busy_timeout, clock)
        self._file = SQLiteFile(*self._options)
        self._fork = ForkGuard()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: ThreadPoolExecutor | None = None
        # Any: what each order gives is its own.
        self._waiting: list[tuple[Work, asyncio.Future[Any]]] = []
        self._running: asyncio.Future[list[object]] | None = None

    async def open(self) -> None:
        """
        Open the file.

        Raises:
            RateLimitStoreError: If that cannot be done.
        """
        await self._order(_do_nothing)

    async def hit(self, key: str, limit: RateLimit, cost: int = 1) -> Decision:
        """
        Count calls if they are allowed.

        Raises:
            RateLimitStoreError: If the file cannot be used.
        """
        decision: Decision = await self._order(count_calls(limit.kind + key, limit, cost))
        return decision

    async def acquire(self, key: str, token: str, slots: int, lease: float) -> Slot:
        """
        Take a slot, if one is free.

        Raises:
            RateLimitStoreError: If the file cannot be used.
        """
        slot: Slot = await self._order(take_slot(key, token, slots, round(lease * 1000)))
        return slot

    async def release(self, key: str, token: str) -> None:
        """
        Give a slot back.

        Raises:
            RateLimitStoreError: If the file cannot be used.
        """
        await self._order(free_slot(key, token))

    async def aclose(self) -> None:
        """Close the file and end the thread, after what was asked before; the next call opens it again."""
        self._leave_fork()
        while self._running is not None and self._loop is asyncio.get_running_loop():
            await asyncio.wait({self._running})
            # Its callback, which may begin with what waits, runs before this goes on, or else now.
            await asyncio.sleep(0)
        thread, self._thread = self._thread, None
        if thread is None:
            return
        # Whoever asks meanwhile opens it again, in a thread of its own.
        file, self._file = self._file, SQLiteFile(*self._options)
        try:
            await asyncio.get_running_loop().run_in_executor(thread, file.close)
        finally:
            thread.shutdown(wait=False)

    def __repr__(self) -> str:
        return f"<SQLiteRateLimitStore {self._path!r}>"

    # Any: as above.
    async def _order(self, work: Work) -> Any:
        loop = asyncio.get_running_loop()
        self._leave_fork()
        if self._loop is not loop:
            # What was asked on a loop that has ended has nobody left who waits for it.
            self._loop, self._running, self._waiting = loop, None, []
        future: asyncio.Future[Any] = loop.create_future()
        self._waiting.append((work, future))
        if self._running is None:
            self._begin(loop)
        return await future

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have the thread do all that waits, in one transaction."""
        batch, self._waiting = self._waiting, []
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="covet-rate-limits")
        running = self._running = loop.run_in_executor(self._thread, self._file.work, [work for work, _ in batch])

        def deliver(done: "asyncio.Future[list[object]]") -> None:
            if self._running is running:
                self._running = None
                if self._waiting:
                    self._begin(loop)
            _deliver(done, [future for _, future in batch])

        running.add_done_callback(deliver)

    def _leave_fork(self) -> None:
        """Leave what belongs to the process that this one was forked from."""
        if self._fork.has_forked(self._thread):
            self._loop = self._thread = self._running = None
            self._waiting = []


# Any: as above.
def _deliver(done: "asyncio.Future[list[object]]", futures: "list[asyncio.Future[Any]]") -> None:
    error = RateLimitStoreError("The store of rate limits was closed.") if done.cancelled() else done.exception()
    results = [None] * len(futures) if error is not None else done.result()
    for future, result in zip(futures, results, strict=True):
        if future.done():
            # Whoever waited was cancelled.
            continue
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)


# Any: as above.
def _do_nothing(connection: Any, now: int) -> None:
    """Be content with an open file."""


__all__ = ["SQLiteRateLimitStore"]

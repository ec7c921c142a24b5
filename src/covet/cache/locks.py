"""
Locks: one at a time, in this process and in all that share the backend.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from secrets import token_hex
from typing import Final

from covet.cache.backend import CacheBackend
from covet.cache.errors import CacheLockError

logger = logging.getLogger("covet.cache")

_FIRST_PAUSE: Final = 0.01
_LONGEST_PAUSE: Final = 0.25
# How long a cancelled task waits until a lock that it gives back is free.
_GIVING_BACK_SECONDS: Final = 5.0


class LockRoom:
    """
    The locks that this process holds, or waits for; of those that wait for one lock, one alone asks the backend.

    Args:
        backend: What says who holds a lock.
    """

    __slots__ = ("_backend", "_locks")

    def __init__(self, backend: CacheBackend) -> None:
        self._backend = backend
        # Each with how many hold it or wait for it; a lock belongs to the loop of those.
        self._locks: dict[tuple[asyncio.AbstractEventLoop, str], tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def hold(self, name: str, *, lease: float, timeout: float | None) -> AsyncIterator[None]:  # noqa: ASYNC109 - of one of its waits alone
        """
        Hold a lock until the block ends.

        Args:
            name: Its name in the backend.
            lease: Seconds after which others take it from a process that has died.
            timeout: Seconds to wait for it.

        Raises:
            CacheLockError: If it was not free in time.
            CacheBackendError: If the backend cannot be asked.
        """
        key = asyncio.get_running_loop(), name
        lock, users = self._locks.get(key, (asyncio.Lock(), 0))
        self._locks[key] = lock, users + 1
        token = token_hex(16).encode()
        try:
            try:
                async with asyncio.timeout(timeout) as deadline:
                    await lock.acquire()
                    try:
                        await self._take(name, token, lease)
                    except BaseException:
                        lock.release()
                        raise
            except TimeoutError as exc:
                if not deadline.expired():
                    raise
                raise CacheLockError(
                    f"The lock {name.partition('/')[2]!r} was not free within {timeout:g} s.",
                    hint="Wait longer, timeout=..., or do without what it guards.",
                ) from exc
            try:
                yield
            finally:
                try:
                    await self._give_back(name, token)
                finally:
                    lock.release()
        finally:
            lock, users = self._locks[key]
            if users == 1:
                del self._locks[key]
            else:
                self._locks[key] = lock, users - 1

    async def _take(self, name: str, token: bytes, lease: float) -> None:
        pause, task = _FIRST_PAUSE, asyncio.current_task()
        before = 0 if task is None else task.cancelling()
        try:
            while True:
                is_taken = await self._backend.add(name, token, lease)
                # A library under a backend may swallow a cancellation, and with it the end of the wait.
                if task is not None and task.cancelling() > before:
                    raise asyncio.CancelledError  # noqa: TRY301 - as if it had come from the backend
                if is_taken:
                    return
                await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - that not all come at once
                pause = min(pause * 2, _LONGEST_PAUSE)
        except BaseException:
            # The backend may have given it, and nobody heard the answer.
            await self._give_back(name, token, is_known=False)
            raise

    async def _give_back(self, name: str, token: bytes, *, is_known: bool = True) -> None:
        """Give a lock back, also if whoever does so is cancelled meanwhile: nobody else could."""
        work = asyncio.ensure_future(self._delete(name, token, is_known=is_known))
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            await asyncio.wait((work,), timeout=_GIVING_BACK_SECONDS)
            raise

    async def _delete(self, name: str, token: bytes, *, is_known: bool) -> None:
        try:
            is_held = await self._backend.delete_equal(name, token)
        except Exception as exc:  # noqa: BLE001 - of a backend of somebody else's; the work is done
            logger.warning("The lock %r is given back at the end of its lease: %s", name, exc)
            return
        if is_known and not is_held:
            logger.warning("The lock %r was held longer than its lease: somebody else may have had it, too.", name)

    def __len__(self) -> int:
        return len(self._locks)

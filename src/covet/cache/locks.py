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
        pause = _FIRST_PAUSE
        try:
            while not await self._backend.add(name, token, lease):
                await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - that not all come at once
                pause = min(pause * 2, _LONGEST_PAUSE)
        except asyncio.CancelledError:
            # The backend may have given it, and nobody heard the answer.
            await self._give_back(name, token, is_known=False)
            raise

    async def _give_back(self, name: str, token: bytes, *, is_known: bool = True) -> None:
        try:
            is_held = await self._backend.delete_equal(name, token)
        except Exception as exc:  # noqa: BLE001 - of a backend of somebody else's; the work is done
            logger.warning("The lock %r is given back at the end of its lease: %s", name, exc)
            return
        if is_known and not is_held:
            logger.warning("The lock %r was held longer than its lease: somebody else may have had it, too.", name)

    def __len__(self) -> int:
        return len(self._locks)

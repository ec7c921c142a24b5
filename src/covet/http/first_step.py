"""
The first item of a stream that may take its time: waited for, but not for ever.

The source is stepped by hand in the task that reads it on: a task of its own would put it into another context, where
neither its context variables nor a timeout around its `yield` would mean what they say.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, Final, Generic, TypeVar

from covet.deadlines import resume

T = TypeVar("T")

END: Final = object()
"""What stands for the end of a source."""


class FirstStep(Generic[T]):
    """
    The first `anext()` of a source.

    Args:
        source: The source; it must not be stepped by anybody else meanwhile.

    Example:
        >>> async def late():
        ...     await asyncio.sleep(0.05)
        ...     yield "item"
        >>> step = FirstStep(late())
        >>> await step.wait(0.001), await step.finish()
        (False, 'item')
    """

    def __init__(self, source: AsyncIterator[T]) -> None:
        # An iterator of one's own may give any awaitable.
        self._step = _as_coroutine(source)
        self._is_begun = False
        # Any: what the source waits for is between it and the event loop.
        self._waiting: Any = None
        self._result: T | object | None = None
        self._is_over = False

    async def wait(self, seconds: float) -> bool:
        """
        Wait for the item, for some time.

        Args:
            seconds: For how long.

        Returns:
            Whether it has come, or the source has ended.

        Raises:
            Exception: What the source raises.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        self._advance()
        while not self._is_over and (left := end - loop.time()) > 0:
            waiting = self._waiting
            if waiting is None:
                # What `asyncio.sleep(0)` gives.
                await asyncio.sleep(0)
            elif not await self._wait_for(waiting, left):
                return False
            self._advance()
        return self._is_over

    async def finish(self) -> T | object:
        """
        Wait for the item for as long as it takes; `END` is the end of the source.

        Raises:
            Exception: What the source raises.
        """
        if not self._is_over:
            self._is_over = True
            self._result = await (resume(self._step, self._waiting) if self._is_begun else self._step)
        return self._result

    async def aclose(self) -> None:
        """Give the step up, if nobody finished it: the source is cancelled where it waits."""
        if self._is_over:
            return
        if not self._is_begun:
            self._step.close()
            return
        if self._waiting is not None:
            self._waiting.cancel()
        with suppress(asyncio.CancelledError):
            await self._throw(asyncio.CancelledError())

    def _advance(self) -> None:
        self._is_begun = True
        try:
            self._waiting = self._step.send(None)
        except StopIteration as ended:
            self._is_over, self._result = True, ended.value
        except BaseException:
            self._is_over = True
            raise

    async def _wait_for(self, waiting: Any, seconds: float) -> bool:
        """Wait until a future is done, but leave it alone."""
        loop = asyncio.get_running_loop()
        gate: asyncio.Future[None] = loop.create_future()

        def open_gate(*_: object) -> None:
            if not gate.done():
                gate.set_result(None)

        # The mark by which a task tells `await future` from `yield future`: it is ours to take, and to give back.
        waiting._asyncio_future_blocking = False  # noqa: SLF001
        waiting.add_done_callback(open_gate)
        timer = loop.call_later(seconds, open_gate)
        try:
            await gate
        except asyncio.CancelledError as exc:
            # What a task does to whatever its coroutine waits for.
            waiting.cancel()
            await self._throw(exc)
            raise
        finally:
            timer.cancel()
            waiting.remove_done_callback(open_gate)
        if waiting.done():
            return True
        waiting._asyncio_future_blocking = True  # noqa: SLF001
        return False

    async def _throw(self, exc: BaseException) -> None:
        """Let the source end as a cancellation ends it, whatever it awaits meanwhile."""
        self._is_over = True
        try:
            waiting = self._step.throw(exc)
        except StopIteration:
            return
        await resume(self._step, waiting)


async def _as_coroutine(source: AsyncIterator[T]) -> T | object:
    try:
        return await anext(source)
    except StopAsyncIteration:
        return END

"""
Singletons: made once, however many ask at the same time.

One that can be made without waiting is made at once, in whoever asks first. Another is made in a task of its own:
whoever waits for it may be cancelled, and it goes on. A failure is not kept: the next one tries again.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextvars import Context, ContextVar
from typing import Any, Final

from covet.di.errors import DependencyError
from covet.di.scope import HOME, MISSING, RootScope

logger = logging.getLogger("covet.di")

# The singletons that are being made on the way here.
_MAKING: Final[ContextVar[tuple["SingletonCell", ...]]] = ContextVar("covet_di_making", default=())


class SingletonCell:
    """
    The place of one singleton.

    Compiled resolvers read `value`: there is no dictionary to look in.

    Args:
        name: The service's name for messages.
        root: The scope of the singletons.
        context: The context variables that singletons are made with: not those of the first request.
        make: Compiles what makes the instance; it gives a coroutine function if that has to be awaited.

    Attributes:
        value: The instance, or `MISSING`.
    """

    __slots__ = ("__weakref__", "_context", "_make", "_root", "_task", "_waiting", "name", "value")

    # Any: the instance of whatever service this is.
    def __init__(
        self, name: str, root: RootScope, context: Context, make: Callable[[], Callable[[RootScope], Any]]
    ) -> None:
        self.name = name
        self.value: Any = MISSING
        self._root = root
        self._context = context
        self._make = make
        self._task: asyncio.Task[None] | None = None
        self._waiting = 0

    def build_now(self) -> Any:
        """Make the instance without waiting."""
        if self.value is MISSING:
            self._refuse_circle()
            self.value = self._own_context().run(self._make(), self._root)
        return self.value

    async def build(self) -> None:
        """
        Make the instance, or wait for whoever is making it.

        Raises:
            DependencyError: If it needs itself by way of a provider, or its making was cancelled.
        """
        if self.value is not MISSING:
            return
        if self._task is None:
            self._refuse_circle()
            loop = asyncio.get_running_loop()
            # Not by the loop's task factory: an eager one would run it before it is known here.
            self._task = asyncio.Task(
                self._run(), loop=loop, name=f"covet.di: making {self.name}", context=self._own_context()
            )
        else:
            self._refuse_circle()
        task = self._task
        self._waiting += 1
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            me = asyncio.current_task()
            if task.cancelled() and (me is None or not me.cancelling()):
                raise DependencyError(f"The making of {self.name} was cancelled.", hint="Ask for it again.") from None
            raise
        finally:
            self._waiting -= 1
        if self.value is MISSING:
            # It was left behind, or the container has been closed since.
            raise DependencyError(f"The making of {self.name} was cancelled.", hint="Ask for it again.")

    async def cancel(self, seconds: float) -> None:
        """
        Stop the making of the instance, if it is under way.

        Args:
            seconds: How long it may take to notice; then it is left behind, and what it makes is not kept.
        """
        task = self._task
        if task is not None:
            task.cancel()
            await asyncio.wait([task], timeout=seconds)
            if not task.done():
                logger.error("The making of %s does not end when it is cancelled, and is left behind", self.name)
                self._task = None

    async def _run(self) -> None:
        me = asyncio.current_task()
        try:
            instance = await self._make()(self._root)
            if self._task is me:
                self.value = instance
        except Exception as exc:
            if not self._waiting:
                # Everybody who asked has left: nobody else would hear of it.
                logger.exception("Making %s failed", self.name, exc_info=exc)
            raise
        finally:
            if self._task is me:
                self._task = None

    def _own_context(self) -> Context:
        context = self._context.copy()
        making = (*_MAKING.get(), self)
        context.run(_MAKING.set, making)
        context.run(HOME.set, context)
        return context

    def _refuse_circle(self) -> None:
        making = _MAKING.get()
        if self in making:
            way = " → ".join(cell.name for cell in (*making[making.index(self) :], self))
            raise DependencyError(
                f"{self.name} was asked for while it is being made: {way}.",
                hint="A factory must not await its own service, not by way of a Provider either.",
            )


async def build_singletons(cells: Sequence[SingletonCell]) -> None:
    """Make the singletons that are missing, those that do not need each other at the same time."""
    missing = [cell for cell in cells if cell.value is MISSING]
    if len(missing) == 1:
        await missing[0].build()
    elif missing:
        # Each has its own task: one that fails does not keep the others from being there for whoever asks next.
        results = await asyncio.gather(*(cell.build() for cell in missing), return_exceptions=True)
        failures = [result for result in results if isinstance(result, BaseException)]
        if failures:
            raise failures[0]

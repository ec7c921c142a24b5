"""
Deliveries: the handlers of one event at work, in a task that belongs to the bus.

A handler's failure, whatever it raises, stays here: it reaches no other handler, no publisher and not the process.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import ContextVar
from time import perf_counter
from typing import Final
from weakref import ref

from covet.events.event import Event
from covet.events.results import HandlerOutcome, PublishResult
from covet.events.stored_event import StoredEvent
from covet.events.subscription import Groups, Subscription

logger = logging.getLogger("covet.events")

CHAIN: Final[ContextVar[tuple[str, ...]]] = ContextVar("covet_event_chain", default=())
"""The types of the events whose handlers have led to here, the first one first."""

# The deliveries whose handlers have led to here: who waits for them from inside would wait for ever.
_AROUND: Final[ContextVar[tuple["ref[Delivery]", ...]]] = ContextVar("covet_event_deliveries", default=())

# How long what was cancelled may take to notice.
_GRACE: Final = 1.0

Keep = Callable[[Event], Awaitable[object]]


class Delivery:
    """
    One event on its way to its handlers.

    Args:
        event: The event.
        groups: Its handlers: a group for each priority.
        keep: Keeps the event before any handler sees it, if a store does.
        is_replay: Whether it was published before.
    """

    def __init__(
        self, event: Event | StoredEvent, groups: Groups, *, keep: Keep | None = None, is_replay: bool = False
    ) -> None:
        self._event = event
        self._groups = groups
        self._keep = keep
        self._is_replay = is_replay
        self._outcomes: dict[Subscription, HandlerOutcome] = {}
        self._store_error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None

    async def run(self) -> None:
        """Let the store keep the event, then run the groups one after the other, each group's handlers at once."""
        try:
            await self._run()
        finally:
            self.end()

    async def wait(self) -> None:
        """
        Wait until it has ended.

        Unlike whoever awaits its task, whoever is cancelled here does not cancel it.
        """
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter

    def end(self) -> None:
        """Wake who waits; once is enough."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _run(self) -> None:
        CHAIN.set((*CHAIN.get(), self._event.event_type))
        _AROUND.set((*_AROUND.get(), ref(self)))
        try:
            if self._keep is not None and isinstance(self._event, Event):
                await self._store(self._keep, self._event)
            for group in self._groups:
                if len(group) == 1:
                    await self._run_handler(group[0])
                    continue
                async with asyncio.TaskGroup() as tasks:
                    for subscription in group:
                        tasks.create_task(self._run_handler(subscription))
        except asyncio.CancelledError:
            lost = [outcome.handler for outcome in self.make_result().outcomes if outcome.status == "skipped"]
            _log("The handlers of %s (%s) were cancelled; never run: %s", self._event, ", ".join(lost) or "none")
            raise

    def make_result(self) -> PublishResult:
        """Say what has become of the event so far; whoever has not had its turn was skipped."""
        outcomes = [
            self._outcomes.get(subscription) or HandlerOutcome(subscription.bound.name, "skipped")
            for group in self._groups
            for subscription in group
        ]
        return PublishResult(self._event, outcomes, "replayed" if self._is_replay else "delivered", self._store_error)

    async def _store(self, keep: Keep, event: Event) -> None:
        try:
            await keep(event)
        except Exception as exc:  # noqa: BLE001 - a store may fail in any way, and the handlers have to run
            self._store_error = exc
            _log("The store did not keep %s (%s)", event, exc=exc)

    async def _run_handler(self, subscription: Subscription) -> None:
        if not subscription.is_active:
            return
        task = asyncio.current_task()
        cancelling = 0 if task is None else task.cancelling()
        name = subscription.bound.name
        began = perf_counter()
        try:
            value = await subscription.bound.call(self._event)
        except asyncio.CancelledError as exc:
            self._outcomes[subscription] = HandlerOutcome(name, "cancelled", error=exc, duration=perf_counter() - began)
            if task is None or task.cancelling() > cancelling:
                raise
            # Something inside was cancelled, not we.
            _log("A handler of %s (%s) awaited what was cancelled: %s", self._event, name, exc=exc)
        except GeneratorExit:
            raise
        except BaseException as exc:  # noqa: BLE001 - one that exits ends nobody else
            self._outcomes[subscription] = HandlerOutcome(name, "failed", error=exc, duration=perf_counter() - began)
            _log("A handler of %s (%s) failed: %s", self._event, name, exc=exc)
        else:
            self._outcomes[subscription] = HandlerOutcome(
                name, "succeeded", value=value, duration=perf_counter() - began
            )


class RunningDeliveries:
    """The deliveries of a bus that have not ended: it owns their tasks, whatever becomes of who began them."""

    def __init__(self) -> None:
        self._tasks: dict[asyncio.Task[None], Delivery] = {}
        # The loop itself keeps its tasks by weak references only.
        self._left: set[asyncio.Task[None]] = set()

    def start(self, delivery: Delivery, name: str) -> None:
        """Begin a delivery."""
        # Not by the loop's task factory: an eager one would run it before it is known here.
        task = asyncio.Task(delivery.run(), loop=asyncio.get_running_loop(), name=name)
        self._tasks[task] = delivery
        task.add_done_callback(self._end)

    def _end(self, task: "asyncio.Task[None]") -> None:
        self._left.discard(task)
        delivery = self._tasks.pop(task, None)
        if delivery is not None:
            # A task that is cancelled before its first step has not come to its own end.
            delivery.end()

    def __len__(self) -> int:
        return len(self._tasks)

    async def drain(self, timeout: float | None) -> bool:  # noqa: ASYNC109 - it cancels nothing
        """
        Wait until all have ended, those included that begin meanwhile.

        Args:
            timeout: Seconds to wait at most.

        Returns:
            Whether all have ended.
        """
        loop = asyncio.get_running_loop()
        end = None if timeout is None else loop.time() + timeout
        while pending := self._find_pending(loop):
            left = None if end is None else end - loop.time()
            if left is not None and left <= 0:
                return False
            await asyncio.wait(pending, timeout=left)
        return True

    async def cancel(self) -> None:
        """Cancel those that have not ended, and wait until they have; who does not notice is left behind."""
        loop = asyncio.get_running_loop()
        end = loop.time() + _GRACE
        while pending := self._find_pending(loop):
            for task in pending:
                task.cancel()
            await asyncio.wait(pending, timeout=max(0.0, end - loop.time()))
            if loop.time() >= end:
                self._leave_behind(self._find_pending(loop))

    def _leave_behind(self, tasks: "set[asyncio.Task[None]]") -> None:
        """Wait no more for some: nobody can stop a coroutine that does not want to."""
        for task in tasks:
            logger.error("%s does not end when it is cancelled, and is left behind", task.get_name())
            self._left.add(task)
            self._tasks.pop(task).end()

    def _find_pending(self, loop: asyncio.AbstractEventLoop) -> "set[asyncio.Task[None]]":
        """Find what can be waited for here: not what waits for us, and nothing of another loop."""
        around = {reference() for reference in _AROUND.get()}
        return {task for task, delivery in self._tasks.items() if task.get_loop() is loop and delivery not in around}


def _log(message: str, event: Event | StoredEvent, *more: object, exc: BaseException | None = None) -> None:
    """Log a failure: by type and identifier of its event, never by what the event carries."""
    try:
        logger.error(message, event.event_type, event.event_id, *more, exc_info=exc)
    except Exception:  # noqa: BLE001 - a trace, or a handler of the log, may fail in any way
        with suppress(Exception):
            logger.error(message, event.event_type, event.event_id, *more)  # noqa: TRY400 - its trace has just failed

"""
Events that wait: published inside a block, delivered when it has succeeded, forgotten when it has failed.

A database transaction is such a block: nobody shall hear of what is rolled back.
"""

import asyncio
from collections import deque
from contextlib import suppress
from contextvars import ContextVar, Token, copy_context
from types import TracebackType
from typing import Final, Protocol, Self

from covet.events.event import Event
from covet.events.results import PublishResult

_INNERMOST: Final[ContextVar["HeldEvents | None"]] = ContextVar("covet_held_events", default=None)


class Publisher(Protocol):
    """What delivers events: a bus."""

    async def publish(self, event: Event, /) -> PublishResult:
        """Deliver an event."""

    def publish_nowait(self, event: Event, /) -> None:
        """Deliver an event without waiting."""


class HeldEvents:
    """
    A block in which a bus collects what is published instead of delivering it.

    Made by `EventBus.hold_events()`. A block inside another hands its events to the outer one when it succeeds. What
    a task publishes that was started inside, and runs on after the end, is delivered at once.

    Args:
        bus: The bus.

    Attributes:
        events: What waits.
        results: What became of the events, once they were delivered.
    """

    def __init__(self, bus: Publisher) -> None:
        self.events: list[Event] = []
        self.results: list[PublishResult] = []
        self._bus = bus
        self._outer: HeldEvents | None = None
        self._is_open = False
        self._token: Token[HeldEvents | None] | None = None

    def add(self, event: Event) -> None:
        """Let an event wait."""
        self.events.append(event)

    async def __aenter__(self) -> Self:
        if self._token is not None:
            raise RuntimeError("hold_events() is for one block: call it again for another.")
        self._outer = find_held(self._bus)
        self._token = _INNERMOST.set(self)
        self._is_open = True
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._is_open = False
        if self._token is not None:
            # A generator may be closed in another context, where nothing is to be reset: it is closed all the same.
            with suppress(ValueError):
                _INNERMOST.reset(self._token)
        events, self.events = self.events, []
        if exc_type is not None:
            return
        outer = self._outer
        if outer is not None and outer._is_open:  # noqa: SLF001 - one class
            outer.events += events
            return
        waiting = deque(events)
        failures: list[Exception] = []
        try:
            while waiting:
                try:
                    self.results.append(await self._bus.publish(waiting.popleft()))
                except Exception as failure:  # noqa: BLE001 - what the block has done stays done: the others are told
                    failures.append(failure)
        except asyncio.CancelledError:
            # What the block has done stays done: whoever cancels the wait does not take the events back.
            for event in waiting:
                self._bus.publish_nowait(event)
            raise
        for other in failures[1:]:
            failures[0].add_note(f"Another event of the block failed, too: {type(other).__name__}: {other}")
        if failures:
            raise failures[0]

    def find(self, bus: Publisher) -> "HeldEvents | None":
        """Find the innermost open block of a bus, from this one outwards."""
        held: HeldEvents | None = self
        while held is not None and not (held._bus is bus and held._is_open):  # noqa: SLF001 - one class
            held = held._before  # noqa: SLF001
        return held

    @property
    def _before(self) -> "HeldEvents | None":
        old = None if self._token is None else self._token.old_value
        return old if isinstance(old, HeldEvents) else None


def find_held(bus: Publisher) -> HeldEvents | None:
    """Find the block in which events of a bus wait here; `None` if they are delivered at once."""
    innermost = _INNERMOST.get()
    return None if innermost is None else innermost.find(bus)


def publish_at_once(bus: Publisher, event: Event) -> None:
    """
    Deliver an event without waiting for its handlers, though other events of this block wait.

    Args:
        bus: The bus.
        event: What has happened whether or not the block succeeds.
    """
    copy_context().run(_publish_unheld, bus, event)


def _publish_unheld(bus: Publisher, event: Event) -> None:
    _INNERMOST.set(None)
    bus.publish_nowait(event)

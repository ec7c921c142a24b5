"""
Known defects of event systems that must not come back: a test names each.
"""

import ast
import asyncio
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from covet.events import Event, EventBus, get_event_bus, use_event_bus
from tests.architecture.source import SourceFile, read_source


@pytest.mark.parametrize("options", [{}, {"frozen": True, "kw_only": True, "slots": True}])
def test_subclasses_do_not_raise_on_definition(options: dict[str, bool]) -> None:
    """Defect: a type with a default before fields without one, below a base full of defaults, was a TypeError."""

    @dataclass(**options)
    class UserCreatedEvent(Event):
        event_type: str = "defects.user_created"
        user_id: int  # type: ignore[misc] # what mypy knows of the decorator is not what happens to an event
        email: str  # type: ignore[misc]
        created_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    event = UserCreatedEvent(user_id=7, email="ada@example.com")

    assert (event.event_type, event.user_id, event.email) == ("defects.user_created", 7, "ada@example.com")


async def test_priorities_do_not_run_at_once() -> None:
    """Defect: handlers were sorted by priority and then all started together."""
    bus, log = EventBus(), list[str]()

    @bus.subscribe("*", priority=2)
    async def second(event: Event) -> None:
        log.append("second")

    @bus.subscribe("*", priority=1)
    async def first(event: Event) -> None:
        for _ in range(5):
            await asyncio.sleep(0)
        log.append("first")

    await bus.publish(Event())

    assert log == ["first", "second"]


def test_moments_have_a_zone() -> None:
    """Defect: `datetime.utcnow()` gives a moment that is compared and written as if it were local."""
    assert Event().timestamp.utcoffset() is not None
    with pytest.raises(ValueError, match="has a time zone"):
        Event(timestamp=datetime(2026, 1, 2))  # noqa: DTZ001


@pytest.mark.parametrize("file", read_source(), ids=lambda file: file.relative)
def test_nobody_asks_for_naive_moments(file: SourceFile) -> None:
    """Defect: `utcnow` and its kin in the source."""
    names = {node.attr for node in ast.walk(file.tree) if isinstance(node, ast.Attribute)}

    assert names & {"utcnow", "utcfromtimestamp"} == set()


async def test_no_sibling_is_left_running() -> None:
    """Defect: `gather` gave up at the first failure, or the cancelled publisher left its handlers without an owner."""
    bus, log = EventBus(), list[str]()
    began, go = asyncio.Event(), asyncio.Event()

    @bus.subscribe("*")
    async def fail(event: Event) -> None:
        raise ValueError

    @bus.subscribe("*")
    async def slow(event: Event) -> None:
        began.set()
        await go.wait()
        log.append("slow")

    publisher = asyncio.create_task(bus.publish(Event()))
    await began.wait()
    publisher.cancel()
    await asyncio.wait({publisher})
    go.set()

    # Somebody owns the handlers, and can wait for them.
    assert await bus.drain(5)
    assert log == ["slow"]


async def test_the_end_leaves_nobody_running() -> None:
    """Defect: handlers outlived the application that had begun them. (A task left behind fails this test.)"""
    bus = EventBus()
    bus.subscribe("*", lambda event: asyncio.Event().wait())
    bus.subscribe("*", lambda event: asyncio.Event().wait())

    bus.publish_nowait(Event())
    await asyncio.sleep(0.01)
    await bus.aclose(timeout=0)

    assert repr(bus).endswith("0 at work>")


async def test_a_handler_that_blocks_does_not_block_the_loop() -> None:
    """Defect: plain functions were called on the event loop."""
    bus, go = EventBus(), threading.Event()

    @bus.subscribe("*")
    def block(event: Event) -> bool:
        return go.wait(5)

    publisher = asyncio.create_task(bus.publish(Event()))
    # Only a loop that runs on gets here, and lets the handler go.
    await asyncio.sleep(0.01)
    go.set()

    assert (await publisher).values == [True]


async def test_a_callable_object_is_awaited() -> None:
    """Defect: what was no coroutine function itself was called, and its coroutine forgotten."""

    class Handler:
        async def __call__(self, event: Event) -> str:
            await asyncio.sleep(0)
            return "awaited"

    bus = EventBus()
    bus.subscribe("*", Handler())

    assert (await bus.publish(Event())).values == ["awaited"]


async def test_a_handler_can_be_taken_away() -> None:
    """Defect: there was no way to unsubscribe."""
    bus, log = EventBus(), list[Any]()
    bus.subscribe("*", log.append).unsubscribe()

    await bus.publish(Event())

    assert log == []


async def test_the_history_does_not_grow_without_end() -> None:
    """Defect: every event was kept for ever."""
    bus = EventBus(enable_history=True, history_size=10)
    for _ in range(50):
        await bus.publish(Event())

    assert len(bus.get_history()) == 10


def test_what_is_shared_cannot_be_changed() -> None:
    """Defect: a handler changed the event under the next one's hands, and all events shared one dictionary."""
    event, metadata = Event(metadata={"a": 1}), {"b": 2}

    with pytest.raises(TypeError):
        event.metadata["a"] = 2  # type: ignore[index]
    with pytest.raises(AttributeError):
        event.timestamp = datetime.now(UTC)
    other = Event(metadata=metadata)
    metadata["b"] = 3
    assert other.metadata == {"b": 2}


def test_the_process_wide_bus_need_not_leak_between_tests() -> None:
    """Defect: handlers of one test were called in the next."""
    with use_event_bus():
        get_event_bus().subscribe("*", print)

    assert get_event_bus().subscriptions == ()

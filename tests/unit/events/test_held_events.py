"""
Tests of events that wait for the end of a block.
"""

import asyncio
from contextvars import copy_context

import pytest

from covet.events.bus import EventBus
from covet.events.errors import EventDepthError
from covet.events.event import Event
from covet.events.held_events import HeldEvents
from covet.events.results import PublishResult


class Placed(Event):
    """An event."""

    number: int


def make_bus() -> tuple[EventBus, list[int]]:
    """Make a bus, and a list of the numbers that were delivered."""
    bus, seen = EventBus(), list[int]()

    @bus.subscribe(Placed)
    async def note(event: Placed) -> None:
        seen.append(event.number)

    return bus, seen


async def test_they_are_delivered_in_order_after_the_block() -> None:
    """Nobody hears of them before, and the results are kept."""
    bus, seen = make_bus()

    async with bus.hold_events() as held:
        result = await bus.publish(Placed(number=1))
        bus.publish_nowait(Placed(number=2))
        before = list(seen)

    assert before == []
    assert result.is_held
    assert seen == [1, 2]
    assert [result.is_ok for result in held.results] == [True, True]


@pytest.mark.parametrize("error", [ValueError, asyncio.CancelledError, KeyboardInterrupt])
async def test_they_are_forgotten_if_the_block_fails(error: type[BaseException]) -> None:
    """What was rolled back has not happened."""
    bus, seen = make_bus()

    with pytest.raises(error):
        async with bus.hold_events():
            await bus.publish(Placed(number=1))
            raise error

    assert seen == []
    await bus.publish(Placed(number=2))
    assert seen == [2]


async def test_a_failed_inner_block_forgets_its_own_only() -> None:
    """As a savepoint does; the outermost block delivers."""
    bus, seen = make_bus()

    async with bus.hold_events():
        await bus.publish(Placed(number=1))
        with pytest.raises(ValueError, match="inner"):
            async with bus.hold_events():
                await bus.publish(Placed(number=2))
                raise ValueError("inner")
        async with bus.hold_events():
            await bus.publish(Placed(number=3))
        assert seen == []

    assert seen == [1, 3]


async def test_another_bus_is_not_held() -> None:
    """A block belongs to its bus, also inside the block of another."""
    bus, seen = make_bus()
    other, others = make_bus()

    async with bus.hold_events(), other.hold_events():
        await bus.publish(Placed(number=1))
        await other.publish(Placed(number=2))
        assert (seen, others) == ([], [])
    async with bus.hold_events():
        await other.publish(Placed(number=3))
        assert others == [2, 3]

    assert seen == [1]


async def test_blocks_of_concurrent_tasks_are_their_own() -> None:
    """One transaction's failure takes no other's events."""
    bus, seen = make_bus()
    both = asyncio.Barrier(2)

    async def transact(number: int, *, fails: bool) -> None:
        async with bus.hold_events():
            await bus.publish(Placed(number=number))
            await both.wait()
            if fails:
                raise ValueError

    await asyncio.gather(transact(1, fails=True), transact(2, fails=False), return_exceptions=True)

    assert seen == [2]


async def test_a_task_that_outlives_the_block_publishes_at_once() -> None:
    """It was started inside, and holds nothing for ever."""
    bus, seen = make_bus()
    ended = asyncio.Event()

    async def outlive() -> bool:
        await ended.wait()
        return (await bus.publish(Placed(number=1))).is_held

    async with bus.hold_events():
        task = asyncio.create_task(outlive())
    ended.set()

    assert await task is False
    assert seen == [1]


async def test_a_block_can_be_left_in_another_context() -> None:
    """A generator that is closed by another task does so."""
    bus, seen = make_bus()
    held = bus.hold_events()

    async def enter() -> None:
        await held.__aenter__()
        await bus.publish(Placed(number=1))

    await asyncio.create_task(enter(), context=copy_context())
    await held.__aexit__(None, None, None)

    assert seen == [1]


async def test_who_is_cancelled_while_they_are_delivered_takes_none_back() -> None:
    """The transaction was committed: the events behind the one that is waited for are delivered as well."""
    bus, seen = make_bus()
    began, go = asyncio.Event(), asyncio.Event()

    @bus.subscribe(Placed, priority=1)
    async def wait(event: Placed) -> None:
        began.set()
        await go.wait()

    async def transact() -> None:
        async with bus.hold_events():
            for number in range(3):
                await bus.publish(Placed(number=number))

    task = asyncio.create_task(transact())
    await began.wait()
    task.cancel()
    await asyncio.wait({task})
    go.set()
    await bus.drain()

    assert task.cancelled()
    assert sorted(seen) == [0, 1, 2]


async def test_a_block_is_entered_once() -> None:
    """The text says what to do instead."""
    bus, _ = make_bus()
    held = bus.hold_events()
    async with held:
        pass

    with pytest.raises(RuntimeError, match=r"hold_events\(\) is for one block: call it again for another\."):
        await held.__aenter__()


async def test_one_that_cannot_be_published_takes_no_other_with_it() -> None:
    """What the block has done stays done: the others are delivered before the error is raised."""
    bus, seen = make_bus()

    class Refused(Event):
        """An event that cannot be published."""

    class Publisher:
        """A bus with a handler too deep."""

        async def publish(self, event: Event, /) -> PublishResult:
            """Refuse some."""
            if isinstance(event, Refused):
                raise EventDepthError(("a", "b"), 1)
            return await bus.publish(event)

        def publish_nowait(self, event: Event, /) -> None:
            """Take all."""
            bus.publish_nowait(event)

    held = HeldEvents(Publisher())
    with pytest.raises(EventDepthError) as caught:
        async with held:
            for event in (Refused(), Placed(number=1), Refused(), Placed(number=2)):
                held.add(event)

    assert seen == [1, 2]
    assert len(held.results) == 2
    (note,) = caught.value.__notes__
    assert note.startswith("Another event of the block failed, too: EventDepthError: ")

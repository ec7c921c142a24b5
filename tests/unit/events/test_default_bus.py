"""
Tests of the default bus.
"""

import asyncio

from covet.events.bus import EventBus
from covet.events.default_bus import get_event_bus, use_event_bus


def test_there_is_one_for_the_process() -> None:
    """Whoever asks gets the same."""
    assert get_event_bus() is get_event_bus()


def test_a_block_has_its_own() -> None:
    """A test leaves nothing behind, and blocks may be nested."""
    default = get_event_bus()

    with use_event_bus() as outer:
        with use_event_bus(EventBus()) as inner:
            assert get_event_bus() is inner
        assert get_event_bus() is outer

    assert get_event_bus() is default


async def test_the_block_holds_for_its_own_tasks_only() -> None:
    """Another task that runs meanwhile keeps the default."""
    default = get_event_bus()
    inside = asyncio.Event()
    seen: list[EventBus] = []

    async def other() -> None:
        await inside.wait()
        seen.append(get_event_bus())

    task = asyncio.create_task(other())
    with use_event_bus() as own:
        inside.set()
        await task
        seen.append(await asyncio.create_task(asyncio.sleep(0, get_event_bus())))

    assert seen == [default, own]

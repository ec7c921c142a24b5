"""
Tests of the first item of a stream that may take its time.
"""

import asyncio
from collections.abc import AsyncIterator
from contextvars import ContextVar

import pytest

from covet.http.first_step import END, FirstStep

mark: ContextVar[str] = ContextVar("mark", default="none")


async def make_after(event: asyncio.Event, log: list[str]) -> AsyncIterator[str]:
    """Yield once an event is set; note how it ends."""
    try:
        await event.wait()
        yield "item"
    finally:
        log.append("closed")


async def test_item_that_is_there_is_taken_at_once() -> None:
    """A source that need not wait is over with the first step."""

    async def make() -> AsyncIterator[str]:
        yield "item"

    step = FirstStep(make())

    assert await step.wait(10) is True
    assert await step.finish() == "item"


async def test_source_without_items_gives_its_end() -> None:
    """The end of a source is no error."""

    async def make() -> AsyncIterator[str]:
        for item in list[str]():
            yield item

    step = FirstStep(make())

    assert await step.wait(10) is True
    assert await step.finish() is END


async def test_item_that_takes_long_is_waited_for_later() -> None:
    """What was not ready in time is not lost, and not started anew."""
    event, log = asyncio.Event(), list[str]()
    source = make_after(event, log)
    step = FirstStep(source)

    is_there = await step.wait(0.001)
    event.set()
    item = await step.finish()

    assert (is_there, item, [rest async for rest in source], log) == (False, "item", [], ["closed"])


async def test_item_that_comes_while_it_is_waited_for_ends_the_waiting() -> None:
    """The time is a limit, and nobody waits it out."""
    event = asyncio.Event()
    step = FirstStep(make_after(event, []))
    asyncio.get_running_loop().call_soon(event.set)

    assert await asyncio.wait_for(step.wait(1000), 10) is True


@pytest.mark.parametrize("turns", [0, 1, 5])
async def test_error_of_the_source_leaves_it(turns: int) -> None:
    """Whoever waits for the first item gets the error that came in its place."""

    async def make() -> AsyncIterator[str]:
        for _ in range(turns):
            await asyncio.sleep(0)
        raise LookupError("no such thing")
        yield ""

    with pytest.raises(LookupError, match="no such thing"):
        await FirstStep(make()).wait(10)


async def test_source_is_run_in_the_task_and_context_of_its_reader() -> None:
    """What the source sets before its first item is seen behind it, and its timeouts guard the right task."""

    async def make() -> AsyncIterator[str]:
        mark.set("set")
        async with asyncio.timeout(10):
            await asyncio.sleep(0.005)
            yield mark.get()
        yield mark.get()

    source = make()
    step = FirstStep(source)

    await step.wait(0.001)

    assert [await step.finish(), *[item async for item in source]] == ["set", "set"]


async def test_cancellation_reaches_the_source() -> None:
    """A reader that is cancelled while it waits takes the source with it, and what that waits for."""
    log: list[str] = []
    inner: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def make() -> AsyncIterator[str]:
        try:
            await inner
            yield ""
        finally:
            await asyncio.sleep(0)
            log.append("closed")

    reader = asyncio.create_task(FirstStep(make()).wait(1000))
    await asyncio.sleep(0)

    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader

    assert (log, inner.cancelled()) == (["closed"], True)


async def test_step_that_nobody_finishes_is_given_up() -> None:
    """Closing cancels the source where it waits; again is no error."""
    log: list[str] = []
    source = make_after(asyncio.Event(), log)
    step = FirstStep(source)
    await step.wait(0.001)

    await step.aclose()
    await step.aclose()
    await source.aclose()  # type: ignore[attr-defined]

    assert log == ["closed"]


async def test_step_that_was_never_begun_is_given_up() -> None:
    """Nothing of the source has run."""
    log: list[str] = []
    step = FirstStep(make_after(asyncio.Event(), log))

    await step.aclose()

    assert log == []


async def test_item_is_given_without_waiting_first() -> None:
    """`finish()` alone does what `anext()` does."""

    async def make() -> AsyncIterator[str]:
        await asyncio.sleep(0)
        yield "item"

    assert await FirstStep(make()).finish() == "item"

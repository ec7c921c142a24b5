"""
Tests of handlers at work: what one of them does stays its own.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from covet.events import delivery as delivery_module
from covet.events.bus import EventBus
from covet.events.delivery import CHAIN, Delivery, RunningDeliveries
from covet.events.event import Event
from covet.events.subscription import Groups, group_by_priority
from tests.unit.eager_tasks import eager_tasks


class Sent(Event):
    """An event."""

    secret: str = "hunter2"


class Led(Event):
    """Another event."""


def make_groups(*handlers: tuple[int, Callable[..., Any]]) -> Groups:
    """Subscribe handlers with their priorities."""
    bus = EventBus()
    return group_by_priority([bus.subscribe(Sent, handler, priority) for priority, handler in handlers])


async def test_equals_run_at_once_and_priorities_in_sequence() -> None:
    """The next priority begins when the last handler of the one before has ended."""
    log: list[str] = []
    meet = asyncio.Barrier(2)

    async def one(event: Event) -> None:
        await meet.wait()
        log.append("equal")

    async def two(event: Event) -> None:
        await meet.wait()
        await asyncio.sleep(0)
        log.append("equal")

    async def later(event: Event) -> None:
        log.append("later")

    await Delivery(Sent(), make_groups((200, later), (1, one), (1, two))).run()

    assert log == ["equal", "equal", "later"]


@pytest.mark.parametrize(
    "error", [ValueError("x"), SystemExit(3), KeyboardInterrupt(), BaseExceptionGroup("g", [KeyboardInterrupt()])]
)
@pytest.mark.parametrize("others", [0, 1], ids=["alone", "beside an equal"])
async def test_a_failure_is_logged_and_stays_alone(
    error: BaseException, others: int, caplog: pytest.LogCaptureFixture
) -> None:
    """What would end the process is contained too; the log has type, identifier and handler, not the event."""
    ran: list[str] = []

    async def fail(event: Event) -> None:
        raise error

    async def equal(event: Event) -> None:
        await asyncio.sleep(0)
        ran.append("equal")

    async def later(event: Event) -> None:
        ran.append("later")

    event = Sent()
    delivery = Delivery(event, make_groups((1, fail), *[(1, equal)] * others, (2, later)))
    await delivery.run()

    result = delivery.make_result()
    assert ran == [*["equal"] * others, "later"]
    assert [outcome.status for outcome in result.outcomes] == ["failed", *["succeeded"] * others, "succeeded"]
    assert result.failures[0].error is error
    [record] = caplog.records
    assert record.name == "covet.events"
    assert f"A handler of event.sent ({event.event_id}) failed: {__name__}." in record.getMessage()
    assert "hunter2" not in record.getMessage()


async def test_an_error_that_cannot_be_logged_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """A log handler may fail on a trace; the failure is still named."""

    class Unshowable(Exception):
        def __str__(self) -> str:
            raise ZeroDivisionError

    class Strict(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            self.format(record)

    async def fail(event: Event) -> None:
        raise Unshowable

    ran: list[str] = []
    handler = Strict()
    logging.getLogger("covet.events").addHandler(handler)
    try:
        delivery = Delivery(Sent(), make_groups((1, fail), (2, lambda event: ran.append("later"))))
        await delivery.run()
    finally:
        logging.getLogger("covet.events").removeHandler(handler)

    assert ran == ["later"]


async def test_what_a_handler_awaits_may_be_cancelled(caplog: pytest.LogCaptureFixture) -> None:
    """It is a failure of that handler, not the end of the delivery."""

    async def wait(event: Event) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        future.cancel()
        await future

    delivery = Delivery(Sent(), make_groups((1, wait), (2, lambda event: "later")))
    await delivery.run()

    assert [outcome.status for outcome in delivery.make_result().outcomes] == ["cancelled", "succeeded"]
    assert "awaited what was cancelled" in caplog.text


async def test_a_cancelled_delivery_says_who_never_ran(caplog: pytest.LogCaptureFixture) -> None:
    """Work that was given up is named, and those who wait are woken."""
    began = asyncio.Event()

    async def endless(event: Event) -> None:
        began.set()
        await asyncio.Event().wait()

    async def never(event: Event) -> None: ...

    running = RunningDeliveries()
    delivery = Delivery(Sent(), make_groups((1, endless), (2, never)))
    running.start(delivery, "delivery")
    await began.wait()
    await running.cancel()
    await delivery.wait() if len(running) else None

    assert [outcome.status for outcome in delivery.make_result().outcomes] == ["cancelled", "skipped"]
    assert "were cancelled; never run: " in caplog.text
    assert "never" in caplog.text


async def test_who_waits_is_woken_by_a_delivery_that_never_began() -> None:
    """Cancelled before its first step, it comes to no end of its own."""
    running = RunningDeliveries()
    delivery = Delivery(Sent(), make_groups((1, lambda event: None)))

    running.start(delivery, "delivery")
    waiting = asyncio.create_task(delivery.wait())
    [task] = running._tasks
    task.cancel()
    await waiting

    assert [outcome.status for outcome in delivery.make_result().outcomes] == ["skipped"]


async def test_a_handler_that_cancels_its_own_task_touches_no_equal() -> None:
    """Its neighbours end as they would."""

    async def cancel_itself(event: Event) -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)

    async def equal(event: Event) -> str:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return "equal"

    delivery = Delivery(Sent(), make_groups((1, cancel_itself), (1, equal), (2, lambda event: "later")))
    await delivery.run()

    assert [outcome.status for outcome in delivery.make_result().outcomes] == ["cancelled", "succeeded", "succeeded"]


async def test_who_unsubscribed_meanwhile_is_skipped() -> None:
    """An earlier handler may take a later one away."""
    bus = EventBus()

    async def later(event: Event) -> None: ...

    subscription = bus.subscribe(Sent, later, 2)
    first = bus.subscribe(Sent, lambda event: subscription.unsubscribe(), 1)

    delivery = Delivery(Sent(), group_by_priority([first, subscription]))
    await delivery.run()

    assert [outcome.status for outcome in delivery.make_result().outcomes] == ["succeeded", "skipped"]


async def test_a_store_comes_first_and_its_failure_stops_no_handler(caplog: pytest.LogCaptureFixture) -> None:
    """What could not be kept is still delivered, and the result says so."""
    log: list[str] = []

    async def keep(event: Event) -> None:
        log.append("store")
        raise OSError("full")

    async def handle(event: Event) -> None:
        log.append("handler")

    delivery = Delivery(Sent(), make_groups((1, handle)), keep=keep)
    await delivery.run()

    result = delivery.make_result()
    assert log == ["store", "handler"]
    assert isinstance(result.store_error, OSError)
    assert "The store did not keep event.sent" in caplog.text


async def test_handlers_know_the_chain_that_led_to_them() -> None:
    """Each delivery adds its event, in its own context."""
    chains: list[tuple[str, ...]] = []
    running = RunningDeliveries()
    delivery = Delivery(Sent(), make_groups((1, lambda event: chains.append(CHAIN.get()))))

    running.start(delivery, "delivery")
    await delivery.wait()

    assert chains == [("event.sent",)]
    assert CHAIN.get() == ()


async def test_draining_has_a_limit_and_waits_for_what_begins_meanwhile() -> None:
    """It says whether all have ended."""
    running = RunningDeliveries()
    go = asyncio.Event()
    log: list[str] = []

    async def last(event: Event) -> None:
        log.append("last")

    async def first(event: Event) -> None:
        await go.wait()
        running.start(Delivery(event, make_groups((1, last))), "second")

    running.start(Delivery(Sent(), make_groups((1, first))), "first")

    assert await running.drain(0.01) is False
    go.set()
    assert await running.drain(None) is True
    assert log == ["last"]
    assert len(running) == 0


@pytest.mark.parametrize("equals", [1, 2], ids=["alone", "beside an equal"])
async def test_a_handler_that_drains_does_not_wait_for_itself(equals: int) -> None:
    """Nor for the handler whose event has led to it: one of a stop may close the bus that it was called by."""
    bus, drained = EventBus(), list[bool]()

    async def drain(event: Event) -> None:
        drained.append(await bus.drain(5))
        await bus.aclose(0)

    async def lead(event: Event) -> None:
        await bus.publish(Led())

    for _ in range(equals):
        bus.subscribe(Led, drain)
    bus.subscribe(Sent, lead)

    result = await bus.publish(Sent())

    assert result.is_ok
    assert drained == [True] * equals


async def test_who_does_not_end_is_left_behind(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handler that takes no notice of its cancellation keeps neither the bus nor a publisher waiting."""
    monkeypatch.setattr(delivery_module, "_GRACE", 0.01)
    bus, begun, go = EventBus(), asyncio.Event(), asyncio.Event()

    @bus.subscribe(Sent)
    async def stubborn(event: Event) -> None:
        begun.set()
        while not go.is_set():
            with suppress(asyncio.CancelledError):
                await go.wait()

    publisher = asyncio.create_task(bus.publish(Sent()))
    await begun.wait()
    await bus.aclose(0)
    result = await publisher
    drained = await bus.drain(0)
    go.set()

    assert drained
    assert [outcome.status for outcome in result.outcomes] == ["skipped"]
    assert [record.message for record in caplog.records] == [
        "covet-event event.sent does not end when it is cancelled, and is left behind"
    ]


async def test_an_eager_task_factory_changes_nothing() -> None:
    """A delivery that would have ended before it is waited for is not waited for in vain."""
    bus = EventBus()
    bus.subscribe(Sent, lambda event: asyncio.sleep(0, "done"))

    @bus.subscribe(Sent, priority=1)
    async def at_once(event: Event) -> str:
        return "at once"

    with eager_tasks():
        result = await asyncio.wait_for(bus.publish(Sent()), 5)

    assert result.values == ["at once", "done"]

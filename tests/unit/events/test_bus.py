"""
Tests of the bus.
"""

import asyncio
import threading
from typing import Any

import pytest

from covet.di import DependencyContainer
from covet.events.bus import EventBus
from covet.events.errors import EventDepthError, EventError, EventHistoryError, SubscriptionError
from covet.events.event import Event
from covet.events.replay import Replay, current_replay
from covet.events.results import PublishResult
from covet.events.store import MemoryEventStore
from covet.exceptions import ConfigurationError
from covet.options import UnknownOptionError


class Created(Event):
    """An event."""

    event_type: str = "bus.created"
    number: int = 1


class Deleted(Created):
    """One below it."""

    event_type: str = "bus.deleted"


def keep(log: list[Any]) -> Any:
    """Make a handler that keeps events."""

    async def handler(event: Event) -> Event:
        log.append(event)
        return event

    return handler


# ── Subscribing ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize("target", [Created, Event, "bus.created", "bus.*", "*"])
async def test_events_come_to_those_who_want_them(target: Any) -> None:
    """By class, by type, by pattern, and all."""
    bus, log = EventBus(), list[Event]()
    bus.subscribe(target, keep(log))
    event = Created()

    result = await bus.publish(event)

    assert log == [event]
    assert result.values == [event]


@pytest.mark.parametrize("target", [Deleted, "bus.deleted", "bus.created.*", "buses.*"])
async def test_others_are_not_called(target: Any) -> None:
    """A class below, another type, a longer beginning."""
    bus, log = EventBus(), list[Event]()
    bus.subscribe(target, keep(log))

    await bus.publish(Created())

    assert log == []


async def test_a_class_means_those_below_it() -> None:
    """A family is subscribed to at once."""
    bus, log = EventBus(), list[Event]()
    bus.subscribe(Created, keep(log))

    await bus.publish(Deleted())

    assert len(log) == 1


async def test_a_decorator_gives_the_function_back() -> None:
    """It can be called, and is known by itself when it shall not be called any more."""
    bus = EventBus()

    @bus.subscribe(Created, priority=5)
    async def greet(event: Created) -> int:
        return event.number

    assert await greet(Created(number=3)) == 3
    assert [(item.handler, item.priority) for item in bus.subscriptions] == [(greet, 5)]
    bus.unsubscribe(greet)
    assert (await bus.publish(Created())).outcomes == ()


async def test_a_subscription_ends_with_its_block() -> None:
    """It is given up by itself."""
    bus, log = EventBus(), list[Event]()

    with bus.subscribe("*", keep(log)):
        await bus.publish(Created())
    await bus.publish(Created())

    assert len(log) == 1


async def test_one_target_of_a_handler_can_be_given_up() -> None:
    """The others stay."""
    bus, log = EventBus(), list[Event]()
    handler = keep(log)
    bus.subscribe(Created, handler)
    bus.subscribe("other.made", handler)

    bus.unsubscribe(handler, "other.made")

    assert [item.target for item in bus.subscriptions] == [Created]


def test_methods_are_found_by_being_equal() -> None:
    """Each look at a method makes an object anew."""

    class Listener:
        def handle(self, event: Event) -> None: ...

    bus, listener = EventBus(), Listener()
    bus.subscribe("*", listener.handle)

    bus.unsubscribe(listener.handle)

    assert bus.subscriptions == ()


@pytest.mark.parametrize(("target", "text"), [(None, ""), ("bus.created", " to 'bus.created'")])
def test_who_is_not_subscribed_cannot_unsubscribe(target: str | None, text: str) -> None:
    """The text names the handler, and what may be wrong."""
    bus = EventBus()

    with pytest.raises(SubscriptionError) as caught:
        bus.unsubscribe(print, target)

    assert f"builtins.print is not subscribed{text}." in str(caught.value)
    assert "keep what subscribe() gave" in str(caught.value)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda bus: bus.subscribe("user"), "'user' is no pattern of event types."),
        (lambda bus: bus.subscribe(int), "is nothing that events are known by."),
        (lambda bus: bus.subscribe("*", lambda: None), "takes no event."),
        (lambda bus: bus.subscribe("*", print, priority="1"), "The priority of a handler must be an integer"),
        (lambda bus: bus.subscribe("*", priority=None), "The priority of a handler must be an integer"),
    ],
)
def test_wrong_subscriptions_are_refused_at_once(call: Any, message: str) -> None:
    """Before any event is published, with a decorator too."""
    with pytest.raises(SubscriptionError) as caught:
        call(EventBus())

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("call", "hint"),
    [
        (lambda: EventBus(enable_hystory=True), "Did you mean 'enable_history'?"),  # type: ignore[call-arg]
        (lambda: EventBus().subscribe("*", print, prio=1), "Did you mean 'priority'?"),  # type: ignore[call-overload]
        (lambda: EventBus().replay(dryrun=True), "Did you mean 'dry_run'?"),  # type: ignore[call-arg]
    ],
)
def test_unknown_options_are_refused_with_a_proposal(call: Any, hint: str) -> None:
    """Nothing is swallowed."""
    with pytest.raises(UnknownOptionError) as caught:
        call()

    assert hint in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"history_size": 0}, "history_size must be a positive number of events, got 0."),
        ({"max_depth": 0}, "max_depth must be a positive number, got 0."),
        ({"max_depth": True}, "max_depth must be a positive number, got True."),
        ({"store": "events.db"}, "store must be an event store, got 'events.db'."),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], message: str) -> None:
    """The text has the value."""
    with pytest.raises(ConfigurationError) as caught:
        EventBus(**options)

    assert message in str(caught.value)


# ── Publishing ───────────────────────────────────────────────────────────────


async def test_nobody_is_told_of_what_nobody_wants() -> None:
    """The result is empty, and `wants` says so in advance."""
    bus = EventBus()

    assert not bus.wants(Created)
    result = await bus.publish(Created())
    bus.publish_nowait(Created())

    assert (result.outcomes, result.is_ok) == ((), True)


@pytest.mark.parametrize("target", [Created, Event, "bus.created", "bus.*", "*"])
def test_wants_follows_subscriptions(target: Any) -> None:
    """It is right after each change, and each change is told."""
    bus, changes = EventBus(), list[bool]()
    bus.on_change(lambda: changes.append(bus.wants(Created)))

    assert not bus.wants(Created)
    subscription = bus.subscribe(target, print)
    subscription.unsubscribe()

    assert changes == [True, False]


@pytest.mark.parametrize("options", [{"enable_history": True}, {"store": MemoryEventStore()}])
def test_history_and_store_want_everything(options: dict[str, Any]) -> None:
    """They keep what nobody else hears."""
    assert EventBus(**options).wants(Created)


@pytest.mark.parametrize("publish", ["publish", "publish_nowait"])
@pytest.mark.parametrize("thing", ["user.created", 7, None, Created])
async def test_only_events_are_published(publish: str, thing: Any) -> None:
    """The text has the class, and what to do; a second time as well as the first."""
    bus = EventBus()

    for _ in range(2):
        with pytest.raises(EventError) as caught:
            result = getattr(bus, publish)(thing)
            await result

        assert f"not an object of the class {type(thing).__name__!r}." in str(caught.value)
        assert "Make a subclass of covet.events.Event" in str(caught.value)


async def test_a_cancelled_publisher_takes_no_handler_with_it() -> None:
    """The handlers of later priorities run as well; drain waits for them."""
    bus, log = EventBus(), list[str]()
    began, go = asyncio.Event(), asyncio.Event()

    @bus.subscribe(Created, priority=1)
    async def slow(event: Event) -> None:
        began.set()
        await go.wait()
        log.append("slow")

    @bus.subscribe(Created, priority=2)
    async def later(event: Event) -> None:
        log.append("later")

    publisher = asyncio.create_task(bus.publish(Created()))
    await began.wait()
    publisher.cancel()
    with pytest.raises(asyncio.CancelledError):
        await publisher
    go.set()

    assert await bus.drain(5)
    assert log == ["slow", "later"]


async def test_a_thread_is_not_left_by_a_cancelled_publisher() -> None:
    """A handler that blocks ends too."""
    bus = EventBus()
    began, go = threading.Event(), threading.Event()
    ended: list[bool] = []

    @bus.subscribe(Created)
    def block(event: Event) -> None:
        began.set()
        ended.append(go.wait(5))

    publisher = asyncio.create_task(bus.publish(Created()))
    while not began.is_set():
        await asyncio.sleep(0.001)
    publisher.cancel()
    with pytest.raises(asyncio.CancelledError):
        await publisher
    go.set()

    assert await bus.drain(5)
    assert ended == [True]


async def test_nobody_waits_for_what_is_published_without_waiting() -> None:
    """drain() does."""
    bus, log = EventBus(), list[Event]()
    bus.subscribe(Created, keep(log))

    bus.publish_nowait(Created())
    before = list(log)
    await bus.drain()

    assert (before, len(log)) == ([], 1)


async def test_handlers_may_publish() -> None:
    """What follows from an event is published from its handler."""
    bus, log = EventBus(), list[Event]()
    bus.subscribe(Deleted, keep(log))

    @bus.subscribe("bus.created")
    async def follow(event: Created) -> PublishResult:
        return await bus.publish(Deleted(number=event.number + 1))

    result = await bus.publish(Created())

    assert [event.event_type for event in log] == ["bus.deleted"]
    assert result.values[0].is_ok


@pytest.mark.parametrize("publish", ["publish", "publish_nowait"])
async def test_events_that_lead_to_themselves_come_to_an_end(publish: str, caplog: pytest.LogCaptureFixture) -> None:
    """The error has the chain, and stays inside of the handler that went too far."""
    bus, errors = EventBus(max_depth=3), list[EventDepthError]()

    @bus.subscribe(Created)
    async def again(event: Created) -> None:
        try:
            waiting = getattr(bus, publish)(Created(number=event.number + 1))
            if waiting is not None:
                await waiting
        except EventDepthError as exc:
            errors.append(exc)

    await bus.publish(Created())
    await bus.drain()

    [error] = errors
    assert error.chain == ("bus.created",) * 4
    assert "4 deep, and 3 is the limit" in str(error)
    assert "raise EventBus(max_depth=3)" in str(error)


async def test_closing_waits_and_then_cancels(caplog: pytest.LogCaptureFixture) -> None:
    """Those who are too slow are named; the publisher learns it; the bus can be used again."""
    bus, log = EventBus(), list[Event]()
    endless = bus.subscribe(Created, lambda event: asyncio.Event().wait())
    publisher = asyncio.create_task(bus.publish(Created()))
    await asyncio.sleep(0.01)

    await bus.aclose(timeout=0.01)

    assert [outcome.status for outcome in (await publisher).outcomes] == ["cancelled"]
    assert "were cancelled" in caplog.text
    endless.unsubscribe()
    bus.subscribe(Created, keep(log))
    await bus.publish(Created())
    assert len(log) == 1


async def test_closing_closes_the_store() -> None:
    """Whoever gave the bus a store need not remember it."""
    closed: list[bool] = []

    class Store(MemoryEventStore):
        async def aclose(self) -> None:
            closed.append(True)

    await EventBus(store=Store()).aclose()

    assert closed == [True]


def test_a_bus_shows_how_busy_it_is() -> None:
    """For tables."""
    bus = EventBus()
    bus.subscribe("*", print)

    assert repr(bus) == "<EventBus: 1 subscriptions, 0 at work>"


# ── What happened ────────────────────────────────────────────────────────────


async def test_the_history_is_bounded_and_chosen_from() -> None:
    """By class, type or pattern; the list is the caller's own."""
    bus = EventBus(enable_history=True, history_size=3)
    events = [Created(number=0), Deleted(number=1), Created(number=2), Created(number=3)]
    for event in events:
        await bus.publish(event)

    bus.get_history().clear()

    assert bus.get_history() == events[1:]
    assert bus.get_history("bus.deleted") == bus.get_history(Deleted) == [events[1]]
    assert bus.get_history("bus.*") == bus.get_history(Created) == events[1:]
    bus.clear_history()
    assert bus.get_history() == []


def test_without_history_the_error_says_how_to_have_one() -> None:
    """It is off by default, and forgetting nothing is no error."""
    bus = EventBus()
    bus.clear_history()

    with pytest.raises(EventHistoryError) as caught:
        bus.get_history()

    assert "The history of events is not kept." in str(caught.value)
    assert "EventBus(enable_history=True)" in str(caught.value)
    with pytest.raises(SubscriptionError):
        bus.get_history("no pattern")


@pytest.mark.parametrize("source", ["history", "store"])
async def test_a_replay_hands_events_to_the_handlers_of_today(source: Any) -> None:
    """They are the same events, marked by the context, and neither kept nor remembered anew."""
    store = MemoryEventStore()
    bus = EventBus(enable_history=True, store=store)
    for number in range(3):
        await bus.publish(Created(number=number))
    await bus.publish(Deleted())
    seen: list[tuple[int, Replay | None]] = []

    @bus.subscribe(Created)
    async def note(event: Created) -> None:
        seen.append((event.number, current_replay()))

    result = await bus.replay("bus.created", source=source)

    assert seen == [(number, Replay(source)) for number in range(3)]
    assert all(item.is_replay for item in result.results)
    assert result.is_ok
    assert (len(bus.get_history()), await store.count()) == (4, 4)
    await bus.publish(Created(number=9))
    assert seen[-1] == (9, None)


async def test_a_dry_run_says_who_would_run() -> None:
    """Nobody does."""
    bus, log = EventBus(enable_history=True), list[Event]()
    event = Created()
    await bus.publish(event)
    handler = keep(log)
    bus.subscribe("*", handler, 2)
    bus.subscribe(Created, print, 1)

    result = await bus.replay(dry_run=True)

    assert log == []
    assert result.is_dry_run
    assert result.plan == [(event.event_id, ["builtins.print", f"{__name__}.keep.<locals>.handler"])]


async def test_a_replay_chooses_by_time_and_identifier() -> None:
    """As history and stores do."""
    bus = EventBus(enable_history=True)
    events = [Created(number=number) for number in range(3)]
    for event in events:
        await bus.publish(event)

    later = await bus.replay(since=events[1].timestamp, until=events[2].timestamp, dry_run=True)
    by_id = await bus.replay(event_ids=[events[2].event_id], dry_run=True)

    assert [result.event for result in later.results] == events[1:2]
    assert [result.event for result in by_id.results] == events[2:]


async def test_a_replay_needs_a_source() -> None:
    """The text says how to have one."""
    with pytest.raises(EventHistoryError, match=r"There is no 'history' to replay from\."):
        await EventBus().replay()
    with pytest.raises(EventHistoryError, match=r"There is no 'store' to replay from\."):
        await EventBus().replay(source="store")


async def test_a_thread_without_a_loop_is_told_what_to_do() -> None:
    """Nothing has happened by then: the history does not have the event."""
    bus, log = EventBus(enable_history=True), list[Event]()
    bus.subscribe(Created, keep(log))

    with pytest.raises(EventError) as caught:
        await asyncio.to_thread(bus.publish_nowait, Created())
    loop = asyncio.get_running_loop()
    await asyncio.to_thread(loop.call_soon_threadsafe, bus.publish_nowait, Created(number=2))
    await asyncio.sleep(0)
    await bus.drain()

    assert str(caught.value) == (
        "publish_nowait(Created) is for the event loop, and none runs in this thread.\n"
        "  Let an async function publish, or call loop.call_soon_threadsafe(bus.publish_nowait, event)."
    )
    assert bus.get_history() == log
    assert [event.number for event in log if isinstance(event, Created)] == [2]


async def test_a_container_of_ones_own_needs_no_preparation() -> None:
    """The bus declares events there, and what was subscribed is let go of with its subscription."""
    container = DependencyContainer()
    container.register(MemoryEventStore)
    bus = EventBus(container=container)

    async def handle(event: Created, store: MemoryEventStore) -> object:
        return type(store)

    subscription = bus.subscribe(Created, handle)
    result = await bus.publish(Created())
    shown = container.graph().to_text()
    subscription.unsubscribe()

    assert result.values == [MemoryEventStore]
    assert "the event handler" in shown
    assert "the event handler" not in container.graph().to_text()
    assert container.knows(Event)
    EventBus(container=container)


def test_a_container_that_is_built_without_events_is_refused() -> None:
    """Its own error says so, where the bus is made."""
    container = DependencyContainer()
    container.build()

    with pytest.raises(ConfigurationError, match="Event comes too late: the container is built"):
        EventBus(container=container)


async def test_a_replay_ends_whatever_its_handlers_publish() -> None:
    """What comes to the store meanwhile is not replayed."""
    bus = EventBus(store=MemoryEventStore())
    for _ in range(501):
        await bus.publish(Created())

    @bus.subscribe(Created)
    async def derive(event: Event) -> None:
        if type(event) is Created:
            await bus.publish(Deleted())

    result = await bus.replay()

    assert result.count == 501
    assert result.is_ok

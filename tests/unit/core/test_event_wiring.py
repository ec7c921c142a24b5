"""
Tests of what an application tells its bus about itself.
"""

import asyncio
import gc
import logging
import subprocess
import sys
import weakref

import pytest

from covet import CovetPy
from covet.core import event_wiring
from covet.core.event_wiring import EventWiring
from covet.core.lazy_services import LazyServices
from covet.events import (
    ApplicationStartedEvent,
    ApplicationStoppingEvent,
    Event,
    EventBus,
    MemoryEventStore,
    RequestCompletedEvent,
    RequestStartedEvent,
    SubscriptionError,
)
from covet.exceptions import ConfigurationError, LifespanError
from covet.testing import TestClient


class Custom(Event):
    """An event of the application's own."""


def find_buses(app: CovetPy) -> list[object]:
    """List the buses that requests are published to."""
    return [getattr(layer, "bus", None) for layer in app._wiring.layers]


def test_an_application_that_is_silent_loads_nothing_of_events() -> None:
    """Importing, declaring and starting it costs what it did before there were any."""
    program = (
        "import asyncio, sys\nfrom covet import CovetPy\napp = CovetPy()\n"
        "async def main():\n    await app.startup()\n    await app.shutdown()\n"
        "asyncio.run(main())\nprint([name for name in sys.modules if name.startswith('covet.events')])"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert ended.stdout == "[]\n"


def test_the_bus_is_made_once_for_each_application() -> None:
    """Two applications do not hear each other."""
    app, other = CovetPy(), CovetPy()

    assert isinstance(app.events, EventBus)
    assert app.events is app.events
    assert app.events is not other.events


def test_routes_are_compiled_again_only_when_it_matters() -> None:
    """A subscription to something else changes nothing."""
    changes: list[int] = []
    wiring = EventWiring(lambda: changes.append(len(wiring.layers)), LazyServices(lambda _: None))
    bus = wiring.bus

    bus.subscribe(Custom, print)
    completed = bus.subscribe(RequestCompletedEvent, print)
    bus.subscribe(RequestCompletedEvent, repr)
    started = bus.subscribe(RequestStartedEvent, print)
    completed.unsubscribe()
    started.unsubscribe()
    bus.unsubscribe(repr)

    assert changes == [1, 2, 1, 0]


def test_another_bus_takes_the_place() -> None:
    """What the former one hears of changes nothing any more."""
    app = CovetPy()
    former = app.events
    own = EventBus()

    app.events = own
    former.subscribe("*", repr)

    assert app.events is own
    assert app._wiring.layers == ()
    own.subscribe("*", print)
    assert find_buses(app) == [own, own]


def test_a_bus_that_wants_the_same_is_not_taken_for_the_former() -> None:
    """Requests are published to the bus that is there now."""
    app, own = CovetPy(), EventBus()
    former = app.events = EventBus(enable_history=True)
    own.subscribe("*", print)

    app.events = own

    assert former is not own
    assert find_buses(app) == [own, own]


def test_a_bus_with_subscriptions_is_not_replaced() -> None:
    """Its handlers would hear nothing any more, and nobody would know."""
    app = CovetPy()
    former = app.events
    former.subscribe("*", print)

    with pytest.raises(ConfigurationError) as caught:
        app.events = EventBus()
    app.events = former

    assert str(caught.value) == (
        "<EventBus: 0 subscriptions, 0 at work> cannot take the place of <EventBus: 1 subscriptions, 0 at work>: its "
        "handlers would hear nothing any more.\n"
        "  Write app.events = EventBus(...) before anything subscribes, plugins included."
    )
    assert app.events is former


async def test_a_bus_is_not_replaced_while_the_application_runs() -> None:
    """What it has begun would never be waited for, and its store never closed."""
    app = CovetPy()
    await app.startup()

    with pytest.raises(ConfigurationError) as caught:
        app.events = EventBus()
    await app.shutdown()
    app.events = own = EventBus()

    assert str(caught.value) == (
        "<EventBus: 0 subscriptions, 0 at work> comes too late: the application has started with another bus.\n"
        "  Write app.events = EventBus(...) before the application starts."
    )
    assert app.events is own


async def test_a_second_start_does_not_close_the_bus() -> None:
    """It is refused, and the application goes on."""
    closed: list[bool] = []

    class Store(MemoryEventStore):
        async def aclose(self) -> None:
            closed.append(True)

    app = CovetPy()
    app.events = EventBus(store=Store())
    await app.startup()

    with pytest.raises(LifespanError):
        await app.startup()

    assert closed == []
    await app.shutdown()
    assert closed == [True]


def test_a_bus_keeps_no_application_alive() -> None:
    """It may be shared, and outlive it."""
    bus = EventBus()

    def make() -> "weakref.ref[CovetPy]":
        app = CovetPy()
        app.events = bus
        return weakref.ref(app)

    reference = make()
    gc.collect()

    assert reference() is None
    bus.subscribe("*", print)


def test_a_bus_is_an_event_bus() -> None:
    """The text has the value and the way out."""
    with pytest.raises(ConfigurationError) as caught:
        CovetPy().events = "bus"  # type: ignore[assignment]

    assert "The bus of an application is an EventBus, got 'bus'." in str(caught.value)
    assert "Write app.events = EventBus(...)." in str(caught.value)


async def test_start_and_stop_are_told_in_order() -> None:
    """Ready comes after the last step, stopping before the first is undone."""
    app, log = CovetPy(), list[str]()
    app.on_startup(lambda: log.append("startup"))
    app.on_shutdown(lambda: log.append("shutdown"))

    bus: EventBus = app.events

    @bus.subscribe("application.*")
    async def note(event: Event) -> None:
        log.append(f"{event.event_type}, {'ready' if app.is_ready else 'draining'}")

    await app.startup()
    await app.shutdown()
    await app.shutdown()

    assert log == [
        "startup",
        "application.started, ready",
        "application.stopping, draining",
        "shutdown",
    ]


async def test_a_start_that_fails_is_not_told() -> None:
    """The error is what it was, and the bus has come to its end."""
    app, log = CovetPy(), list[Event]()
    app.events.subscribe(ApplicationStartedEvent, lambda event: log.append(event))
    app.events.subscribe(Custom, lambda event: log.append(event))

    @app.on_startup
    async def fail() -> None:
        app.events.publish_nowait(Custom())
        raise ValueError("no database")

    with pytest.raises(ValueError, match="no database"):
        await app.startup()

    assert [type(event) for event in log] == [Custom]


async def test_the_stop_waits_for_handlers_and_closes_the_store(caplog: pytest.LogCaptureFixture) -> None:
    """What was begun ends, also what a step of the stop has published."""
    closed: list[bool] = []

    class Store(MemoryEventStore):
        async def aclose(self) -> None:
            closed.append(True)

    app, log = CovetPy(), list[str]()
    app.events = EventBus(store=Store())

    bus: EventBus = app.events

    @bus.subscribe(Custom)
    async def slow(event: Event) -> None:
        await asyncio.sleep(0.01)
        log.append("slow")

    app.on_shutdown(lambda: app.events.publish_nowait(Custom()))
    await app.startup()
    await app.shutdown()

    assert log == ["slow"]
    assert closed == [True]
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


async def test_a_handler_that_fails_stops_neither_start_nor_stop(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever listens cannot keep an application from running."""
    app = CovetPy()
    bus: EventBus = app.events

    @bus.subscribe(ApplicationStartedEvent)
    @bus.subscribe(ApplicationStoppingEvent)
    async def fail(event: Event) -> None:
        raise SystemExit

    await app.startup()
    ready = app.is_ready
    await app.shutdown()

    assert ready
    assert caplog.text.count("A handler of application.") == 2


async def test_a_slow_handler_does_not_keep_the_stop_waiting(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stop goes on without it; it is cancelled with the bus at the latest."""
    monkeypatch.setattr(event_wiring, "STOPPING_TIMEOUT", 0.01)
    app, log = CovetPy(), list[str]()
    bus: EventBus = app.events
    go = asyncio.Event()

    @bus.subscribe(ApplicationStoppingEvent)
    async def slow(event: Event) -> None:
        log.append(f"begun, {app.is_draining}")
        await go.wait()
        log.append("ended")

    @app.on_shutdown
    async def shut_down() -> None:
        log.append("shutdown")
        go.set()

    await app.startup()
    await app.shutdown()

    assert log == ["begun, True", "shutdown", "ended"]
    assert [record.message for record in caplog.records if record.levelno > logging.INFO] == [
        "The handlers of application.stopping have not ended after 0.01 s: the stop goes on without them"
    ]


class Unknown:
    """Something that nobody registered."""


class Known:
    """Something that somebody did."""


@pytest.mark.parametrize("has_services", [False, True])
async def test_a_handler_that_cannot_be_served_is_refused_in_a_running_application(has_services: bool) -> None:
    """Whoever subscribes is told; requests are answered as before."""
    app = CovetPy()
    if has_services:
        app.container.register(Known)

    @app.get("/")
    async def index() -> str:
        return "here"

    async def handle(event: Event, unknown: Unknown) -> None: ...

    async with TestClient(app) as client:
        with pytest.raises(SubscriptionError, match="Unknown is not registered"):
            app.events.subscribe(RequestCompletedEvent, handle)
        response = await client.get("/")

    assert response.text == "here"
    assert app.events.subscriptions == ()


async def test_subscribing_over_and_over_leaves_nothing_behind() -> None:
    """What a handler takes is let go of with its subscription."""
    app = CovetPy()
    app.container.register(Known)
    app.get("/")(lambda: "here")
    called: list[Known] = []

    async with TestClient(app) as client:
        for _ in range(3):

            async def handle(event: Event, known: Known) -> None:
                called.append(known)

            with app.events.subscribe(RequestCompletedEvent, handle):
                await client.get("/")
        shown = app.container.graph().to_text()

    assert len(called) == 3
    assert "the event handler" not in shown


def test_a_handler_is_checked_with_everything_else_before_the_start() -> None:
    """What it takes may be registered after it has subscribed."""
    app = CovetPy()

    async def handle(event: Event, known: Known, unknown: Unknown) -> None: ...

    app.events.subscribe(Custom, handle)
    app.container.register(Known)
    with pytest.raises(ConfigurationError) as caught:
        app.compile()
    app.container.register(Unknown)
    app.compile()

    assert "Unknown is not registered" in str(caught.value)
    assert "the event handler" in str(caught.value)

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
)
from covet.exceptions import ConfigurationError


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
    former.subscribe("*", print)
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
    app.events.subscribe("*", print)
    own.subscribe("*", print)

    app.events = own

    assert find_buses(app) == [own, own]


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
        log.append(event.event_type)
        assert app.is_ready

    await app.startup()
    await app.shutdown()
    await app.shutdown()

    assert log == ["startup", "application.started", "application.stopping", "shutdown"]


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

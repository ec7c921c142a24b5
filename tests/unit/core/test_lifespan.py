"""
Tests of start and stop.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from covet import CovetPy
from covet.core.lifespan import Lifespan, Phase
from covet.exceptions import ConfigurationError, LifespanError
from covet.testing import TestClient

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])


def make_app(log: list[str], *, fails: str = "") -> CovetPy:
    """Make an application that notes each step, one of which may fail."""

    def step(name: str) -> None:
        log.append(name)
        if name == fails:
            raise RuntimeError(name)

    @asynccontextmanager
    async def lifespan(app: CovetPy) -> AsyncIterator[None]:
        step("enter")
        yield
        step("leave")

    app = CovetPy(lifespan=lifespan)

    @app.on_event("startup")
    async def first() -> None:
        step("first")

    @app.on_startup
    def second() -> None:
        step("second")

    @app.on_event("shutdown")
    async def third() -> None:
        step("third")

    @app.on_shutdown
    async def fourth() -> None:
        step("fourth")

    return app


@Protocols
async def test_start_goes_in_order_and_stop_in_reverse(protocol: Any) -> None:
    """Lifespan, startup handlers; then shutdown handlers in reverse, and the lifespan's end."""
    log: list[str] = []
    app = make_app(log)

    async with TestClient(app, protocol=protocol):
        assert app.is_ready

    assert not app.is_ready
    assert log == ["enter", "first", "second", "fourth", "third", "leave"]


@Protocols
async def test_a_failed_start_is_rolled_back(protocol: Any) -> None:
    """What was started is stopped, what was not is left alone; the error names the step."""
    log: list[str] = []

    with pytest.raises(RuntimeError, match=r"second") as caught:
        async with TestClient(make_app(log, fails="second"), protocol=protocol):
            pass

    assert log == ["enter", "first", "second", "leave"]
    assert "second" in "".join(caught.value.__notes__)


async def test_failures_of_the_stop_are_never_lost() -> None:
    """Every step runs, and every failure is in the group."""
    log: list[str] = []
    app = make_app(log, fails="third")
    await app.startup()

    with pytest.raises(ExceptionGroup) as caught:
        await app.shutdown()

    assert [str(exc) for exc in caught.value.exceptions] == ["third"]
    assert log[-1] == "leave"


async def test_what_may_follow_what() -> None:
    """An application starts once at a time, stops only when it runs, and can start again."""
    lifespan = Lifespan()
    await lifespan.stop()
    await lifespan.start([])

    with pytest.raises(LifespanError, match=r"The application is ready, it cannot become starting."):
        await lifespan.start([])

    await lifespan.stop()
    phases = [lifespan.phase]
    await lifespan.start([])
    phases.append(lifespan.phase)

    await lifespan.stop()
    assert phases == [Phase.STOPPED, Phase.READY]


def test_wrong_events_and_lifespans_are_refused() -> None:
    """The error suggests the event that was meant."""
    with pytest.raises(ConfigurationError, match=r"There is no event 'start'.\n  Did you mean 'startup'\?"):
        CovetPy().on_event("start")
    with pytest.raises(ConfigurationError, match=r"lifespan must be a callable, got int."):
        CovetPy(lifespan=7)  # type: ignore[arg-type]


@Protocols
async def test_wrong_routes_stop_the_start(protocol: Any) -> None:
    """All of them are named at once, and nothing was started."""
    log: list[str] = []
    app = make_app(log)
    app.add_route("/a", lambda page: None, name="a")
    app.add_route("/b", lambda one, two: None, name="b")

    with pytest.raises(Exception, match=r"routes cannot be served|It has no annotation"):
        async with TestClient(app, protocol=protocol):
            pass

    assert log == []


@pytest.mark.parametrize("event", ["startup", "shutdown"])
@Protocols
async def test_a_handler_of_a_start_that_has_begun_is_refused(protocol: Any, event: str) -> None:
    """It would never run, declared in the start or behind it; after the stop it is early again."""
    app = CovetPy()
    refusals: list[str] = []
    log: list[str] = []

    def late() -> None:
        log.append("late")

    @app.on_startup
    def first() -> None:
        try:
            app.on_event(event)(late)
        except ConfigurationError as exc:
            refusals.append(str(exc))

    async with TestClient(app, protocol=protocol):
        with pytest.raises(ConfigurationError, match=r"comes too late: the application is ready, and would not run it"):
            getattr(app, f"on_{event}")(late)
    app.on_event(event)(late)
    async with TestClient(app, protocol=protocol):
        pass

    name = f"{__name__}.test_a_handler_of_a_start_that_has_begun_is_refused.<locals>.late"
    assert refusals[0] == (
        f"The handler {name} of the event {event!r} comes too late: "
        "the application is starting, and would not run it.\n  Declare it before the application starts."
    )
    assert log == ["late"]

"""
Handlers of the start and the stop, as `covet.core.event_handlers` declares them.
"""

from typing import Annotated, Any

import pytest

from covet import CovetPy
from covet.di import DependencyError, Lifetime
from covet.exceptions import ConfigurationError
from covet.parameters import Inject
from covet.testing import TestClient


def take_app(app) -> None:  # type: ignore[no-untyped-def]
    """Take something, and say not what."""


@pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
async def test_handlers_run_in_order_and_in_reverse(protocol: Any) -> None:
    """Those of the start in order, those of the stop in reverse, coroutine functions or not."""
    log: list[str] = []
    app = CovetPy()
    app.on_event("startup")(lambda: log.append("start 1"))
    app.on_startup(lambda: log.append("start 2"))
    app.on_event("shutdown")(lambda: log.append("stop 1"))

    @app.on_shutdown
    async def stop() -> None:
        log.append("stop 2")

    async with TestClient(app, protocol=protocol):
        pass

    assert log == ["start 1", "start 2", "stop 2", "stop 1"]


async def test_a_start_that_fails_runs_no_handler_of_the_stop() -> None:
    """They undo a start that succeeded."""
    log: list[str] = []
    app = CovetPy()

    @app.on_startup
    async def fail() -> None:
        raise OSError("no disk")

    app.on_shutdown(lambda: log.append("stop"))

    with pytest.raises(OSError, match="no disk"):
        async with TestClient(app):
            pass

    assert log == []


def test_an_event_that_does_not_exist_is_refused() -> None:
    """With a suggestion."""
    with pytest.raises(ConfigurationError) as caught:
        CovetPy().on_event("start")

    assert str(caught.value) == "There is no event 'start'.\n  Did you mean 'startup'? Available: shutdown, startup."


@pytest.mark.parametrize(
    ("event", "handler", "text"),
    [
        ("startup", 7, "The handler of the event 'startup' cannot be called: 7."),
        ("shutdown", None, "The handler of the event 'shutdown' cannot be called: None."),
        (
            "startup",
            take_app,
            (
                "The handler take_app of the event 'startup' takes 'app', which nobody gives.\n"
                "  Annotate what is injected, such as app: Mailer, or app: CovetPy."
            ),
        ),
    ],
)
def test_what_is_no_handler_is_refused(event: str, handler: Any, text: str) -> None:
    """Where it is declared."""
    with pytest.raises(ConfigurationError) as caught:
        CovetPy().on_event(event)(handler)

    assert str(caught.value) == text


class Shelf:
    """A service that is closed with its scope."""

    def __init__(self) -> None:
        self.log: list[str] = []

    async def close(self) -> None:
        """Note it."""
        self.log.append("closed")


async def test_what_a_handler_takes_is_injected() -> None:
    """In a scope of its own, which is closed when it has run; what has a default is left alone."""
    app, made = CovetPy(), list[Shelf]()
    app.container.register(Shelf, lifetime=Lifetime.SCOPED, close="close")

    @app.on_startup
    async def fill(shelf: Shelf, number: int = 3) -> None:
        shelf.log.append(f"filled with {number}")
        made.append(shelf)

    @app.on_shutdown
    def clear(*, shelf: Annotated[Shelf, Inject()]) -> None:
        shelf.log.append("cleared")
        made.append(shelf)

    await app.startup()
    assert [shelf.log for shelf in made] == [["filled with 3", "closed"]]
    await app.shutdown()

    assert [shelf.log for shelf in made] == [["filled with 3", "closed"], ["cleared", "closed"]]


async def test_a_handler_may_take_its_application() -> None:
    """As those of other frameworks do."""

    async def note(app: CovetPy) -> None:
        app.state.is_noted = True

    app = CovetPy()
    app.on_startup(note)

    async with TestClient(app):
        assert app.state.is_noted


async def test_a_handler_that_fails_closes_what_it_took() -> None:
    """The error is that of the start."""
    app, made = CovetPy(), list[Shelf]()
    app.container.register(Shelf, lifetime=Lifetime.SCOPED, close="close")

    @app.on_startup
    async def fill(shelf: Shelf) -> None:
        made.append(shelf)
        raise LookupError("nothing to fill it with")

    with pytest.raises(LookupError):
        await app.startup()

    assert made[0].log == ["closed"]


async def test_what_nobody_registered_is_an_error_of_the_start() -> None:
    """As for a route: the path is drawn, before anything has started."""
    app, log = CovetPy(), list[str]()
    app.on_startup(lambda: log.append("started"))

    @app.on_startup
    async def fill(shelf: Shelf) -> None: ...

    with pytest.raises(DependencyError) as caught:
        await app.startup()

    text = str(caught.value)
    assert "Shelf is not registered." in text
    assert "of the event 'startup'" in text
    assert log == []


def test_an_annotation_that_cannot_be_resolved_is_refused() -> None:
    """Where the handler is declared."""

    async def fill(shelf: "Nowhere") -> None: ...  # type: ignore[name-defined] # noqa: F821

    with pytest.raises(ConfigurationError) as caught:
        CovetPy().on_startup(fill)

    assert str(caught.value).startswith("The handler ")
    assert "of the event 'startup', parameter 'shelf': " in str(caught.value)

"""
Handlers of the start and the stop, as `covet.core.event_handlers` declares them.
"""

from typing import Any

import pytest

from covet import CovetPy
from covet.exceptions import ConfigurationError
from covet.testing import TestClient


async def take_app(app: CovetPy) -> None:
    """Take the application, as handlers of other frameworks do."""


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
                "The handler take_app of the event 'startup' cannot be called: missing a required argument: 'app'.\n"
                "  It takes nothing; a lifespan= takes the application."
            ),
        ),
    ],
)
def test_what_is_no_handler_is_refused(event: str, handler: Any, text: str) -> None:
    """Where it is declared."""
    with pytest.raises(ConfigurationError) as caught:
        CovetPy().on_event(event)(handler)

    assert str(caught.value) == text

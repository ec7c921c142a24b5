"""
Tests of the life of an application; `tests/unit/core/test_lifespan.py` has its steps.
"""

import asyncio
from typing import Self

import pytest

from covet import CovetPy
from covet.exceptions import ConfigurationError


async def test_the_states_of_an_application() -> None:
    """Ready between start and drain; draining from then on."""
    app = CovetPy()
    states = [(app.is_ready, app.is_draining)]

    await app.startup()
    states.append((app.is_ready, app.is_draining))
    app.begin_drain()
    states.append((app.is_ready, app.is_draining))
    await app.shutdown()
    states.append((app.is_ready, app.is_draining))

    assert states == [(False, False), (True, False), (False, True), (False, True)]


async def test_who_waits_for_the_drain_is_woken() -> None:
    """As a stream without an end does."""
    app = CovetPy()
    await app.startup()
    waiting = asyncio.create_task(app.wait_draining())
    await asyncio.sleep(0)

    app.begin_drain()
    await waiting

    await app.shutdown()


async def test_what_comes_too_late_is_refused() -> None:
    """The text says what it was."""
    app = CovetPy()
    app.refuse_late("The kettle")
    await app.startup()

    with pytest.raises(ConfigurationError, match=r"^The kettle comes too late: the application is ready"):
        app.refuse_late("The kettle")

    await app.shutdown()


async def test_the_singletons_are_closed_when_a_step_fails() -> None:
    """What was made during a start that failed does not stay open."""
    lines: list[str] = []

    class Pool:
        async def __aenter__(self) -> Self:
            lines.append("open")
            return self

        async def __aexit__(self, *exc_info: object) -> None:
            lines.append("close")

    app = CovetPy()
    from covet.di import Lifetime

    app.container.register(Pool, lifetime=Lifetime.SINGLETON)

    @app.on_startup
    async def warm() -> None:
        await app.container.resolve(Pool)
        raise RuntimeError("the start failed")

    with pytest.raises(RuntimeError, match="the start failed"):
        await app.startup()

    assert lines == ["open", "close"]

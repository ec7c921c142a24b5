"""
Tests of the life of an application; `tests/unit/core/test_lifespan.py` has its steps.
"""

import asyncio
from typing import Self

import pytest

from covet import CovetPy
from covet.di import Lifetime
from covet.exceptions import ConfigurationError
from covet.plugins import Plugin
from tests.unit.plugins.plugin_classes import make_plugin


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
    app.container.register(Pool, lifetime=Lifetime.SINGLETON)

    @app.on_startup
    async def warm() -> None:
        await app.container.resolve(Pool)
        raise RuntimeError("the start failed")

    with pytest.raises(RuntimeError, match="the start failed"):
        await app.startup()

    assert lines == ["open", "close"]


class Store:
    """A service that notes when it is closed."""

    def __init__(self) -> None:
        self.is_closed = False

    async def aclose(self) -> None:
        """Close it."""
        self.is_closed = True


def register_store(plugin: Plugin, app: CovetPy) -> None:
    """Register one store for all."""
    app.container.register(Store, lifetime=Lifetime.SINGLETON, close="aclose")


async def test_the_singletons_outlive_the_plugins() -> None:
    """What a plugin resolves while it stops is what it resolved at the start, and is closed after that."""
    seen: list[Store] = []
    closed: list[bool] = []

    async def resolve(plugin: Plugin) -> None:
        assert plugin.app is not None
        seen.append(await plugin.app.container.resolve(Store))
        closed.append(seen[-1].is_closed)

    app = CovetPy(plugins=[make_plugin("shop", init_app=register_store, on_startup=resolve, on_shutdown=resolve)])

    await app.startup()
    await app.shutdown()

    assert seen[0] is seen[1]
    assert closed == [False, False]
    assert seen[0].is_closed


async def test_the_singletons_of_plugins_are_closed_when_a_later_one_fails() -> None:
    """The rollback leaves nothing open."""
    made: list[Store] = []

    async def resolve(plugin: Plugin) -> None:
        assert plugin.app is not None
        made.append(await plugin.app.container.resolve(Store))

    app = CovetPy(
        plugins=[
            make_plugin("shop", init_app=register_store, on_startup=resolve),
            make_plugin("till", fails={"on_startup": RuntimeError("no till")}),
        ]
    )

    with pytest.raises(RuntimeError, match="no till"):
        await app.startup()

    assert [store.is_closed for store in made] == [True]

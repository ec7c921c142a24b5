"""
Tests of what an application is composed with.
"""

from covet import CovetPy
from covet.config import AppSettings, Settings, Sources
from covet.core.application import CovetPyASGI
from covet.core.composition import Composition
from covet.events import EventBus
from covet.plugins import PluginManager


class Service:
    """Something of the user's."""


class Shop(CovetPy):
    """An application of a class of its own."""


class ShopSettings(Settings):
    """Settings of a class of their own."""

    currency: str = "EUR"


async def test_the_application_offers_itself_and_its_parts() -> None:
    """By each of its classes; the settings by each of theirs, and their sections."""
    settings = ShopSettings(sources=Sources.none())
    app = Shop(settings=settings)

    async with app.scope() as scope:
        selves = [await scope.resolve(cls) for cls in (Shop, CovetPy, CovetPyASGI, Composition)]
        parts = {
            cls: await scope.resolve(cls) for cls in (EventBus, PluginManager, ShopSettings, Settings, AppSettings)
        }

    assert selves == [app] * 4
    assert parts == {
        EventBus: app.events,
        PluginManager: app.plugin_manager,
        ShopSettings: settings,
        Settings: settings,
        AppSettings: settings.app,
    }


async def test_a_bus_that_takes_the_place_is_offered() -> None:
    """Whoever asks gets the one there is."""
    app = CovetPy()
    bus = EventBus()
    app.events = bus

    assert await app.container.resolve(EventBus) is bus


async def test_two_applications_share_nothing() -> None:
    """Neither services nor events."""
    first, second = CovetPy(), CovetPy()
    first.container.register(Service)

    assert first.container is not second.container
    assert first.events is not second.events
    assert not second.container.knows(Service)


def test_asking_for_the_bus_makes_it() -> None:
    """Whether there is one can be asked without."""
    app = CovetPy()
    before = app.has_events

    bus = app.events

    assert (before, app.has_events, app.events is bus) == (False, True, True)

"""
An application that holds its settings.
"""

from pathlib import Path
from typing import Any

import pytest

from covet import CovetPy
from covet.config import AppSettings, DatabaseSettings, Settings, Sources, section
from covet.config.collection import Collected
from covet.config.loading import Loaded
from covet.core.configured_application import ConfiguredApplication, check_settings
from covet.di import MissingRegistrationError
from covet.exceptions import ConfigurationError


def make_settings() -> Settings:
    """Make settings of nothing."""
    return Settings(sources=Sources.none())


def test_it_is_below_the_application() -> None:
    """`CovetPy` adds what can be declared."""
    assert issubclass(CovetPy, ConfiguredApplication)


def test_defaults_are_not_settings_that_were_given() -> None:
    """Asking for the settings of an application without any does not make it one that was configured."""
    app = CovetPy()

    assert app.settings is app.settings
    assert app.server_defaults == {}


def test_settings_that_were_given_say_how_it_is_served() -> None:
    """The server reads them under the names of `run()`."""
    settings = Settings(server={"workers": 3}, sources=Sources.none())

    assert CovetPy(settings=settings).server_defaults["workers"] == 3


def test_what_is_no_settings_is_refused() -> None:
    """The error says what to write, and not what it got: that may be secret."""
    with pytest.raises(ConfigurationError) as caught:
        check_settings({"debug": True})

    assert str(caught.value) == (
        "settings must be a Settings, got a value of type dict.\n"
        "  Write settings=Settings(debug=True), or create_app(debug=True)."
    )


def test_there_must_be_settings_to_watch() -> None:
    """Otherwise nothing would be watched in silence."""
    with pytest.raises(ConfigurationError) as caught:
        CovetPy().watch_settings()

    assert str(caught.value) == (
        "There are no settings to watch: the application was given none.\n"
        "  Write CovetPy(settings=Settings()), or use create_app()."
    )


def test_they_are_watched_once() -> None:
    """A second interval would be ignored in silence."""
    app = CovetPy(settings=make_settings())
    app.watch_settings()

    with pytest.raises(ConfigurationError) as caught:
        app.watch_settings(interval=3)

    assert str(caught.value) == "The settings are watched already.\n  Call watch_settings once."


def test_a_wrong_interval_is_refused() -> None:
    """Where it is declared, not at the start."""
    with pytest.raises(ConfigurationError, match=r"interval must be a number of seconds, 0 or more, got -1\."):
        CovetPy(settings=make_settings()).watch_settings(interval=-1)


async def test_watching_is_declared_before_the_start() -> None:
    """Later it would not be run."""
    app = CovetPy(settings=make_settings())
    await app.startup()

    with pytest.raises(ConfigurationError) as caught:
        app.watch_settings()
    await app.shutdown()

    assert str(caught.value) == (
        "Watching the settings comes too late: the application is ready, and would not run it.\n"
        "  Declare it before the application starts."
    )


async def test_a_section_of_a_plugin_that_is_not_there_is_warned_about(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Even if the application has no plugin at all."""
    file = tmp_path / "config.toml"
    file.write_text("[plugins.shop]\nname = 'Tea'\n")
    app = CovetPy(settings=Settings.from_file(file, sources=Sources(dotenv=None, secrets=None, variables={})))

    await app.startup()
    await app.shutdown()

    assert caplog.messages == [
        "The settings have a section [plugins.shop], and no plugin 'shop' is there. Available: none."
    ]


@section
class MailSettings:
    """A section of the application's own."""

    host: str = "localhost"


class ShopSettings(Settings):
    """Sections of which several have one class."""

    replica: DatabaseSettings
    orders: MailSettings
    news: MailSettings
    spare: MailSettings | None = None


def make_shop() -> CovetPy:
    """Make an application with the sections of a shop, of which all but the spare are set."""
    databases = {name: {"url": f"sqlite:///{name}"} for name in ("database", "replica")}
    mails = {name: {"host": name} for name in ("orders", "news")}
    sections: dict[str, Any] = {**databases, **mails}
    return CovetPy(settings=ShopSettings(sources=Sources.none(), **sections))


async def test_the_frameworks_section_is_not_replaced_by_another_of_its_class() -> None:
    """The other is found by its name."""
    container = make_shop().container

    database = await container.resolve(DatabaseSettings)
    replica = await container.resolve(DatabaseSettings, qualifier="replica")

    assert isinstance(database, DatabaseSettings)
    assert (database.url, replica.url) == ("sqlite:///database", "sqlite:///replica")


async def test_sections_of_one_class_are_told_apart_by_their_names() -> None:
    """None of them is taken in silence where no name is given; the error says what to write."""
    container = make_shop().container

    hosts = [(await container.resolve(MailSettings, qualifier=name)).host for name in ("orders", "news")]
    with pytest.raises(MissingRegistrationError, match="MailSettings is not registered") as caught:
        await container.resolve(MailSettings)

    assert hosts == ["orders", "news"]
    assert 'Write Annotated[MailSettings, "news"].' in str(caught.value)


@pytest.mark.parametrize("internal", [Sources, Collected, Loaded])
def test_only_sections_are_offered(internal: type) -> None:
    """What settings keep for themselves is nobody's business."""
    container = CovetPy(settings=make_settings()).container

    assert container.knows(AppSettings)
    assert not container.knows(internal)
    assert internal.__name__ not in str(container.graph())

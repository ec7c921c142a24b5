"""
What settings say of how an application is served.
"""

from dataclasses import fields

from covet.config import ServerSettings, Settings, Sources, section
from covet.core.server_defaults import read_server_defaults
from covet.server.options import RunOptions, ServerOptions, make_options


def test_every_setting_of_the_server_is_an_option_of_run() -> None:
    """None is accepted and ignored; only the limit of bodies is the application's."""
    names = {field.name for field in fields(ServerSettings)} - {"body_limit"}

    assert set(read_server_defaults(Settings(sources=Sources.none()))) == names | {"log_level", "log_format"}
    assert names < set(RunOptions.__annotations__)


def test_the_defaults_of_settings_are_those_of_run() -> None:
    """Settings that say nothing change nothing, where the environment has no defaults of its own."""
    settings = Settings(environment="testing", logging={"level": "info"}, sources=Sources.none())

    assert make_options({}, read_server_defaults(settings)) == ServerOptions()  # type: ignore[arg-type]


def test_a_section_of_ones_own_may_say_more() -> None:
    """Any option of `run()` can be a setting."""

    @section
    class OwnServer(ServerSettings):
        start_method: str = "spawn"

    class OwnSettings(Settings):
        server: OwnServer

    options = make_options({}, read_server_defaults(OwnSettings(sources=Sources.none())))  # type: ignore[arg-type]

    assert options.start_method == "spawn"

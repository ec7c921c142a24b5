"""
`DebugPlugin`: where it adds pages, and where it refuses to be.
"""

import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from covet import CovetPy, create_app
from covet.config import Settings, Sources
from covet.core.route import METHODS
from covet.debug import DebugConfig, DebugPlugin
from covet.deployment import check_deployment
from covet.exceptions import ConfigurationError
from covet.testing import TestClient
from tests.architecture.source import read_source
from tests.unit.distributions import install

SIGNING_KEY = "x7Gq2!vR9sLw4tZ8pKd5nB3hJc6mF1yQa0eU"


ROOT = Path(__file__).parents[3]


# Any: values of settings have every type.
def make_settings(**overrides: Any) -> Settings:
    """Make settings of no source."""
    return Settings(sources=Sources.none(), **overrides)


def test_production_refuses_it() -> None:
    """The application cannot be made, and the error says what to take away."""
    with pytest.raises(ConfigurationError) as caught:
        create_app(make_settings(environment="production", security={"secret_key": SIGNING_KEY}), plugins=[DebugPlugin])

    assert str(caught.value) == (
        "The debug pages show what an application is made of, which production refuses.\n"
        "  Take the plugin 'debug' out of discover_plugins, and out of plugins=, for production."
    )


@pytest.mark.parametrize("prefix", ["debug", "", "/", "/debug/", "/{any}", "/a?b", "/a#b"])
def test_prefix_that_cannot_be_served_is_refused(prefix: str) -> None:
    """With what to write instead."""
    with pytest.raises(ConfigurationError) as caught:
        CovetPy(plugins=[DebugPlugin({"prefix": prefix})])

    assert str(caught.value) == (
        f"plugins.debug.prefix must be the beginning of a path, got {prefix!r}.\n"
        '  Write a slash before it, none behind it, and no parameters: "/_debug".'
    )


async def test_prefix_is_configured_by_the_settings() -> None:
    """As every plugin is: `[plugins.debug]`."""
    app = create_app(make_settings(debug=True, plugins={"debug": {"prefix": "/inside"}}), plugins=[DebugPlugin])
    client = TestClient(app, base_url="http://localhost")

    assert (await client.get("/inside/routes")).status_code == 200
    assert (await client.get("/_debug/routes")).status_code == 404


def test_pages_are_in_no_document_of_the_interface() -> None:
    """They are nobody's interface."""
    app = CovetPy(plugins=[DebugPlugin(DebugConfig())])

    assert len(app.router.routes) == 8
    assert not any(route.include_in_schema for route in app.router.routes)
    assert {method for route in app.router.routes for method in route.methods} == METHODS - {"HEAD"}


def test_nothing_knows_the_package() -> None:
    """A battery: its folder can be deleted, and everything else works."""
    outside = [file for file in read_source() if not file.module.startswith("covet.debug")]

    knowing = [
        file.relative
        for file in outside
        if any(name == "covet.debug" or name.startswith("covet.debug.") for _, name in file.walk_imports())
        or "covet.debug" in file.path.read_text("utf-8")
    ]

    assert len(outside) > 200
    assert knowing == []


def test_it_is_not_there_unless_it_is_asked_for() -> None:
    """Debugging alone is no wish for pages."""
    assert create_app(make_settings(debug=True)).router.routes == ()


def test_settings_enable_it_by_its_name(importable: Path) -> None:
    """The distribution offers it; here a copy of its metadata does."""
    offered = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["covet.plugins"]
    install(importable, "covetpy", group="covet.plugins", offers=offered)

    app = create_app(make_settings(discover_plugins=["debug"]))

    assert [str(record.origin) for record in app.plugin_manager.records] == ["entry point (covetpy 1.0)"]
    module, _, name = offered["debug"].partition(":")
    assert getattr(import_module(module), name) is DebugPlugin


def test_enabling_everything_does_not_enable_it(importable: Path) -> None:
    """`*` is for what was installed for the application."""
    install(importable, "covetpy", group="covet.plugins", offers={"debug": "covet.debug:DebugPlugin"})

    app = create_app(make_settings(discover_plugins=["*"]))

    assert "debug" not in [record.name for record in app.plugin_manager.records]


async def test_switch_is_asked_for_each_request() -> None:
    """Whoever turns debugging off has closed the pages."""
    app = CovetPy(debug=True, plugins=[DebugPlugin])
    client = TestClient(app, base_url="http://localhost")

    before = await client.get("/_debug")
    app.debug = False
    after = await client.get("/_debug")

    assert (before.status_code, after.status_code) == (200, 404)


async def test_mounted_application_has_its_pages_below_its_mount() -> None:
    """Its links lead there."""
    app, inner = CovetPy(), CovetPy(debug=True, plugins=[DebugPlugin])
    app.mount("/inner", inner)

    async with TestClient(app, base_url="http://localhost") as client:
        response = await client.get("/inner/_debug")

    assert response.status_code == 200
    assert 'href="/inner/_debug/routes"' in response.text


async def test_whoever_deploys_is_told_of_it() -> None:
    """It is left out there."""
    found = await check_deployment(CovetPy(plugins=[DebugPlugin]))

    [problem] = [problem for problem in found if problem.id == "D102"]
    assert str(problem) == (
        "[D102] The plugin 'debug' is there: its pages show how the application is made.\n"
        "  Leave the plugin out of the deployed application."
    )

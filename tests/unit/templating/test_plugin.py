"""
Tests of templates as a service of an application.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from covet import CovetPy, Request, Response
from covet.cli.report import check_application
from covet.config import Settings, Sources
from covet.exceptions import ConfigurationError, RouteError
from covet.options import UnknownOptionError
from covet.plugins import PluginError
from covet.templating import Templates, TemplatesConfig, TemplatesPlugin, TemplateSyntaxError
from covet.testing import TestClient
from tests.integration.wire import WireProtocol, on_both_protocols


def add_page(app: CovetPy) -> CovetPy:
    """Add a page that shows nothing in particular."""

    @app.get("/")
    async def index(request: Request, templates: Templates) -> Response:
        return await templates.render(request, "quiet.html")

    return app


@on_both_protocols
async def test_handlers_take_the_templates(protocol: WireProtocol, directory: Path) -> None:
    """They are injected by their type."""
    app = add_page(CovetPy(plugins=[TemplatesPlugin(directory=directory)]))

    async with TestClient(app, protocol=protocol) as client:
        response = await client.get("/")

    assert response.text == "[]"


async def test_without_the_plugin_the_error_says_what_registers_them() -> None:
    """It is the first mistake that one makes."""
    with pytest.raises(RouteError) as caught:
        await add_page(CovetPy()).startup()

    assert str(caught.value) == (
        "GET /, parameter 'templates': Values of type Templates cannot be validated.\n"
        "  Nothing has registered it. Write CovetPy(plugins=[TemplatesPlugin(directory=...)]), of covet.templating."
    )


@pytest.mark.parametrize("make_config", [dict, lambda **values: TemplatesConfig(**values)])
async def test_configuration_says_where_they_are(directory: Path, make_config: Any) -> None:
    """As a mapping, or as an object of its class."""
    app = add_page(CovetPy(plugins=[TemplatesPlugin(make_config(directory=str(directory), strict=True))]))

    async with TestClient(app, raise_app_exceptions=False) as client:
        response = await client.get("/")

    assert response.status_code == 500


async def test_settings_say_where_they_are(directory: Path) -> None:
    """A plugin that is named in the settings is configured there; what it is given itself wins."""
    sections: Mapping[str, Any] = {"templates": {"directory": str(directory), "strict": True}}
    settings = Settings(sources=Sources.none(), plugins=sections)
    app = add_page(CovetPy(settings=settings, plugins=[TemplatesPlugin(strict=False)]))

    async with TestClient(app) as client:
        response = await client.get("/")

    assert response.text == "[]"


def test_wrong_template_is_found_when_the_plugin_is_given(directory: Path) -> None:
    """That is where `covet check` sees it."""
    (directory / "bad.html").write_text("{% if %}")

    with pytest.raises((PluginError, TemplateSyntaxError)) as caught:
        CovetPy(plugins=[TemplatesPlugin(directory=directory)])

    assert f"{directory}/bad.html, line 1: Expected an expression" in str(caught.value)


async def test_wrong_template_is_found_at_the_start(directory: Path) -> None:
    """An application that is made while an event loop runs does not read files on it."""
    (directory / "bad.html").write_text("{% if %}")
    app = CovetPy(plugins=[TemplatesPlugin(directory=directory)])

    with pytest.raises(Exception, match=r"bad\.html, line 1: Expected an expression"):
        await app.startup()


def test_good_templates_pass_the_check(directory: Path) -> None:
    """Nothing is wrong."""
    app = add_page(CovetPy(plugins=[TemplatesPlugin(directory=directory)]))

    assert check_application(app, "main:app").errors == []


def test_plugin_without_an_application_has_no_templates() -> None:
    """The error says when it will."""
    with pytest.raises(ConfigurationError, match="Give it to an application first"):
        _ = TemplatesPlugin(directory="templates").templates


def test_unknown_option_is_refused() -> None:
    """With a suggestion."""
    with pytest.raises(UnknownOptionError, match="directory"):
        TemplatesPlugin(direktory="templates")  # type: ignore[call-arg]

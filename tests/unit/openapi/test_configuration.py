"""
The settings of a document come from `[plugins.openapi]` as well.
"""

from pathlib import Path

import pytest

from covet import CovetPy
from covet.config import Settings, Sources
from covet.exceptions import ConfigurationError
from covet.openapi import OpenAPIConfig, OpenAPIPlugin

FILE = """
[app]
name = "Shop"
version = "3.2"

[plugins.openapi]
ui = "redoc"
docs_path = "/help"
servers = ["https://api.example.org", { url = "/" }]
security = ["key", { key = ["a"] }]

[plugins.openapi.tags]
users = "People."

[plugins.openapi.contact]
name = "Ada"

[plugins.openapi.security_schemes.key]
type = "apiKey"
in = "header"
name = "x-key"
"""


def test_everything_can_be_said_in_a_file(tmp_path: Path) -> None:
    """
    Tables and lists arrive as they were written; what the constructor was given wins.
    """
    file = tmp_path / "config.toml"
    file.write_text(FILE, "utf-8")
    plugin = OpenAPIPlugin(docs_path="/given")
    CovetPy(plugins=[plugin], settings=Settings(sources=Sources(file=file, variables={})))

    document = plugin.make_document()

    assert (plugin.config.ui, plugin.config.docs_path, plugin.config.redoc_path) == ("redoc", "/given", "/redoc")
    assert document["info"] == {"title": "Shop", "version": "3.2", "contact": {"name": "Ada"}}
    assert document["servers"] == [{"url": "https://api.example.org"}, {"url": "/"}]
    assert document["security"] == [{"key": []}, {"key": ["a"]}]
    assert document["tags"] == [{"name": "users", "description": "People."}]
    assert document["components"]["securitySchemes"] == {"key": {"type": "apiKey", "in": "header", "name": "x-key"}}


def test_a_wrong_value_is_an_error() -> None:
    """
    It names the setting, and what it may be.
    """
    with pytest.raises(ConfigurationError) as caught:
        CovetPy(plugins=[OpenAPIPlugin(ui="scalar")])

    assert "plugins.openapi.ui" in str(caught.value)
    assert "swagger" in str(caught.value)


def test_the_defaults_are_those_of_the_plugin() -> None:
    """
    A document, Swagger UI and Redoc.
    """
    config = OpenAPIConfig()

    assert (config.ui, config.path, config.docs_path, config.redoc_path) == (
        "swagger",
        "/openapi.json",
        "/docs",
        "/redoc",
    )

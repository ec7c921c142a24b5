"""
Short ways to describe an application, for tests.
"""

from typing import Any

from covet import CovetPy
from covet.openapi import OpenAPIPlugin
from covet.plugins import Plugin


def describe(app: CovetPy, **options: Any) -> dict[str, Any]:
    """Make the document of an application."""
    plugin = OpenAPIPlugin(**options)
    app.plugin_manager.register(plugin)
    return plugin.make_document()


# Any: an operation is an object of OpenAPI.
def describe_operation(app: CovetPy, path: str, method: str = "get", **options: Any) -> Any:
    """Make the document of an application, and return one operation of it."""
    return describe(app, **options)["paths"][path][method]


def make_app(*plugins: Plugin, **options: Any) -> CovetPy:
    """Make an application with plugins."""
    return CovetPy(plugins=list(plugins), **options)

"""
The plugin by itself, in an application made for it.
"""

import pytest
from covet_greeting import GreetingConfig, GreetingPlugin

from covet import CovetPy
from covet.exceptions import ConfigurationError
from covet.testing import TestClient


async def test_it_greets() -> None:
    """
    By its route, and on every response.
    """
    app = CovetPy(plugins=[GreetingPlugin(GreetingConfig(word="Hi"))])

    async with TestClient(app) as client:
        response = await client.get("/greet/Ada")

    assert response.json() == {"greeting": "Hi, Ada!"}
    assert response.headers["x-greeting"] == "Hi"


async def test_it_is_healthy_while_it_runs() -> None:
    """
    Its check follows its start and stop.
    """
    app = CovetPy(plugins=[GreetingPlugin])

    async with TestClient(app):
        running = await app.plugin_manager.check_health()
    stopped = await app.plugin_manager.check_health()

    assert (running["greeting"].is_healthy, stopped["greeting"].is_healthy) == (True, False)


def test_path_without_a_name_is_refused() -> None:
    """
    The configuration is checked before the application gets a route.
    """
    with pytest.raises(ConfigurationError, match=r"must contain '\{name\}', got '/greet'"):
        CovetPy(plugins=[GreetingPlugin({"path": "/greet"})])

"""
`TimeoutMiddleware`: its options, and where it comes from; what it limits is in `core/test_route_limits.py`.
"""

from datetime import timedelta

import pytest

from covet import create_app
from covet.config import Settings, Sources
from covet.exceptions import ConfigurationError
from covet.middleware import TimeoutMiddleware
from covet.openapi import OpenAPIPlugin
from covet.testing import TestClient


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), True, "5s", timedelta(0)])
def test_what_is_no_time_is_refused_when_it_is_made(seconds: object) -> None:
    """The error names the option and what is expected."""
    with pytest.raises(ConfigurationError, match=r"TimeoutMiddleware: timeout is .*, expected a number of seconds"):
        TimeoutMiddleware(seconds)  # type: ignore[arg-type]


def test_it_takes_no_default() -> None:
    """Only the application's author knows what is long."""
    with pytest.raises(ConfigurationError, match="missing a required argument: 'timeout'"):
        create_app(Settings(sources=Sources.none(), middleware=["timeout"]))


@pytest.mark.parametrize("given", [30, 30.0, timedelta(seconds=30)])
def test_a_time_may_be_a_timedelta(given: float | timedelta) -> None:
    """Or seconds."""
    assert TimeoutMiddleware(given).limits.timeout == 30


def test_the_settings_add_it() -> None:
    """If they name a time; one of the user's own is left at that."""
    settings = Settings(sources=Sources.none(), limits={"handler_timeout": "30s"})

    assert repr(create_app(settings).layers) == "(TimeoutMiddleware(timeout=30.0),)"
    assert repr(create_app(settings, middleware=["timeout"]).layers) == "(TimeoutMiddleware(timeout=30.0),)"
    assert repr(create_app(settings, middleware=[TimeoutMiddleware(5)]).layers) == "(TimeoutMiddleware(timeout=5),)"
    assert create_app(settings.replace(limits={"handler_timeout": None})).layers == ()


async def test_documents_tell_of_the_504() -> None:
    """As for a route's own option."""
    settings = Settings(sources=Sources.none(), limits={"handler_timeout": "30s"})
    app = create_app(settings, plugins=[OpenAPIPlugin()])

    @app.get("/limited")
    async def limited() -> str:
        return ""

    @app.get("/free", timeout=None)
    async def free() -> str:
        return ""

    async with TestClient(app) as client:
        paths = (await client.get("/openapi.json")).json()["paths"]

    assert "504" in paths["/limited"]["get"]["responses"]
    assert "504" not in paths["/free"]["get"]["responses"]

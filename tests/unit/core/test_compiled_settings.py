"""
Tests of the settings that are compiled into routes.
"""

from typing import Any

import pytest

from covet import CovetPy, Request
from covet.exceptions import ConfigurationError
from covet.http.body import BodyLimits
from covet.testing import TestClient

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])


@Protocols
async def test_the_limits_of_bodies_may_change_while_the_application_runs(protocol: Any) -> None:
    """The next request is held to the new limit."""
    app = CovetPy()

    @app.post("/")
    async def count(request: Request) -> int:
        return len(await request.body())

    async with TestClient(app, protocol=protocol) as client:
        before = await client.post("/", content=b"12345678")
        app.body_limits = BodyLimits(max_size=4)
        after = [await client.post("/", content=b"12345678") for _ in range(2)]

    assert before.status_code == 200
    assert [response.status_code for response in after] == [413, 413]


@Protocols
async def test_debug_may_be_switched_while_the_application_runs(protocol: Any) -> None:
    """Traces are shown from the next request on, and no longer when it is switched off."""
    app = CovetPy()

    @app.get("/")
    async def fail() -> None:
        raise RuntimeError("a detail")

    texts = []
    async with TestClient(app, protocol=protocol, raise_app_exceptions=False) as client:
        for debug in (False, True, False):
            app.debug = debug
            texts.append((await client.get("/")).text)

    assert ["a detail" in text for text in texts] == [False, True, False]


def test_what_a_setting_cannot_be_is_refused() -> None:
    """The error shows the value, the setting stays as it was."""
    app = CovetPy()

    with pytest.raises(ConfigurationError) as wrong_debug:
        app.debug = "false"  # type: ignore[assignment]
    with pytest.raises(ConfigurationError) as wrong_limits:
        app.body_limits = 1024  # type: ignore[assignment]

    assert str(wrong_debug.value) == "debug must be True or False, got 'false'."
    assert str(wrong_limits.value) == (
        "body_limits must be BodyLimits, got 1024.\n  Write BodyLimits(max_size=...) of covet.http.body."
    )
    assert app.debug is False
    assert app.body_limits == BodyLimits()

"""
Tests of the settings that are compiled into routes.
"""

from typing import Any

import pytest

from covet import CovetPy, Request
from covet.core.compiled_settings import is_form_limits
from covet.exceptions import ConfigurationError
from covet.http.body import BodyLimits
from covet.http.form_limits import FormLimits
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
    async with TestClient(app, base_url="http://localhost", protocol=protocol, raise_app_exceptions=False) as client:
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


def test_form_limits_are_limits_of_forms() -> None:
    """None of one's own is fine; something else is not."""
    app = CovetPy()

    with pytest.raises(ConfigurationError) as refused:
        app.form_limits = 10  # type: ignore[assignment]

    assert str(refused.value) == (
        "form_limits must be FormLimits, got 10.\n  Write FormLimits(max_files=...) of covet.http.form_limits."
    )
    assert app.form_limits is None
    app.form_limits = FormLimits(max_files=1)
    assert is_form_limits(app.form_limits)

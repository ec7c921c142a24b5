"""
What production refuses.
"""

from typing import Any

import pytest

from covet import CovetPy
from covet.config import Settings, Sources
from covet.deployment import UnsafeDeploymentError
from covet.middleware import CORSMiddleware, HTTPSRedirectMiddleware, ProxyHeadersMiddleware, TrustedHostMiddleware
from covet.testing import TestClient
from tests.unit.deployment.configurations import make_app

PROXIES: dict[str, Any] = {"security": {"trusted_proxies": []}}


@pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
@pytest.mark.parametrize(
    ("check", "middleware", "options"),
    [
        ("D104", [], {"server": {"reload": True}}),
        ("D110", [TrustedHostMiddleware(["*"])], {}),
        ("D111", [ProxyHeadersMiddleware(["198.51.0.0/16"])], {}),
        ("D112", [CORSMiddleware(allow_origins=["*"])], {}),
        ("D303", [], PROXIES),
    ],
)
async def test_an_error_stops_the_start(
    protocol: Any, check: str, middleware: list[object], options: dict[str, Any]
) -> None:
    """Before anything is started; all of them at once, each with its fix."""
    started: list[str] = []
    app = make_app(*middleware, **options)
    app.on_startup(lambda: started.append("started"))

    with pytest.raises(UnsafeDeploymentError) as caught:
        async with TestClient(app, protocol=protocol):
            pass

    assert started == []
    assert [problem.id for problem in caught.value.problems] == [check]
    lines = str(caught.value).splitlines()
    assert lines[0] == "Production refuses to start: 1 thing is unsafe."
    assert lines[1].startswith(f"  [{check}] ")
    assert lines[-1] == "  `covet check --deploy` shows the warnings, too."


async def test_several_are_told_at_once() -> None:
    """In the order of their ids."""
    settings = Settings(environment="production", sources=Sources.none())
    app = CovetPy(settings=settings, middleware=[CORSMiddleware(allow_origins=["*"]), HTTPSRedirectMiddleware()])

    with pytest.raises(UnsafeDeploymentError, match="2 things are unsafe") as caught:
        async with TestClient(app):
            pass

    assert [problem.id for problem in caught.value.problems] == ["D112", "D303"]


@pytest.mark.parametrize("environment", ["development", "testing", "staging"])
async def test_other_environments_start(environment: str) -> None:
    """`covet check --deploy` tells them, too."""
    app = make_app(CORSMiddleware(allow_origins=["*"]), environment=environment)

    async with TestClient(app) as client:
        assert (await client.get("/", headers={"host": "example.com"}, follow_redirects=False)).status_code == 308


async def test_warnings_do_not_stop_a_start() -> None:
    """They are for whoever asks."""
    app = make_app(security={"allowed_hosts": []})

    async with TestClient(app, base_url="https://example.com") as client:
        assert (await client.get("/")).status_code == 404


@pytest.mark.parametrize("debug", [False, True])
async def test_staging_says_that_it_is_debugged(debug: bool, caplog: pytest.LogCaptureFixture) -> None:
    """It may be, on purpose: production refuses it in the settings."""
    async with TestClient(make_app(environment="staging", debug=debug)):
        pass

    assert ("debug is on in staging" in caplog.text) is debug

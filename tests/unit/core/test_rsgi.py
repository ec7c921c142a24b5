"""
Tests of the RSGI adapter, against stand-ins that behave as Granian was measured to.
"""

from typing import Any

import pytest

from covet import CovetPy, Request, Response
from covet.testing import TestClient


async def call(app: CovetPy, method: str, path: str, **options: Any) -> Any:
    """Send one request over RSGI."""
    async with TestClient(app, protocol="rsgi", raise_app_exceptions=False) as client:
        return await client.request(method, path, **options)


@pytest.mark.parametrize("status", [204, 304])
async def test_a_status_without_a_body_has_none(status: int) -> None:
    """Granian would send what it is given."""
    app = CovetPy()
    app.add_route("/", lambda: Response("ignored", status, {"x-a": "1"}))

    response = await call(app, "GET", "/")

    assert (response.content, dict(response.headers)) == (b"", {"x-a": "1"})


async def test_head_has_the_length_of_get() -> None:
    """For text, JSON and a response."""
    app = CovetPy()
    app.add_route("/text", lambda: "text", name="text")
    app.add_route("/json", lambda: {"a": 1}, name="json")
    app.add_route("/response", lambda: Response(b"12345"), name="response")

    lengths = [(await call(app, "HEAD", path)).headers["content-length"] for path in ("/text", "/json", "/response")]

    assert lengths == ["4", "7", "5"]


@pytest.mark.row(45)
async def test_what_granian_would_drop_is_a_500() -> None:
    """An invalid header vanishes there without a word."""
    app = CovetPy()
    app.add_route("/", lambda: Response("", headers={"a\r\nb": "c"}))

    response = await call(app, "GET", "/")

    assert response.status_code == 500


async def test_a_header_beyond_ascii_is_there_by_its_name_only() -> None:
    """Granian hides such a value; a Host of that kind is refused."""
    app = CovetPy()

    @app.get("/")
    async def index(request: Request) -> list[str]:
        return list(request.headers)

    shown = await call(app, "GET", "/", headers=[("x-name", "caf\u00e9")])
    refused = await call(app, "GET", "/", headers={"host": "caf\u00e9"})

    assert "x-name" not in shown.json()
    assert refused.status_code == 400


async def test_the_clients_address_is_read() -> None:
    """IPv6 included."""
    app = CovetPy()

    @app.get("/")
    async def index(request: Request) -> Any:
        return request.client

    async with TestClient(app, protocol="rsgi", client=("::1", 5)) as client:
        response = await client.get("/")

    assert response.json() == ["::1", 5]

"""
Tests of requests over RSGI, against stand-ins that behave as Granian was measured to.
"""

from typing import Any

from covet import CovetPy, Request
from covet.testing import TestClient


async def call(app: CovetPy, method: str, path: str, **options: Any) -> Any:
    """Send one request over RSGI."""
    async with TestClient(app, protocol="rsgi", raise_app_exceptions=False) as client:
        return await client.request(method, path, **options)


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

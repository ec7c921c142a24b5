"""
What comes in the clear goes to `https`.
"""

from typing import Any

import pytest

from covet import CovetPy, Request
from covet.exceptions import ConfigurationError
from covet.http.websocket import WebSocket
from covet.middleware import HTTPSRedirectMiddleware, ProxyHeadersMiddleware
from covet.testing import TestClient, WebSocketRefusedError

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])


def make_app(**options: Any) -> CovetPy:
    """Make an application that redirects."""
    app = CovetPy(middleware=[HTTPSRedirectMiddleware(**options), ProxyHeadersMiddleware(["127.0.0.0/8"])])

    @app.route("/{path:path}", methods=["GET", "POST"])
    async def show(request: Request) -> str:
        return request.scheme

    @app.websocket("/feed")
    async def feed(websocket: WebSocket) -> None:
        await websocket.accept()

    return app


@Protocols
@pytest.mark.parametrize(
    ("options", "host", "target", "location"),
    [
        ({}, "example.com", "/a%20b?c=%2F", "https://example.com/a%20b?c=%2F"),
        ({}, "example.com:8000", "/", "https://example.com/"),
        ({"port": 443}, "example.com:8000", "/", "https://example.com/"),
        ({"port": 8443}, "example.com:8000", "/", "https://example.com:8443/"),
        ({}, "[::1]:8000", "/", "https://[::1]/"),
        ({}, "example.com", "//evil.com/", "https://example.com//evil.com/"),
    ],
)
async def test_a_request_in_the_clear_is_redirected(
    protocol: Any, options: dict[str, Any], host: str, target: str, location: str
) -> None:
    """To the same path and query on the same host; method and body stay."""
    async with TestClient(make_app(**options), protocol=protocol, base_url=f"http://{host}") as client:
        response = await client.post(target, content=b"tea", follow_redirects=False)

    assert (response.status_code, response.headers["location"]) == (308, location)


@Protocols
async def test_what_is_secure_or_exempt_is_answered(protocol: Any) -> None:
    """Also where a trusted proxy says that it is secure."""
    app = make_app(exempt=["/health"])

    async with TestClient(app, protocol=protocol, base_url="https://example.com") as client:
        assert (await client.get("/menu")).text == "https"
        async with client.websocket_connect("/feed"):
            pass
    async with TestClient(app, protocol=protocol, base_url="http://example.com") as client:
        assert (await client.get("/health")).text == "http"
        assert (await client.get("/menu", headers={"x-forwarded-proto": "https"})).text == "https"


@Protocols
async def test_a_websocket_in_the_clear_is_refused(protocol: Any) -> None:
    """Its client would not follow."""
    async with TestClient(make_app(), protocol=protocol, base_url="http://example.com") as client:
        with pytest.raises(WebSocketRefusedError, match="403"):
            async with client.websocket_connect("/feed"):
                pass


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"port": 0}, "port is 0, expected a whole number of at least 1."),
        ({"port": 70_000}, "port is 70000, expected at most 65535.\n  Leave it out for 443."),
        ({"exempt": "/health"}, "exempt is the text '/health', expected a list."),
        ({"exempt": ["health"]}, "exempt has 'health', expected paths.\n  Write '/health'."),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], text: str) -> None:
    """Where they are written."""
    with pytest.raises(ConfigurationError) as caught:
        HTTPSRedirectMiddleware(**options)

    assert str(caught.value).startswith("HTTPSRedirectMiddleware: ")
    assert text in str(caught.value)

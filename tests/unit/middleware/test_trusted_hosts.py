"""
For which hosts the application answers.
"""

from typing import Any

import pytest

from covet import CovetPy
from covet.exceptions import ConfigurationError
from covet.http.websocket import WebSocket
from covet.middleware import CORSMiddleware, TrustedHostMiddleware
from covet.testing import TestClient, WebSocketRefusedError

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])


def make_app(*hosts: str) -> CovetPy:
    """Make an application that answers for some hosts."""
    app = CovetPy(middleware=[TrustedHostMiddleware(hosts)])

    @app.get("/")
    async def index() -> str:
        return "hello"

    @app.websocket("/feed")
    async def feed(websocket: WebSocket) -> None:
        await websocket.accept()

    return app


@Protocols
@pytest.mark.row(54)
@pytest.mark.parametrize(
    ("allowed", "host", "is_served"),
    [
        ("example.com", "example.com", True),
        ("example.com", "EXAMPLE.com:8000", True),
        ("Example.COM", "example.com", True),
        ("example.com", "example.com.", True),
        ("example.com", "exampleXcom", False),
        ("example.com", "example.com.evil.org", False),
        ("example.com", "www.example.com", False),
        ("example.com:8443", "example.com:8443", True),
        ("example.com:8443", "example.com:8444", False),
        ("example.com:8443", "example.com", False),
        ("*.a.com", "b.a.com", True),
        ("*.a.com", "c.b.a.com:80", True),
        ("*.a.com", "a.com", False),
        ("*.a.com", "evila.com", False),
        ("*.a.com", "b.a.com.evil", False),
        ("*.a.com:81", "b.a.com:81", True),
        ("*.a.com:81", "b.a.com", False),
        ("[::1]", "[::1]:8000", True),
        ("[::1]", "[::2]", False),
        ("*", "whatever", True),
    ],
)
async def test_row_054_hosts_are_compared_label_by_label(
    protocol: Any, allowed: str, host: str, is_served: bool
) -> None:
    """Without regard to case, with their ports, and never as patterns."""
    async with TestClient(make_app(allowed), protocol=protocol) as client:
        response = await client.get("/", headers={"host": host})

    if is_served:
        assert response.text == "hello"
    else:
        assert (response.status_code, response.json()["detail"]) == (400, "This host is not served here.")
        assert host not in response.text


@Protocols
@pytest.mark.row(55)
async def test_row_055_a_forwarded_host_is_not_looked_at(protocol: Any) -> None:
    """It is a client's word."""
    async with TestClient(make_app("example.com"), protocol=protocol) as client:
        response = await client.get("/", headers={"host": "evil.com", "x-forwarded-host": "example.com"})

    assert response.status_code == 400


@Protocols
async def test_a_websocket_for_another_host_is_refused(protocol: Any) -> None:
    """As a request is."""
    app = make_app("example.com")

    async with TestClient(app, protocol=protocol, base_url="http://example.com") as client:
        async with client.websocket_connect("/feed"):
            pass
        with pytest.raises(WebSocketRefusedError, match="400"):
            async with client.websocket_connect("/feed", headers={"host": "evil.com"}):
                pass


@Protocols
async def test_it_is_outermost(protocol: Any) -> None:
    """What other hosts are told is the same for every path, and no handler or other middleware runs."""
    app = make_app("example.com")
    app.add_middleware(CORSMiddleware(allow_origins=["*"]))

    async with TestClient(app, protocol=protocol, base_url="http://evil.com") as client:
        missing = await client.get("/missing", headers={"origin": "http://a.com"})

    assert missing.status_code == 400
    assert "access-control-allow-origin" not in missing.headers


@pytest.mark.parametrize(
    ("hosts", "text"),
    [
        ([], "allowed_hosts is empty: no request would be answered.\n  Write ['example.com']."),
        (None, "allowed_hosts is empty: no request would be answered."),
        (
            "example.com",
            "allowed_hosts is the text 'example.com', expected a list.\n  Write allowed_hosts=['example.com'].",
        ),
        (["*", "a.com"], "allowed_hosts has '*' beside others, which it includes.\n  Write ['*'] alone."),
        (["https://a.com/x"], "allowed_hosts has 'https://a.com/x', which is a URL.\n  Write 'a.com'."),
        (["a.com/"], "allowed_hosts has 'a.com/', which is a URL.\n  Write 'a.com'."),
        (["b\u00fccher.de"], "which is no host of a header.\n  Write the ASCII form that clients send: 'xn--…'."),
        (["a.*.com"], "allowed_hosts has 'a.*.com', which is no host.\n  Write 'example.com', 'example.com:8443'"),
        (["*."], "allowed_hosts has '*.', which is no host."),
        (["a.com:99999"], "allowed_hosts has 'a.com:99999', which is no host."),
        ([".a.com"], "allowed_hosts has '.a.com', which is no host."),
        ([""], "allowed_hosts has '', which is no host."),
        (
            ["*.com"],
            "has '*.com', which is a whole top-level domain.\n  Write the domain that is yours: '*.example.com'.",
        ),
    ],
)
def test_what_is_no_host_is_refused(hosts: Any, text: str) -> None:
    """Where it is written."""
    with pytest.raises(ConfigurationError) as caught:
        TrustedHostMiddleware(hosts)

    assert str(caught.value).startswith("TrustedHostMiddleware: ")
    assert text in str(caught.value)

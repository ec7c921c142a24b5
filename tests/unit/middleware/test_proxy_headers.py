"""
Whom proxies stand for.
"""

from typing import Any

import pytest

from covet import CovetPy, Request
from covet.core import CovetRouter
from covet.exceptions import ConfigurationError
from covet.http.request import Address
from covet.http.websocket import WebSocket
from covet.middleware import ProxyHeadersMiddleware, TrustedHostMiddleware
from covet.testing import TestClient, WebSocketRefusedError

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])


def see(headers: dict[str, str] | list[tuple[str, str]], *, peer: str | None = "10.0.0.1", **options: Any) -> str:
    """Tell who asks, and for what, once the middleware has seen a request."""
    middleware = ProxyHeadersMiddleware(["10.0.0.0/8", "unix"], **options)
    pairs = [("host", "app.internal:8000"), *(headers.items() if isinstance(headers, dict) else headers)]
    request = Request(url="/a?b=1", headers=pairs, client=None if peer is None else (peer, 4711))
    middleware.process_request(request)
    return f"{request.client.host if request.client else None} {request.url}"


@pytest.mark.row(57)
@Protocols
@pytest.mark.parametrize(
    "said",
    [
        'for="127.0.0.1;host=evil;proto=https"',
        'for="127.0.0.1, for=6.6.6.6;host=evil"',
        'for="127.0.0.1\\";host=evil;proto=https"',
        'for=127.0.0.1;host="evil;proto=https',
    ],
)
async def test_row_057_what_stands_in_quotes_is_no_host(protocol: Any, said: str) -> None:
    """One name that is no address, or nothing: neither who asks nor for what is changed by it."""
    app = CovetPy(middleware=[ProxyHeadersMiddleware(["127.0.0.0/8"], header="forwarded", trust_host=True)])

    @app.get("/")
    async def show(request: Request) -> str:
        return f"{request.client.host if request.client else None} {request.url}"

    client = TestClient(app, protocol=protocol)
    assert (await client.get("/", headers={"forwarded": said})).text == "127.0.0.1 http://testserver/"
    good = {"forwarded": 'for=192.0.2.1;host="good.example";proto=https'}
    assert (await client.get("/", headers=good)).text == "192.0.2.1 https://good.example/"


@pytest.mark.parametrize(
    ("headers", "seen"),
    [
        ({}, "10.0.0.1 http://app.internal:8000/a?b=1"),
        ({"x-forwarded-for": "192.0.2.1"}, "192.0.2.1 http://app.internal:8000/a?b=1"),
        ({"x-forwarded-for": "6.6.6.6, 192.0.2.1"}, "192.0.2.1 http://app.internal:8000/a?b=1"),
        ({"x-forwarded-for": "6.6.6.6, 192.0.2.1, 10.9.9.9"}, "192.0.2.1 http://app.internal:8000/a?b=1"),
        ({"x-forwarded-for": "10.3.3.3, 10.2.2.2"}, "10.3.3.3 http://app.internal:8000/a?b=1"),
        ({"x-forwarded-for": "[2001:db8::1]:80"}, "2001:db8::1 http://app.internal:8000/a?b=1"),
        ({"x-forwarded-for": "::ffff:192.0.2.1"}, "192.0.2.1 http://app.internal:8000/a?b=1"),
        ({"x-forwarded-for": "6.6.6.6, unknown"}, "10.0.0.1 http://app.internal:8000/a?b=1"),
        ({"x-forwarded-for": "6.6.6.6, unknown, 10.2.2.2"}, "10.2.2.2 http://app.internal:8000/a?b=1"),
        ({"x-forwarded-for": "'; drop table"}, "10.0.0.1 http://app.internal:8000/a?b=1"),
        ({"x-forwarded-proto": "https"}, "10.0.0.1 https://app.internal:8000/a?b=1"),
        ({"x-forwarded-proto": "wss"}, "10.0.0.1 https://app.internal:8000/a?b=1"),
        ({"x-forwarded-proto": "ftp"}, "10.0.0.1 http://app.internal:8000/a?b=1"),
        (
            {"x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "https, http"},
            "192.0.2.1 http://app.internal:8000/a?b=1",
        ),
        ({"x-forwarded-host": "example.com"}, "10.0.0.1 http://app.internal:8000/a?b=1"),
        ({"forwarded": "for=192.0.2.1;proto=https"}, "10.0.0.1 http://app.internal:8000/a?b=1"),
        ({"x-real-ip": "192.0.2.1"}, "10.0.0.1 http://app.internal:8000/a?b=1"),
    ],
)
def test_headers_are_read_from_the_right(headers: dict[str, str], seen: str) -> None:
    """Up to the first address that is no proxy of one's own; the rest is whatever the client wrote."""
    assert see(headers) == seen


def test_repeated_headers_are_one_list() -> None:
    """A proxy may add a header of its own beside the client's."""
    assert see([("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "192.0.2.1")]).startswith("192.0.2.1 ")


@pytest.mark.parametrize("peer", ["192.0.2.9", "2001:db8::9", "::ffff:11.0.0.1"])
def test_row_059_a_peer_that_is_no_proxy_is_not_believed(peer: str) -> None:
    """Whatever it says."""
    headers = {"x-forwarded-for": "1.1.1.1", "x-forwarded-proto": "https", "x-forwarded-host": "evil.com"}

    assert see(headers, peer=peer, trust_host=True) == f"{peer} http://app.internal:8000/a?b=1"


def test_a_peer_of_a_unix_socket_is_one_if_it_is_listed() -> None:
    """It has no address; who may connect is the file system's business."""
    assert see({"x-forwarded-for": "192.0.2.1"}, peer=None).startswith("192.0.2.1 ")
    request = Request(headers={"x-forwarded-for": "192.0.2.1"})
    ProxyHeadersMiddleware(["10.0.0.0/8"]).process_request(request)
    assert request.client is None


@pytest.mark.parametrize(
    ("headers", "seen"),
    [
        ({"x-forwarded-host": "example.com"}, "http://example.com/a?b=1"),
        ({"x-forwarded-host": "example.com:81"}, "http://example.com:81/a?b=1"),
        ({"x-forwarded-host": "example.com@evil.com"}, "http://app.internal:8000/a?b=1"),
        ({"x-forwarded-host": "example.com/x?"}, "http://app.internal:8000/a?b=1"),
    ],
)
def test_the_host_is_believed_if_that_is_asked_for(headers: dict[str, str], seen: str) -> None:
    """And if it is one."""
    assert see(headers, trust_host=True).split(" ")[1] == seen


@pytest.mark.parametrize(
    ("header", "seen"),
    [
        ("for=192.0.2.1;proto=https;host=example.com", "192.0.2.1 https://example.com/a?b=1"),
        ('for=6.6.6.6, for="[2001:db8::1]:80"', "2001:db8::1 http://app.internal:8000/a?b=1"),
        ("for=6.6.6.6;proto=https, for=192.0.2.1;proto=http", "192.0.2.1 http://app.internal:8000/a?b=1"),
        ('for="127.0.0.1;host=evil;proto=https"', "10.0.0.1 http://app.internal:8000/a?b=1"),
        ("for=192.0.2.1;for=6.6.6.6", "10.0.0.1 http://app.internal:8000/a?b=1"),
        ("for=_hidden;proto=https", "10.0.0.1 https://app.internal:8000/a?b=1"),
    ],
)
def test_forwarded_is_read_in_place_of_the_others(header: str, seen: str) -> None:
    """A client may send the others to a proxy that does not know them."""
    headers = {"forwarded": header, "x-forwarded-for": "7.7.7.7"}

    assert see(headers, header="forwarded", trust_host=True) == seen


@Protocols
async def test_handlers_and_sockets_see_the_client(protocol: Any) -> None:
    """Over both protocols; the headers are as they came."""
    app = CovetPy(middleware=[ProxyHeadersMiddleware(["127.0.0.0/8"])])

    @app.get("/{name}")
    async def show(request: Request) -> list[str]:
        return [str(request.client), request.scheme, str(request.url), request.headers["x-forwarded-for"]]

    @app.websocket("/feed")
    async def feed(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_json([str(websocket.client), str(websocket.url)])

    headers = {"x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "https"}
    async with TestClient(app, protocol=protocol, base_url="http://example.com") as client:
        response = await client.get("/caf%C3%A9?b=%20", headers=headers)
        async with client.websocket_connect("/feed", headers=headers) as socket:
            told = await socket.receive_json()

    address = str(Address("192.0.2.1", 0))
    assert response.json() == [address, "https", "https://example.com/caf%C3%A9?b=%20", "192.0.2.1"]
    assert told == [address, "wss://example.com/feed"]


@Protocols
@pytest.mark.parametrize("where", ["application", "router"])
@pytest.mark.parametrize(
    ("said", "status", "seen"),
    [
        ("shop.example.com", 200, "https://shop.example.com/a"),
        ("evil.com", 400, None),
        ("shop.example.com, evil.com", 400, None),
        ("", 200, "https://example.com/a"),
        ("no host", 200, "https://example.com/a"),
    ],
)
async def test_a_forwarded_host_must_be_a_trusted_one(
    protocol: Any, where: str, said: str, status: int, seen: str | None
) -> None:
    """A proxy that passes on what clients write cannot undo the list of hosts: not for 404, not for sockets."""
    hosts = TrustedHostMiddleware(["*.example.com", "example.com"])
    app = CovetPy(middleware=[ProxyHeadersMiddleware(["127.0.0.0/8"], trust_host=True)])
    router = CovetRouter()
    if where == "application":
        app.add_middleware(hosts)

    @router.get("/a")
    async def show(request: Request) -> str:
        return str(request.url)

    @router.websocket("/ws")
    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(websocket.request.host)

    app.include_router(router, middleware=[hosts] if where == "router" else [])
    headers = {"x-forwarded-host": said, "x-forwarded-proto": "https"}
    client = TestClient(app, base_url="http://example.com", protocol=protocol)

    answer = await client.get("/a", headers=headers)
    if status == 400:
        with pytest.raises(WebSocketRefusedError) as caught:
            async with client.websocket_connect("/ws", headers=headers):
                pass
        assert caught.value.status_code == 400
    else:
        async with client.websocket_connect("/ws", headers=headers) as socket:
            assert await socket.receive_text() == (seen or "").split("/")[2]

    assert answer.status_code == status
    if seen is not None:
        assert answer.text == seen
    if where == "application":
        assert (await client.get("/nowhere", headers=headers)).status_code == (400 if status == 400 else 404)


@Protocols
@pytest.mark.parametrize(
    ("origin", "scheme", "is_allowed"),
    [
        ("https://example.com", "https", True),
        ("http://example.com", "https", False),
        ("http://example.com", "http", True),
        ("https://app.internal", "https", False),
    ],
)
async def test_sockets_compare_origins_with_what_the_proxy_says(
    protocol: Any, origin: str, scheme: str, is_allowed: bool
) -> None:
    """A page that came in the clear does not open a socket that the proxy took by TLS."""
    app = CovetPy(middleware=[ProxyHeadersMiddleware(["127.0.0.0/8"], trust_host=True)])

    @app.websocket("/ws")
    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()

    headers = {"origin": origin, "x-forwarded-proto": scheme, "x-forwarded-host": "example.com"}
    client = TestClient(app, base_url="http://app.internal", protocol=protocol)

    try:
        async with client.websocket_connect("/ws", headers=headers):
            status = 101
    except WebSocketRefusedError as error:
        status = error.status_code

    assert status == (101 if is_allowed else 403)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"trusted_proxies": []}, "trusted_proxies is empty: nobody would be believed.\n  List the proxies' networks."),
        (
            {"trusted_proxies": ["*"]},
            "has '*': every client could say who it is.\n  List the networks that the proxies",
        ),
        ({"trusted_proxies": ["0.0.0.0/0"]}, "has '0.0.0.0/0': every client could say who it is."),
        ({"trusted_proxies": ["::/0"]}, "has '::/0': every client could say who it is."),
        ({"trusted_proxies": ["10.0.0.1/8"]}, "trusted_proxies is wrong: '10.0.0.1/8' is no network: "),
        ({"trusted_proxies": ["nginx"]}, "trusted_proxies is wrong: 'nginx' is no network: "),
        ({"trusted_proxies": "10.0.0.1"}, "trusted_proxies is the text '10.0.0.1', expected a list."),
        ({"header": "x-real-ip"}, "header is 'x-real-ip', expected 'x-forwarded' or 'forwarded'."),
        ({"trust_host": "yes"}, "trust_host is 'yes', expected True or False."),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], text: str) -> None:
    """Where they are written."""
    with pytest.raises(ConfigurationError) as caught:
        ProxyHeadersMiddleware(**{"trusted_proxies": ["10.0.0.0/8"], **options})

    assert str(caught.value).startswith("ProxyHeadersMiddleware: ")
    assert text in str(caught.value)


def test_clients_are_told_apart_however_often_they_come() -> None:
    """What was read of a header is remembered with it: another header is another client."""
    middleware = ProxyHeadersMiddleware(["10.0.0.0/8"])
    seen = []
    for client, peer in [("192.0.2.1", "10.0.0.1"), ("192.0.2.2", "10.0.0.1"), ("192.0.2.1", "10.0.0.2")] * 2:
        request = Request(headers={"x-forwarded-for": client}, client=(peer, 1))
        middleware.process_request(request)
        assert request.client is not None
        seen.append(request.client.host)

    assert seen == ["192.0.2.1", "192.0.2.2", "192.0.2.1"] * 2
    assert middleware._judge_known.cache_info().currsize == 2


def test_long_headers_are_not_remembered() -> None:
    """Nobody fills the memory: what is remembered is bounded in number and in size."""
    middleware = ProxyHeadersMiddleware(["10.0.0.0/8"])
    request = Request(headers={"x-forwarded-for": ", ".join(["6.6.6.6"] * 60)}, client=("10.0.0.1", 1))

    middleware.process_request(request)

    assert request.client == Address("6.6.6.6", 0)
    assert middleware._judge_known.cache_info().currsize == 0
    assert middleware._judge_known.cache_info().maxsize == 4096

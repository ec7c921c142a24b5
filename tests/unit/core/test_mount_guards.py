"""
What looks at requests for mounted applications. Over both protocols.
"""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from covet import CovetPy, Request
from covet.core import CovetRouter
from covet.exceptions import ConfigurationError
from covet.http.websocket import WebSocket
from covet.middleware import (
    CSRFMiddleware,
    ProxyHeadersMiddleware,
    SecurityHeadersMiddleware,
    SessionMiddleware,
    TrustedHostMiddleware,
    csrf_exempt,
)
from covet.security import generate_token
from covet.testing import TestClient, WebSocketRefusedError
from covet.types import Receive, Scope, Send
from tests.unit.middleware.cors_client import Protocol

pytestmark = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
FOREIGN = {"sec-fetch-site": "cross-site"}


class Foreign:
    """An application of another framework: it says what reached it."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the body."""
        if scope["type"] == "lifespan":
            raise RuntimeError("It knows none.")
        self.seen.append(scope["path"])
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close"})
            return
        body, is_over = b"", False
        while not is_over:
            message = await receive()
            body += message.get("body", b"")
            is_over = not message.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})


def make(*middleware: Any, around: Sequence[object] = (), mounted: Any = None) -> tuple[CovetPy, Foreign]:
    """Mount something, in a router with middleware of its own."""
    foreign = Foreign()
    app, router = CovetPy(middleware=[SecurityHeadersMiddleware(), *middleware]), CovetRouter(middleware=list(around))
    router.mount("/m", foreign if mounted is None else mounted)
    app.include_router(router)

    @app.get("/")
    async def index() -> str:
        return "index"

    return app, foreign


@pytest.mark.parametrize("is_of_router", [False, True])
async def test_other_hosts_are_not_served(protocol: Protocol, is_of_router: bool) -> None:
    """Neither requests nor handshakes reach what is mounted; the application's middleware is around the refusal."""
    hosts = TrustedHostMiddleware(["example.com"])
    app, foreign = make(around=[hosts]) if is_of_router else make(hosts)
    async with TestClient(app, protocol=protocol, base_url="http://example.com") as client:
        own = await client.post("/m/a", content=b"hello")
        refused = await client.post("/m/b", content=b"hello", headers={"host": "evil.example"})
        async with client.websocket_connect("/m/c"):
            pass
        with pytest.raises(WebSocketRefusedError) as caught:
            async with client.websocket_connect("/m/d", headers={"host": "evil.example"}):
                pass

    assert (own.status_code, own.text) == (200, "hello")
    assert (refused.status_code, refused.json()["detail"]) == (400, "This host is not served here.")
    # The application's list of hosts stands outside of its other headers.
    assert ("x-content-type-options" in refused.headers) is is_of_router
    assert caught.value.status_code == 400
    assert foreign.seen == ["/m/a", "/m/c"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_pages_of_other_sites_change_nothing(protocol: Protocol, method: str) -> None:
    """As they do in routes; what the application's own pages send arrives, with its body."""
    app, foreign = make(CSRFMiddleware())
    async with TestClient(app, protocol=protocol, base_url="https://example.com") as client:
        refused = [
            await client.request(method, "/m/refused", content=b"a=b", headers=headers)
            for headers in (FOREIGN, {"origin": "https://evil.example"}, {"origin": "null"}, {"cookie": "sid=1"})
        ]
        taken = [
            await client.request(method, "/m/taken", content=b"a=b", headers=headers)
            for headers in ({"sec-fetch-site": "same-origin"}, {"origin": "https://example.com"}, {})
        ]
        read = await client.get("/m/read", headers={**FOREIGN, "cookie": "sid=1"})

    assert [(response.status_code, response.json()["code"]) for response in refused] == [
        (403, "csrf_cross_site"),
        (403, "csrf_other_origin"),
        (403, "csrf_other_origin"),
        (403, "csrf_token_missing"),
    ]
    assert refused[0].headers["x-content-type-options"] == "nosniff"
    assert [(response.status_code, response.text) for response in taken] == [(200, "a=b")] * 3
    assert read.status_code == 200
    assert foreign.seen == ["/m/taken"] * 3 + ["/m/read"]


async def test_a_token_comes_in_the_header(protocol: Protocol) -> None:
    """The body is for whatever is mounted; without a key there is nothing that a token could belong to."""
    app, foreign = make(CSRFMiddleware(generate_token(), require_token=True))

    @app.get("/token")
    async def make_token(request: Request) -> str:
        return str(request.state.csrf_token())

    plain, _ = make(CSRFMiddleware())
    async with (
        TestClient(app, protocol=protocol, base_url="https://example.com") as client,
        TestClient(plain, protocol=protocol) as other,
    ):
        token = (await client.get("/token")).text
        taken = await client.post("/m/a", content=b"hello", headers={"x-csrf-token": token})
        forged = await client.post("/m/b", headers={"x-csrf-token": token[::-1]})
        missing = await client.post("/m/c", data={"csrf_token": token})
        unknown = await other.post("/m/d", headers={"cookie": "sid=1", "x-csrf-token": token})

    assert (taken.status_code, taken.text) == (200, "hello")
    assert [response.json()["code"] for response in (forged, missing, unknown)] == [
        "csrf_token_invalid",
        "csrf_token_missing",
        "csrf_token_invalid",
    ]
    assert foreign.seen == ["/m/a"]


async def test_what_is_exempt_or_has_its_own_is_left_alone(protocol: Protocol) -> None:
    """By the router that it is mounted in, or by a `CSRFMiddleware` that knows its forms."""
    exempt, foreign = make(CSRFMiddleware(), around=[csrf_exempt()])
    inner = CovetPy(middleware=[CSRFMiddleware(trusted_origins=["https://partner.example"])])

    @inner.post("/a")
    async def take() -> str:
        return "taken"

    own, _ = make(CSRFMiddleware(), mounted=inner)
    async with TestClient(exempt, protocol=protocol) as client, TestClient(own, protocol=protocol) as other:
        hook = await client.post("/m/a", headers=FOREIGN)
        partner = await other.post("/m/a", headers={**FOREIGN, "origin": "https://partner.example"})
        refused = await other.post("/m/a", headers=FOREIGN)

    assert (hook.status_code, foreign.seen) == (200, ["/m/a"])
    assert (partner.text, refused.status_code) == ("taken", 403)


async def test_a_proxy_is_believed_about_the_origin(protocol: Protocol) -> None:
    """What is mounted is shown what the server shows; who looks at its requests knows more."""
    app, foreign = make(ProxyHeadersMiddleware(["127.0.0.0/8"], trust_host=True), CSRFMiddleware())
    said = {"x-forwarded-host": "shop.example", "x-forwarded-proto": "https", "origin": "https://shop.example"}
    async with TestClient(app, protocol=protocol) as client:
        believed = await client.post("/m/a", headers=said)
        other = await client.post("/m/b", headers={**said, "origin": "https://evil.example"})

    assert (believed.status_code, other.status_code, foreign.seen) == (200, 403, ["/m/a"])


async def test_tokens_that_cannot_be_checked_are_an_error_at_the_start(protocol: Protocol) -> None:
    """A session's are known where sessions are; the error says both ways out, which both start."""
    session = SessionMiddleware(generate_token())
    app, _ = make(session, CSRFMiddleware(require_token=True))
    with pytest.raises(ConfigurationError, match=r"what is mounted at '/m'(?s:.*)Give secret_key=.*csrf_exempt\(\)"):
        await TestClient(app, protocol=protocol).get("/")

    for middleware, around in (
        (CSRFMiddleware(generate_token(), require_token=True), ()),
        (CSRFMiddleware(require_token=True), [csrf_exempt()]),
    ):
        other, _ = make(session, middleware, around=around)
        assert (await TestClient(other, protocol=protocol).get("/")).text == "index"


async def test_what_is_added_late_looks_as_well(protocol: Protocol) -> None:
    """To the application or to a router, when requests have come before."""
    app, foreign = CovetPy(), Foreign()
    router = CovetRouter()
    router.mount("/m", foreign)
    app.include_router(router)
    client = TestClient(app, protocol=protocol, base_url="http://example.com")
    before = await client.post("/m", headers=FOREIGN)
    router.middleware(TrustedHostMiddleware(["example.com"]))
    with_hosts = await client.get("/m", headers={"host": "evil.example"})
    app.add_middleware(CSRFMiddleware())
    after = [await client.post("/m", headers=FOREIGN), await client.get("/m", headers={"host": "evil.example"})]

    assert before.status_code == 200
    assert (with_hosts.status_code, [response.status_code for response in after]) == (400, [403, 400])
    assert foreign.seen == ["/m"]


async def test_an_application_in_an_application_is_looked_at_by_both(protocol: Protocol) -> None:
    """Each knows its own prefix; what is mounted sees the path that it has without them."""
    inner = CovetPy(middleware=[CSRFMiddleware()])
    innermost = CovetPy()
    inner.mount("/n", innermost)

    @innermost.post("/a")
    async def show(request: Request) -> str:
        return json.dumps([request.path, request.root_path])

    @innermost.websocket("/s")
    async def serve(socket: WebSocket) -> None:
        await socket.accept()

    app, _ = make(TrustedHostMiddleware(["example.com"]), mounted=inner)
    async with TestClient(app, protocol=protocol, base_url="http://example.com") as client:
        taken = await client.post("/m/n/a")
        refused = [
            await client.post("/m/n/a", headers=FOREIGN),
            await client.post("/m/n/a", headers={"host": "evil.example"}),
        ]
        with pytest.raises(WebSocketRefusedError):
            async with client.websocket_connect("/m/n/s", headers={"host": "evil.example"}):
                pass

    assert json.loads(taken.text) == ["/a", "/m/n"]
    assert [response.status_code for response in refused] == [403, 400]

"""
Tests of ASGI applications behind RSGI.
"""

from typing import Any, cast

import pytest

from covet import CovetPy
from covet.core.bridge import make_asgi_scope
from covet.core.rsgi_types import RSGIScope
from covet.exceptions import ResponseError
from covet.testing import TestClient
from covet.testing.request import ClientRequest, Origin
from covet.testing.rsgi_fakes import RSGIScope as ShownScope
from covet.types import Receive, Scope, Send

NOT_UTF_8 = "is not UTF-8, which is all that RSGI can carry.\n  Encode it (RFC 8187), or serve with --interface asgi."
NO_CHARACTER = (
    "has a character that no header can carry.\n"
    "  Control characters are refused; encode what is beyond ASCII (RFC 8187)."
)


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer the body, in two pieces if the path says so."""
    if scope["type"] != "http":
        raise RuntimeError("no lifespan here")
    body = b""
    while True:
        message = await receive()
        body += message["body"]
        if not message["more_body"]:
            break
    text = f"{scope['method']} {scope['root_path']} {scope['path']} ".encode()
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(text + body))]
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    if scope["path"].endswith("pieces"):
        await send({"type": "http.response.body", "body": text, "more_body": True})
        await send({"type": "http.response.body", "body": body})
    else:
        await send({"type": "http.response.body", "body": text + body})


@pytest.mark.parametrize("path", ["/sub/whole", "/sub/pieces"])
@pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
async def test_an_asgi_application_answers_over_both_protocols(protocol: Any, path: str) -> None:
    """Head, body and answer arrive; an application that knows no lifespan is left alone."""
    app = CovetPy()
    app.mount("/sub", echo)

    async with TestClient(app, protocol=protocol) as client:
        response = await client.post(path, content=b"body")

    assert (response.status_code, response.text) == (201, f"POST /sub {path} body")
    assert response.headers["content-type"] == "text/plain"


async def test_an_application_that_never_answers_is_answered_for() -> None:
    """Granian would wait."""

    async def silent(scope: Scope, receive: Receive, send: Send) -> None:
        return

    app = CovetPy()
    app.mount("/sub", silent)

    async with TestClient(app, protocol="rsgi") as client:
        response = await client.get("/sub/x")

    assert response.status_code == 500


async def describe(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer what the scope says about the place of a request, with a header of the path's choice."""
    if scope["type"] != "http":
        raise RuntimeError("no lifespan here")
    values = {"utf-8": b"caf\xc3\xa9", "latin-1": b"caf\xe9", "injected": b"a\r\nb: c", "padded": b" a\t"}
    value = values.get(scope["path"].rpartition("/")[2], b"a")
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-name", value)]})
    told = {key: str(scope[key]) for key in ("raw_path", "server", "path") if key in scope}
    await send({"type": "http.response.body", "body": repr(told).encode()})


async def test_a_path_that_rsgi_does_not_show_is_not_made_up() -> None:
    """`%2F` would become a slash in `raw_path`, which ASGI lets be absent; who listens is known."""
    app = CovetPy()
    app.mount("/sub", describe)

    async with TestClient(app, protocol="rsgi", base_url="http://testserver:8000") as client:
        response = await client.get("/sub/a%2Fb")

    assert response.text == repr({"server": "Address(host='127.0.0.1', port=8000)", "path": "/sub/a/b"})


@pytest.mark.parametrize(("name", "value"), [("utf-8", "caf\u00e9"), ("padded", "a"), ("plain", "a")])
async def test_a_headers_bytes_leave_as_they_came(name: str, value: str) -> None:
    """Granian writes text as UTF-8, so what is UTF-8 is read as such."""
    app = CovetPy()
    app.mount("/sub", describe)

    async with TestClient(app, protocol="rsgi") as client:
        response = await client.get(f"/sub/{name}")

    assert response.headers["x-name"] == value


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("latin-1", NOT_UTF_8),
        ("injected", NO_CHARACTER),
    ],
)
async def test_row_045_a_header_that_cannot_be_carried_is_refused(name: str, message: str) -> None:
    """Granian would drop it without a word, or send other bytes."""
    app = CovetPy()
    app.mount("/sub", describe)

    async with TestClient(app, protocol="rsgi") as client:
        with pytest.raises(ResponseError) as refused:
            await client.get(f"/sub/{name}")

    assert str(refused.value) == f"The value of header 'x-name' {message}"


class FakeScope(ShownScope):
    """The head of a request over HTTP/2."""

    def __init__(self, version: str, authority: str, headers: tuple[tuple[bytes, bytes], ...]) -> None:
        request = ClientRequest("GET", Origin("https", authority), "/", "", (*headers, (b"x-a", b"1")), b"")
        super().__init__(request, ("192.0.2.1", 1))
        self.http_version = version
        self.authority = authority


def test_the_authority_of_http_2_is_shown_as_a_host() -> None:
    """It has no `Host`; ASGI has one in any case, in the first place. One that was sent is left alone."""
    scopes = [FakeScope("2", "example.com", headers) for headers in ((), ((b"host", b"a"),))]

    seen = [make_asgi_scope(cast("RSGIScope", scope), "", {})["headers"] for scope in scopes]

    assert seen == [[(b"host", b"example.com"), (b"x-a", b"1")], [(b"host", b"a"), (b"x-a", b"1")]]

"""
Tests of requests, made by hand and off the wire.
"""

import re
from typing import Any

import pytest

from covet import CovetPy, Request, Response
from covet.core.middleware import CallNext
from covet.exceptions import BadRequestError, ContentTooLargeError, HeadersTooLargeError, UnsupportedMediaTypeError
from covet.http.body import BodyLimits
from covet.http.request import Address
from covet.testing import TestClient

JSON = {"content-type": "application/json"}
Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])


def test_a_request_is_made_by_hand() -> None:
    """A test of a handler needs no application for it."""
    request = Request(method="GET", url="/x?a=1&a=2", headers={"Cookie": "s=1", "X-A": "b"}, path_params={"id": 7})

    assert (request.method, request.path, request.host, request.scheme) == ("GET", "/x", "localhost", "http")
    assert request.query_params.get_list("a") == ["1", "2"]
    assert request.cookies == {"s": "1"}
    assert request.path_params == {"id": 7}
    assert str(request.url) == "http://localhost/x?a=1&a=2"
    assert request.client is None
    assert repr(request) == "<Request GET '/x'>"


def test_the_target_stands_there_as_it_came() -> None:
    """
    Path and query, apart; nothing is decoded.
    """
    assert Request(url="/a%20b?x=%20&y").raw_target == ("/a%20b", "x=+&y=")


def test_a_whole_url_gives_scheme_and_host() -> None:
    """IPv6 hosts included; the client's address is named."""
    request = Request(url="https://[::1]:8443/caf%C3%A9", client=("10.0.0.1", 5))

    assert (request.scheme, request.host, request.path) == ("https", "[::1]:8443", "/caf\u00e9")
    assert request.client == Address("10.0.0.1", 5)


def test_each_request_has_a_state_of_its_own() -> None:
    """With nothing in it of another's."""
    first, second = Request(), Request()

    first.state.user = "ada"

    assert not hasattr(second.state, "user")


async def test_a_body_is_read_again() -> None:
    """Once it is held; a stream of it works as well."""
    request = Request(body=b"abc")

    assert await request.body() == await request.body() == b"abc"
    assert [chunk async for chunk in request.stream()] == [b"abc"]


async def test_json_and_forms_are_read() -> None:
    """JSON by its limits, forms by their type."""
    form = Request(body=b"a=1&b=2", headers={"content-type": "application/x-www-form-urlencoded"})

    assert await Request(body=b'{"a": 1}', headers=JSON).json() == {"a": 1}
    assert (await form.form())["b"] == "2"
    assert (await form.form()) is (await form.form())
    with pytest.raises(BadRequestError):
        await Request(body=b'{"a":1,"a":2}', headers=JSON).json()
    with pytest.raises(UnsupportedMediaTypeError):
        await Request(body=b"a=1").form()


def make_app(seen: list[Any]) -> CovetPy:
    """Make an application that shows what it got."""
    app = CovetPy()

    @app.post("/small", body_limit=4)
    async def small(request: Request) -> dict[str, int]:
        return {"size": len(await request.body())}

    @app.post("/stream")
    async def stream(request: Request) -> list[str]:
        return [chunk.decode() async for chunk in request.stream()]

    @app.post("/twice")
    async def twice(request: Request) -> str:
        async for _ in request.stream():
            break
        await request.body()
        return ""

    @app.get("/show/{name}")
    async def show(request: Request) -> dict[str, Any]:
        seen.append(request)
        return {
            "url": str(request.url),
            "client": request.client,
            "name": request.path_params["name"],
            "cookies": request.cookies,
            "left": await request.is_disconnected(),
        }

    return app


@Protocols
async def test_what_came_off_the_wire_is_shown(protocol: Any) -> None:
    """URL, client, path parameters and cookies, the same over both protocols."""
    async with TestClient(make_app([]), protocol=protocol, base_url="http://example.com:81") as client:
        response = await client.get("/show/caf%C3%A9?q=1", cookies={"s": "1"})

    body = response.json()
    assert body.pop("client")[0] == "127.0.0.1"
    assert body == {
        "url": "http://example.com:81/show/caf%C3%A9?q=1",
        "name": "caf\u00e9",
        "cookies": {"s": "1"},
        "left": False,
    }


@Protocols
async def test_the_routes_limit_is_exact(protocol: Any) -> None:
    """Declared or not, as many bytes as allowed pass and one more is 413."""

    async def chunked(*chunks: bytes) -> Any:
        for chunk in chunks:
            yield chunk

    async with TestClient(make_app([]), protocol=protocol) as client:
        answers = [
            (await client.post("/small", content=content)).status_code
            for content in (b"1234", b"12345", chunked(b"12", b"34"), chunked(b"123", b"45"))
        ]

    assert answers == [200, 413, 200, 413]


@Protocols
async def test_a_body_is_streamed_once(protocol: Any) -> None:
    """What was streamed cannot be held afterwards; the error says what to do."""
    async with TestClient(make_app([]), protocol=protocol) as client:
        response = await client.post("/stream", content=b"abc")
        with pytest.raises(RuntimeError, match=r"cannot be read again. Await body\(\) before anything else"):
            await client.post("/twice", content=b"abc")

    assert "".join(response.json()) == "abc"


@Protocols
async def test_two_requests_share_nothing(protocol: Any) -> None:
    """Requests are not pooled: each exchange has an object of its own."""
    seen: list[Any] = []

    async with TestClient(make_app(seen), protocol=protocol) as client:
        await client.get("/show/a")
        await client.get("/show/b")

    assert seen[0] is not seen[1]
    assert [request.path_params["name"] for request in seen] == ["a", "b"]


@Protocols
async def test_too_many_cookies_are_431(protocol: Any) -> None:
    """The limit of the cookie header holds where cookies are read."""
    async with TestClient(make_app([]), protocol=protocol) as client:
        response = await client.get("/show/a", headers={"cookie": "; ".join(f"a{i}=1" for i in range(200))})

    assert response.status_code == HeadersTooLargeError.status_code


def test_a_limit_can_be_lifted() -> None:
    """`BodyLimits(max_size=None)` is no limit, and the default is one MiB."""
    assert BodyLimits().max_size == 1024 * 1024
    assert ContentTooLargeError(limit=4).limit == 4


@Protocols
async def test_a_request_knows_its_application_and_route(protocol: Any) -> None:
    """Where no route answers there is none, and middleware can tell."""
    seen: list[tuple[object, str | None]] = []

    async def look(request: Request, call_next: CallNext) -> Response:
        seen.append((request.app, None if request.route is None else request.route.path))
        return await call_next(request)

    app = CovetPy(middleware=[look])
    app.add_route("/items/{item_id:int}", lambda request: request.app.state.greeting, name="show")
    app.state.greeting = "hello"

    async with TestClient(app, protocol=protocol) as client:
        texts = [(await client.get("/items/7")).text, (await client.get("/none")).status_code]

    assert texts == ["hello", 404]
    assert seen == [(app, "/items/{item_id:int}"), (app, None)]


@pytest.mark.parametrize("body", ["text", 7, None, [1]])
def test_a_body_made_by_hand_is_bytes(body: Any) -> None:
    """A text has no one form in bytes, and of a number `bytes` would make zeros."""
    with pytest.raises(TypeError, match=rf"A body is bytes, got {type(body).__name__}\."):
        Request(body=body)


def test_what_a_proxy_says_is_taken_over() -> None:
    """In the client, the scheme, the host and the URL; the headers stay."""
    request = Request(url="/a%20b?c=1", headers={"host": "10.0.0.7:8000"}, client=("10.0.0.1", 5))
    assert str(request.url) == "http://10.0.0.7:8000/a%20b?c=1"

    request.set_forwarded(client=("192.0.2.1", 0), scheme="https", host="example.com")

    assert (request.client, request.scheme, request.host) == (Address("192.0.2.1", 0), "https", "example.com")
    assert str(request.url) == "https://example.com/a%20b?c=1"
    assert request.headers["host"] == "10.0.0.7:8000"
    request.set_forwarded()
    assert str(request.url) == "https://example.com/a%20b?c=1"


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"scheme": "ftp"}, "The scheme of a request is http or https, got 'ftp'."),
        ({"host": "a@b"}, "The host is not valid: it is written as in a Host header, such as 'example.com:8443'."),
    ],
)
def test_what_no_proxy_says_is_refused(said: dict[str, str], text: str) -> None:
    """And nothing of it is taken over."""
    request = Request(url="http://example.com/")

    with pytest.raises(ValueError, match=re.escape(text)):
        request.set_forwarded(client=("192.0.2.1", 0), **said)

    assert (request.client, request.scheme, request.host) == (None, "http", "example.com")

"""
The client's own promises, over both protocols.
"""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.exceptions import LifespanError
from covet.testing import (
    TestClient,
    TooManyRedirectsError,
)
from covet.testing.rsgi_fakes import RSGIHTTPProtocol, RSGIScope
from covet.types import Receive, Scope, Send
from tests.unit.testing.apps import PROTOCOLS, Both, Echo, Protocol, answer

both_protocols = pytest.mark.parametrize("protocol", PROTOCOLS)


def test_pytest_does_not_collect_the_client() -> None:
    """
    The class is no test, whatever its name says.
    """
    assert TestClient.__test__ is False


async def test_an_unknown_option_is_refused() -> None:
    """
    An option with a slip of the pen is not swallowed.
    """
    client: Any = TestClient(Echo())

    with pytest.raises(TypeError, match=r"'jsn' is not an option of a request\. Did you mean 'json'\?"):
        await client.post("/x", jsn={})


async def test_cookies_persist_between_requests(protocol: Protocol) -> None:
    """
    What a response sets, later requests send, until it is deleted.
    """
    client = TestClient(Echo(), protocol=protocol, cookies={"first": "0"})

    response = await client.get("/set?a=1;Path=/")
    sent = dict((await client.get("/x", cookies={"once": "2"})).json()["headers"])
    again = dict((await client.get("/x")).json()["headers"])
    await client.get("/set?a=;Max-Age=0")

    assert response.cookies == {"a": "1"}
    assert sent["cookie"] == "first=0; a=1; once=2"
    assert again["cookie"] == "first=0; a=1"
    assert dict(client.cookies) == {"first": "0"}


async def test_redirects_are_followed_when_asked_for(protocol: Protocol) -> None:
    """
    A redirect is a response like any other, unless the test wants it followed.
    """
    client = TestClient(Echo(), protocol=protocol)

    stays = await client.get("/to/302/x")
    goes = await client.post("/to/302/to/307/x", json=1, follow_redirects=True)

    assert (stays.status_code, stays.headers["location"], stays.is_redirect) == (302, "/x", True)
    assert (goes.status_code, goes.url) == (200, "http://testserver/x")
    assert [response.status_code for response in goes.history] == [302, 307]
    assert (goes.json()["method"], goes.json()["body"]) == ("GET", "")


async def test_307_keeps_method_and_body(protocol: Protocol) -> None:
    """
    A 307 repeats the request, its body and content type included.
    """
    client = TestClient(Echo(), protocol=protocol, follow_redirects=True)

    told = (await client.put("/to/307/x", json={"a": 1}, headers={"x-a": "1"})).json()

    headers = dict(told["headers"])
    assert (told["method"], told["body"], headers["content-type"]) == ("PUT", '{"a":1}', "application/json")
    assert headers["x-a"] == "1"


async def test_307_cannot_repeat_an_iterable(protocol: Protocol) -> None:
    """
    A body that was read up cannot be sent again, and the error says so.
    """
    client = TestClient(Echo(), protocol=protocol)

    with pytest.raises(TypeError, match="an iterable cannot be sent twice"):
        await client.post("/to/307/x", content=iter([b"x"]), follow_redirects=True)


async def test_a_redirect_elsewhere_takes_no_credentials(protocol: Protocol) -> None:
    """
    Another origin does not get the Authorization header.
    """

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        names = [name for name, _ in scope["headers"]]
        if scope["path"] == "/":
            await answer(send, status=302, headers=[(b"location", b"http://other/there")])
            return
        await answer(send, b"leaked" if b"authorization" in names else b"clean")

    async def rsgi(scope: RSGIScope, protocol: RSGIHTTPProtocol) -> None:
        if scope.path == "/":
            protocol.response_empty(302, [("location", "http://other/there")])
            return
        protocol.response_str(200, [], "leaked" if "authorization" in scope.headers else "clean")

    client = TestClient(Both(asgi, rsgi), protocol=protocol, follow_redirects=True)
    response = await client.get("/", headers={"authorization": "Bearer x"})

    assert (response.text, response.url) == ("clean", "http://other/there")


async def test_endless_redirects_end() -> None:
    """
    A circle of redirects is an error.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, status=302, headers=[(b"location", b"/")])

    with pytest.raises(TooManyRedirectsError, match=r"GET / was redirected more than 20 times\."):
        await TestClient(app, follow_redirects=True).get("/")


async def test_the_lifespan_runs_within_the_block(protocol: Protocol) -> None:
    """
    Start-up is over before the block begins, shutdown before it is left.
    """
    app = Echo()

    async with TestClient(app, protocol=protocol) as client:
        assert app.steps == ["startup"]
        await client.get("/")

    assert app.steps == ["startup", "shutdown"]


async def test_without_the_block_no_lifespan_runs(protocol: Protocol) -> None:
    """
    A client that is not entered calls the application, and nothing else.
    """
    app = Echo()

    response = await TestClient(app, protocol=protocol).get("/")

    assert (response.status_code, app.steps) == (200, [])


async def test_a_client_is_entered_once_at_a_time(protocol: Protocol) -> None:
    """
    Entering twice would run two lifespans of one application.
    """
    client = TestClient(Echo(), protocol=protocol)

    async with client:
        with pytest.raises(RuntimeError, match="entered already"):
            await client.__aenter__()


async def test_a_stream_is_read_once(protocol: Protocol) -> None:
    """
    A second reading says that there is nothing left to read.
    """
    async with TestClient(Echo(), protocol=protocol).stream("GET", "/") as response:
        await response.aread()

        with pytest.raises(RuntimeError, match="streams only once"):
            await response.aread()


async def test_requests_at_the_same_time_do_not_mix(protocol: Protocol) -> None:
    """
    One client serves many requests at once.
    """
    async with TestClient(Echo(), protocol=protocol) as client:
        responses = await asyncio.gather(*(client.post(f"/{number}", json=number) for number in range(20)))

    assert [(response.json()["path"], response.json()["body"]) for response in responses] == [
        (f"/{number}", str(number)) for number in range(20)
    ]


def test_an_unknown_protocol_is_refused() -> None:
    """
    There are two.
    """
    protocol: Any = "wsgi"

    with pytest.raises(ValueError, match="protocol must be 'asgi' or 'rsgi', got 'wsgi'"):
        TestClient(Echo(), protocol=protocol)


def test_an_application_must_speak_the_protocol() -> None:
    """
    What cannot be called is refused before the first request.
    """
    no_app: Any = object()

    async def asgi_only(scope: Scope, receive: Receive, send: Send) -> None: ...

    with pytest.raises(TypeError, match="needs an ASGI 3 application"):
        TestClient(no_app)
    with pytest.raises(TypeError, match="needs an application with '__rsgi__'"):
        TestClient(asgi_only, protocol="rsgi")


async def test_base_url_and_client_address_reach_the_application() -> None:
    """
    Scheme, host, port and the client's address are what the test chose.
    """
    scopes: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        await answer(send)

    await TestClient(app, base_url="https://api.test:8443", client=("10.0.0.7", 1234)).get("/")

    assert (scopes[0]["scheme"], scopes[0]["server"], scopes[0]["client"]) == (
        "https",
        ("api.test", 8443),
        ("10.0.0.7", 1234),
    )
    assert dict(scopes[0]["headers"])[b"host"] == b"api.test:8443"


@both_protocols
@given(
    body=st.binary(max_size=300),
    values=st.lists(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1), max_size=4),
    parts=st.lists(st.binary(max_size=50), max_size=5),
)
async def test_bodies_and_headers_arrive_unchanged(
    protocol: Protocol, body: bytes, values: list[str], parts: list[bytes]
) -> None:
    """
    Whatever bytes and header values are sent, they are what the application gets, and their echo comes back.
    """
    client = TestClient(Echo(), protocol=protocol)

    whole = (await client.post("/x", content=body, headers=[("x-a", value) for value in values])).json()
    chunked = (await client.post("/x", content=iter(parts))).json()

    assert whole["body"].encode("latin-1") == body
    assert [value for name, value in whole["headers"] if name == "x-a"] == values
    assert chunked["body"].encode("latin-1") == b"".join(parts)


async def test_a_failing_startup_is_raised(protocol: Protocol) -> None:
    """
    The start-up's own error arrives in the test.
    """

    class Broken(Echo):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await receive()
            await send({"type": "lifespan.startup.failed", "message": "no database"})
            raise KeyError("no database")

        def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
            raise KeyError("no database")

    with pytest.raises(KeyError, match="no database"):
        async with TestClient(Broken(), protocol=protocol):
            pytest.fail("the block was entered")


async def test_a_failed_startup_without_an_exception_has_its_message() -> None:
    """
    `lifespan.startup.failed` alone is an error with the application's words.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    with pytest.raises(LifespanError, match="no database") as caught:
        async with TestClient(app):
            pytest.fail("the block was entered")

    assert caught.value.step == "startup"

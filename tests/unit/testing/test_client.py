"""
The client's promises, each over both protocols.
"""

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.exceptions import LifespanError
from covet.testing import (
    IncompleteResponseError,
    ProtocolViolation,
    StatusError,
    TestClient,
    TooManyRedirectsError,
)
from covet.testing.multipart import Files
from covet.testing.rsgi_fakes import RSGIHTTPProtocol, RSGIScope
from covet.types import Receive, Scope, Send
from tests.unit.testing.apps import PROTOCOLS, Both, Echo, Protocol, answer, read_body

both_protocols = pytest.mark.parametrize("protocol", PROTOCOLS)


@pytest.fixture(params=PROTOCOLS)
def protocol(request: pytest.FixtureRequest) -> Protocol:
    """
    Run the test over either protocol.
    """
    chosen: Protocol = request.param
    return chosen


def test_pytest_does_not_collect_the_client() -> None:
    """
    The class is no test, whatever its name says.
    """
    assert TestClient.__test__ is False


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "options"])
async def test_each_method_sends_its_name(protocol: Protocol, method: str) -> None:
    """
    `client.get` sends GET, and so on.
    """
    response = await getattr(TestClient(Echo(), protocol=protocol), method)("/x")

    assert response.json()["method"] == method.upper()


async def test_head_has_no_body(protocol: Protocol) -> None:
    """
    `client.head` sends HEAD and gets a head only.
    """
    response = await TestClient(Echo(), protocol=protocol).head("/x")

    assert (response.status_code, response.content) == (200, b"")


async def test_a_method_keeps_its_case(protocol: Protocol) -> None:
    """
    A method is sent as it is written: methods are case-sensitive.
    """
    response = await TestClient(Echo(), protocol=protocol).request("query", "/x")

    assert response.json()["method"] == "query"


@pytest.mark.parametrize(
    ("path", "expected_path", "expected_query"),
    [
        ("/a b", "/a b", ""),
        ("/caf%C3%A9/é", "/café/é", ""),
        ("/a%2Fb", "/a/b", ""),
        ("/%ff", "/�", ""),
        ("//evil/x", "//evil/x", ""),
        ("/a/../b;c", "/a/../b;c", ""),
        ("/x?a=%20b&c=d+e", "/x", "a=%20b&c=d+e"),
        ("/x?q=é#part", "/x", "q=%C3%A9"),
        ("http://other:81", "/", ""),
    ],
)
async def test_the_path_arrives_decoded_and_the_query_raw(
    protocol: Protocol, path: str, expected_path: str, expected_query: str
) -> None:
    """
    A path and a query arrive as a server delivers them.
    """
    told = (await TestClient(Echo(), protocol=protocol).get(path)).json()

    assert (told["path"], told["query"]) == (expected_path, expected_query)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"a": 1, "b": ["x", "y"], "c": True, "d": None}, "a=1&b=x&b=y&c=true&d="),
        ([("a", "1 2"), ("a", "&")], "a=1%202&a=%26"),
        ("raw=1;2", "raw=1;2"),
        ({}, ""),
    ],
)
async def test_params_go_into_the_query(protocol: Protocol, params: Any, expected: str) -> None:
    """
    `params` takes a mapping, pairs or text.
    """
    told = (await TestClient(Echo(), protocol=protocol).get("/x", params=params)).json()

    assert told["query"] == expected


async def test_params_are_added_to_the_paths_own_query(protocol: Protocol) -> None:
    """
    A query in the path stays.
    """
    told = (await TestClient(Echo(), protocol=protocol).get("/x?a=1", params={"b": 2})).json()

    assert told["query"] == "a=1&b=2"


@pytest.mark.parametrize(
    ("options", "body", "content_type"),
    [
        ({"json": {"a": [1, "é"]}}, '{"a":[1,"é"]}'.encode(), "application/json"),
        ({"json": None}, b"null", "application/json"),
        ({"content": "é"}, "é".encode(), "text/plain; charset=utf-8"),
        ({"content": b"\x00\xff"}, b"\x00\xff", None),
        ({"data": {"a": "1 2", "b": ["x", "y"]}}, b"a=1+2&b=x&b=y", "application/x-www-form-urlencoded"),
        ({"json": 1, "headers": {"Content-Type": "text/x"}}, b"1", "text/x"),
    ],
)
async def test_a_body_has_its_type_and_length(
    protocol: Protocol, options: Any, body: bytes, content_type: str | None
) -> None:
    """
    Each way to give a body sets the content type that belongs to it.
    """
    told = (await TestClient(Echo(), protocol=protocol).post("/x", **options)).json()

    headers = dict(told["headers"])
    assert told["body"].encode("latin-1") == body
    assert headers.get("content-type") == content_type
    assert headers["content-length"] == str(len(body))


async def test_an_iterable_is_sent_in_chunks(protocol: Protocol) -> None:
    """
    A body from an iterable has no length.
    """

    async def parts() -> AsyncIterator[bytes]:
        yield b"one "
        await asyncio.sleep(0)
        yield b"two"

    client = TestClient(Echo(), protocol=protocol)
    from_async = (await client.post("/x", content=parts())).json()
    from_sync = (await client.post("/x", content=iter([b"one ", b"two"]))).json()

    assert from_async["body"] == from_sync["body"] == "one two"
    assert dict(from_async["headers"])["transfer-encoding"] == "chunked"
    assert "content-length" not in dict(from_async["headers"])


async def test_files_are_sent_as_multipart(protocol: Protocol) -> None:
    """
    Files and fields go into one multipart body.
    """
    files: Files = {"f": ("a.txt", io.BytesIO(b"hello"), "text/x"), "g": "plain"}

    told = (await TestClient(Echo(), protocol=protocol).post("/x", data={"n": 1}, files=files)).json()

    media_type, _, boundary = dict(told["headers"])["content-type"].partition("; boundary=")
    assert media_type == "multipart/form-data"
    assert told["body"] == (
        f'--{boundary}\r\nContent-Disposition: form-data; name="n"\r\n\r\n1\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n'
        f"Content-Type: text/x\r\n\r\nhello\r\n"
        f'--{boundary}\r\nContent-Disposition: form-data; name="g"; filename="upload"\r\n'
        f"Content-Type: application/octet-stream\r\n\r\nplain\r\n"
        f"--{boundary}--\r\n"
    )


async def test_two_bodies_are_refused() -> None:
    """
    A request has one body.
    """
    with pytest.raises(ValueError, match="give only one of json, data/files"):
        await TestClient(Echo()).post("/x", json=1, data={"a": "b"})


async def test_an_unknown_option_is_refused() -> None:
    """
    An option with a slip of the pen is not swallowed.
    """
    client: Any = TestClient(Echo())

    with pytest.raises(TypeError, match=r"'jsn' is not an option of a request\. Did you mean 'json'\?"):
        await client.post("/x", jsn={})


async def test_headers_are_defaults_then_the_clients_then_the_requests(protocol: Protocol) -> None:
    """
    The nearer header replaces the farther one of the same name; None leaves it out.
    """
    client = TestClient(Echo(), protocol=protocol, headers={"X-A": "client", "X-B": "client", "Accept": "text/x"})

    told = (await client.get("/x", headers={"x-a": "request", "User-Agent": None})).json()

    assert sorted(told["headers"]) == [
        ["accept", "text/x"],
        ["host", "testserver"],
        ["x-a", "request"],
        ["x-b", "client"],
    ]


async def test_repeated_headers_all_arrive(protocol: Protocol) -> None:
    """
    Pairs may name a header twice, the host too.
    """
    told = (
        await TestClient(Echo(), protocol=protocol).get("/x", headers=[("host", "a"), ("host", "b"), ("x", "1")])
    ).json()

    assert [value for name, value in told["headers"] if name == "host"] == ["a", "b"]


BREAKS = ["a\r\nb", "a\nb", "a\rb", "a\0b"]


@pytest.mark.row(50)
@pytest.mark.parametrize("text", BREAKS)
async def test_row_050_line_breaks_are_refused(protocol: Protocol, text: str) -> None:
    """
    CR, LF and NUL in a method, path, query, header or cookie are a ValueError before anything is sent.
    """
    client = TestClient(Echo(), protocol=protocol)
    with pytest.raises(ValueError, match="A method must be an RFC 9110 token"):
        await client.request(text, "/")
    with pytest.raises(ValueError, match="A URL must not have CR, LF, NUL"):
        await client.get(f"/{text}")
    with pytest.raises(ValueError, match="A URL must not have CR, LF, NUL"):
        await client.get(f"http://{text}/")
    with pytest.raises(ValueError, match="params must not have CR, LF, NUL"):
        await client.get("/", params=text)
    with pytest.raises(ValueError, match="A header's name must be an RFC 9110 token"):
        await client.get("/", headers={text: "x"})
    with pytest.raises(ValueError, match="'x-a' must not have CR, LF, NUL"):
        await client.get("/", headers={"X-A": text})
    with pytest.raises(ValueError, match="'x-a' must not have CR, LF, NUL"):
        await client.get("/", headers=[(b"x-a", text.encode())])
    with pytest.raises(ValueError, match="A cookie's name must be"):
        await client.get("/", cookies={text: "x"})
    with pytest.raises(ValueError, match="'a' must not have a semicolon, CR, LF or NUL"):
        await client.get("/", cookies={"a": text})


async def test_text_beyond_latin_1_in_a_header_is_refused() -> None:
    """
    HTTP has no encoding for it; the test must choose one.
    """
    with pytest.raises(ValueError, match="'x-a' has text beyond latin-1; give bytes"):
        await TestClient(Echo()).get("/", headers={"x-a": "日"})


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


def failing(when: str) -> Both:
    """
    Make an application that raises before, or in the middle of its response.
    """

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        if when == "middle":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"part", "more_body": True})
        raise KeyError(when)

    async def rsgi(scope: RSGIScope, protocol: RSGIHTTPProtocol) -> None:
        if when == "middle":
            await protocol.response_stream(200, []).send_str("part")
        raise KeyError(when)

    return Both(asgi, rsgi)


@pytest.mark.parametrize("when", ["before", "middle"])
async def test_what_the_application_raises_is_raised(protocol: Protocol, when: str) -> None:
    """
    An exception that leaves the application arrives in the test.
    """
    with pytest.raises(KeyError, match=when):
        await TestClient(failing(when), protocol=protocol).get("/")


async def test_what_the_application_raises_becomes_a_500_by_choice(protocol: Protocol) -> None:
    """
    With raise_app_exceptions=False the test sees what a server's client would.
    """
    response = await TestClient(failing("before"), protocol=protocol, raise_app_exceptions=False).get("/")

    assert (response.status_code, response.text) == (500, "Internal Server Error")


async def test_a_response_that_breaks_off_is_an_error(protocol: Protocol) -> None:
    """
    Half a response is never taken for a whole one.
    """
    with pytest.raises(IncompleteResponseError, match=r"KeyError\('middle'\) in the middle of its response to GET /"):
        await TestClient(failing("middle"), protocol=protocol, raise_app_exceptions=False).get("/")


def recording() -> Both:
    """
    Make an application that answers 500 by itself and records the exception.
    """

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        scope["extensions"]["covet.test"]["exceptions"].append(KeyError("recorded"))
        await answer(send, b"sorry" * 50_000, status=500)

    async def rsgi(scope: RSGIScope, protocol: RSGIHTTPProtocol) -> None:
        protocol.covet_test["exceptions"].append(KeyError("recorded"))
        protocol.response_bytes(500, [], b"sorry" * 50_000)

    return Both(asgi, rsgi)


async def test_a_recorded_exception_is_raised(protocol: Protocol) -> None:
    """
    A framework that answers 500 by itself puts the exception where the client finds it.
    """
    with pytest.raises(KeyError, match="recorded"):
        await TestClient(recording(), protocol=protocol).get("/")


async def test_a_recorded_exception_is_a_response_by_choice(protocol: Protocol) -> None:
    """
    With raise_app_exceptions=False the framework's own 500 is returned.
    """
    response = await TestClient(recording(), protocol=protocol, raise_app_exceptions=False).get("/")

    assert (response.status_code, response.text) == (500, "sorry" * 50_000)
    with pytest.raises(StatusError, match=r"GET http://testserver/ answered 500 Internal Server Error\.") as caught:
        response.raise_for_status()
    assert caught.value.status_code == 500


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


async def test_tasks_that_the_application_forgot_are_named(protocol: Protocol) -> None:
    """
    A task that outlives the shutdown is a warning that names it, and it is cancelled; the test's own are let be.
    """
    started: list[asyncio.Task[None]] = []

    async def forgotten() -> None:
        await asyncio.sleep(60)

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        started.append(asyncio.create_task(forgotten(), name="cleaner"))
        await answer(send)

    async def rsgi(scope: RSGIScope, protocol: RSGIHTTPProtocol) -> None:
        started.append(asyncio.create_task(forgotten(), name="cleaner"))
        protocol.response_empty(200, [])

    with pytest.warns(ResourceWarning, match=r"left 1 tasks running after its shutdown: cleaner \(.*forgotten\)"):
        async with TestClient(Both(asgi, rsgi), protocol=protocol) as client:
            own = asyncio.create_task(asyncio.sleep(60))
            await client.get("/")

    assert started[0].cancelled()
    assert not own.done()
    own.cancel()


def endless(seen: list[str]) -> Both:
    """
    Make an application that streams until its client leaves.
    """

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        await read_body(receive)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            while True:
                await send({"type": "http.response.body", "body": b"line\n", "more_body": True})
        except OSError:
            seen.append((await receive())["type"])
            raise

    async def rsgi(scope: RSGIScope, protocol: RSGIHTTPProtocol) -> None:
        transport = protocol.response_stream(200, [])
        try:
            while True:
                await transport.send_str("line\n")
        except RuntimeError:
            await protocol.client_disconnect()
            seen.append("http.disconnect")
            raise

    return Both(asgi, rsgi)


async def test_leaving_a_stream_early_disconnects(protocol: Protocol) -> None:
    """
    Whoever leaves the block is gone for the application, which has finished when the block is over.
    """
    seen: list[str] = []

    async with TestClient(endless(seen), protocol=protocol).stream("GET", "/") as response:
        lines = []
        async for line in response.aiter_lines():
            lines.append(line)
            if len(lines) == 3:
                break

    assert lines == ["line"] * 3
    assert seen == ["http.disconnect"]


async def test_an_error_in_the_stream_block_comes_out(protocol: Protocol) -> None:
    """
    The test's own error is not hidden by what the application does when its client leaves.
    """
    seen: list[str] = []

    with pytest.raises(ZeroDivisionError):
        async with TestClient(endless(seen), protocol=protocol).stream("GET", "/"):
            raise ZeroDivisionError

    assert seen == ["http.disconnect"]


async def test_a_cancelled_request_disconnects(protocol: Protocol) -> None:
    """
    A test that stops waiting is a client that left.
    """
    seen: list[str] = []

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await TestClient(endless(seen), protocol=protocol).get("/")

    assert seen == ["http.disconnect"]


async def test_an_application_that_ignores_the_disconnect_is_named(protocol: Protocol) -> None:
    """
    An application that goes on for ever is cancelled, and the test fails with the reason.
    """

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.sleep(60)

    async def rsgi(scope: RSGIScope, protocol: RSGIHTTPProtocol) -> None:
        transport = protocol.response_stream(200, [])
        await asyncio.sleep(60)
        del transport

    client = TestClient(Both(asgi, rsgi), protocol=protocol, leave_timeout=0.05)
    with pytest.raises(TimeoutError, match=r"went on for 0\.05 s after the client had left \(GET /x\); leave_timeout="):
        async with client.stream("GET", "/x"):
            pass


async def test_a_body_that_fails_is_the_tests_own_error(protocol: Protocol) -> None:
    """
    An error in `content=` comes back to the test; the application sees its client leave.
    """

    def parts() -> Iterator[bytes]:
        yield b"one"
        raise ZeroDivisionError

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        kinds.extend([(await receive())["type"], (await receive())["type"]])

    async def rsgi(scope: RSGIScope, protocol: RSGIHTTPProtocol) -> None:
        with pytest.raises(RuntimeError, match="RSGI transport is closed"):
            await protocol()
        kinds.extend(["http.request", "http.disconnect"])

    kinds: list[str] = []
    with pytest.raises(ZeroDivisionError):
        await TestClient(Both(asgi, rsgi), protocol=protocol).post("/", content=parts())

    assert kinds == ["http.request", "http.disconnect"]


async def test_a_part_of_a_body_that_is_no_bytes_is_refused(protocol: Protocol) -> None:
    """
    Text in an iterable body is the test's mistake, and says so.
    """
    content: Any = iter(["text"])

    with pytest.raises(TypeError, match="content= must yield bytes, got str"):
        await TestClient(Echo(), protocol=protocol).post("/", content=content)


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


@pytest.mark.parametrize("base_url", ["testserver", "http://testserver/api", "ftp://x", "http://"])
def test_a_base_url_is_an_origin(base_url: str) -> None:
    """
    Anything but a scheme and a host is refused.
    """
    with pytest.raises(ValueError, match=r"base_url must be like|A URL needs a host"):
        TestClient(Echo(), base_url=base_url)


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


async def test_an_application_that_answers_nothing_is_named(protocol: Protocol) -> None:
    """
    To return without an answer breaks the protocol.
    """

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None: ...
    async def rsgi(scope: RSGIScope, protocol: RSGIHTTPProtocol) -> None: ...

    with pytest.raises(ProtocolViolation, match=r"returned without answering \(GET /x\)"):
        await TestClient(Both(asgi, rsgi), protocol=protocol).get("/x")

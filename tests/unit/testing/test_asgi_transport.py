"""
What the ASGI transport gives an application, and what it does not let it do.
"""

import asyncio
from typing import Any

import pytest

from covet.testing import ProtocolViolation, TestClient
from covet.types import Message, Receive, Scope, Send
from tests.unit.testing.apps import answer, read_body, sends

START: Message = {"type": "http.response.start", "status": 200, "headers": []}
BODY: Message = {"type": "http.response.body", "body": b""}


def start(*headers: Any, status: Any = 200) -> Message:
    """
    Make the message that starts a response.
    """
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def body(content: Any = b"", **more: Any) -> Message:
    """
    Make a message of the body.
    """
    return {"type": "http.response.body", "body": content, **more}


HINT: Message = {"type": "http.response.early_hint", "links": [b"</a.css>; rel=preload"]}

VIOLATIONS: list[tuple[list[Any], str]] = [
    ([BODY], "'http.response.body' was sent before 'http.response.start'"),
    ([START, START], "'http.response.start' was sent twice"),
    ([START, BODY, BODY], "'http.response.body' was sent after the response was complete"),
    ([START], "returned without finishing its response"),
    ([START, body(more_body=True)], "returned without finishing its response"),
    ([{"type": "http.response.trailers"}], "'http.response.trailers' was sent; over HTTP an application sends"),
    ([START, HINT], "'http.response.early_hint' was sent after the response had begun"),
    ([START, BODY, HINT], "'http.response.early_hint' was sent after the response was complete"),
    ([{**HINT, "links": "</a>"}], "links of early hints must be an iterable of bytes"),
    ([{"status": 200}], "A message needs a type that is a str, got None"),
    ([["http.response.start"]], "A message must be a dict"),
    ([{"type": "http.response.start"}], "status must be an int, got None"),
    ([start(status="200")], "status must be an int, got '200'"),
    ([start(status=True)], "status must be an int, got True"),
    ([start(status=101)], "status must be from 200 to 999, got 101"),
    ([start(status=1000)], "status must be from 200 to 999, got 1000"),
    ([start(("a", "b"))], r"A header must be a pair of bytes, got \('a', 'b'\)"),
    ([start((b"a",))], "A header must be a pair of bytes"),
    ([start((b"X-A", b"b"))], "name must be in lower case, got b'X-A'"),
    ([start((b"x a", b"b"))], "name must be an RFC 9110 token, got b'x a'"),
    ([start((b"a", b"b\r\nc: d"))], "b'a' has a control character in its value"),
    ([start((b"a", b"\0"))], "b'a' has a control character in its value"),
    ([{"type": "http.response.start", "status": 200, "headers": 5}], "headers must be an iterable of pairs"),
    ([start((b"transfer-encoding", b"chunked"))], "belongs to the server"),
    ([start((b"content-length", b"x"))], "content-length must be digits, got b'x'"),
    ([start((b"content-length", b"1"), (b"content-length", b"1"))], "has 2 content-length headers"),
    ([start((b"content-length", b"3")), body(b"four")], "content-length is 3, but its body has at least 4 bytes"),
    ([start((b"content-length", b"3")), body(b"a")], "content-length is 3, but its body has 1 bytes"),
    ([start(status=204), body(b"a")], "with status 204 must not have a body, got 1 bytes"),
    ([start((b"content-length", b"0"), status=204), BODY], "status 204 must not have a content-length"),
    ([start(status=304), body(b"a")], "with status 304 must not have a body"),
    ([START, body("text")], "A message's body must be bytes, got str"),
    ([START, body(b"", more_body=1)], "A message's more_body must be a bool, got 1"),
]


@pytest.mark.parametrize(("messages", "text"), VIOLATIONS)
async def test_a_violation_fails_the_test(messages: list[Any], text: str) -> None:
    """
    Whatever ASGI or HTTP does not allow is refused with the reason.
    """
    with pytest.raises(ProtocolViolation, match=text):
        await TestClient(sends(*messages)).get("/")


async def test_a_body_to_head_is_refused() -> None:
    """
    A response to HEAD has no body; its content-length is that of GET's.
    """
    response = await TestClient(sends(start((b"content-length", b"3")), BODY)).head("/")

    assert response.headers["content-length"] == "3"
    with pytest.raises(ProtocolViolation, match="A response to HEAD must not have a body, got 3 bytes"):
        await TestClient(sends(start((b"content-length", b"3")), body(b"abc"))).head("/")


async def test_a_violation_that_the_application_swallows_still_fails() -> None:
    """
    An application that catches everything does not hide its fault.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send(start(status=1000))
        except Exception:
            await answer(send)

    with pytest.raises(ProtocolViolation, match="status must be from 200 to 999"):
        await TestClient(app, raise_app_exceptions=False).get("/")


async def test_the_scope_is_the_specifications() -> None:
    """
    Every key has the type and the form that ASGI 3 asks for.
    """
    scopes: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        await answer(send)

    await TestClient(app).get("/caf%C3%A9%2F%ff?q=%20", headers={"X-A": "é"})

    assert scopes[0] == {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/café/�",
        "raw_path": b"/caf%C3%A9%2F%ff",
        "query_string": b"q=%20",
        "root_path": "",
        "headers": [
            (b"host", b"testserver"),
            (b"user-agent", b"covet-testclient"),
            (b"accept", b"*/*"),
            (b"x-a", b"\xe9"),
        ],
        "client": ("127.0.0.1", 50000),
        "server": ("testserver", 80),
        "state": {},
        "extensions": {"covet.test": {"exceptions": []}, "http.response.early_hint": {}},
    }


async def test_receive_waits_for_the_end_of_the_response() -> None:
    """
    After the body `receive` blocks; once the response is complete it says http.disconnect.
    """
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await read_body(receive)
        waiting = asyncio.ensure_future(receive())
        await asyncio.sleep(0.01)
        seen.append(str(waiting.done()))
        await answer(send)
        seen.append((await waiting)["type"])

    await TestClient(app).get("/")

    assert seen == ["False", "http.disconnect"]


async def test_a_receive_that_is_given_up_loses_nothing() -> None:
    """
    An application that stops waiting for the body finds it at the next call.
    """
    released = asyncio.Event()

    async def parts() -> Any:
        await released.wait()
        yield b"late"

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await receive()
        released.set()
        await answer(send, await read_body(receive))

    response = await TestClient(app).post("/", content=parts())

    assert response.content == b"late"


async def test_a_slow_reader_holds_the_application_back() -> None:
    """
    `send` waits while the client has more than a socket's buffer unread.
    """
    sent: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        for number in range(10):
            await send(body(b"x" * 40_000, more_body=True))
            sent.append(number)
        await send(BODY)

    async with TestClient(app).stream("GET", "/") as response:
        await asyncio.sleep(0.01)
        before = list(sent)
        content = await response.aread()

    assert before == [0]
    assert (len(content), sent) == (400_000, list(range(10)))


async def test_lifespan_state_is_copied_into_each_request() -> None:
    """
    Requests see what the lifespan stored, and cannot replace it for each other.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            scope["state"]["count"] = 1
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        scope["state"]["count"] += 1
        await answer(send, str(scope["state"]["count"]).encode())

    async with TestClient(app) as client:
        first, second = await client.get("/"), await client.get("/")

    assert (first.text, second.text) == ("2", "2")


async def no_lifespan_raises(scope: Scope, receive: Receive, send: Send) -> None:
    """
    Know no lifespan, and say so by raising.
    """
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    await answer(send)


async def no_lifespan_returns(scope: Scope, receive: Receive, send: Send) -> None:
    """
    Know no lifespan, and return.
    """
    if scope["type"] == "http":
        await answer(send)


@pytest.mark.parametrize("app", [no_lifespan_raises, no_lifespan_returns, sends(START, BODY)])
async def test_an_application_without_a_lifespan_is_fine(app: Any) -> None:
    """
    The lifespan is optional: who raises, returns or answers over HTTP before the first `receive` has none.
    """
    async with TestClient(app) as client:
        response = await client.get("/")

    assert response.status_code == 200


async def test_a_failing_shutdown_is_raised() -> None:
    """
    What the shutdown raises arrives in the test.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        raise KeyError("shutdown")

    with pytest.raises(KeyError, match="shutdown"):
        async with TestClient(app):
            pass


async def test_a_wrong_lifespan_message_is_refused() -> None:
    """
    During start-up only its two answers are allowed, and only once.
    """

    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def twice(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.startup.complete"})

    with pytest.raises(ProtocolViolation, match=r"'lifespan\.shutdown\.complete' was sent during startup"):
        async with TestClient(wrong):
            pass
    with pytest.raises(ProtocolViolation, match="was sent after the startup was answered"):
        async with TestClient(twice):
            await asyncio.sleep(0)


async def test_early_hints_are_shown() -> None:
    """
    A response has the links that came before it, a streamed one too.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["extensions"]["http.response.early_hint"] == {}
        await send(HINT)
        await send({"type": "http.response.early_hint", "links": iter([b" </b.js> ", b"</c.js>"])})
        await answer(send)

    links = ["</a.css>; rel=preload", "</b.js>", "</c.js>"]
    client = TestClient(app)
    async with client.stream("GET", "/") as response:
        assert response.early_hints == links

    assert (await client.get("/")).early_hints == links

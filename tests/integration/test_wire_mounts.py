"""
Mounted applications. Over both protocols.
"""

import asyncio
from collections.abc import AsyncIterator

import pytest

from covet import CovetPy, Request
from covet.exceptions import LifespanError, ResponseError
from covet.responses import ServerSentEvent
from covet.testing import IncompleteResponseError, TestClient
from covet.types import Message, Receive, Scope, Send
from tests.integration.asgi_applications import Recorder, mount, respond
from tests.integration.wire import WireProtocol, assert_problem, on_both_protocols

# ── Mounts ───────────────────────────────────────────────────────────────────


@on_both_protocols
@pytest.mark.parametrize("path", ["/sub", "/sub/", "/sub/a/b"])
async def test_mount_sees_the_whole_path_and_its_root(protocol: WireProtocol, path: str) -> None:
    """As the ASGI specification says, the path includes the root path."""
    recorder = Recorder()

    response = await TestClient(mount(recorder), protocol=protocol).post(f"{path}?q=caf%C3%A9", content=b"body")

    scope = recorder.scopes[0]
    assert response.text == "mounted body"
    assert (scope["path"], scope["root_path"], scope["query_string"]) == (path, "/sub", b"q=caf%C3%A9")
    # RSGI does not show it, and a made-up one would be wrong for /sub/a%2Fb.
    assert scope.get("raw_path") == (path.encode() if protocol == "asgi" else None)
    assert (scope["method"], scope["scheme"], tuple(scope["client"])) == ("POST", "http", ("127.0.0.1", 50000))
    assert (b"host", b"testserver") in [tuple(pair) for pair in scope["headers"]]


@on_both_protocols
async def test_mount_ends_where_a_segment_ends(protocol: WireProtocol) -> None:
    """A prefix is compared by segments: `/subway` is not below `/sub`."""
    response = await TestClient(mount(Recorder()), protocol=protocol).get("/subway")

    assert_problem(response, 404)


@on_both_protocols
async def test_route_goes_before_a_mount(protocol: WireProtocol) -> None:
    """What is mounted at `/` gets what no route answers."""
    client = TestClient(mount(Recorder(), "/"), protocol=protocol)

    responses = [await client.get("/own"), await client.get("/other")]

    assert [response.text for response in responses] == ["own", "mounted "]


@on_both_protocols
async def test_mount_gets_methods_that_no_route_may_have(protocol: WireProtocol) -> None:
    """Which methods there are is the mounted application's business."""
    recorder = Recorder()

    await TestClient(mount(recorder), protocol=protocol).request("PROPFIND", "/sub")

    assert recorder.scopes[0]["method"] == "PROPFIND"


@on_both_protocols
async def test_mount_is_guarded_from_malformed_hosts(protocol: WireProtocol) -> None:
    """A request with a bad head does not reach what is mounted."""
    recorder = Recorder()

    response = await TestClient(mount(recorder), protocol=protocol).get("/sub", headers={"host": "a@b"})

    assert_problem(response, 400, echo="a@b")
    assert recorder.scopes == []


@on_both_protocols
async def test_lifespan_of_a_mount_runs_with_state(protocol: WireProtocol) -> None:
    """It starts and stops with the application, and its requests see a copy of its state."""
    recorder = Recorder()

    async with TestClient(mount(recorder), protocol=protocol) as client:
        await client.get("/sub")
        recorder.scopes[0]["state"]["pool"] = "changed"
        await client.get("/sub")
        running = list(recorder.events)

    assert running == ["lifespan.startup"]
    assert recorder.events == ["lifespan.startup", "lifespan.shutdown"]
    assert recorder.scopes[1]["state"] == {"pool": "a pool"}


@on_both_protocols
async def test_mount_at_two_prefixes_starts_once(protocol: WireProtocol) -> None:
    """One application has one lifespan, wherever it is mounted."""
    recorder = Recorder()
    app = mount(recorder)
    app.mount("/again", recorder)

    async with TestClient(app, protocol=protocol):
        pass

    assert recorder.events == ["lifespan.startup", "lifespan.shutdown"]


@on_both_protocols
async def test_failed_start_of_a_mount_fails_the_application(protocol: WireProtocol) -> None:
    """The error says which mount, and why."""

    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    with pytest.raises(LifespanError, match="no database") as failure:
        await TestClient(mount(failing), protocol=protocol).__aenter__()

    assert failure.value.__notes__ == ["while starting: mount /sub"]


@on_both_protocols
async def test_mounted_covetpy_application_works(protocol: WireProtocol) -> None:
    """A CovetPy application below another sees its own paths, builds whole URLs and redirects within."""
    inner = CovetPy()
    events: list[str] = []

    @inner.get("/items/{item_id}")
    async def show(request: Request, item_id: int) -> dict[str, object]:
        return {"path": request.path, "root": request.root_path, "url": str(request.url), "item": item_id}

    @inner.get("/")
    async def index() -> str:
        return "index"

    inner.on_startup(lambda: events.append("start"))
    inner.on_shutdown(lambda: events.append("stop"))

    async with TestClient(mount(inner), protocol=protocol) as client:
        item = await client.get("/sub/items/7?a=1")
        index_page = await client.get("/sub")
        redirect = await client.get("/sub/items/7/?a=1")
        missing = await client.get("/sub/nowhere")
        head = await client.head("/sub/")
        other = await client.post("/sub/")

    assert item.json() == {
        "path": "/items/7",
        "root": "/sub",
        "url": "http://testserver/sub/items/7?a=1",
        "item": 7,
    }
    assert index_page.text == "index"
    assert (redirect.status_code, redirect.headers["location"]) == (308, "/sub/items/7?a=1")
    assert_problem(missing, 404)
    assert (head.headers["content-length"], head.content) == ("5", b"")
    assert other.headers["allow"] == "GET, HEAD, OPTIONS"
    assert events == ["start", "stop"]


@on_both_protocols
async def test_covetpy_application_in_a_mounted_one_works(protocol: WireProtocol) -> None:
    """Root paths add up."""
    innermost = CovetPy()

    @innermost.get("/x")
    async def show(request: Request) -> str:
        return f"{request.root_path} {request.path} {request.url.path}"

    response = await TestClient(mount(mount(innermost, "/b"), "/a"), protocol=protocol).get("/a/b/x")

    assert response.text == "/a/b /x /a/b/x"


@on_both_protocols
async def test_stream_of_a_mounted_covetpy_application_ends_with_the_server(protocol: WireProtocol) -> None:
    """The drain of the outer application is that of the inner ones: an event stream does not wait for the deadline."""
    inner = CovetPy()

    @inner.get("/events")
    async def events() -> AsyncIterator[ServerSentEvent]:
        yield ServerSentEvent("first")
        await asyncio.Event().wait()

    app = mount(inner)
    app.mount("/again", inner)
    app.drain_timeout = 7.0

    async with TestClient(app, protocol=protocol) as client, client.stream("GET", "/sub/events") as response:
        pieces = response.aiter_bytes()
        await anext(pieces)
        first = await anext(pieces)
        app.begin_drain()
        rest = [piece async for piece in pieces]

    assert (first, rest) == (b"data: first\n\n", [])
    assert (inner.is_draining, inner.drain_timeout) == (True, 7.0)


@on_both_protocols
async def test_stream_of_a_mount_is_not_buffered(protocol: WireProtocol) -> None:
    """Pieces of a mounted application arrive as they are sent, with the length that it named."""
    go_on = asyncio.Event()

    async def streaming(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"6")]})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        await go_on.wait()
        await send({"type": "http.response.body", "body": b"two"})

    async with TestClient(mount(streaming), protocol=protocol).stream("GET", "/sub") as response:
        received = response.aiter_bytes()
        first = await anext(received)
        go_on.set()
        second = await anext(received)

    assert (first, second, response.headers["content-length"]) == (b"one", b"two", "6")


@on_both_protocols
async def test_mount_learns_that_its_client_left(protocol: WireProtocol) -> None:
    """`receive` gives the disconnect, and `send` raises an `OSError`."""
    seen: list[str] = []

    async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        seen.append((await receive())["type"])
        try:
            await send({"type": "http.response.body", "body": b"two", "more_body": True})
        except OSError:
            seen.append("OSError")

    async with TestClient(mount(waiting), protocol=protocol, leave_timeout=2).stream("GET", "/sub") as response:
        await anext(response.aiter_bytes())

    assert seen == ["http.disconnect", "OSError"]


@on_both_protocols
async def test_mount_learns_that_it_has_answered(protocol: WireProtocol) -> None:
    """After the response `receive` does not wait for ever."""
    seen: list[str] = []

    async def patient(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await respond(send, b"done")
        seen.append((await asyncio.wait_for(receive(), 2))["type"])

    response = await TestClient(mount(patient), protocol=protocol).get("/sub")

    assert (response.text, seen) == ("done", ["http.disconnect"])


# ── What a mounted application may not do to the server ──────────────────────


@pytest.mark.row(47)
@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (70000, [], b""),
        (99, [], b""),
        (200, [(b"x-a", b"1\r\nset-cookie: a=b")], b""),
        (200, [(b"bad name", b"1")], b""),
        (200, [(b"content-length", b"3")], b"four"),
        (200, [(b"content-length", b"5")], b"four"),
        (200, [(b"content-length", b"-1")], b""),
        (200, [(b"content-length", b"4"), (b"content-length", b"4")], b"four"),
    ],
)
async def test_row_047_bridge_passes_nothing_on_that_breaks_the_wire(
    status: int, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    """Over RSGI nobody else looks: a status, header or length that cannot be is an error before the first byte."""

    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, body, status=status, headers=tuple(headers))

    with pytest.raises(ResponseError):
        await TestClient(mount(broken), protocol="rsgi").get("/sub")


@pytest.mark.parametrize("sent", [[b"abc"], [b"abc", b"defg"]])
async def test_stream_of_a_wrong_length_is_not_whole(sent: list[bytes]) -> None:
    """A stream that is shorter or longer than it said ends as one that was cut off."""

    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"6")]})
        for piece in sent:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body"})

    with pytest.raises((ResponseError, IncompleteResponseError)):
        await TestClient(mount(wrong), protocol="rsgi").get("/sub")


@pytest.mark.parametrize(
    "messages",
    [
        [{"type": "http.response.body", "body": b""}],
        [{"type": "http.response.start", "status": 200}, {"type": "http.response.start", "status": 200}],
        [
            {"type": "http.response.start", "status": 200},
            {"type": "http.response.body"},
            {"type": "http.response.body"},
        ],
        [{"type": "websocket.accept"}],
    ],
)
async def test_messages_out_of_order_are_refused(messages: list[Message]) -> None:
    """The bridge accepts what ASGI allows, and nothing else."""

    async def disorderly(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    with pytest.raises(RuntimeError, match="has no place there"):
        await TestClient(mount(disorderly), protocol="rsgi").get("/sub")


@pytest.mark.parametrize("start", [[], [{"type": "http.response.start", "status": 200, "headers": []}]])
async def test_mount_that_does_not_answer_is_a_500(start: list[Message], caplog: pytest.LogCaptureFixture) -> None:
    """A client is never left without an answer; the log says why."""

    async def silent(scope: Scope, receive: Receive, send: Send) -> None:
        for message in start:
            await send(message)

    response = await TestClient(mount(silent), protocol="rsgi").get("/sub")

    assert response.status_code == 500
    assert caplog.messages == ["An ASGI application returned without finishing its response."]


@on_both_protocols
@pytest.mark.parametrize("status", [204, 304])
async def test_status_without_body_has_none(protocol: WireProtocol, status: int) -> None:
    """A mounted application's empty statuses stay empty."""

    async def empty(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, b"", status=status)

    response = await TestClient(mount(empty), protocol=protocol).get("/sub")

    assert (response.status_code, response.content) == (status, b"")


@on_both_protocols
async def test_truncated_upload_reaches_a_mount_as_disconnect(protocol: WireProtocol) -> None:
    """A body that is shorter than it said does not look whole."""
    seen: list[str] = []

    async def reading(scope: Scope, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            seen.append(message["type"])
            if message["type"] == "http.disconnect" or not message.get("more_body"):
                return

    async def cut() -> AsyncIterator[bytes]:
        yield b"abc"
        raise ConnectionResetError("gone")

    with pytest.raises(ConnectionResetError):
        await TestClient(mount(reading), protocol=protocol).post(
            "/sub", content=cut(), headers={"content-length": "10", "transfer-encoding": None}
        )

    assert seen == ["http.request", "http.disconnect"]

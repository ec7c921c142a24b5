"""
WebSockets of mounted applications and of raw ASGI middleware. Over both protocols.
"""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from covet import CovetPy
from covet.http.websocket import WebSocket
from covet.http.websocket_errors import WebSocketError, WebSocketStateError
from covet.testing import ProtocolViolation, TestClient, WebSocketRefusedError
from covet.types import ASGIApp, Message, Receive, Scope, Send
from tests.integration import asgi_sockets
from tests.integration.asgi_applications import mount
from tests.integration.wire import WireProtocol, on_both_protocols

pytestmark = on_both_protocols


@pytest.fixture(autouse=True)
def ended() -> Iterator[list[object]]:
    """
    Give how the connections of a test ended.
    """
    asgi_sockets.ended.clear()
    yield asgi_sockets.ended
    asgi_sockets.ended.clear()


def make_mounted() -> CovetPy:
    """
    Mount the application.
    """
    return mount(asgi_sockets.sockets)


def make_wrapped() -> CovetPy:
    """
    Wrap an application in one that serves WebSockets itself, as those of Socket.IO do.
    """
    app = CovetPy()

    def wrap(inner: ASGIApp) -> ASGIApp:
        async def wrapper(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "websocket":
                await asgi_sockets.sockets(scope, receive, send)
            else:
                await inner(scope, receive, send)

        return wrapper

    app.wrap(wrap)
    return app


on_mounts_and_wrappers = pytest.mark.parametrize("make", [make_mounted, make_wrapped])


# ── Messages ─────────────────────────────────────────────────────────────────


@on_mounts_and_wrappers
async def test_texts_and_bytes_come_back(protocol: WireProtocol, make: Any) -> None:
    """
    A text stays a text, and bytes stay bytes, the empty ones too.
    """
    messages: list[str | bytes] = ["käse", b"\x00\xff", "", b"", "x" * 2_000_000]

    async with TestClient(make(), protocol=protocol).websocket_connect("/sub/echo") as socket:
        for message in messages:
            await (socket.send_text(message) if isinstance(message, str) else socket.send_bytes(message))

            assert await socket.receive() == message


async def test_the_scope_is_that_of_a_websocket(protocol: WireProtocol) -> None:
    """
    With the prefix, the subprotocols on offer, the query and a copy of the application's state.
    """
    async with (
        TestClient(make_mounted(), protocol=protocol) as client,
        client.websocket_connect("/sub/describe?a=1", subprotocols=["one", "two"]) as socket,
    ):
        told = json.loads(await socket.receive_text())

    assert told == {
        "type": "websocket",
        "path": "/sub/describe",
        "root_path": "/sub",
        "scheme": "ws",
        "http_version": "1.1",
        "subprotocols": ["one", "two"],
        "state": {"pool": "a pool"},
        "query": {"a": "1"},
        "has_method": False,
    }


@on_mounts_and_wrappers
async def test_a_slow_client_slows_its_sender(protocol: WireProtocol, make: Any, ended: list[object]) -> None:
    """
    An application that sends without an end is held back, and learns that its client has left by an `OSError`.
    """
    client = TestClient(make(), protocol=protocol)

    async with client.websocket_connect("/sub/flood") as socket:
        for _ in range(50):
            await asyncio.sleep(0)
        await socket.receive()

    assert ended[0] == "flood"
    assert isinstance(ended[1], int)
    assert ended[1] < 50


async def test_a_wait_that_is_given_up_loses_nothing(protocol: WireProtocol) -> None:
    """
    An application may look for messages with a time limit.
    """
    async with TestClient(make_mounted(), protocol=protocol).websocket_connect("/sub/impatient") as socket:
        for number in range(5):
            await asyncio.sleep(0.003)
            await socket.send_text(str(number))

            assert await socket.receive_text() == str(number)


# ── Accepting and refusing ───────────────────────────────────────────────────


@pytest.mark.parametrize(("path", "status"), [("refuse?status=429", 429), ("turn-away", 403), ("leave-early", 500)])
async def test_refusals_have_their_status(protocol: WireProtocol, path: str, status: int) -> None:
    """
    By a response, by a close, and by no word at all, which is an error.
    """
    with pytest.raises(WebSocketRefusedError) as caught:
        async with TestClient(make_mounted(), protocol=protocol).websocket_connect(f"/sub/{path}"):
            raise AssertionError

    assert caught.value.status_code == status
    if status == 429:
        # RSGI carries the status alone.
        assert caught.value.body == (b"refused" if protocol == "asgi" else b"")


@on_mounts_and_wrappers
@pytest.mark.parametrize(
    ("path", "options", "what"),
    [("agree", {"subprotocols": ["one"]}, "The subprotocol 'one'"), ("add-header", {}, "A header of accept()")],
)
async def test_what_rsgi_has_no_word_for_is_an_error(
    protocol: WireProtocol, make: Any, path: str, options: Any, what: str
) -> None:
    """
    Over ASGI it arrives. A client that was promised a subprotocol would give up, and a cookie would be lost.
    """
    client = TestClient(make(), protocol=protocol)

    if protocol == "asgi":
        async with client.websocket_connect(f"/sub/{path}", **options) as socket:
            assert await socket.receive_text()
            assert (socket.subprotocol, socket.headers.get("x-own")) in {("one", None), (None, "1")}
        return
    with pytest.raises(WebSocketError) as failure:
        async with client.websocket_connect(f"/sub/{path}", **options):
            raise AssertionError
    silent = TestClient(make(), protocol=protocol, raise_app_exceptions=False)
    with pytest.raises(WebSocketRefusedError) as refused:
        async with silent.websocket_connect(f"/sub/{path}", **options):
            raise AssertionError

    assert str(failure.value) == (
        f'{what} cannot be sent over RSGI, which has no word for it.\n  Serve with interface="asgi".'
    )
    assert refused.value.status_code == 500


async def test_a_malformed_handshake_does_not_reach_what_is_mounted(protocol: WireProtocol) -> None:
    """
    It is refused with 400, as a request is.
    """
    reached: list[Scope] = []

    async def recorder(scope: Scope, receive: Receive, send: Send) -> None:
        reached.append(scope)

    with pytest.raises(WebSocketRefusedError) as caught:
        async with TestClient(mount(recorder), protocol=protocol).websocket_connect("/sub/x", headers={"host": "a@b"}):
            raise AssertionError

    assert caught.value.status_code == 400
    assert reached == []


async def test_what_is_closed_for_a_time_refuses_with_503(protocol: WireProtocol) -> None:
    """
    And a directory of files has no WebSockets.
    """
    app = make_mounted()
    app.router.mounts[0].is_closed = True

    with pytest.raises(WebSocketRefusedError) as caught:
        async with TestClient(app, protocol=protocol).websocket_connect("/sub/echo"):
            raise AssertionError

    assert caught.value.status_code == 503


# ── The end ──────────────────────────────────────────────────────────────────


@on_mounts_and_wrappers
@pytest.mark.parametrize(("code", "reason"), [(1000, ""), (1001, "later"), (3456, "ü" * 61), (4999, "")])
async def test_codes_and_reasons_arrive(protocol: WireProtocol, make: Any, code: int, reason: str) -> None:
    """
    Behind the last message.
    """
    path = f"/sub/close?code={code}&reason={reason}"

    async with TestClient(make(), protocol=protocol).websocket_connect(path) as socket:
        first = await socket.receive_text()
        end = await socket.receive_close()

    assert (first, end.code, end.reason) == ("first", code, reason)


@pytest.mark.row(48)
@pytest.mark.parametrize("path", ["close?code=99999", "close?code=1005", f"close?code=1000&reason={'x' * 500}"])
async def test_row_048_what_no_close_frame_carries_is_an_error(protocol: WireProtocol, path: str) -> None:
    """
    The application hears of it, its client gets 1011, and no server sees it.
    """
    with pytest.raises(WebSocketError):
        async with TestClient(make_mounted(), protocol=protocol).websocket_connect(f"/sub/{path}") as socket:
            await socket.receive_text()
            end = await socket.receive_close()

    assert end.code == 1011


@pytest.mark.row(48)
@pytest.mark.parametrize("path", ["agree?name=a%0d%0ab", "refuse?status=70000", "refuse?status=99"])
async def test_row_048_what_no_handshake_carries_is_an_error(protocol: WireProtocol, path: str) -> None:
    """
    A line break in a subprotocol ends Granian's worker over ASGI, and so does a status that is none.
    """
    client = TestClient(make_mounted(), protocol=protocol)

    with pytest.raises(WebSocketError):
        async with client.websocket_connect(f"/sub/{path}", subprotocols=["a"]):
            raise AssertionError


async def test_the_close_of_a_client_arrives(protocol: WireProtocol, ended: list[object]) -> None:
    """
    RSGI does not tell its code.
    """
    async with TestClient(make_mounted(), protocol=protocol).websocket_connect("/sub/echo") as socket:
        await socket.close(4001, "bye")

    assert ended == [(4001, "bye") if protocol == "asgi" else (1005, "")]


async def test_a_client_that_vanishes_is_a_disconnect(protocol: WireProtocol, ended: list[object]) -> None:
    """
    With 1006, as ASGI says, however often it is asked for; `send` raises an `OSError` then.
    """
    async with TestClient(make_mounted(), protocol=protocol).websocket_connect("/sub/ask-again") as socket:
        await socket.leave()

    assert ended[0] in ([1006] * 3, [1006] * 3 + [0])


@pytest.mark.parametrize(("path", "code"), [("leave-late", 1000), ("fail-late", 1011)])
async def test_what_is_left_open_is_closed(protocol: WireProtocol, path: str, code: int) -> None:
    """
    With 1000 for an application that has returned, and 1011 for one that has failed: servers differ in what they do.
    """
    client = TestClient(make_mounted(), protocol=protocol, raise_app_exceptions=False)

    async with client.websocket_connect(f"/sub/{path}") as socket:
        end = await socket.receive_close()

    assert end.code == code


async def test_an_error_before_the_answer_is_a_500(protocol: WireProtocol) -> None:
    """
    And goes on to the server, which logs it.
    """
    with pytest.raises(ValueError, match="secret"):
        async with TestClient(make_mounted(), protocol=protocol).websocket_connect("/sub/fail-early"):
            raise AssertionError
    silent = TestClient(make_mounted(), protocol=protocol, raise_app_exceptions=False)
    with pytest.raises(WebSocketRefusedError) as caught:
        async with silent.websocket_connect("/sub/fail-early"):
            raise AssertionError

    assert caught.value.status_code == 500


async def test_messages_out_of_place_are_refused(protocol: WireProtocol) -> None:
    """
    Over ASGI it is the server that does so.
    """

    async def disorderly(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.send", "text": "too early"})

    with pytest.raises(ProtocolViolation if protocol == "asgi" else WebSocketStateError):
        async with TestClient(mount(disorderly), protocol=protocol).websocket_connect("/sub/x"):
            raise AssertionError


# ── The stop ─────────────────────────────────────────────────────────────────


@on_mounts_and_wrappers
async def test_the_drain_closes_with_1012(protocol: WireProtocol, make: Any, ended: list[object]) -> None:
    """
    The application sees a disconnect with that code; a new handshake is refused with 503.
    """
    app = make()
    client = TestClient(app, protocol=protocol)

    async with client, client.websocket_connect("/sub/echo") as socket:
        await socket.send_text("there")
        await socket.receive_text()
        assert app.has_connections
        app.begin_drain()
        end = await socket.receive_close()
        with pytest.raises(WebSocketRefusedError) as caught:
            async with client.websocket_connect("/sub/echo"):
                raise AssertionError

    assert end.code == 1012
    assert ended == [(1012, "")]
    assert caught.value.status_code == 503


@on_mounts_and_wrappers
async def test_the_drain_ends_who_does_not_listen(
    protocol: WireProtocol, make: Any, ended: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    An application that neither receives nor sends is cancelled, before anything else stops.
    """
    monkeypatch.setattr("covet.core.open_sockets.GRACE_SECONDS", 0.01)
    app = make()
    app.on_shutdown(lambda: ended.append("stopped"))
    client = TestClient(app, protocol=protocol)
    await client.__aenter__()

    async with client.websocket_connect("/sub/deaf") as socket:
        await socket.receive_text()
        await client.__aexit__(None, None, None)
        end = await socket.receive_close()

    assert end.code == 1012
    assert ended == ["deaf", "stopped"]


# ── CovetPy in CovetPy ───────────────────────────────────────────────────────


def make_inner() -> CovetPy:
    """
    Make an application whose WebSocket tells where it is.
    """
    inner = CovetPy()

    @inner.websocket("/rooms/{room}")
    async def join(websocket: WebSocket, room: int) -> None:
        await websocket.accept()
        await websocket.send_json({"room": room, "path": websocket.path, "root": websocket.request.root_path})
        async for message in websocket:
            await websocket.send(message)
        asgi_sockets.ended.append(websocket.close_code)

    return inner


def wrap_plainly(app: CovetPy) -> CovetPy:
    """
    Put raw ASGI middleware around an application that lets everything through.
    """

    def wrap(inner: ASGIApp) -> ASGIApp:
        async def wrapper(scope: Scope, receive: Receive, send: Send) -> None:
            async def passing(message: Message) -> None:
                await send(message)

            await inner(scope, receive, passing)

        return wrapper

    app.wrap(wrap)
    return app


@pytest.mark.parametrize("is_mounted", [True, False])
async def test_websockets_of_covetpy_work_behind_both(
    protocol: WireProtocol, is_mounted: bool, ended: list[object]
) -> None:
    """
    Binding, refusals and the drain are those of the application itself.
    """
    app = mount(make_inner()) if is_mounted else wrap_plainly(make_inner())
    prefix = "/sub" if is_mounted else ""
    client = TestClient(app, protocol=protocol)

    async with client:
        for path, status in (("/rooms/x", 422), ("/nowhere", 404)):
            with pytest.raises(WebSocketRefusedError) as caught:
                async with client.websocket_connect(f"{prefix}{path}"):
                    raise AssertionError
            assert caught.value.status_code == status
        with pytest.raises(WebSocketRefusedError) as caught:
            async with client.websocket_connect(f"{prefix}/rooms/7", headers={"origin": "https://evil.example"}):
                raise AssertionError
        assert caught.value.status_code == 403
        async with client.websocket_connect(f"{prefix}/rooms/7") as socket:
            told = await socket.receive_json()
            await socket.send_bytes(b"\xff")
            assert await socket.receive() == b"\xff"
            app.begin_drain()
            end = await socket.receive_close()

    assert told == {"room": 7, "path": "/rooms/7", "root": prefix}
    assert end.code == 1012
    assert ended == [1012]

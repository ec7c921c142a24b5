"""
WebSockets from end to end, over both protocols: what a handler gets, and what its client sees.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

import pytest

from covet import CovetPy, Header, Inject, Query, Request
from covet.core.controller import Controller, get, websocket
from covet.core.routing import CovetRouter
from covet.di import Lifetime
from covet.exceptions import NotFoundError, PermissionDeniedError, RouteError
from covet.http.response import Response
from covet.http.websocket import WebSocket
from covet.http.websocket_errors import WebSocketDisconnect, WebSocketMessageError
from covet.http.websocket_phase import WebSocketPhase
from covet.middleware import Middleware
from covet.tasks import BackgroundTasks
from covet.testing import TestClient, WebSocketRefusedError
from tests.integration.wire import WireProtocol, on_both_protocols

pytestmark = on_both_protocols


@dataclass
class Move:
    """
    What a client of the tests sends.
    """

    x: int
    y: int = 0


def make_app() -> CovetPy:
    """
    Make an application that echoes.
    """
    app = CovetPy()

    @app.websocket("/echo")
    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        async for message in websocket:
            await websocket.send(message)

    return app


# ── Messages ─────────────────────────────────────────────────────────────────


async def test_texts_and_bytes_come_back(protocol: WireProtocol) -> None:
    """
    A text stays a text, and bytes stay bytes.
    """
    async with TestClient(make_app(), protocol=protocol) as client, client.websocket_connect("/echo") as socket:
        await socket.send_text("käse")
        await socket.send_bytes(b"\x00\xff")

        assert await socket.receive() == "käse"
        assert await socket.receive() == b"\x00\xff"


async def test_json_is_validated(protocol: WireProtocol) -> None:
    """
    A model comes out of a message, and goes into one.
    """
    app = CovetPy()

    @app.websocket("/moves")
    async def moves(websocket: WebSocket) -> None:
        await websocket.accept()
        while True:
            move = await websocket.receive_json(Move)
            await websocket.send_json(Move(move.x + 1, move.y))

    async with TestClient(app, protocol=protocol).websocket_connect("/moves") as socket:
        await socket.send_json({"x": 1})
        await socket.send_bytes(b'{"x": 2, "y": 3}')

        assert await socket.receive_json() == {"x": 2, "y": 0}
        assert await socket.receive_json() == {"x": 3, "y": 3}


@pytest.mark.parametrize(
    ("message", "code", "reason"),
    [
        ('{"x": "one"}', 1008, "A message does not fit its type."),
        ("[]", 1008, "A message does not fit its type."),
        ("{x}", 1007, "A message is no JSON."),
        (b"\xff", 1007, "A message is no JSON."),
    ],
)
async def test_what_does_not_fit_closes(protocol: WireProtocol, message: str | bytes, code: int, reason: str) -> None:
    """
    By default a message that does not fit ends the connection, and is no error of the application.
    """
    app = CovetPy()

    @app.websocket("/moves")
    async def moves(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.receive_json(Move)

    async with TestClient(app, protocol=protocol).websocket_connect("/moves") as socket:
        await (socket.send_text(message) if isinstance(message, str) else socket.send_bytes(message))
        end = await socket.receive_close()

    assert (end.code, end.reason) == (code, reason)


async def test_what_does_not_fit_may_be_answered(protocol: WireProtocol) -> None:
    """
    With `invalid="raise"` the handler learns everything that is wrong, and goes on.
    """
    app = CovetPy()

    @app.websocket("/moves")
    async def moves(websocket: WebSocket) -> None:
        await websocket.accept()
        while True:
            try:
                move = await websocket.receive_json(Move, invalid="raise")
            except WebSocketMessageError as exc:
                await websocket.send_json([item.pointer for item in exc.errors])
            else:
                await websocket.send_json(move)

    async with TestClient(app, protocol=protocol).websocket_connect("/moves") as socket:
        await socket.send_text('{"x": "one", "y": []}')
        await socket.send_text('{"x": 1}')

        assert await socket.receive_json() == ["/x", "/y"]
        assert await socket.receive_json() == {"x": 1, "y": 0}


@pytest.mark.parametrize(("kind", "other"), [("text", b"bytes"), ("bytes", "text")])
async def test_the_other_kind_of_message_closes(protocol: WireProtocol, kind: str, other: str | bytes) -> None:
    """
    Who waits for a text does not get bytes, and the other way round: 1003.
    """
    app = CovetPy()

    @app.websocket("/only")
    async def only(websocket: WebSocket) -> None:
        await websocket.accept()
        await (websocket.receive_text() if kind == "text" else websocket.receive_bytes())

    async with TestClient(app, protocol=protocol).websocket_connect("/only") as socket:
        await (socket.send_text(other) if isinstance(other, str) else socket.send_bytes(other))

        assert (await socket.receive_close()).code == 1003


async def test_many_tasks_may_send_at_once(protocol: WireProtocol) -> None:
    """
    Concurrent sends arrive whole, each once.
    """
    app = CovetPy()

    @app.websocket("/many")
    async def many(websocket: WebSocket) -> None:
        await websocket.accept()
        async with asyncio.TaskGroup() as tasks:
            for number in range(100):
                tasks.create_task(websocket.send_text(f"{number}:" + "x" * 2000))

    async with TestClient(app, protocol=protocol).websocket_connect("/many") as socket:
        got = [await socket.receive_text() for _ in range(100)]

        assert {text.partition(":")[0] for text in got} == {str(number) for number in range(100)}
        assert {len(text.partition(":")[2]) for text in got} == {2000}
        assert (await socket.receive_close()).code == 1000


async def test_one_task_receives_at_a_time(protocol: WireProtocol) -> None:
    """
    A second wait for a message is an error that says so, and takes nothing from the first.
    """
    app = CovetPy()

    @app.websocket("/two")
    async def two(websocket: WebSocket) -> None:
        await websocket.accept()
        first = asyncio.ensure_future(websocket.receive_text())
        await asyncio.sleep(0)
        with pytest.raises(Exception, match=r"^Another task waits for a message of this WebSocket already\.$"):
            await websocket.receive_text()
        await websocket.send_text("go on")
        await websocket.send_text(await first)

    async with TestClient(app, protocol=protocol).websocket_connect("/two") as socket:
        assert await socket.receive_text() == "go on"
        await socket.send_text("for the first")

        assert await socket.receive_text() == "for the first"


async def test_a_slow_client_slows_its_sender(protocol: WireProtocol) -> None:
    """
    A handler that sends without an end waits for its client.
    """
    app, sent = CovetPy(), 0

    @app.websocket("/flood")
    async def flood(websocket: WebSocket) -> None:
        nonlocal sent
        await websocket.accept()
        while True:
            await websocket.send_bytes(b"x" * 10_000)
            sent += 1

    async with TestClient(app, protocol=protocol).websocket_connect("/flood") as socket:
        for _ in range(100):
            await asyncio.sleep(0)
        before = sent
        for _ in range(5):
            await socket.receive()

    assert before < 10


# ── The handshake ────────────────────────────────────────────────────────────


async def test_parameters_are_bound_as_for_http(protocol: WireProtocol) -> None:
    """
    Path, query, header and cookie give arguments, and the WebSocket shows what its handshake said.
    """
    app = CovetPy()

    @app.websocket("/rooms/{room}")
    async def room(
        websocket: WebSocket, room: int, name: Annotated[str, Query(min_length=2)], x_token: Annotated[str, Header()]
    ) -> None:
        await websocket.accept()
        await websocket.send_json([room, name, x_token, websocket.cookies, dict(websocket.query_params)])
        await websocket.send_json(
            [websocket.path, websocket.path_params, str(websocket.url), websocket.headers["host"]]
        )
        assert websocket.app is app
        assert websocket.client is not None
        assert websocket.request.method == "GET"

    client = TestClient(app, protocol=protocol)
    async with client.websocket_connect("/rooms/7?name=ada", headers={"X-Token": "t"}, cookies={"a": "b"}) as socket:
        first, second = await socket.receive_json(), await socket.receive_json()

    assert first == [7, "ada", "t", {"a": "b"}, {"name": "ada"}]
    assert second == ["/rooms/7", {"room": "7"}, "ws://testserver/rooms/7?name=ada", "testserver"]


@pytest.mark.parametrize(
    ("path", "status"), [("/rooms/x?name=ada", 422), ("/rooms/7?name=a", 422), ("/nowhere", 404), ("/http", 404)]
)
async def test_a_bad_handshake_is_refused(protocol: WireProtocol, path: str, status: int) -> None:
    """
    What a request would be answered with, a handshake is, with a problem for a body where it can be carried.
    """
    app = CovetPy()

    @app.websocket("/rooms/{room}")
    async def room(websocket: WebSocket, room: int, name: Annotated[str, Query(min_length=2)]) -> None:
        raise AssertionError

    @app.get("/http")
    async def http() -> str:
        raise AssertionError

    with pytest.raises(
        WebSocketRefusedError, match=rf"^The application refused the WebSocket with {status}\.$"
    ) as caught:
        async with TestClient(app, protocol=protocol).websocket_connect(path):
            raise AssertionError

    assert caught.value.status_code == status
    assert (b'"status":%d' % status in caught.value.body) is (protocol == "asgi")


async def test_a_path_may_be_both(protocol: WireProtocol) -> None:
    """
    A page and its WebSocket may have one path.
    """
    app = make_app()

    @app.get("/echo")
    async def page() -> str:
        return "page"

    async with TestClient(app, protocol=protocol) as client, client.websocket_connect("/echo") as socket:
        response = await client.get("/echo")
        await socket.send_text("socket")

        assert (response.text, await socket.receive_text()) == ("page", "socket")


@pytest.mark.parametrize(
    ("refuse", "status"),
    [
        (lambda websocket: websocket.close(), 403),
        (lambda websocket: websocket.refuse(429), 429),
        (lambda websocket: websocket.refuse(Response("no", 402)), 402),
        (lambda websocket: asyncio.sleep(0), 403),
    ],
)
async def test_a_handler_may_refuse(protocol: WireProtocol, refuse: object, status: int) -> None:
    """
    By a close, by a status, by a response, or by returning without a word.
    """
    app = CovetPy()

    @app.websocket("/no")
    async def no(websocket: WebSocket) -> None:
        await refuse(websocket)  # type: ignore[operator]

    with pytest.raises(WebSocketRefusedError) as caught:
        async with TestClient(app, protocol=protocol).websocket_connect("/no"):
            raise AssertionError

    assert caught.value.status_code == status


async def test_errors_before_accept_are_answered_as_those_of_requests(protocol: WireProtocol) -> None:
    """
    An `HTTPError` has its status, and exception handlers are asked.
    """
    app = CovetPy()

    @app.exception_handler(LookupError)
    async def missing(request: Request, exc: LookupError) -> Response:
        return Response("missing", 410)

    @app.websocket("/gone")
    async def gone(websocket: WebSocket) -> None:
        raise KeyError("x")

    @app.websocket("/hidden")
    async def hidden(websocket: WebSocket) -> None:
        raise NotFoundError

    client = TestClient(app, protocol=protocol)
    statuses = []
    for path in ("/gone", "/hidden"):
        with pytest.raises(WebSocketRefusedError) as caught:
            async with client.websocket_connect(path):
                raise AssertionError
        statuses.append(caught.value.status_code)

    assert statuses == [410, 404]


async def test_an_error_before_accept_is_logged(protocol: WireProtocol, caplog: pytest.LogCaptureFixture) -> None:
    """
    What nobody handles is a 500, and the test client raises it.
    """
    app = CovetPy()

    @app.websocket("/broken")
    async def broken(websocket: WebSocket) -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        async with TestClient(app, protocol=protocol).websocket_connect("/broken"):
            raise AssertionError
    with pytest.raises(WebSocketRefusedError) as caught:
        async with TestClient(app, protocol=protocol, raise_app_exceptions=False).websocket_connect("/broken"):
            raise AssertionError

    assert caught.value.status_code == 500
    assert "Unhandled error in WEBSOCKET /broken" in caplog.text


# ── The end ──────────────────────────────────────────────────────────────────


async def test_an_error_behind_accept_closes_with_1011(
    protocol: WireProtocol, caplog: pytest.LogCaptureFixture
) -> None:
    """
    The client learns that something failed, and nothing of what.
    """
    app = CovetPy()

    @app.websocket("/broken")
    async def broken(websocket: WebSocket) -> None:
        await websocket.accept()
        raise ValueError("secret")

    async with TestClient(app, protocol=protocol, raise_app_exceptions=False).websocket_connect("/broken") as socket:
        end = await socket.receive_close()
    with pytest.raises(ValueError, match="secret"):
        async with TestClient(app, protocol=protocol).websocket_connect("/broken") as socket:
            await socket.receive_close()

    assert (end.code, end.reason) == (1011, "")
    assert "Unhandled error in WEBSOCKET /broken" in caplog.text


async def test_an_http_error_behind_accept_closes_with_1008(protocol: WireProtocol) -> None:
    """
    What a request would be refused for is a matter of policy.
    """
    app = CovetPy()

    @app.websocket("/private")
    async def private(websocket: WebSocket) -> None:
        await websocket.accept()
        raise PermissionDeniedError("only for user 7")

    async with TestClient(app, protocol=protocol).websocket_connect("/private") as socket:
        end = await socket.receive_close()

    assert (end.code, end.reason) == (1008, "Forbidden")


async def test_a_handler_that_returns_has_closed(protocol: WireProtocol) -> None:
    """
    It is done: 1000.
    """
    app = CovetPy()

    @app.websocket("/short")
    async def short(websocket: WebSocket) -> None:
        await websocket.accept()

    async with TestClient(app, protocol=protocol).websocket_connect("/short") as socket:
        assert (await socket.receive_close()).code == 1000


async def test_a_handler_closes_with_its_own_code(protocol: WireProtocol) -> None:
    """
    Code and reason arrive, and the handler sees them, too.
    """
    app, seen = CovetPy(), []

    @app.websocket("/own")
    async def own(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close(4001, "enough")
        await websocket.close(4002)
        seen.append((websocket.phase, websocket.close_code, websocket.close_reason))
        with pytest.raises(WebSocketDisconnect, match=r"^The WebSocket is closed \(4001, 'enough'\)\.$"):
            await websocket.send_text("late")

    async with TestClient(app, protocol=protocol).websocket_connect("/own") as socket:
        end = await socket.receive_close()

    assert (end.code, end.reason) == (4001, "enough")
    assert seen == [(WebSocketPhase.CLOSING, 4001, "enough")]


async def test_a_client_that_closes_ends_the_handler(protocol: WireProtocol) -> None:
    """
    `receive()` says so; over RSGI, which does not tell, without the client's own code.
    """
    app, seen = CovetPy(), []

    @app.websocket("/wait")
    async def wait(websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            await websocket.receive()
        except WebSocketDisconnect as exc:
            seen.append((exc.code, exc.reason))
            raise

    async with TestClient(app, protocol=protocol).websocket_connect("/wait") as socket:
        await socket.close(4000, "bye")

    assert seen == [(4000, "bye") if protocol == "asgi" else (1005, "")]


async def test_a_client_that_vanishes_ends_the_handler(protocol: WireProtocol) -> None:
    """
    A cut connection is 1006, for who receives and for who sends, and no error.
    """
    app, seen = CovetPy(), []

    @app.websocket("/wait")
    async def wait(websocket: WebSocket) -> None:
        await websocket.accept()
        async for _ in websocket:
            pass
        seen.append(websocket.close_code)
        with pytest.raises(WebSocketDisconnect, match=r"^The WebSocket is closed \(1006\)\.$"):
            await websocket.send_text("to nobody")

    async with TestClient(app, protocol=protocol).websocket_connect("/wait") as socket:
        await socket.leave()

    assert seen == [1006]


async def test_sending_to_a_client_that_vanished_is_no_error(protocol: WireProtocol) -> None:
    """
    A handler that only sends is ended by its next message, and nothing is logged.
    """
    app, go_on = CovetPy(), asyncio.Event()

    @app.websocket("/ticks")
    async def ticks(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("tick")
        await go_on.wait()
        await websocket.send_text("tock")
        raise AssertionError

    async with TestClient(app, protocol=protocol).websocket_connect("/ticks") as socket:
        await socket.receive_text()
        await socket.leave()
        go_on.set()


async def test_send_all_ends_with_the_client(protocol: WireProtocol) -> None:
    """
    A source that never gives anything again does not keep its handler from ending, and is closed.
    """
    app, closed = CovetPy(), asyncio.Event()

    async def source() -> AsyncIterator[str]:
        try:
            yield "one"
            await asyncio.Event().wait()
        finally:
            closed.set()

    @app.websocket("/feed")
    async def feed(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_all(source())

    async with TestClient(app, protocol=protocol).websocket_connect("/feed") as socket:
        assert await socket.receive_text() == "one"
        await socket.send_text("is let go")

    assert closed.is_set()


async def test_send_all_ends_with_its_source(protocol: WireProtocol) -> None:
    """
    What is no text and no bytes goes as JSON; behind the last message the handler goes on.
    """
    app = CovetPy()

    async def source() -> AsyncIterator[object]:
        for message in ("text", b"bytes", {"json": 1}):
            yield message

    @app.websocket("/feed")
    async def feed(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_all(source())
        await websocket.close(4000)

    async with TestClient(app, protocol=protocol).websocket_connect("/feed") as socket:
        got = [await socket.receive() for _ in range(3)]

        assert got == ["text", b"bytes", '{"json":1}']
        assert (await socket.receive_close()).code == 4000


# ── Services and middleware ──────────────────────────────────────────────────


class Counter:
    """
    A service that lives as long as its scope.
    """

    closed = 0

    def __init__(self, websocket: WebSocket, request: Request) -> None:
        self.path = websocket.path
        self.is_its_request = websocket.request is request
        self.count = 0


async def test_a_connection_has_one_scope(protocol: WireProtocol) -> None:
    """
    A scoped service lives from the handshake to the end, knows its WebSocket, and is disposed of.
    """
    app, closed = CovetPy(), []

    async def make_counter(websocket: WebSocket, request: Request) -> AsyncIterator[Counter]:
        yield Counter(websocket, request)
        closed.append(websocket.phase)

    app.container.register(Counter, factory=make_counter, lifetime=Lifetime.SCOPED)

    @app.websocket("/count")
    async def count(websocket: WebSocket, counter: Counter, again: Annotated[Counter, Inject()]) -> None:
        await websocket.accept()
        assert counter is again is await websocket.resolve(Counter)
        async for _ in websocket:
            counter.count += 1
            await websocket.send_json([counter.count, counter.path, counter.is_its_request])

    async with (
        TestClient(app, protocol=protocol) as client,
        client.websocket_connect("/count") as one,
        client.websocket_connect("/count") as other,
    ):
        for expected in (1, 2):
            await one.send_text("")
            assert await one.receive_json() == [expected, "/count", True]
        await other.send_text("")
        assert await other.receive_json() == [1, "/count", True]
        assert closed == []

    assert len(closed) == 2


async def test_resolve_works_without_injection(protocol: WireProtocol) -> None:
    """
    A handler that injects nothing may still resolve, also what takes the WebSocket, and it is closed at the end.
    """
    app, closed = CovetPy(), []

    async def make_counter(websocket: WebSocket, request: Request) -> AsyncIterator[Counter]:
        yield Counter(websocket, request)
        closed.append(True)

    app.container.register(Counter, factory=make_counter, lifetime=Lifetime.SCOPED)

    @app.websocket("/count")
    async def count(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text((await websocket.resolve(Counter)).path)

    async with TestClient(app, protocol=protocol) as client, client.websocket_connect("/count") as socket:
        assert await socket.receive_text() == "/count"

    assert closed == [True]


async def test_background_tasks_run_behind_the_end(protocol: WireProtocol) -> None:
    """
    What a handler defers runs once its connection is over.
    """
    app, ran = CovetPy(), []

    @app.websocket("/later")
    async def later(websocket: WebSocket, tasks: BackgroundTasks) -> None:
        await websocket.accept()
        tasks.add_task(lambda: ran.append(websocket.phase is not WebSocketPhase.OPEN))

    async with TestClient(app, protocol=protocol).websocket_connect("/later") as socket:
        await socket.receive_close()

    assert ran == [True]


class Doorkeeper(Middleware):
    """
    A middleware that opts in to WebSockets.
    """

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def websocket_connect(self, websocket: WebSocket) -> None:
        self.seen.append(websocket.path)
        if "token" not in websocket.query_params:
            raise PermissionDeniedError


class Closed(Middleware):
    """
    A middleware that refuses by itself, and does not wait for that.
    """

    async def websocket_connect(self, websocket: WebSocket) -> None:
        await websocket.refuse(418)

    async def process_request(self, request: Request) -> None:
        request.state.seen = True


async def test_middleware_opts_in(protocol: WireProtocol) -> None:
    """
    Middleware of HTTP does not apply; `websocket_connect()` is asked before the handler, and may refuse.
    """
    keeper = Doorkeeper()

    async def http_only(request: Request, call_next: object) -> Response:
        raise AssertionError

    app = CovetPy(middleware=[http_only, keeper])

    @app.websocket("/door")
    async def door(websocket: WebSocket) -> None:
        await websocket.accept()

    client = TestClient(app, protocol=protocol)
    async with client.websocket_connect("/door", params={"token": "1"}) as socket:
        await socket.receive_close()
    with pytest.raises(WebSocketRefusedError) as caught:
        async with client.websocket_connect("/door"):
            raise AssertionError

    assert caught.value.status_code == 403
    assert keeper.seen == ["/door", "/door"]


async def test_middleware_of_a_route_may_refuse_by_itself(protocol: WireProtocol) -> None:
    """
    The first layer that refuses is the last one that is asked.
    """
    keeper = Doorkeeper()
    app = CovetPy()

    @app.websocket("/door", middleware=[Closed, keeper])
    async def door(websocket: WebSocket) -> None:
        raise AssertionError

    with pytest.raises(WebSocketRefusedError) as caught:
        async with TestClient(app, protocol=protocol).websocket_connect("/door"):
            raise AssertionError

    assert (caught.value.status_code, keeper.seen) == (418, [])


# ── Routers and controllers ──────────────────────────────────────────────────


class Rooms(Controller):
    """
    A controller with both kinds of routes.
    """

    path = "/rooms"

    @get("/{room}")
    async def show(self, room: int) -> dict[str, int]:
        return {"room": room}

    @websocket("/{room}", allowed_origins=["*"])
    async def join(self, websocket: WebSocket, room: int) -> None:
        await websocket.accept()
        await websocket.send_json(room)


async def test_routers_and_controllers_have_websockets(protocol: WireProtocol) -> None:
    """
    They carry prefix, options and, late, whatever is added while the application runs.
    """
    app, router = CovetPy(), CovetRouter(prefix="/v1")
    router.add_controller(Rooms)
    app.include_router(router, "/api")

    async with TestClient(app, protocol=protocol) as client:
        async with client.websocket_connect(
            "/api/v1/rooms/7", headers={"origin": "https://elsewhere.example"}
        ) as socket:
            assert await socket.receive_json() == 7

        @router.websocket("/late")
        async def late(websocket: WebSocket) -> None:
            await websocket.accept()

        async with client.websocket_connect("/api/v1/late") as socket:
            assert (await socket.receive_close()).code == 1000


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (
            lambda app: app.websocket("/x")(lambda websocket: None),
            "A handler of WebSockets is a coroutine function: it waits for messages.\n  Write async def.",
        ),
        (lambda app: app.websocket("/x")(_takes_nothing), "The handler takes no WebSocket, so it could neither accept"),
        (
            lambda app: app.websocket("/x")(_takes_a_body),
            "It would come from a body, which the handshake of a WebSocket does not have.\n  Receive it in a message",
        ),
        (
            lambda app: app.get("/x")(_takes_a_socket),
            "A request has no WebSocket.\n  Declare the handler with @app.web",
        ),
        (
            lambda app: app.websocket("/x", max_size=1),
            "There is no option 'max_size'.\n  Did you mean 'max_message_size'?",
        ),
        (lambda app: app.websocket("/x", subprotocols="a"), "subprotocols must be a list, got 'a'."),
        (
            lambda app: app.websocket("/x", allowed_origins=["example.com"]),
            "allowed_origins has 'example.com', which is",
        ),
        (lambda app: app.websocket(_takes_a_socket), "stands where the path belongs."),
    ],
)
async def test_what_cannot_be_served_is_found_at_the_start(
    protocol: WireProtocol, declare: object, message: str
) -> None:
    """
    Each mistake is one error that says the fix.
    """
    app = CovetPy()

    with pytest.raises(RouteError) as caught:
        declared = declare(app)  # type: ignore[operator]
        if declared is not None and getattr(declared, "__name__", "") == "decorate":
            declared(_takes_a_socket)
        app.compile()

    assert message in str(caught.value)


async def _takes_nothing() -> None:
    raise AssertionError


async def _takes_a_body(websocket: WebSocket, move: Move) -> None:
    raise AssertionError


async def _takes_a_socket(websocket: WebSocket) -> None:
    raise AssertionError


# ── The stop ─────────────────────────────────────────────────────────────────


async def test_the_drain_closes_with_1012(protocol: WireProtocol) -> None:
    """
    Who receives learns that the server stops; a new handshake is refused with 503.
    """
    app = make_app()

    client = TestClient(app, protocol=protocol)
    async with client, client.websocket_connect("/echo") as socket:
        await socket.send_text("there")
        await socket.receive_text()
        app.begin_drain()
        end = await socket.receive_close()
        with pytest.raises(WebSocketRefusedError) as caught:
            async with client.websocket_connect("/echo"):
                raise AssertionError

    assert end.code == 1012
    assert caught.value.status_code == 503


async def test_the_drain_ends_who_does_not_listen(protocol: WireProtocol, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A handler that neither receives nor sends is cancelled, its scope closed, before anything else stops.
    """
    monkeypatch.setattr("covet.core.open_sockets.GRACE_SECONDS", 0.01)
    app, order = CovetPy(), []

    @app.on_shutdown
    def stop() -> None:
        order.append("stopped")

    @app.websocket("/deaf")
    async def deaf(websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            await asyncio.Event().wait()
        finally:
            order.append("cleaned up")

    client = TestClient(app, protocol=protocol)
    await client.__aenter__()
    async with client.websocket_connect("/deaf") as socket:
        await client.__aexit__(None, None, None)
        end = await socket.receive_close()

    assert end.code == 1012
    assert order == ["cleaned up", "stopped"]


async def test_a_cancelled_connection_cleans_up(protocol: WireProtocol, caplog: pytest.LogCaptureFixture) -> None:
    """
    A server that cancels the task of a connection meets no resistance.
    """
    caplog.set_level(logging.WARNING)
    app, cleaned = CovetPy(), []

    @app.websocket("/cancel")
    async def cancel(websocket: WebSocket) -> None:
        await websocket.accept()
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().call_soon(task.cancel)
        try:
            await websocket.receive()
        finally:
            cleaned.append(True)

    async with TestClient(app, protocol=protocol).websocket_connect("/cancel") as socket:
        await socket.receive_close() if protocol == "rsgi" else None

    assert cleaned == [True]
    assert caplog.text == ""

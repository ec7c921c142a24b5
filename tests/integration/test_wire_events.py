"""
The events of requests, over both protocols: whatever is answered is told, and nobody pays who does not listen.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from covet import CovetPy, Request, Response
from covet.code_writer import get_source
from covet.events import Event, EventBus, RequestCompletedEvent, RequestStartedEvent
from covet.responses import StreamingResponse
from covet.testing import TestClient
from tests.integration.wire import WireProtocol, on_both_protocols


class Custom(Event):
    """An event of the application's own."""


def make_app() -> CovetPy:
    """Make an application with all kinds of answers."""
    app = CovetPy()

    @app.get("/items/{number}")
    async def show(number: int) -> dict[str, int]:
        return {"number": number}

    @app.get("/fail")
    async def fail() -> None:
        raise ValueError("secret")

    @app.get("/stream")
    async def stream() -> AsyncIterator[bytes]:
        yield b"a"
        yield b"b"

    return app


@on_both_protocols
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/items/7", 200),
        ("HEAD", "/items/7", 200),
        ("GET", "/items/seven", 422),
        ("GET", "/nothing", 404),
        ("POST", "/items/7", 405),
        ("GET", "/fail", 500),
        ("GET", "/stream", 200),
        ("OPTIONS", "/items/7", 204),
    ],
)
async def test_whatever_is_answered_is_told(protocol: WireProtocol, method: str, path: str, status: int) -> None:
    """One event at the beginning and one at the end, with the status that the client saw."""
    app = make_app()
    app.events = EventBus(enable_history=True)

    response = await TestClient(app, protocol=protocol, raise_app_exceptions=False).request(method, path)

    started, completed = app.events.get_history()
    assert response.status_code == status
    assert isinstance(started, RequestStartedEvent)
    assert isinstance(completed, RequestCompletedEvent)
    assert (started.method, started.path, started.client_ip) == (method, path, "127.0.0.1")
    assert (completed.method, completed.path, completed.status_code, completed.error) == (method, path, status, None)


@on_both_protocols
async def test_the_layers_are_outermost(protocol: WireProtocol) -> None:
    """They see what middleware answers, and run before and after all of it."""
    app, log = make_app(), list[str]()

    @app.middleware
    async def refuse(request: Request, call_next: Any) -> Response:
        log.append("middleware")
        return Response("no", 403)

    bus: EventBus = app.events

    @bus.subscribe("request.*")
    async def note(event: Event) -> None:
        log.append(f"{event.event_type} {getattr(event, 'status_code', '')}".strip())

    await TestClient(app, protocol=protocol).get("/items/1")

    assert log == ["request.started", "middleware", "request.completed 403"]
    assert len(app.layers) == 1


@on_both_protocols
async def test_the_end_of_a_stream_is_after_its_last_byte(protocol: WireProtocol) -> None:
    """The duration is that of the whole exchange."""
    app, log = CovetPy(), list[str]()

    async def pieces() -> AsyncIterator[bytes]:
        yield b"a"
        log.append("last")
        yield b"b"

    @app.get("/")
    async def stream() -> StreamingResponse:
        return StreamingResponse(pieces())

    app.events.subscribe(RequestCompletedEvent, lambda event: log.append("completed"))
    response = await TestClient(app, protocol=protocol).get("/")

    assert response.content == b"ab"
    assert log == ["last", "completed"]


@on_both_protocols
async def test_handlers_that_fail_or_exit_touch_no_answer(
    protocol: WireProtocol, caplog: pytest.LogCaptureFixture
) -> None:
    """The client gets what it would have got."""
    app = make_app()

    bus: EventBus = app.events

    @bus.subscribe("request.*")
    async def fail(event: Event) -> None:
        raise SystemExit(3)

    response = await TestClient(app, protocol=protocol).get("/items/7")

    assert response.json() == {"number": 7}
    assert caplog.text.count("A handler of request.") == 2


@on_both_protocols
async def test_a_request_whose_client_left_is_told(protocol: WireProtocol) -> None:
    """Its event says what cut it short, whatever status the answer has that nobody reads."""
    app, log, began = CovetPy(), list[RequestCompletedEvent](), asyncio.Event()

    @app.get("/", cancel_on_disconnect=True)
    async def endless() -> None:
        began.set()
        await asyncio.Event().wait()

    bus: EventBus = app.events

    @bus.subscribe(RequestCompletedEvent)
    async def note(event: RequestCompletedEvent) -> None:
        log.append(event)

    client = TestClient(app, protocol=protocol)
    exchange = asyncio.create_task(client.get("/"))
    await began.wait()
    exchange.cancel()
    await asyncio.wait({exchange})
    for _ in range(20):
        await asyncio.sleep(0)
    await app.events.drain()

    assert [event.error for event in log] == ["ClientDisconnectedError"]


def read_sources(app: CovetPy, protocol: WireProtocol) -> list[str]:
    """Read the source of the endpoints that a server would call."""
    app.compile()
    return [get_source(getattr(route.endpoint, protocol)) for route in app.router.routes]


@on_both_protocols
async def test_routes_are_as_before_while_nobody_listens(protocol: WireProtocol) -> None:
    """Their source is the same to the byte: without a bus, with one, and after the last has unsubscribed."""
    silent, app = make_app(), make_app()
    for each in (silent, app):
        each._protocol = protocol
    before = read_sources(silent, protocol)

    app.events.subscribe(Custom, print)
    with_bus = read_sources(app, protocol)
    subscription = app.events.subscribe(RequestCompletedEvent, print)
    listening = read_sources(app, protocol)
    subscription.unsubscribe()
    afterwards = read_sources(app, protocol)

    assert before == with_bus == afterwards
    assert all(old != new for old, new in zip(before, listening, strict=True))


@on_both_protocols
async def test_who_subscribes_while_the_application_runs_hears_the_next_request(protocol: WireProtocol) -> None:
    """And hears none after it has unsubscribed."""
    app, log = make_app(), list[str]()
    async with TestClient(app, protocol=protocol) as client:
        await client.get("/items/1")
        with app.events.subscribe(RequestStartedEvent, lambda event: log.append(event.path)):
            await client.get("/items/2")
        await client.get("/items/3")

    assert log == ["/items/2"]

"""
Tests of requests over ASGI.
"""

import asyncio
from functools import partial
from typing import Any

import pytest

from covet import CovetPy, Request
from covet.core.asgi import make_address
from covet.core.disconnects import run_against
from covet.exceptions import ClientDisconnectedError
from covet.testing import TestClient


async def test_a_client_that_leaves_cancels_its_handler_where_that_is_wanted() -> None:
    """`cancel_on_disconnect` is by route; elsewhere the handler runs on."""
    log: list[str] = []
    app = CovetPy()

    @app.get("/watched", cancel_on_disconnect=True)
    async def watched() -> str:
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            log.append("cancelled")
            raise
        return ""

    for protocol in ("asgi", "rsgi"):
        async with TestClient(app, protocol=protocol) as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await client.get("/watched")

    assert log == ["cancelled", "cancelled"]


async def test_the_call_wins_when_it_ends_first() -> None:
    """Its result or its error is what counts, and nothing is left waiting."""

    async def result() -> int:
        return 7

    async def error() -> int:
        raise KeyError("a")

    assert await run_against(result(), partial(asyncio.sleep, 5)) == 7
    with pytest.raises(KeyError):
        await run_against(error(), partial(asyncio.sleep, 5))


async def test_the_departure_wins_when_it_comes_first() -> None:
    """The call is cancelled, the task is not left so."""
    with pytest.raises(ClientDisconnectedError, match=r"The client left."):
        await run_against(asyncio.sleep(5), partial(asyncio.sleep, 0))

    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_a_body_that_is_cut_off_is_no_error_of_the_program() -> None:
    """The handler learns that its client left."""
    app = CovetPy()
    seen: list[BaseException] = []
    messages: list[Any] = [{"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.disconnect"}]
    sent: list[Any] = []

    @app.post("/")
    async def index(request: Request) -> str:
        try:
            await request.body()
        except ClientDisconnectedError as exc:
            seen.append(exc)
            raise
        return ""

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": [(b"host", b"a")]}
    await app(scope, receive, send)

    assert str(seen[0]) == "The client left before the end of its request."
    assert all(message.get("status", 400) == 400 for message in sent)


async def test_a_websocket_is_refused_cleanly() -> None:
    """Until they are served: a close before the handshake is a 403 for the client."""
    app = CovetPy()
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app({"type": "websocket", "path": "/", "headers": []}, receive, send)

    assert sent == [{"type": "websocket.close", "code": 1000, "reason": ""}]


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        (("192.0.2.1", 5), ("192.0.2.1", 5)),
        (["192.0.2.1", "5"], ("192.0.2.1", 5)),
        (("/run/app.sock", None), None),
        (("unix:/run/app.sock", "none"), None),
        (("", "0"), None),
    ],
)
def test_the_clients_port_is_a_number(client: Any, expected: tuple[str, int] | None) -> None:
    """Granian writes it as text; over a Unix socket there is none."""
    assert make_address(*client) == expected

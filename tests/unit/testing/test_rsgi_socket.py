"""
The stand-ins of a WebSocket against Granian itself: one application, asked the same by both.
"""

import asyncio
from pathlib import Path
from typing import Any, ClassVar

import pytest

from covet.http.websocket_errors import WebSocketDisconnect
from covet.testing import ProtocolViolation, TestClient, WebSocketRefusedError
from tests.e2e.server_process import serve

pytest.importorskip("granian", reason="Granian is what the stand-ins are compared with")
connect: Any = pytest.importorskip("websockets.asyncio.client").connect

ROOT = Path(__file__).parents[3]
PATHS = ["/accept", "/close", "/refuse", "/nothing", "/over", "/two"]


class Probe:
    """
    Tell what Granian, or its stand-in, shows of a WebSocket.
    """

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Do what the path says."""
        if scope.proto != "ws":
            protocol.response_empty(404, [])
            return
        if scope.path == "/refuse":
            protocol.close(418)
        if scope.path in {"/refuse", "/nothing"}:
            return
        socket = await protocol.accept()
        await socket.send_str(f"{scope.proto} {scope.scheme} {scope.method} {scope.http_version}")
        first = await socket.receive()
        await socket.send_str(f"{first.kind} {first.data!r}")
        if scope.path == "/two":
            waiting = asyncio.ensure_future(_wait(socket))
            await asyncio.sleep(0.01)
            await socket.send_str(await _tell(socket.receive()))
            waiting.cancel()
        if scope.path == "/close":
            protocol.close()
            protocol.close(1000)
            await _tell(socket.send_str("late"))
        if scope.path == "/over":
            second = await socket.receive()
            told = [str(second.kind), str(hasattr(second, "data")), await _tell(socket.receive())]
            told.append(await _tell(socket.send_str("late")))
            Probe.told = told

    told: ClassVar[list[str]] = []


async def _wait(socket: Any) -> Any:
    return await socket.receive()


async def _tell(call: Any) -> str:
    try:
        await call
    except Exception as exc:
        return f"{type(exc).__name__}: {exc}"
    return "nothing"


app = Probe()


async def ask_fake(path: str) -> list[object]:
    """
    Ask the stand-in.
    """
    told: list[object] = []
    try:
        async with TestClient(app, protocol="rsgi").websocket_connect(path) as socket:
            told.append(await socket.receive_text())
            await socket.send_bytes(b"x")
            try:
                if path == "/over":
                    told.append(await socket.receive_text())
                    await socket.close(4000)
                while True:
                    told.append(await socket.receive_text())
            except WebSocketDisconnect as exc:
                told.append(exc.code)
    except WebSocketRefusedError as exc:
        told.append(exc.status_code)
    return told


async def ask_granian(port: int, path: str) -> list[object]:
    """
    Ask Granian.
    """
    from websockets.exceptions import ConnectionClosed, InvalidStatus

    told: list[object] = []
    try:
        async with connect(f"ws://127.0.0.1:{port}{path}") as client:
            told.append(await client.recv())
            await client.send(b"x")
            try:
                if path == "/over":
                    told.append(await client.recv())
                    await client.close(4000)
                while True:
                    told.append(await asyncio.wait_for(client.recv(), 5))
            except ConnectionClosed:
                told.append(int(client.close_code))
    except InvalidStatus as exc:
        told.append(exc.response.status_code)
    return told


async def test_the_stand_ins_behave_as_granian_does() -> None:
    """
    Scope, messages, errors and closes are the same.
    """
    async with serve("tests.unit.testing.test_rsgi_socket:app", interface="rsgi", directory=ROOT) as server:
        real = [await ask_granian(server.port, path) for path in PATHS]

    assert [await ask_fake(path) for path in PATHS] == real
    assert Probe.told == ["0", "False", *["RSGIProtocolClosed: RSGI transport is closed"] * 2]


@pytest.mark.parametrize(
    ("use", "text"),
    [
        (
            lambda protocol, socket: protocol.accept(),
            "accept() was called after the WebSocket was accepted or refused.",
        ),
        (lambda protocol, socket: socket.send_str(b"x"), "send_str takes a str, got bytes."),
        (lambda protocol, socket: socket.send_bytes("x"), "send_bytes takes bytes, got str."),
    ],
)
async def test_what_granian_would_not_survive_fails_the_test(use: Any, text: str) -> None:
    """
    Where it is silent, or panics, the stand-ins are not.
    """

    class Broken:
        async def __rsgi__(self, scope: Any, protocol: Any) -> None:
            await use(protocol, await protocol.accept())

    with pytest.raises(ProtocolViolation) as caught:
        async with TestClient(Broken(), protocol="rsgi").websocket_connect("/") as socket:
            await socket.receive()

    assert str(caught.value) == text

"""
Whatever a handler of WebSockets raises is dealt with, and said once.
"""

import asyncio
import logging

import pytest

from covet import CovetPy
from covet.broadcasting import SlowSubscriberError
from covet.core.websocket_runner import rules_of
from covet.exceptions import HTTPError, ServiceUnavailableError
from covet.http.websocket import WebSocket
from covet.http.websocket_errors import WebSocketDisconnect, WebSocketMessageError
from covet.http.websocket_rules import WebSocketRules
from covet.testing import TestClient


def raise_one(exc: BaseException) -> None:
    """Raise an error."""
    raise exc


@pytest.mark.parametrize(
    ("error", "code", "logged"),
    [
        (WebSocketDisconnect(), 1011, False),
        (ExceptionGroup("one", [WebSocketDisconnect()]), 1011, False),
        (ExceptionGroup("both", [WebSocketDisconnect(), WebSocketDisconnect()]), 1011, False),
        (ExceptionGroup("mixed", [WebSocketDisconnect(), KeyError()]), 1011, True),
        (WebSocketMessageError("odd", code=1003), 1003, False),
        (HTTPError("secret", status_code=404), 1008, False),
        (HTTPError("secret", status_code=500), 1011, True),
        (ServiceUnavailableError("secret"), 1012, False),
        (SlowSubscriberError(64), 1013, False),
        (ExceptionGroup("one", [SlowSubscriberError(64)]), 1013, False),
        (ValueError("secret"), 1011, True),
        (SystemExit(3), 1011, True),
    ],
)
async def test_errors_behind_accept_have_their_codes(
    error: BaseException, code: int, logged: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """
    The log has those that are the application's fault, the client nothing but the code.
    """
    caplog.set_level(logging.WARNING)
    app = CovetPy()

    @app.websocket("/x")
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        raise_one(error)

    async with TestClient(app, raise_app_exceptions=False).websocket_connect("/x") as socket:
        end = await socket.receive_close()

    assert (end.code, "secret" in end.reason) == (code, False)
    assert ("Unhandled error in WEBSOCKET /x" in caplog.text) is logged


async def test_the_handshake_forgets_its_websocket() -> None:
    """
    Nothing of a connection waits for the collector.
    """
    app, kept = CovetPy(), []

    @app.websocket("/x")
    async def handler(websocket: WebSocket) -> None:
        kept.append(websocket.request)
        await websocket.accept()
        await asyncio.sleep(0)

    async with TestClient(app).websocket_connect("/x") as socket:
        await socket.receive_close()

    assert kept[0].websocket is None  # type: ignore[attr-defined]


def test_what_stands_for_no_route_has_the_usual_rules() -> None:
    """
    It refuses anyhow.
    """
    app = CovetPy()
    app.compile()

    assert rules_of(app._unmatched) == WebSocketRules()

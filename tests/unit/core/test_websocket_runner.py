"""
Whatever a handler of WebSockets raises is dealt with, and said once.
"""

import asyncio
import logging
from typing import Any

import pytest

from covet import CovetPy
from covet.broadcasting import SlowSubscriberError
from covet.core.middleware import Middleware
from covet.core.websocket_runner import rules_of
from covet.exceptions import AuthenticationError, HTTPError, ServiceUnavailableError
from covet.http.websocket import WebSocket
from covet.http.websocket_errors import WebSocketDisconnect, WebSocketMessageError
from covet.http.websocket_rules import WebSocketRules
from covet.testing import TestClient, WebSocketRefusedError


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


@pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
async def test_where_no_route_is_the_application_s_middleware_is_asked(protocol: Any) -> None:
    """
    Whoever is refused everywhere does not learn which paths there are.
    """

    class Closed(Middleware):
        def websocket_connect(self, websocket: WebSocket) -> None:
            if "x-pass" not in websocket.request.headers:
                raise AuthenticationError

    app = CovetPy(middleware=[Closed()])
    app.add_websocket_route("/known", _accept)
    client = TestClient(app, protocol=protocol)

    statuses = []
    for path, headers in (("/known", {}), ("/unknown", {}), ("/unknown", {"x-pass": "1"})):
        with pytest.raises(WebSocketRefusedError) as caught:
            async with client.websocket_connect(path, headers=headers):
                pass
        statuses.append(caught.value.status_code)

    assert statuses == [401, 401, 404]


@pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
async def test_middleware_may_refuse_by_itself_where_no_route_is(protocol: Any) -> None:
    """
    With a response in place of an error.
    """

    class Busy(Middleware):
        async def websocket_connect(self, websocket: WebSocket) -> None:
            await websocket.refuse(503)

    with pytest.raises(WebSocketRefusedError) as caught:
        async with TestClient(CovetPy(middleware=[Busy()]), protocol=protocol).websocket_connect("/unknown"):
            pass

    assert caught.value.status_code == 503


async def _accept(websocket: WebSocket) -> None:
    await websocket.accept()

"""
How a WebSocket begins and ends.
"""

from typing import Any

import pytest

from covet.exceptions import ResponseError, ServiceUnavailableError
from covet.http.response import Response
from covet.http.websocket_errors import WebSocketDisconnect, WebSocketError, WebSocketStateError
from covet.http.websocket_phase import WebSocketPhase
from tests.unit.http.websocket_transports import MemoryTransport, make_socket

OFFER = {"sec-websocket-protocol": "chat.v1, chat.v2"}


async def test_accept_agrees_on_the_best_subprotocol() -> None:
    """
    By default the application's; a given one must be offered, and `None` agrees on none.
    """
    agreed = []
    for given in ((), ("chat.v1",), (None,)):
        transport = MemoryTransport()
        websocket = make_socket(transport, headers=OFFER, subprotocols=("chat.v2", "chat.v1"))
        await websocket.accept(*given, headers={"X-A": "1"})
        agreed.append((websocket.subprotocol, transport.sent[0]))

    assert agreed == [
        ("chat.v2", ("accept", "chat.v2", [("x-a", "1")])),
        ("chat.v1", ("accept", "chat.v1", [("x-a", "1")])),
        (None, ("accept", None, [("x-a", "1")])),
    ]


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        (
            ("other",),
            {},
            WebSocketError,
            "The client does not offer the subprotocol 'other'.\n  It offers: chat.v1, chat",
        ),
        (("a\r\nb",), {}, WebSocketError, "A subprotocol is a token"),
        ((), {"headers": {"x-a": "1\r\nset-cookie: a=b"}}, ResponseError, "The value of header 'x-a'"),
        (
            (),
            {"headers": {"Sec-WebSocket-Accept": "x"}},
            WebSocketError,
            "The headers sec-websocket-* are the server's",
        ),
    ],
)
async def test_what_no_handshake_carries_is_refused(arguments: Any, options: Any, error: Any, message: str) -> None:
    """
    Before a server sees it.
    """
    transport = MemoryTransport()
    websocket = make_socket(transport, headers=OFFER)

    with pytest.raises(error) as caught:
        await websocket.accept(*arguments, **options)

    assert str(caught.value).startswith(message)
    assert (transport.sent, websocket.phase) == ([], WebSocketPhase.CONNECTING)


async def test_it_is_accepted_or_refused_once() -> None:
    """
    The errors say what to do in place of it.
    """
    accepted, refused = make_socket(), make_socket()
    await accepted.accept()
    await refused.refuse(404)
    await refused.refuse(500)

    with pytest.raises(WebSocketStateError, match=r"^The WebSocket is accepted already\.$"):
        await accepted.accept()
    with pytest.raises(
        WebSocketStateError, match=r"^A WebSocket that was accepted cannot be refused any more\.\n  Close it"
    ):
        await accepted.refuse()
    with pytest.raises(WebSocketDisconnect):
        await refused.accept()
    assert refused._transport.sent == [("refuse", 404)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("status", [101, 200, 299])
async def test_a_refusal_is_no_success(status: int) -> None:
    """
    Status 101 would be a handshake that nobody serves.
    """
    with pytest.raises((WebSocketError, ResponseError)):
        await make_socket().refuse(Response(None, status))


async def test_a_client_that_left_before_accept_is_the_end() -> None:
    """
    Nothing can be done any more.
    """
    transport = MemoryTransport()
    transport.failure = WebSocketDisconnect(1006)
    websocket = make_socket(transport)

    with pytest.raises(WebSocketDisconnect):
        await websocket.accept()

    assert (websocket.phase, websocket.close_code) == (WebSocketPhase.CLOSED, 1006)


async def test_close_checks_before_it_closes() -> None:
    """
    A code that cannot be sent leaves the connection open.
    """
    websocket = make_socket()
    await websocket.accept()

    with pytest.raises(WebSocketError):
        await websocket.close(1005)

    assert (websocket.phase, websocket.close_code, websocket.close_reason) == (WebSocketPhase.OPEN, None, "")


async def test_a_client_that_closed_first_is_no_error() -> None:
    """
    What was to be sent is what counts.
    """
    transport = MemoryTransport()
    websocket = make_socket(transport)
    await websocket.accept()
    transport.failure = RuntimeError("closed")

    await websocket.close(4000)

    assert (websocket.phase, websocket.close_code) == (WebSocketPhase.CLOSED, 4000)


async def test_a_stop_holds_before_accept_and_behind_it() -> None:
    """
    Who has not accepted cannot any more; who has is closed.
    """
    early, late = make_socket(), make_socket()
    await early.stop(1012)
    await late.accept()
    await late.stop(1012)

    with pytest.raises(ServiceUnavailableError, match="The server stops"):
        await early.accept()
    assert late.close_code == 1012


async def test_a_stop_in_the_midst_of_accept_closes() -> None:
    """
    The drain may begin while the server answers the handshake.
    """
    transport = MemoryTransport()
    websocket = make_socket(transport)
    answer = transport.accept

    async def accept(subprotocol: str | None, headers: list[tuple[str, str]]) -> None:
        await websocket.stop(1012)
        await answer(subprotocol, headers)

    transport.accept = accept  # type: ignore[method-assign]

    with pytest.raises(WebSocketDisconnect, match="1012"):
        await websocket.accept()
    assert transport.sent[-1] == ("close", 1012, "", True)

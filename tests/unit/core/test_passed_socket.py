"""
Tests of WebSockets over ASGI that another application serves.
"""

import asyncio
import logging
from typing import Any

import pytest

from covet.core.bridge import ClientLeftError
from covet.core.passed_socket import PassedSocket
from covet.exceptions import ServiceUnavailableError
from covet.http.websocket_errors import WebSocketError
from covet.types import Message

CLOSED = {"type": "websocket.close", "code": 1012, "reason": ""}


class Server:
    """
    Play a server whose `receive` gives futures, as Granian's does.
    """

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.asked: list[asyncio.Future[Message]] = []
        # Any: a scope holds whatever the server put there.
        self.scope: dict[str, Any] = {"extensions": {"websocket.http.response": {}}}

    def receive(self) -> Any:
        """
        Ask for a message.
        """
        self.asked.append(asyncio.get_running_loop().create_future())
        return self.asked[-1]

    async def send(self, message: Message) -> None:
        """
        Take a message.
        """
        self.sent.append(message)


def make_passed() -> tuple[Server, PassedSocket]:
    """
    Make a WebSocket and its server.
    """
    server = Server()
    return server, PassedSocket(server.scope, server.receive, server.send)


async def test_the_stop_ends_a_wait_for_a_message() -> None:
    """
    The server's own wait is given up, since Granian's close would wait for it; the application sees 1012.
    """
    server, passed = make_passed()
    await passed.send({"type": "websocket.accept"})
    waiting = asyncio.ensure_future(passed.receive())
    await asyncio.sleep(0)

    await passed.stop(1012)

    end = {"type": "websocket.disconnect", "code": 1012, "reason": ""}
    assert [await waiting, await passed.receive()] == [end, end]
    assert server.asked[0].cancelled()
    assert server.sent[1:] == [CLOSED]


async def test_a_cancelled_application_is_cancelled() -> None:
    """
    Its own cancellation is not taken for the end of the connection.
    """
    _, passed = make_passed()
    await passed.send({"type": "websocket.accept"})
    waiting = asyncio.ensure_future(passed.receive())
    await asyncio.sleep(0)

    waiting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_what_is_sent_behind_the_stop_is_an_oserror() -> None:
    """
    As ASGI says; a second close does nothing.
    """
    server, passed = make_passed()
    await passed.send({"type": "websocket.accept"})
    await passed.stop(1012)

    with pytest.raises(ClientLeftError, match="The WebSocket is closed"):
        await passed.send({"type": "websocket.send", "text": "late"})
    await passed.send({"type": "websocket.close"})

    assert server.sent[1:] == [CLOSED]


async def test_a_stop_before_the_answer_keeps_it_from_being_accepted() -> None:
    """
    A client gets 503 in place of a connection that would be closed at once.
    """
    server, passed = make_passed()
    await passed.stop(1012)

    with pytest.raises(ServiceUnavailableError):
        await passed.send({"type": "websocket.accept"})
    await passed.abort(503)

    assert [message.get("status") for message in server.sent] == [503, None]


async def test_a_stop_while_it_is_accepted_closes_it() -> None:
    """
    The drain may begin in the midst of the answer.
    """
    server, passed = make_passed()

    async def accept(message: Message) -> None:
        server.sent.append(message)
        if message["type"] == "websocket.accept":
            await passed.stop(1012)

    passed._send = accept
    await passed.send({"type": "websocket.accept"})

    assert server.sent[1:] == [CLOSED]


async def test_a_client_that_has_left_is_not_closed() -> None:
    """
    Neither by the stop nor at the end.
    """
    server, passed = make_passed()
    await passed.send({"type": "websocket.accept"})
    waiting = asyncio.ensure_future(passed.receive())
    await asyncio.sleep(0)
    server.asked[0].set_result({"type": "websocket.disconnect", "code": 1001})
    message = await waiting

    await passed.stop(1012)
    await passed.finish()

    assert message["code"] == 1001
    assert len(server.sent) == 1


async def test_who_only_sends_learns_that_the_client_has_left() -> None:
    """
    An `OSError`, as ASGI says since 2.4, from a server that keeps to 2.3; what came before is received.
    """
    server, passed = make_passed()
    await passed.send({"type": "websocket.accept"})
    for number, message in enumerate(({"type": "websocket.receive", "text": "a"}, {"type": "websocket.disconnect"})):
        await passed.send({"type": "websocket.send", "text": "x"})
        server.asked[number].set_result(message)
        await asyncio.sleep(0)

    with pytest.raises(ClientLeftError, match="The WebSocket is closed"):
        await passed.send({"type": "websocket.send", "text": "late"})
    assert [(await passed.receive()).get("text"), (await passed.receive())["type"]] == ["a", "websocket.disconnect"]


async def test_a_close_asks_for_nothing_any_more() -> None:
    """
    Granian's close would wait for what was asked for ahead.
    """
    server, passed = make_passed()
    await passed.send({"type": "websocket.accept"})
    await passed.send({"type": "websocket.send", "text": "x"})

    await passed.send({"type": "websocket.close", "code": 4000})

    assert server.asked[0].cancelled()
    assert (await passed.receive())["code"] == 4000


@pytest.mark.parametrize("error", [OSError("gone"), RuntimeError("Transport closed")])
async def test_a_client_that_was_faster_is_no_error(error: Exception) -> None:
    """
    The server refuses the close of a connection that is gone.
    """
    _, passed = make_passed()
    await passed.send({"type": "websocket.accept"})

    async def refuse(message: Message) -> None:
        raise error

    passed._send = refuse
    await passed.stop(1012)
    await passed.abort(500)


@pytest.mark.row(48)
@pytest.mark.parametrize(
    "message",
    [
        {"type": "websocket.accept", "subprotocol": "a\r\nb"},
        {"type": "websocket.http.response.start", "status": 70000},
        {"type": "websocket.http.response.start", "status": 0},
        {"type": "websocket.http.response.start", "status": "403"},
    ],
)
async def test_row_048_what_ends_a_worker_does_not_reach_the_server(message: Message) -> None:
    """
    It is the application's error.
    """
    server, passed = make_passed()

    with pytest.raises(WebSocketError):
        await passed.send(message)

    assert server.sent == []


async def test_an_application_without_an_answer_is_answered_for(caplog: pytest.LogCaptureFixture) -> None:
    """
    With 500, and a line in the log.
    """
    caplog.set_level(logging.ERROR)
    server, passed = make_passed()

    await passed.finish()

    assert server.sent[0]["status"] == 500
    assert caplog.messages == ["An ASGI application returned without answering the handshake of a WebSocket."]


async def test_a_refusal_of_the_application_counts() -> None:
    """
    Nothing is added to it.
    """
    server, passed = make_passed()
    await passed.send({"type": "websocket.http.response.start", "status": 429, "headers": []})
    await passed.send({"type": "websocket.http.response.body", "body": b"slow down"})

    await passed.finish()
    await passed.abort(500)

    assert [message.get("status") for message in server.sent] == [429, None]


async def test_a_refusal_that_is_not_finished_is_sent() -> None:
    """
    With what there is of its body, and in one piece, as Granian wants it.
    """
    server, passed = make_passed()
    await passed.send({"type": "websocket.http.response.start", "status": 429, "headers": []})
    await passed.send({"type": "websocket.http.response.body", "body": b"slow ", "more_body": True})
    await passed.send({"type": "websocket.http.response.body", "body": b"down", "more_body": True})

    await passed.finish()

    assert server.sent[1:] == [{"type": "websocket.http.response.body", "body": b"slow down", "more_body": False}]


async def test_an_application_waits_for_the_close_to_be_sent() -> None:
    """
    When it returns, Granian ends the connection, and with it a close that is still under way.
    """
    _, passed = make_passed()
    await passed.send({"type": "websocket.accept"})
    go_on = asyncio.Event()

    async def send(message: Message) -> None:
        await go_on.wait()

    passed._send = send
    stopping = asyncio.ensure_future(passed.stop(1012))
    await asyncio.sleep(0)
    ending = asyncio.ensure_future(passed.wait_closed())
    await asyncio.sleep(0)
    was_waiting = not ending.done()
    go_on.set()
    await asyncio.gather(stopping, ending)

    assert was_waiting

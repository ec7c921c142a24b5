"""
An ASGI application with WebSockets, written by hand as other frameworks do it: for the tests of mounts and wrappers.

It is served by the tests of real servers, too.
"""

import asyncio
import json
from contextlib import suppress
from urllib.parse import parse_qs

from covet.types import Message, Receive, Scope, Send

# How each connection ended, as the application saw it.
ended: list[object] = []


class Socket:
    """
    What a framework makes of the two callables.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self._receive = receive
        self._send = send
        self.query = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}

    async def accept(self, subprotocol: str | None = None, headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        """
        Take the handshake and accept it.
        """
        assert (await self._receive())["type"] == "websocket.connect"
        await self._send({"type": "websocket.accept", "subprotocol": subprotocol, "headers": list(headers)})

    async def receive(self) -> Message:
        """
        Give the next message.
        """
        return await self._receive()

    async def send(self, message: str | bytes) -> None:
        """
        Send a message; the key of the other kind is there as well, as some frameworks have it.
        """
        is_text = isinstance(message, str)
        await self._send(
            {"type": "websocket.send", "text": message if is_text else None, "bytes": None if is_text else message}
        )

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        """
        Close the connection, or refuse it.
        """
        await self._send({"type": "websocket.close", "code": code, "reason": reason})

    async def refuse(self, status: int, body: bytes = b"refused") -> None:
        """
        Refuse with a response, in two pieces.
        """
        assert "websocket.http.response" in self.scope["extensions"]
        headers = [(b"x-why", b"because")]
        await self._send({"type": "websocket.http.response.start", "status": status, "headers": headers})
        await self._send({"type": "websocket.http.response.body", "body": body, "more_body": True})
        await self._send({"type": "websocket.http.response.body", "body": b""})


async def echo(socket: Socket) -> None:
    """
    Send back what comes, and note the end.
    """
    await socket.accept()
    while (message := await socket.receive())["type"] == "websocket.receive":
        text = message.get("text")
        await socket.send(message["bytes"] if text is None else text)
    ended.append((message["code"], message.get("reason", "")))


async def close(socket: Socket) -> None:
    """
    Close with what is asked for.
    """
    await socket.accept()
    await socket.send("first")
    await socket.close(int(socket.query["code"]), socket.query.get("reason"))


async def refuse(socket: Socket) -> None:
    """
    Refuse with a status.
    """
    await socket.receive()
    await socket.refuse(int(socket.query["status"]))


async def turn_away(socket: Socket) -> None:
    """
    Close in place of accepting.
    """
    await socket.receive()
    await socket.close()


async def agree(socket: Socket) -> None:
    """
    Agree on the best subprotocol that is offered.
    """
    await socket.accept(socket.query.get("name", socket.scope["subprotocols"][0]))
    await socket.send("agreed")


async def add_header(socket: Socket) -> None:
    """
    Accept with a header.
    """
    await socket.accept(headers=((b"x-own", b"1"),))
    await socket.send("accepted")


async def describe(socket: Socket) -> None:
    """
    Tell what the scope says.
    """
    await socket.accept()
    names = ("type", "path", "root_path", "scheme", "http_version", "subprotocols", "state")
    told = {name: socket.scope[name] for name in names}
    await socket.send(json.dumps({**told, "query": socket.query, "has_method": "method" in socket.scope}))


async def fail_early(socket: Socket) -> None:
    """
    Fail before the handshake is answered.
    """
    await socket.receive()
    raise ValueError("secret")


async def fail_late(socket: Socket) -> None:
    """
    Fail once it is accepted.
    """
    await socket.accept()
    raise ValueError("secret")


async def leave_early(socket: Socket) -> None:
    """
    Return without an answer.
    """
    await socket.receive()


async def leave_late(socket: Socket) -> None:
    """
    Return without a close.
    """
    await socket.accept()


async def flood(socket: Socket) -> None:
    """
    Send without an end, and note that it came.
    """
    await socket.accept()
    sent = 0
    try:
        while True:
            await socket.send(b"x" * 16_384)
            sent += 1
    except OSError:
        ended.append("flood")
    finally:
        ended.append(sent)


async def deaf(socket: Socket) -> None:
    """
    Neither receive nor send.
    """
    await socket.accept()
    await socket.send("deaf")
    try:
        await asyncio.Event().wait()
    finally:
        ended.append("deaf")


async def impatient(socket: Socket) -> None:
    """
    Look for a message again and again, without waiting for long.
    """
    await socket.accept()
    while True:
        try:
            message = await asyncio.wait_for(socket.receive(), 0.001)
        except TimeoutError:
            continue
        if message["type"] == "websocket.disconnect":
            return
        await socket.send(message["text"])


async def ask_again(socket: Socket) -> None:
    """
    Ask for messages behind the end.
    """
    await socket.accept()
    codes = [(await socket.receive())["code"] for _ in range(3)]
    with suppress(OSError):
        await socket.send("too late")
        codes.append(0)
    ended.append(codes)


PATHS = {
    "echo": echo,
    "close": close,
    "refuse": refuse,
    "turn-away": turn_away,
    "agree": agree,
    "add-header": add_header,
    "describe": describe,
    "fail-early": fail_early,
    "fail-late": fail_late,
    "leave-early": leave_early,
    "leave-late": leave_late,
    "flood": flood,
    "deaf": deaf,
    "impatient": impatient,
    "ask-again": ask_again,
}


async def sockets(scope: Scope, receive: Receive, send: Send) -> None:
    """
    Serve WebSockets by the last part of their paths.
    """
    if scope["type"] == "lifespan":
        await receive()
        scope["state"]["pool"] = "a pool"
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await PATHS[scope["path"].rpartition("/")[2]](Socket(scope, receive, send))

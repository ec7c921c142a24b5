"""
WebSockets over ASGI without a server: the two callables, strict about the messages they get.

The specification is https://asgi.readthedocs.io/en/latest/specs/www.html, WebSocket version 2.4.
"""

from covet.testing.asgi_messages import check_headers, check_message
from covet.testing.errors import ClientLeft, ProtocolViolation
from covet.testing.socket_exchange import Close, SocketExchange
from covet.testing.wire import RawHeaders, check_close, check_header, check_status, is_token
from covet.types import Message

_DENIAL = "websocket.http.response"


class ASGISocket:
    """
    The two callables of one WebSocket.

    Args:
        exchange: What carries it.
    """

    def __init__(self, exchange: SocketExchange) -> None:
        self._exchange = exchange
        self._is_connected = False
        self._is_closed = False
        self._denial: tuple[int, RawHeaders] | None = None
        self._body = b""

    async def receive(self) -> Message:
        """Give the next message of the client."""
        if not self._is_connected:
            self._is_connected = True
            return {"type": "websocket.connect"}
        try:
            frame = await self._exchange.receive()
        except ClientLeft:
            return {"type": "websocket.disconnect", "code": 1006, "reason": ""}
        if isinstance(frame, Close):
            code = 1005 if frame.code is None else frame.code
            return {"type": "websocket.disconnect", "code": code, "reason": frame.reason}
        return {"type": "websocket.receive", "text" if isinstance(frame, str) else "bytes": frame}

    async def send(self, message: Message) -> None:
        """Take a message of the application."""
        try:
            await self._take(message)
        except ProtocolViolation as violation:
            if self._exchange.violation is None:
                self._exchange.fail(str(violation))
            raise

    async def _take(self, message: Message) -> None:
        exchange = self._exchange
        kind = check_message(message)
        if self._is_closed:
            raise exchange.fail(f"{kind!r} was sent after the WebSocket was closed or refused.")
        if kind == "websocket.close":
            self._close(message)
        elif self._denial is not None and kind == f"{_DENIAL}.body":
            self._take_denial(message)
        elif not exchange.is_accepted and kind == "websocket.accept" and self._denial is None:
            self._accept(message)
        elif not exchange.is_accepted and kind == f"{_DENIAL}.start" and self._denial is None:
            self._denial = check_status(message.get("status")), self._read_headers(message)
        elif exchange.is_accepted and kind == "websocket.send":
            await exchange.send(self._read_message(message))
        else:
            raise exchange.fail(f"{kind!r} was sent, which has no place there.")

    def _accept(self, message: Message) -> None:
        if not self._is_connected:
            raise self._exchange.fail("'websocket.accept' was sent before 'websocket.connect' was received.")
        subprotocol = message.get("subprotocol")
        if subprotocol is not None:
            offered = [
                name.strip()
                for header, value in self._exchange.request.headers
                if header == b"sec-websocket-protocol"
                for name in value.decode("latin-1").split(",")
            ]
            if not isinstance(subprotocol, str) or not is_token(subprotocol.encode()) or subprotocol not in offered:
                raise self._exchange.fail(f"The subprotocol {subprotocol!r} was accepted, which was not offered.")
        self._exchange.accept(subprotocol, self._read_headers(message))

    def _close(self, message: Message) -> None:
        self._is_closed = True
        exchange = self._exchange
        if not exchange.is_accepted:
            exchange.refuse(403, [], b"")
            return
        code, reason = message.get("code", 1000), message.get("reason") or ""
        problem = check_close(code, reason)
        if problem is not None:
            raise exchange.fail(problem)
        exchange.close(Close(code, reason))

    def _take_denial(self, message: Message) -> None:
        self._body += message.get("body", b"")
        if not message.get("more_body", False) and self._denial is not None:
            self._is_closed = True
            self._exchange.refuse(*self._denial, self._body)

    def _read_headers(self, message: Message) -> RawHeaders:
        headers = check_headers(message.get("headers", []))
        for name, value in headers:
            check_header(name, value)
        return headers

    def _read_message(self, message: Message) -> str | bytes:
        text, data = message.get("text"), message.get("bytes")
        if (text is None) == (data is None):
            raise self._exchange.fail("'websocket.send' carries either a text or bytes.")
        if isinstance(text, str):
            # As a server does: a lone surrogate cannot be written as UTF-8.
            text.encode()
            return text
        if not isinstance(data, bytes):
            raise self._exchange.fail(f"'websocket.send' carries a str or bytes, got {type(text or data).__name__}.")
        return data

"""
A transport for tests of WebSockets: it keeps what goes, and gives what is put in.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from covet.core.disconnects import run_against
from covet.http.request import Request
from covet.http.response import Response
from covet.http.websocket import WebSocket
from covet.http.websocket_errors import WebSocketDisconnect
from covet.http.websocket_rules import WebSocketRules


class MemoryTransport:
    """
    Both directions, in lists.
    """

    run_against = staticmethod(run_against)

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[str | bytes | WebSocketDisconnect] = asyncio.Queue()
        self.sent: list[object] = []
        self.failure: Exception | None = None

    async def accept(self, subprotocol: str | None, headers: list[tuple[str, str]]) -> None:
        """Keep the answer."""
        if self.failure is not None:
            raise self.failure
        self.sent.append(("accept", subprotocol, headers))

    async def refuse(self, response: Response) -> None:
        """Keep the refusal."""
        self.sent.append(("refuse", response.status_code))

    async def receive(self) -> str | bytes:
        """Give what was put in."""
        message = await self.incoming.get()
        if isinstance(message, WebSocketDisconnect):
            raise message
        return message

    async def send_text(self, text: str) -> None:
        """Keep a text."""
        text.encode()
        await self._send(text)

    async def send_bytes(self, data: bytes) -> None:
        """Keep bytes."""
        await self._send(data)

    async def _send(self, message: object) -> None:
        if self.failure is not None:
            raise self.failure
        self.sent.append(message)

    def read_ahead(self) -> None:
        """Do nothing."""

    async def close(self, code: int, reason: str, *, is_clear: Callable[[], bool]) -> None:
        """Keep the close."""
        if self.failure is not None:
            raise self.failure
        self.sent.append(("close", code, reason, is_clear()))


def make_socket(transport: Any = None, *, headers: dict[str, str] | None = None, **rules: Any) -> WebSocket:
    """
    Make a WebSocket that is not accepted yet.
    """
    request = Request(url="ws://example.com/x?a=b", headers={"host": "example.com", **(headers or {})})
    return WebSocket(request, transport or MemoryTransport(), WebSocketRules(**rules))

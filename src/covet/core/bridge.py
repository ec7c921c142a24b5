"""
An ASGI application behind RSGI: for mounted applications and raw ASGI middleware.

Only what goes through such an application pays for it.
"""

import asyncio
from typing import Any
from urllib.parse import quote

from covet.core.rsgi import next_chunk
from covet.core.rsgi_types import RSGIProtocol, RSGIScope, RSGIStream
from covet.types import ASGIApp, Message


async def bridge_to_asgi(app: ASGIApp, scope: RSGIScope, protocol: RSGIProtocol, *, root_path: str = "") -> None:
    """
    Let an ASGI application answer an RSGI request.

    Args:
        app: The application.
        scope: The request's head.
        protocol: What reads and answers the request.
        root_path: The prefix that the application is mounted under.
    """
    exchange = _Exchange(protocol)
    asgi_scope = make_asgi_scope(scope, root_path)
    recorder = getattr(protocol, "covet_test", None)
    if recorder is not None:
        asgi_scope["extensions"] = {"covet.test": recorder}
    await app(asgi_scope, exchange.receive, exchange.send)
    exchange.finish()


def make_asgi_scope(scope: RSGIScope, root_path: str) -> dict[str, Any]:
    """Write the head of an RSGI request as an ASGI scope."""
    host, _, port = scope.client.rpartition(":")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": getattr(scope, "http_version", "1.1"),
        "method": scope.method,
        "scheme": scope.scheme,
        "path": scope.path,
        "raw_path": quote(scope.path).encode("ascii"),
        "query_string": scope.query_string.encode("latin-1"),
        "root_path": root_path,
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in scope.headers.items()],
        "client": (host, int(port)) if port.isdigit() else None,
        "server": None,
        "state": {},
    }


class _Exchange:
    """Both directions of one exchange, ASGI's messages on one side."""

    def __init__(self, protocol: RSGIProtocol) -> None:
        self._protocol = protocol
        self._chunks = aiter(protocol)
        self._is_body_over = False
        self._status: int | None = None
        self._headers: list[tuple[str, str]] = []
        self._stream: RSGIStream | None = None
        self._is_answered = False

    async def receive(self) -> Message:
        if not self._is_body_over:
            chunk = await next_chunk(self._chunks)
            if chunk is not None:
                return {"type": "http.request", "body": chunk, "more_body": True}
            self._is_body_over = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._protocol.client_disconnect()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = [
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in message.get("headers", [])
                # Granian computes the length of a body in one piece; a stream has none.
                if name.lower() != b"content-length"
            ]
            return
        if message["type"] != "http.response.body":
            return
        if self._status is None:
            raise RuntimeError("The application sent a body before http.response.start.")
        body = message.get("body", b"")
        if self._stream is None and not message.get("more_body", False):
            self._is_answered = True
            self._protocol.response_bytes(self._status, self._headers, body)
            return
        if self._stream is None:
            self._is_answered = True
            self._stream = self._protocol.response_stream(self._status, self._headers)
        if body:
            await self._stream.send_bytes(body)
            await asyncio.sleep(0)

    def finish(self) -> None:
        """Answer for an application that did not."""
        if not self._is_answered:
            self._protocol.response_empty(500, [])

"""
An ASGI application behind RSGI: for mounted applications and raw ASGI middleware.

Only what goes through such an application pays for it. The server trusts what it is given, so nothing that
the application sends goes on unseen.
"""

import asyncio
import logging
import re
from typing import Any, Final

from covet.core.backpressure import Backpressure
from covet.core.connections import cut_client, cut_client_now
from covet.core.errors import contain
from covet.core.rsgi import parse_client
from covet.core.rsgi_body import RSGIBody
from covet.core.rsgi_types import RSGIProtocol, RSGIScope, RSGIStream, WireHeaders
from covet.exceptions import ClientDisconnectedError, ResponseError
from covet.http.response import check_status, has_no_body
from covet.http.response_headers import check_header_name, check_header_value
from covet.types import ASGIApp, Message

logger = logging.getLogger("covet.errors")

_LENGTH: Final = re.compile(rb"[0-9]{1,19}")
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]+")
_VERSIONS: Final = {"1": "1.0", "1.1": "1.1", "2": "2"}


class ClientLeftError(ConnectionError):
    """An application sent to a client that has left: ASGI's `send` raises an `OSError` then."""


# Any: the state is the mounted application's own.
async def bridge_to_asgi(
    app: ASGIApp, scope: RSGIScope, protocol: RSGIProtocol, *, root_path: str = "", state: dict[str, Any] | None = None
) -> None:
    """
    Let an ASGI application answer an RSGI request.

    Args:
        app: The application.
        scope: The request's head.
        protocol: What reads and answers the request.
        root_path: The prefix that the application is mounted under.
        state: What the application has put into its state at start.

    Raises:
        Exception: What the application raised; the server logs it, and answers if nothing was sent.
    """
    exchange = _Exchange(scope, protocol)
    asgi_scope = make_asgi_scope(scope, root_path, {} if state is None else state)
    recorder = getattr(protocol, "covet_test", None)
    if recorder is not None:
        asgi_scope["extensions"] = {"covet.test": recorder}
    try:
        with exchange.pressure:
            await app(asgi_scope, exchange.receive, exchange.send)
    except ClientLeftError:
        return
    except (SystemExit, KeyboardInterrupt) as exc:
        await exchange.abort()
        raise contain(exc) from exc
    except GeneratorExit:
        exchange.abort_now()
        raise
    except BaseException:
        await exchange.abort()
        raise
    await exchange.finish()


# Any: as above.
def make_asgi_scope(scope: RSGIScope, root_path: str, state: dict[str, Any]) -> dict[str, Any]:
    """
    Write the head of an RSGI request as an ASGI scope.

    There is no `raw_path`, which ASGI leaves open: RSGI has the decoded path only, and a made-up one would turn
    `%2F` into a slash.
    """
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": _VERSIONS.get(scope.http_version, "1.1"),
        "method": scope.method,
        "scheme": scope.scheme,
        "path": scope.path,
        "query_string": scope.query_string.encode(),
        "root_path": root_path,
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in _list_headers(scope)],
        "client": parse_client(scope.client),
        "server": parse_client(scope.server),
        "state": state,
    }


def _list_headers(scope: RSGIScope) -> list[tuple[str, str]]:
    pairs = scope.headers.items()
    if scope.http_version == "2" and scope.authority and "host" not in scope.headers:
        # ASGI: HTTP/2's :authority is shown as a Host, in the first place (RFC 9113 §8.3.1).
        return [("host", scope.authority), *pairs]
    return pairs


class _Exchange:
    """Both directions of one exchange, ASGI's messages on one side."""

    def __init__(self, scope: RSGIScope, protocol: RSGIProtocol) -> None:
        self._scope = scope
        self._protocol = protocol
        self._is_head = scope.method == "HEAD"
        self._source: RSGIBody | None = None
        self._is_body_over = False
        self._status: int | None = None
        self._headers: WireHeaders = []
        self._declared: int | None = None
        self._sent = 0
        self._stream: RSGIStream | None = None
        self.pressure = Backpressure(scope, is_framed=True)
        self._has_left = False
        self._is_over = asyncio.Event()

    # ── From the client ──────────────────────────────────────────────────────

    async def receive(self) -> Message:
        if not self._is_body_over and not self._is_over.is_set():
            return await self._receive_body()
        # After the response there is nothing to wait for (ASGI: Disconnect - receive event).
        waiting = {asyncio.ensure_future(self._wait_left()), asyncio.ensure_future(self._is_over.wait())}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for future in waiting:
                future.cancel()
        return {"type": "http.disconnect"}

    async def _receive_body(self) -> Message:
        if self._source is None:
            declared = self._scope.headers.get("content-length")
            length = int(declared) if declared is not None and _LENGTH.fullmatch(declared.encode()) else None
            self._source = RSGIBody(self._protocol, length, self._scope.http_version)
        try:
            # Granian gives an empty piece more than came.
            while (chunk := await self._source.next_chunk()) == b"":
                pass
        except ClientDisconnectedError:
            self._is_body_over = self._has_left = True
            return {"type": "http.disconnect"}
        if chunk is None:
            self._is_body_over = True
            return {"type": "http.request", "body": b"", "more_body": False}
        return {"type": "http.request", "body": chunk, "more_body": True}

    async def _wait_left(self) -> None:
        if not self._has_left:
            await self._protocol.client_disconnect()

    # ── To the client ────────────────────────────────────────────────────────

    async def send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "http.response.start" and self._status is None:
            self._take_head(message)
        elif kind == "http.response.body" and self._status is not None and not self._is_over.is_set():
            await self._take_body(self._status, message.get("body", b""), is_last=not message.get("more_body", False))
        else:
            raise RuntimeError(f"The application sent {kind!r}, which has no place there.")

    def _take_head(self, message: Message) -> None:
        status = check_status(message["status"])
        headers: WireHeaders = []
        for raw_name, raw_value in message.get("headers", ()):
            name = check_header_name(raw_name.decode("latin-1"))
            value = decode_header_value(name, raw_value)
            if name == "content-length":
                if self._declared is not None or _LENGTH.fullmatch(raw_value) is None:
                    raise ResponseError("Content-Length must be one number of at most 19 digits.")
                self._declared = int(value)
            elif name != "transfer-encoding":
                # The server frames the body.
                headers.append((name, value))
        self._headers = headers
        self._status = status

    async def _take_body(self, status: int, body: bytes, *, is_last: bool) -> None:
        if self._is_head or has_no_body(status):
            self._answer_without_body(status, body, is_last=is_last)
            return
        self._sent += len(body)
        if self._declared is not None and (self._sent > self._declared or (is_last and self._sent < self._declared)):
            raise ResponseError(f"Content-Length says {self._declared}, the body has {self._sent} bytes or more.")
        if is_last and self._stream is None:
            self._is_over.set()
            self._protocol.response_bytes(status, self._headers, body)
            return
        if self._stream is None:
            if self._declared is not None:
                self.pressure.is_framed = False
                self._headers.append(("content-length", str(self._declared)))
            self._stream = self._protocol.response_stream(status, self._headers)
        if body:
            await self._send_piece(self._stream, body)
        if is_last:
            # The server ends the body as soon as nobody holds the stream.
            self._stream = None
            self._is_over.set()

    async def _send_piece(self, stream: RSGIStream, body: bytes) -> None:
        try:
            await stream.send_bytes(body)
            if self.pressure.is_due(len(body)):
                await self.pressure.wait(stream)
        except RuntimeError as exc:
            self._has_left = True
            raise ClientLeftError("The client has left.") from exc

    def _answer_without_body(self, status: int, body: bytes, *, is_last: bool) -> None:
        """Answer at the first piece; what comes after it is not looked at."""
        if self._sent == 0:
            self._sent = 1
            headers = self._headers
            length = self._declared if self._declared is not None or not is_last else len(body)
            if length is not None and not has_no_body(status):
                headers = [*headers, ("content-length", str(length))]
            self._protocol.response_empty(status, headers)
        if is_last:
            self._is_over.set()

    # ── The end ──────────────────────────────────────────────────────────────

    async def abort(self) -> None:
        """Cut the connection of a body that failed in the middle, so that nobody takes it for whole."""
        if self._stream is not None and not self._has_left:
            await cut_client(self._scope)
        self._is_over.set()
        self._stream = None

    def abort_now(self) -> None:
        """Do the same where nothing can be awaited: the coroutine of the application is closed."""
        if self._stream is not None and not self._has_left:
            cut_client_now(self._scope)
        self._stream = None

    async def finish(self) -> None:
        """Answer for an application that did not, and end what it did not end."""
        if self._is_over.is_set() or self._has_left:
            return
        logger.error("An ASGI application returned without finishing its response.")
        is_begun = self._stream is not None or self._sent > 0
        await self.abort()
        if not is_begun:
            self._protocol.response_empty(500, [])


def log_silence() -> None:
    """Say that an application has left a handshake to somebody else."""
    logger.error("An ASGI application returned without answering the handshake of a WebSocket.")


def decode_header_value(name: str, raw: bytes) -> str:
    r"""
    Read a header's value so that the same bytes leave: Granian takes text, and writes it as UTF-8.

    Raises:
        ResponseError: If it has a control character, or bytes beyond ASCII that are not UTF-8.

    Example:
        >>> decode_header_value("x-name", b"caf\xc3\xa9") == "caf\xe9"
        True
    """
    try:
        value = raw.decode()
    except UnicodeDecodeError as exc:
        raise ResponseError(
            f"The value of header {name!r} is not UTF-8, which is all that RSGI can carry.",
            hint="Encode it (RFC 8187), or serve with --interface asgi.",
        ) from exc
    check_header_value(name, _BEYOND_ASCII.sub("", value))
    return value.strip(" \t")

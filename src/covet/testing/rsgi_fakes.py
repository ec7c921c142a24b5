"""
Stand-ins for the objects that Granian gives to an RSGI application.

They behave as Granian 2.8.7 (RSGI 1.6) was measured to, over HTTP/1.1 on a socket; each such fact
stands beside the line that imitates it. Where Granian is silent about a fault of the application,
they are not: the fault is a `ProtocolViolation`.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine, Iterator
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import unquote

from covet.testing.errors import ClientLeft, ProtocolViolation, RSGIProtocolClosed, RSGIProtocolError
from covet.testing.exchange import Exchange, Recorder
from covet.testing.request import ClientRequest
from covet.testing.wire import RawHeaders

Default = TypeVar("Default")
# pyo3 takes any sequence of pairs of str.
HeadersIn = list[tuple[str, str]] | tuple[tuple[str, str], ...]


class RSGIHeaders:
    """
    A request's headers as Granian shows them.

    Only `in`, `keys` and `len` show a header whose value has a byte beyond visible ASCII and the tab:
    `get` gives the default, `get_all`, `items` and `values` leave it out, `[]` gives `""`. A name is found in
    any case. Repeated headers are neighbours in `items`, at the place of the first of them; `get` and `[]`
    give the first; iteration and `len` count names.
    """

    def __init__(self, raw: tuple[tuple[bytes, bytes], ...]) -> None:
        self._values: dict[str, list[str | None]] = {}
        for name, value in raw:
            self._values.setdefault(name.decode("ascii").lower(), []).append(_to_visible(value))

    def keys(self) -> list[str]:
        """List the names, each once."""
        return list(self._values)

    def values(self) -> list[str]:
        """List the values that are visible ASCII."""
        return [value for _, value in self.items()]

    def items(self) -> list[tuple[str, str]]:
        """List the pairs whose values are visible ASCII, those of one name together."""
        return [(name, value) for name, values in self._values.items() for value in values if value is not None]

    def get(self, key: str, default: Default | None = None) -> str | Default | None:
        """Give the first value, the default if there is none or it is not visible ASCII."""
        first = self._values.get(key.lower(), [None])[0]
        return default if first is None else first

    def get_all(self, key: str) -> list[str]:
        """List one name's values that are visible ASCII."""
        return [value for value in self._values.get(key.lower(), []) if value is not None]

    def __contains__(self, key: str) -> bool:
        return key.lower() in self._values

    def __getitem__(self, key: str) -> str:
        try:
            return self._values[key.lower()][0] or ""
        except KeyError:
            raise KeyError(key) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self._values)


def _to_visible(value: bytes) -> str | None:
    # hyper's HeaderValue::to_str: visible ASCII, space and tab; UTF-8 is not read either.
    return value.decode("ascii") if all(byte == 9 or 32 <= byte < 127 for byte in value) else None


class RSGIScope:
    """
    A request's head as Granian shows it.

    `method` keeps its case. `path` is percent-decoded, and what is not UTF-8 becomes U+FFFD: `%2F` cannot be
    told from `/`, nor `%FF` from `%FE`, since the raw path is not shown. `.` and `//` stay as they are. `*` stays
    `*`; a target without a leading slash (`@evil`) becomes the authority, with an empty path. `authority` is
    None for a target that is only a path. `query_string` is raw. `http_version` is "1.1", and "1" for HTTP/1.0.
    No host, two hosts and an empty one all come through.
    """

    proto = "http"
    http_version = "1.1"
    rsgi_version = "1.6"

    def __init__(self, request: ClientRequest, client: tuple[str, int]) -> None:
        self.client = f"{client[0]}:{client[1]}"
        # The address that listens, never the name that was asked for.
        self.server = f"127.0.0.1:{request.origin.port}"
        self.scheme = request.origin.scheme
        self.method = request.method
        self.query_string = request.query
        self.headers = RSGIHeaders(request.headers)
        is_authority = not request.raw_path.startswith("/") and request.raw_path != "*"
        self.path = "" if is_authority else unquote(request.raw_path, errors="replace")
        self.authority: str | None = request.raw_path if is_authority else None


@dataclass(frozen=True, slots=True)
class PendingFile:
    """A file that the server sends by itself, once the application has named it."""

    path: str
    status: object
    headers: RawHeaders
    start: int = 0
    end: int | None = None


class RSGIHTTPProtocol:
    """
    The object through which an application reads a request and answers it.

    Attributes:
        covet_test: Where a framework puts the exceptions that it turned into responses.
    """

    def __init__(self, exchange: Exchange) -> None:
        self.covet_test: Recorder = exchange.recorder
        self.pending_file: PendingFile | None = None
        self._exchange = exchange
        self._is_body_taken = False
        self._is_answered = False
        self.transport: RSGIHTTPStreamTransport | None = None

    async def _collect(self) -> bytes:
        try:
            parts = [part async for part in self._parts()]
        except ClientLeft:
            raise RSGIProtocolClosed from None
        return b"".join(parts)

    async def _parts(self) -> AsyncIterator[bytes]:
        while (part := await self._exchange.receive_body()) is not None:
            yield part

    def _take_body(self) -> None:
        # The second call fails where it stands, before anything is awaited; so does one after the other way.
        if self._is_body_taken:
            raise RSGIProtocolError
        self._is_body_taken = True

    def __call__(self) -> Coroutine[object, object, bytes]:
        """Read the whole body."""
        self._take_body()
        return self._collect()

    def __aiter__(self) -> AsyncIterator[bytes]:
        self._take_body()
        return self._iterate()

    async def _iterate(self) -> AsyncIterator[bytes]:
        # Granian gives one empty part more than the wire did, and ends a body that was cut off in
        # the middle as if it were whole: only its content-length tells.
        try:
            async for part in self._parts():
                yield part
        except ClientLeft:
            yield b""
        yield b""

    async def client_disconnect(self) -> None:
        """Wait until the client leaves; a response that is complete is not the end of the connection."""
        await self._exchange.has_left.wait()

    def response_empty(self, status: int = 200, headers: HeadersIn = ()) -> None:
        """Answer without a body."""
        self._answer(status, headers, None)

    def response_str(self, status: int = 200, headers: HeadersIn = (), body: str = "") -> None:
        """Answer with text, as UTF-8."""
        if not isinstance(body, str):
            raise self._fail(f"response_str takes a str, got {type(body).__name__}.")
        try:
            self._answer(status, headers, body.encode())
        except UnicodeEncodeError:
            raise self._fail(f"response_str got text that UTF-8 cannot carry: {body!r}.") from None

    def response_bytes(self, status: int = 200, headers: HeadersIn = (), body: bytes = b"") -> None:
        """Answer with bytes; a bytearray will do, a str or a memoryview will not."""
        if not isinstance(body, bytes | bytearray):
            raise self._fail(f"response_bytes takes bytes, got {type(body).__name__}.")
        self._answer(status, headers, bytes(body))

    def response_file(self, status: int, headers: HeadersIn, file: str) -> None:
        """Answer with a file; one that cannot be opened becomes a 404 of the server's own."""
        self._check_file(file)
        self._begin()
        self.pending_file = PendingFile(file, status, self._make_headers(headers))

    def response_file_range(self, status: int, headers: HeadersIn, file: str, start: int, end: int) -> None:
        """Answer with a part of a file, without `end` itself."""
        self._check_file(file)
        if start < 0 or start >= end:
            raise self._fail(f"response_file_range takes 0 <= start < end, got {start} and {end}.")
        self._begin()
        self.pending_file = PendingFile(file, status, self._make_headers(headers), start, end)

    def response_stream(self, status: int = 200, headers: HeadersIn = ()) -> "RSGIHTTPStreamTransport":
        """Answer in parts."""
        self._begin()
        self._exchange.start(status, self._make_headers(headers))
        self.transport = RSGIHTTPStreamTransport(self._exchange)
        return self.transport

    def _answer(self, status: int, headers: HeadersIn, body: bytes | None) -> None:
        self._begin()
        exchange = self._exchange
        raw = self._make_headers(headers)
        # Granian computes the length of a body that it has in one piece, for HEAD too, where it drops the body;
        # a length given for response_empty to HEAD stays, to GET it becomes 0.
        is_sized = any(name == b"content-length" for name, _ in raw)
        if not is_sized and status not in {204, 304} and not (exchange.request.method == "HEAD" and body is None):
            raw.append((b"content-length", str(len(body or b"")).encode()))
        exchange.start(status, raw)
        exchange.write(body or b"")
        exchange.finish()

    def _begin(self) -> None:
        # Granian ignores a second answer without a word (only response_stream raises RSGIProtocolError).
        if self._is_answered:
            raise self._fail("The request was answered twice.")
        self._is_answered = True

    def _check_file(self, file: object) -> None:
        if not isinstance(file, str):
            raise self._fail(f"The file's path must be a str, got {type(file).__name__}.")

    def _make_headers(self, headers: object) -> RawHeaders:
        # Granian drops a header whose name or value is not valid without a word, lowers names,
        # and writes text beyond ASCII as UTF-8.
        if not isinstance(headers, list | tuple):
            raise self._fail(f"The headers must be a list of pairs of str, got {type(headers).__name__}.")
        raw: RawHeaders = []
        for pair in headers:
            if not isinstance(pair, list | tuple) or len(pair) != 2 or not all(isinstance(part, str) for part in pair):
                raise self._fail(f"A header must be a pair of str, got {pair!r}.")
            try:
                raw.append((pair[0].lower().encode(), pair[1].encode()))
            except UnicodeEncodeError:
                raise self._fail(f"A header must be text that UTF-8 can carry, got {pair!r}.") from None
        return raw

    def _fail(self, message: str) -> ProtocolViolation:
        return self._exchange.fail(ProtocolViolation(message))


class RSGIHTTPStreamTransport:
    """The body of a response that is sent in parts."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def send_bytes(self, data: bytes) -> None:
        """Send a part; an empty one is nothing."""
        if not isinstance(data, bytes | bytearray):
            raise self._fail(f"send_bytes takes bytes, got {type(data).__name__}.")
        await self._send(bytes(data))

    async def send_str(self, data: str) -> None:
        """Send a part, as UTF-8."""
        if not isinstance(data, str):
            raise self._fail(f"send_str takes a str, got {type(data).__name__}.")
        try:
            encoded = data.encode()
        except UnicodeEncodeError:
            raise self._fail(f"send_str got text that UTF-8 cannot carry: {data!r}.") from None
        await self._send(encoded)

    async def _send(self, data: bytes) -> None:
        exchange = self._exchange
        if exchange.has_left.is_set():
            raise RSGIProtocolClosed
        if exchange.is_complete:
            # Granian sends on as long as anyone holds the transport.
            raise self._fail("A part was sent after the application had returned.")
        exchange.write(data)
        # Granian's own send neither waits for the client nor lets the event loop run: a producer
        # that never waits by itself stops every other request. The loop runs here, since the client shares it.
        await asyncio.sleep(0)

    def _fail(self, message: str) -> ProtocolViolation:
        return self._exchange.fail(ProtocolViolation(message))


def read_file(pending: PendingFile) -> bytes | None:
    """Read what a response of a file sends; `None` if it cannot be opened. It blocks: call it in a thread."""
    try:
        descriptor = os.open(pending.path, os.O_RDONLY)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        file.seek(pending.start)
        return file.read() if pending.end is None else file.read(pending.end - pending.start)

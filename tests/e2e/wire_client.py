"""
A client that takes nothing on trust: it reads responses off a socket, byte by byte, as RFC 9112 has them.

Libraries forgive; what this one cannot read is a `FramingError`.
"""

import re
import socket
from dataclasses import dataclass
from types import TracebackType
from typing import Self

_STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) ([\t\x20-\x7e]*)")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)")
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}")
_MAX_LINE = 2_000_000


class FramingError(AssertionError):
    """The server sent what is no response, or the rest of another one."""


@dataclass(frozen=True, slots=True)
class WireResponse:
    """
    A response as it stood on the wire.

    Attributes:
        status: Its status.
        reason: What stands behind it.
        headers: Names in lower case, in order.
        body: Its body, without the framing.
        is_whole: Whether it ended as it said it would, instead of being cut off.
    """

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes
    is_whole: bool = True

    def get(self, name: str) -> str | None:
        """Return a header's only value; `None` if it is not there."""
        values = [value for key, value in self.headers if key == name]
        if len(values) > 1:
            raise FramingError(f"{name} stands {len(values)} times: {values!r}")
        return values[0] if values else None


class WireClient:
    """One connection to a server on this machine; `with` closes it."""

    def __init__(self, port: int, *, timeout: float = 10.0) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self._reader = self._socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._reader.close()
        self._socket.close()

    def ask(self, method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b"") -> WireResponse:
        """Send a request and read its answer."""
        lines = [f"{method} {target} HTTP/1.1", "Host: test", *(f"{k}: {v}" for k, v in (headers or {}).items())]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        return self.receive(is_head=method == "HEAD")

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._socket.sendall(data)

    def receive(self, *, is_head: bool = False) -> WireResponse:
        """
        Read one response.

        Raises:
            FramingError: If it is none.
            EOFError: If the server closed the connection instead of answering.
        """
        match = _STATUS_LINE.fullmatch(self._line())
        if match is None:
            raise FramingError("The status line is none.")
        headers: list[tuple[str, str]] = []
        while line := self._line():
            header = _HEADER.fullmatch(line)
            if header is None:
                raise FramingError(f"This is no header: {line[:200]!r}")
            headers.append((header[1].decode().lower(), header[2].decode("latin-1").rstrip(" \t")))
        head = WireResponse(int(match[1]), match[2].decode(), headers, b"")
        body, is_whole = self._body(head, is_head=is_head)
        return WireResponse(head.status, head.reason, headers, body, is_whole)

    def is_closed(self) -> bool:
        """Wait for the server to close the connection; anything that it sends instead is an error."""
        try:
            rest = self._reader.read(1)
        except ConnectionResetError:
            return True
        if rest:
            raise FramingError(f"The server sent more than its response: {rest!r}")
        return True

    def _body(self, head: WireResponse, *, is_head: bool) -> tuple[bytes, bool]:
        length, coding = head.get("content-length"), head.get("transfer-encoding")
        if length is not None and coding is not None:
            raise FramingError("The response has both a length and a transfer coding.")
        if is_head or head.status in {204, 304}:
            return b"", True
        if coding is not None:
            return self._chunks()
        if length is None and (head.get("connection") or "").lower() == "close":
            # RFC 9112 §6.3: the end of the connection is that of the body.
            return self._reader.read(), True
        if length is None or re.fullmatch("[0-9]+", length) is None:
            raise FramingError(f"The response has no length: {head.headers!r}")
        body = self._reader.read(int(length))
        return body, len(body) == int(length)

    def _chunks(self) -> tuple[bytes, bool]:
        parts: list[bytes] = []
        try:
            while True:
                line = self._line()
                if _CHUNK_SIZE.fullmatch(line) is None:
                    raise FramingError(f"This is no chunk's size: {line[:200]!r}")
                size = int(line, 16)
                part = self._reader.read(size + 2)
                if len(part) < size + 2:
                    return b"".join(parts), False
                if part[-2:] != b"\r\n":
                    raise FramingError("A chunk does not end where it should.")
                if not size:
                    return b"".join(parts), True
                parts.append(part[:-2])
        except (EOFError, ConnectionResetError):
            return b"".join(parts), False

    def _line(self) -> bytes:
        line = self._reader.readline(_MAX_LINE)
        if not line:
            raise EOFError("The server closed the connection.")
        if not line.endswith(b"\r\n"):
            raise FramingError(f"A line has no end: {line[:200]!r}")
        return line[:-2]

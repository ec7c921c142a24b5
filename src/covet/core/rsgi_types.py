"""
What an RSGI server gives to an application, as far as it is used here.
"""

from collections.abc import AsyncIterator, Awaitable
from typing import Protocol

WireHeaders = list[tuple[str, str]]


class RSGIHeaders(Protocol):
    """A request's headers as Granian shows them."""

    def get(self, key: str) -> str | None:
        """Give the first value of a name."""
        ...

    def get_all(self, key: str) -> list[str]:
        """List the values of a name."""
        ...

    def items(self) -> list[tuple[str, str]]:
        """List the pairs, those of one name together."""
        ...

    def __contains__(self, key: str) -> bool: ...
    def __len__(self) -> int: ...


class RSGIScope(Protocol):
    """A request's head as Granian shows it."""

    @property
    def proto(self) -> str:
        """`"http"` or `"ws"`."""
        ...

    @property
    def method(self) -> str:
        """The method, as it came."""
        ...

    @property
    def path(self) -> str:
        """The percent-decoded path."""
        ...

    @property
    def query_string(self) -> str:
        """The query, as it came."""
        ...

    @property
    def scheme(self) -> str:
        """`"http"` or `"https"`."""
        ...

    @property
    def http_version(self) -> str:
        """`"1"`, `"1.1"` or `"2"`."""
        ...

    @property
    def authority(self) -> str | None:
        """The host in the request's target; `None` if that is only a path."""
        ...

    @property
    def server(self) -> str:
        """The address and port that listen."""
        ...

    @property
    def client(self) -> str:
        """The client's address and port."""
        ...

    @property
    def headers(self) -> RSGIHeaders:
        """The headers."""
        ...


class RSGIStream(Protocol):
    """The body of a response that is sent in pieces."""

    async def send_bytes(self, data: bytes) -> None:
        """Send a piece."""
        ...


class RSGIProtocol(Protocol):
    """The object through which an application reads a request and answers it."""

    def __call__(self) -> Awaitable[bytes]:
        """Read the whole body."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes]: ...
    async def client_disconnect(self) -> None:
        """Wait until the client leaves."""
        ...

    def response_empty(self, status: int, headers: WireHeaders) -> None:
        """Answer without a body."""
        ...

    def response_bytes(self, status: int, headers: WireHeaders, body: bytes) -> None:
        """Answer with bytes."""
        ...

    def response_file(self, status: int, headers: WireHeaders, file: str) -> None:
        """Answer with a file."""
        ...

    def response_file_range(self, status: int, headers: WireHeaders, file: str, start: int, end: int) -> None:
        """Answer with a part of a file, without the byte at `end`."""
        ...

    def response_stream(self, status: int, headers: WireHeaders) -> RSGIStream:
        """Answer in pieces."""
        ...


class RSGIMessage(Protocol):
    """A message of a WebSocket: a close, which brings nothing along, bytes or a text."""

    @property
    def kind(self) -> int:
        """0 for a close, 1 for bytes, 2 for a text."""
        ...

    @property
    def data(self) -> bytes | str:
        """The message; a close has none."""
        ...


class RSGISocket(Protocol):
    """A WebSocket that was accepted."""

    async def receive(self) -> RSGIMessage:
        """Wait for a message."""
        ...

    async def send_bytes(self, data: bytes) -> None:
        """Send bytes."""
        ...

    async def send_str(self, data: str) -> None:
        """Send a text."""
        ...


class RSGIWebSocketProtocol(Protocol):
    """What stands in the protocol's place when a WebSocket is asked for."""

    async def accept(self) -> RSGISocket:
        """Accept it, once."""
        ...

    def close(self, status: int | None = None) -> None:
        """Refuse it with a status, or close it without a code."""
        ...

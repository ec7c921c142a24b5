"""
What a WebSocket needs of a server: the contract that each adapter fills.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from covet.http.response import Response


class WebSocketTransport(Protocol):
    """
    What a WebSocket needs of a server; each adapter has one.
    """

    @property
    def send_text(self) -> Callable[[str], Awaitable[None]]:
        """Sends a text; an `OSError` or a `RuntimeError` says that the connection is over."""

    @property
    def send_bytes(self) -> Callable[[bytes], Awaitable[None]]:
        """Sends bytes, in the same way."""

    # Any: whatever the call gives.
    @property
    def run_against(self) -> Callable[[Awaitable[Any], Callable[[], Awaitable[None]]], Awaitable[Any]]:
        """Awaits a call, but cancels it when the other one ends first."""

    async def accept(self, subprotocol: str | None, headers: list[tuple[str, str]]) -> None:
        """Answer the handshake."""

    async def refuse(self, response: Response) -> None:
        """Answer the handshake with something else."""

    async def receive(self) -> str | bytes:
        """Wait for a message; raises `WebSocketDisconnect` when the connection is over."""

    async def close(self, code: int, reason: str, *, is_clear: Callable[[], bool]) -> None:
        """Send the close; `is_clear` tells whether no message is being sent any more."""

    def read_ahead(self) -> None:
        """Let the server read, though the handler only sends: some answer a client's close only then."""

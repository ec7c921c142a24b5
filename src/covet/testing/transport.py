"""What the client needs of a protocol."""

from collections.abc import Coroutine
from typing import Protocol

from covet.testing.exchange import Exchange


class Transport(Protocol):
    """Drive an application over one protocol, without a socket."""

    async def startup(self) -> None:
        """Run the application's start-up; its error is raised."""

    async def shutdown(self) -> None:
        """Run the application's shutdown; its error is raised."""

    def handle(self, exchange: Exchange) -> Coroutine[object, object, None]:
        """Call the application for one request."""

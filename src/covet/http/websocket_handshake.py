"""
What the handshake of a WebSocket tells: all that a request does.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from covet.http.headers import Headers
from covet.http.query import QueryParams
from covet.http.request import Address, Request
from covet.http.state import State
from covet.http.urls import URL
from covet.http.websocket_codes import split_subprotocols

ServiceT = TypeVar("ServiceT")


class WebSocketHandshake:
    """
    The side of a WebSocket that is a request.

    Args:
        request: The request.

    Attributes:
        request: The request.
    """

    __slots__ = ("request",)

    def __init__(self, request: Request) -> None:
        self.request = request

    @property
    def headers(self) -> Headers:
        """The headers of the handshake."""
        return self.request.headers

    @property
    def cookies(self) -> Mapping[str, str]:
        """The cookies by their names."""
        return self.request.cookies

    @property
    def query_params(self) -> QueryParams:
        """The parameters of the query."""
        return self.request.query_params

    # Any: what the converters of the path made.
    @property
    def path_params(self) -> Mapping[str, Any]:
        """The values of the path's parameters by their names."""
        return self.request.path_params

    @property
    def path(self) -> str:
        """The decoded path."""
        return self.request.path

    @property
    def url(self) -> URL:
        """The URL that the client connected to."""
        return self.request.url

    @property
    def client(self) -> Address | None:
        """The address of the peer that the server sees: a proxy's, where there is one."""
        return self.request.client

    @property
    def state(self) -> State:
        """A place for attributes of one's own, for as long as the connection lasts."""
        return self.request.state

    # Any: the application's class stands on a higher floor, and so does the route's.
    @property
    def app(self) -> Any:
        """The application."""
        return self.request.app

    @property
    def route(self) -> Any:
        """The route that answers."""
        return self.request.route

    @property
    def offered_subprotocols(self) -> tuple[str, ...]:
        """The subprotocols that the client offers."""
        return split_subprotocols(self.headers.get("sec-websocket-protocol"))

    async def resolve(self, interface: Callable[..., ServiceT], *, qualifier: str | None = None) -> ServiceT:
        """
        Return a service of the application's container, in the scope of this connection.

        Args:
            interface: What is asked for.
            qualifier: Which one, if several are registered.

        Raises:
            MissingRegistrationError: If nobody registered it.
        """
        return await self.request.resolve(interface, qualifier=qualifier)

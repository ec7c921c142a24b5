"""
The layers that publish what becomes of requests, around all middleware, in routes that somebody wants it of.
"""

from asyncio import CancelledError
from time import perf_counter

from covet.core.middleware import Middleware
from covet.events import EventBus, RequestCompletedEvent, RequestStartedEvent
from covet.exceptions import ClientDisconnectedError
from covet.http.request import Request
from covet.http.response import Response

_CLIENT_LEFT = 499
_FAILED = 500


class RequestStartedLayer(Middleware):
    """
    Publish that a request has come in, and wait for those who want to know.

    Args:
        bus: Where.
    """

    def __init__(self, bus: EventBus) -> None:
        self.bus = bus

    async def process_request(self, request: Request) -> None:
        """Publish the event before anything else sees the request."""
        client = request.client
        event = RequestStartedEvent(
            method=request.method, path=request.path, client_ip="" if client is None else client.host
        )
        await self.bus.publish(event)


class RequestCompletedLayer(Middleware):
    """
    Publish that an exchange is over.

    Args:
        bus: Where.
    """

    def __init__(self, bus: EventBus) -> None:
        self.bus = bus

    def process_request(self, request: Request) -> None:
        """Look at the clock, unless somebody further out has done so."""
        if not hasattr(request, "began"):
            request.began = perf_counter()

    async def on_finish(self, request: Request, response: Response | None, error: BaseException | None) -> None:
        """Publish the event after the last byte."""
        event = RequestCompletedEvent(
            method=request.method,
            path=request.path,
            status_code=_status_of(response, error),
            duration_ms=(perf_counter() - request.began) * 1000,
            error=None if error is None else type(error).__name__,
        )
        await self.bus.publish(event)


def make_layers(bus: EventBus) -> tuple[Middleware, ...]:
    """Make the layers for what a bus wants now, the outermost first."""
    layers: list[Middleware] = []
    # The clock runs before the other one waits for its handlers.
    if bus.wants(RequestCompletedEvent):
        layers.append(RequestCompletedLayer(bus))
    if bus.wants(RequestStartedEvent):
        layers.append(RequestStartedLayer(bus))
    return tuple(layers)


def _status_of(response: Response | None, error: BaseException | None) -> int:
    if response is not None:
        return response.status_code
    is_departure = error is None or isinstance(error, ClientDisconnectedError | CancelledError)
    return _CLIENT_LEFT if is_departure else _FAILED

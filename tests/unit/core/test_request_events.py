"""
Tests of the layers that publish what becomes of requests.
"""

import asyncio

import pytest

from covet.core.request_events import RequestCompletedLayer, RequestStartedLayer, make_layers
from covet.events import EventBus, RequestCompletedEvent, RequestStartedEvent
from covet.exceptions import ClientDisconnectedError
from covet.http.request import Request
from covet.http.response import Response


def make_bus() -> EventBus:
    """Make a bus that remembers."""
    return EventBus(enable_history=True)


@pytest.mark.parametrize(
    ("targets", "layers"),
    [
        ([], []),
        (["user.created"], []),
        (["request.started"], [RequestStartedLayer]),
        ([RequestCompletedEvent], [RequestCompletedLayer]),
        (["request.*"], [RequestCompletedLayer, RequestStartedLayer]),
        (["*"], [RequestCompletedLayer, RequestStartedLayer]),
    ],
)
def test_there_are_layers_for_what_is_wanted(targets: list[str], layers: list[type]) -> None:
    """One event costs nothing of the other."""
    bus = EventBus()
    for target in targets:
        bus.subscribe(target, print)

    assert [type(layer) for layer in make_layers(bus)] == layers


@pytest.mark.parametrize(("client", "ip"), [(("10.0.0.7", 5000), "10.0.0.7"), (None, "")])
async def test_a_request_is_told_without_its_query(client: tuple[str, int] | None, ip: str) -> None:
    """What stands in a query may be a secret."""
    bus = make_bus()

    await RequestStartedLayer(bus).process_request(Request("POST", "/items%20new?token=secret", client=client))

    [event] = bus.get_history(RequestStartedEvent)
    assert isinstance(event, RequestStartedEvent)
    assert (event.method, event.path, event.client_ip) == ("POST", "/items new", ip)


@pytest.mark.parametrize(
    ("response", "error", "status", "name"),
    [
        (Response("x", 201), None, 201, None),
        (Response("x"), ClientDisconnectedError(), 200, "ClientDisconnectedError"),
        (None, asyncio.CancelledError(), 499, "CancelledError"),
        (None, ClientDisconnectedError(), 499, "ClientDisconnectedError"),
        (None, None, 499, None),
        (None, RuntimeError("secret"), 500, "RuntimeError"),
    ],
)
async def test_the_end_is_told_with_its_status(
    response: Response | None, error: BaseException | None, status: int, name: str | None
) -> None:
    """Of an error its class only."""
    bus, request = make_bus(), Request()
    layer = RequestCompletedLayer(bus)

    layer.process_request(request)
    await layer.on_finish(request, response, error)

    [event] = bus.get_history()
    assert isinstance(event, RequestCompletedEvent)
    assert (event.status_code, event.error) == (status, name)
    assert event.duration_ms >= 0

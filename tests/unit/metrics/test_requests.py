"""
Which requests are counted, and as what.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Literal

import pytest
from prometheus_client import CollectorRegistry

from covet import CovetPy, Request
from covet.exceptions import NotFoundError
from covet.metrics import MetricsPlugin
from covet.middleware import Middleware, RequestLoggingMiddleware, TrustedHostMiddleware
from covet.middleware.places import Place
from covet.responses import StreamingResponse
from covet.testing import TestClient

COUNTS = "http_requests_total"


def make_plugin() -> MetricsPlugin:
    """Make one without the metrics of the process: to collect those reads files."""
    return MetricsPlugin(registry=CollectorRegistry())


def read_counts(app: CovetPy) -> dict[tuple[str, str, str], float]:
    """Read the number of requests by method, route and status."""
    plugin = app.plugin_manager.get_plugin("metrics")
    assert isinstance(plugin, MetricsPlugin)
    return {
        (sample.labels["method"], sample.labels["route"], sample.labels["status"]): sample.value
        for metric in plugin.registry.collect()
        for sample in metric.samples
        if sample.name == COUNTS
    }


def read_under_way(app: CovetPy) -> float:
    """Read how many requests are under way."""
    plugin = app.plugin_manager.get_plugin("metrics")
    assert isinstance(plugin, MetricsPlugin)
    value: float = plugin.registry.get_sample_value("http_requests_in_progress")
    return value


def read_seconds(app: CovetPy) -> float:
    """Read how long `GET /` took in all."""
    plugin = app.plugin_manager.get_plugin("metrics")
    assert isinstance(plugin, MetricsPlugin)
    labels = {"method": "GET", "route": "/"}
    value: float = plugin.registry.get_sample_value("http_request_duration_seconds_sum", labels)
    return value


@pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
async def test_requests_are_counted_by_their_route(protocol: Literal["asgi", "rsgi"]) -> None:
    """Not by their path: each user would be a series of its own."""
    app = CovetPy(plugins=[make_plugin()])

    @app.get("/users/{user_id}")
    async def show_user(user_id: int) -> int:
        if user_id > 2:
            raise NotFoundError
        return user_id

    async with TestClient(app, protocol=protocol) as client:
        for user_id in (1, 2, 3):
            await client.get(f"/users/{user_id}")

    assert read_counts(app) == {("GET", "/users/{user_id}", "200"): 2, ("GET", "/users/{user_id}", "404"): 1}
    assert read_under_way(app) == 0


async def test_what_clients_make_up_is_one_series() -> None:
    """Paths without a route, and methods that are none."""
    app = CovetPy(plugins=[make_plugin()])

    async with TestClient(app) as client:
        for number in range(5):
            await client.get(f"/nowhere/{number}")
            await client.request(f"BREW{number}", "/")

    assert read_counts(app) == {("GET", "none", "404"): 5, ("other", "none", "501"): 5}


async def test_errors_are_counted() -> None:
    """An error that nobody answers is a 500."""
    app = CovetPy(plugins=[make_plugin()])

    @app.get("/")
    async def fail() -> str:
        raise RuntimeError("broken")

    async with TestClient(app, raise_app_exceptions=False) as client:
        await client.get("/")

    assert read_counts(app) == {("GET", "/", "500"): 1}


async def test_what_other_middleware_refuses_is_counted() -> None:
    """It is inside, whatever the order."""
    app = CovetPy(plugins=[make_plugin()], middleware=[TrustedHostMiddleware(allowed_hosts=["example.com"])])

    @app.get("/")
    async def index() -> str:
        return ""

    async with TestClient(app, base_url="http://evil.example") as client:
        response = await client.get("/")

    assert read_counts(app) == {("GET", "/", str(response.status_code)): 1}
    assert response.status_code == 400


async def test_the_duration_is_that_of_the_whole_request() -> None:
    """Also where others further in look at the clock: what was waited for in between counts."""

    class Waits(Middleware):
        priority = Place.REQUEST_LOGGING - 1

        async def process_request(self, request: Request) -> None:
            await asyncio.sleep(0.05)

    app = CovetPy(plugins=[make_plugin()], middleware=[Waits(), RequestLoggingMiddleware()])

    @app.get("/")
    async def index() -> str:
        return ""

    async with TestClient(app) as client:
        await client.get("/")

    assert read_seconds(app) > 0.04


async def test_a_stream_is_under_way_until_its_end() -> None:
    """Its duration is until the last byte."""
    app = CovetPy(plugins=[make_plugin()])
    seen = []

    @app.get("/")
    async def stream() -> StreamingResponse:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"a"
            await asyncio.sleep(0)
            seen.append((read_under_way(app), read_counts(app)))
            yield b"b"

        return StreamingResponse(chunks())

    async with TestClient(app) as client:
        await client.get("/")

    assert seen == [(1, {})]
    assert read_counts(app) == {("GET", "/", "200"): 1}


@pytest.mark.parametrize(("cancel_on_disconnect", "status"), [(True, "499"), (False, "200")])
async def test_a_client_that_leaves_is_counted(cancel_on_disconnect: bool, status: str) -> None:
    """As 499 if that cancels the handler, or else as what the handler made."""
    app = CovetPy(plugins=[make_plugin()])
    entered = asyncio.Event()

    @app.get("/", cancel_on_disconnect=cancel_on_disconnect)
    async def wait() -> str:
        entered.set()
        await asyncio.sleep(0.05)
        return ""

    async with TestClient(app) as client:
        task = asyncio.create_task(client.get("/"))
        await entered.wait()
        task.cancel()
        await asyncio.wait([task])

    assert read_counts(app) == {("GET", "/", status): 1}
    assert read_under_way(app) == 0

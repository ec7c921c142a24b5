"""
Row 28 of docs/security.md: nothing is kept by what requests say without a bound.
"""

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from covet import CovetPy, Request
from covet.testing import TestClient
from tests.integration.wire import WireProtocol, on_both_protocols

# Any: the options of a request.
MakeRequest = Callable[[int], dict[str, Any]]


def _path(number: int) -> dict[str, Any]:
    return {"path": f"/{number}/" + "p" * 5000}


def _accept(number: int) -> dict[str, Any]:
    return {"path": "/headers", "headers": {"accept": f"application/json, text/x{number};a={'v' * 5000}"}}


def _short_accept(number: int) -> dict[str, Any]:
    return {"path": "/headers", "headers": {"accept": f"application/json, text/x{number}-{'v' * 200}"}}


def _language(number: int) -> dict[str, Any]:
    return {"path": "/headers", "headers": {"accept-language": f"{number}-" + "l" * 5000}}


def _name(number: int) -> dict[str, Any]:
    return {"path": "/headers", "headers": {f"x-{number}-" + "n" * 1000: "1"}}


def _type(number: int) -> dict[str, Any]:
    return {"path": "/headers", "headers": {"content-type": f"text/x{number};a=" + "t" * 5000}}


# What makes a request of a number, and how many are needed before a bounded cache is full.
REQUESTS = [
    pytest.param(_short_accept, 1100, id="short-accept"),
    pytest.param(_path, 50, id="path"),
    pytest.param(_accept, 300, id="accept"),
    pytest.param(_language, 50, id="language"),
    pytest.param(_name, 50, id="name"),
    pytest.param(_type, 300, id="type"),
]


@pytest.mark.row(28)
@on_both_protocols
@pytest.mark.parametrize(("make", "filling"), REQUESTS)
async def test_row_028_no_cache_grows_with_requests(protocol: WireProtocol, make: MakeRequest, filling: int) -> None:
    """What is remembered of requests is bounded: distinct values do not grow the process."""
    await _assert_bounded(protocol, make, filling, count=300)


@pytest.mark.row(28)
@pytest.mark.campaign
@pytest.mark.timeout(3600)
@on_both_protocols
@pytest.mark.parametrize(("make", "filling"), REQUESTS)
async def test_row_028_no_cache_grows_with_100_000_requests(
    protocol: WireProtocol, make: MakeRequest, filling: int
) -> None:
    """The same for as many as the table asks for."""
    await _assert_bounded(protocol, make, filling, count=100_000)


@pytest.mark.row(28)
@on_both_protocols
async def test_row_028_known_hosts_are_forgotten(protocol: WireProtocol) -> None:
    """Of the hosts that were found valid 1,024 are known at most, and one that was forgotten is still answered."""
    app = CovetPy()

    @app.get("/")
    async def index() -> str:
        return "ok"

    client = TestClient(app, protocol=protocol)
    for number in range(1100):
        await client.get("/", headers={"host": f"h{number}.test"})
    known = max(len(app.hosts_bytes), len(app._hosts_text))
    again = await client.get("/", headers={"host": "h0.test"})

    assert 0 < known <= 1024
    assert again.text == "ok"


async def _assert_bounded(protocol: WireProtocol, make: MakeRequest, filling: int, *, count: int) -> None:
    app = CovetPy()

    @app.get("/headers")
    async def headers(request: Request) -> dict[str, int]:
        return {"count": len(request.headers)}

    client = TestClient(app, protocol=protocol)
    for number in range(filling):
        await client.request("GET", **make(number))
    tracemalloc.start()
    try:
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        for number in range(filling, filling + count):
            await client.request("GET", **make(number))
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()

    # Were they kept, 300 values would take 150 KB at the least.
    assert grown < 100_000

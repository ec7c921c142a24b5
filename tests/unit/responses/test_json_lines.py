"""
Tests of values in lines.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from covet import CovetPy
from covet.exceptions import ResponseError
from covet.responses import JSONLines
from covet.serialization import JSONSerializer
from covet.testing import IncompleteResponseError, TestClient
from tests.integration.wire import WireProtocol, on_both_protocols


async def count(log: list[str]) -> AsyncIterator[dict[str, int]]:
    """Yield without an end; note it."""
    number = 0
    try:
        while True:
            yield {"number": number}
            number += 1
            await asyncio.sleep(0)
    finally:
        log.append("closed")


@on_both_protocols
async def test_each_value_is_a_line(protocol: WireProtocol) -> None:
    """Lists work as well as generators; no value has a line break of its own."""
    app = CovetPy()
    app.add_route("/", lambda: JSONLines(["a\nb", None, [1]], 201, {"x-name": "value"}), name="index")

    async with TestClient(app, protocol=protocol) as client:
        response = await client.get("/")

    assert (response.status_code, response.headers["x-name"]) == (201, "value")
    assert response.content == b'"a\\nb"\nnull\n[1]\n'
    assert response.headers["content-type"] == "application/jsonl"


@on_both_protocols
async def test_client_that_leaves_ends_the_values(protocol: WireProtocol) -> None:
    """What they come from is closed."""
    app, log = CovetPy(), list[str]()
    app.add_route("/", lambda: JSONLines(count(log)), name="index")

    async with TestClient(app, protocol=protocol) as client, client.stream("GET", "/") as response:
        async for line in response.aiter_lines():
            if line == '{"number":3}':
                break

    assert log == ["closed"]


@on_both_protocols
async def test_value_without_a_form_cuts_the_connection(protocol: WireProtocol) -> None:
    """A client does not take the part for the whole."""
    app = CovetPy()
    app.add_route("/", lambda: JSONLines([1, object()]), name="index")

    async with TestClient(app, protocol=protocol, raise_app_exceptions=False) as client:
        with pytest.raises(IncompleteResponseError):
            await client.get("/")


@on_both_protocols
async def test_serializer_of_the_application_writes_the_lines(protocol: WireProtocol) -> None:
    """An encoder of one's own works in a stream as it does in a whole answer."""
    app = CovetPy()
    own = JSONSerializer(encoders={complex: lambda value: [value.real, value.imag]})
    app.serializers.register("application/json", own, replace=True)

    @app.get("/")
    async def index() -> AsyncIterator[dict[str, Any]]:
        yield {"point": 1 + 2j}

    async with TestClient(app, protocol=protocol) as client:
        response = await client.get("/")

    assert response.content == b'{"point":[1.0,2.0]}\n'


@pytest.mark.parametrize("begins", [True, False])
async def test_lines_that_are_not_sent_are_closed(begins: bool) -> None:
    """Begun or not, once or twice."""
    log: list[str] = []
    values = count(log)
    lines = JSONLines(values)
    if begins:
        await lines.begin()

    await lines.aclose()
    await lines.aclose()

    assert log == (["closed"] if begins else [])
    assert [value async for value in values] == []


async def test_plain_generator_is_closed_where_it_was_left() -> None:
    """Its `finally` runs in a thread."""
    log: list[str] = []

    def make() -> Iterator[int]:
        try:
            yield from range(10)
        finally:
            log.append("closed")

    lines = JSONLines(make())
    await lines.begin()

    await lines.aclose()

    assert log == ["closed"]


@pytest.mark.parametrize("content", ["text", {"a": 1}, 7])
def test_what_is_no_iterable_of_values_is_refused(content: Any) -> None:
    """A mapping would be taken for its keys."""
    with pytest.raises(ResponseError, match="A stream takes an iterable"):
        JSONLines(content)

"""
Formats from end to end: MessagePack in and out, formats of one's own, errors and streams. Over both protocols.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from covet import CovetPy
from covet.exceptions import NotFoundError
from covet.serialization import MessagePackSerializer, Serializer, register_serializer
from covet.testing import TestClient
from tests.integration.wire import WireProtocol, assert_problem, on_both_protocols

MSGPACK = "application/msgpack"


@dataclass
class Item:
    name: str
    price: float
    created: datetime
    tags: list[str]
    data: bytes = b""


class Lines(Serializer):
    """A format of the application's own."""

    features = frozenset({"text"})

    @property
    def media_type(self) -> str:
        """What it is called."""
        return "text/x-pairs"

    def serialize(self, data: Any) -> bytes:
        """Write a mapping."""
        return "".join(f"{key}={value}\n" for key, value in data.items()).encode()

    def deserialize(self, data: bytes) -> dict[str, str]:
        """Read one."""
        return dict(line.split("=", 1) for line in data.decode().splitlines())


def make_app() -> CovetPy:
    """Make an application with typed routes."""
    app = CovetPy()
    register_serializer(Lines(), 300, registry=app.serializers)

    @app.post("/items")
    async def create(item: Item) -> Item:
        return item

    @app.get("/items")
    async def list_items() -> list[Item]:
        return [Item("tea", 1.5, datetime(2026, 1, 2, tzinfo=UTC), ["new"], b"\x00\xff")]

    @app.post("/pairs")
    async def echo(pairs: dict[str, str]) -> dict[str, str]:
        return pairs

    @app.get("/missing")
    async def missing() -> dict[str, str]:
        raise NotFoundError("There is no tea.")

    @app.get("/stream")
    async def stream() -> AsyncIterator[dict[str, int]]:
        yield {"number": 1}

    return app


@on_both_protocols
async def test_messagepack_goes_in_and_comes_out_of_a_typed_route(protocol: WireProtocol) -> None:
    """The model is validated as it is from JSON; times and bytes stay what they are."""
    codec = MessagePackSerializer()
    body = {"name": "tea", "price": 2, "created": "2026-01-02T00:00:00Z", "tags": ["a"], "data": "AP8="}

    async with TestClient(make_app(), protocol=protocol) as client:
        response = await client.post(
            "/items", content=codec.serialize(body), headers={"content-type": MSGPACK, "accept": MSGPACK}
        )
        as_json = await client.post("/items", json=body)

    assert (response.status_code, response.headers["content-type"]) == (200, MSGPACK)
    item = codec.deserialize(response.content)
    assert (item["name"], item["price"], item["tags"]) == ("tea", 2.0, ["a"])
    assert (as_json.status_code, as_json.json()["name"]) == (200, "tea")
    assert response.headers["vary"] == as_json.headers["vary"] == "Accept"


@on_both_protocols
async def test_messagepack_that_is_wrong_lists_every_error(protocol: WireProtocol) -> None:
    """In a problem, which is JSON whatever was accepted."""
    body = MessagePackSerializer().serialize({"name": 7, "price": "x", "created": "never", "tags": [1]})

    async with TestClient(make_app(), protocol=protocol) as client:
        response = await client.post("/items", content=body, headers={"content-type": MSGPACK, "accept": MSGPACK})

    problem: Any = assert_problem(response, 422)
    assert {error["pointer"] for error in problem["errors"]} == {"/name", "/price", "/created", "/tags/0"}


@on_both_protocols
@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (MSGPACK, MSGPACK),
        (f"{MSGPACK};q=0.5, application/json;q=0.4", MSGPACK),
        (f"{MSGPACK};q=0.4, application/json;q=0.5", "application/json"),
        (f"application/json;q=0, {MSGPACK};q=0.1", MSGPACK),
        ("application/*", "application/json"),
        ("text/x-pairs;q=0, */*", "application/json"),
    ],
)
async def test_weights_decide(protocol: WireProtocol, accept: str, content_type: str) -> None:
    """As RFC 9110 says."""
    async with TestClient(make_app(), protocol=protocol) as client:
        response = await client.get("/items", headers={"accept": accept})

    assert response.headers["content-type"] == content_type


@on_both_protocols
async def test_format_of_ones_own_is_one_like_any_other(protocol: WireProtocol) -> None:
    """It is read and written, and offered where nothing fits."""
    headers = {"content-type": "text/x-pairs", "accept": "text/x-pairs"}

    async with TestClient(make_app(), protocol=protocol) as client:
        response = await client.post("/pairs", content=b"a=1\nb=2\n", headers=headers)
        refused = await client.get("/items", headers={"accept": "image/png"})

    assert (response.content, response.headers["content-type"]) == (b"a=1\nb=2\n", "text/x-pairs; charset=utf-8")
    assert assert_problem(refused, 406)["available"] == ["application/json", MSGPACK, "text/x-pairs"]


@on_both_protocols
@pytest.mark.parametrize("accept", [MSGPACK, "text/x-pairs", "image/png", "text/html"])
async def test_error_is_a_problem_whatever_is_accepted(protocol: WireProtocol, accept: str) -> None:
    """Better than not to learn of it."""
    async with TestClient(make_app(), protocol=protocol) as client:
        response = await client.get("/missing" if accept != "image/png" else "/nowhere", headers={"accept": accept})

    assert_problem(response, 404)


@on_both_protocols
async def test_body_in_an_unknown_format_is_refused_with_those_that_are_known(protocol: WireProtocol) -> None:
    """415, and what would be read."""
    async with TestClient(make_app(), protocol=protocol) as client:
        response = await client.post("/items", content=b"<a/>", headers={"content-type": "application/xml"})

    problem: Any = assert_problem(response, 415)
    assert response.headers["accept"] == f"application/json, {MSGPACK}, text/x-pairs"
    assert problem["title"] == "Unsupported Media Type"


@on_both_protocols
async def test_stream_is_negotiated_among_its_own_forms(protocol: WireProtocol) -> None:
    """A stream of values is lines of JSON and no document."""
    async with TestClient(make_app(), protocol=protocol) as client:
        lines = await client.get("/stream", headers={"accept": f"{MSGPACK}, application/x-ndjson;q=0.1"})
        refused = await client.get("/stream", headers={"accept": MSGPACK})

    assert (lines.headers["content-type"], lines.content) == ("application/x-ndjson", b'{"number":1}\n')
    assert_problem(refused, 406)

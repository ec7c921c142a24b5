"""
Tests of what RSGI contributes to the source of an endpoint; what both adapters must have is in `test_wire`.
"""

from typing import Any

import pytest

from covet import CovetPy
from covet.code_writer import CodeWriter
from covet.core.rsgi_wire import RSGIWire
from covet.http.response import JSON, TEXT
from covet.testing import TestClient


@pytest.mark.parametrize(("content_type", "name"), [(TEXT, "text_headers"), (JSON, "json_headers")])
@pytest.mark.parametrize("varies", [False, True])
def test_headers_are_made_once(content_type: str, name: str, varies: bool) -> None:
    """A request takes what was made at the start; Granian computes the length."""
    writer = CodeWriter()

    RSGIWire(object()).write_headers(writer, content_type, varies=varies)

    expected = [("content-type", content_type), *([("vary", "Accept")] if varies else [])]
    assert writer.namespace[name] == expected


async def test_body_of_a_known_length_is_read_at_once() -> None:
    """One that is shorter than it said is none."""
    app = CovetPy()

    @app.post("/")
    async def add(body: dict[str, int]) -> Any:
        return body

    async with TestClient(app, protocol="rsgi") as client:
        response = await client.post("/", json={"a": 1})

    assert response.json() == {"a": 1}

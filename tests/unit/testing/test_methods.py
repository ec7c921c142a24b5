"""
The request methods.
"""

import pytest

from covet.testing import (
    TestClient,
)
from tests.unit.testing.apps import Echo, Protocol


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "options"])
async def test_each_method_sends_its_name(protocol: Protocol, method: str) -> None:
    """
    `client.get` sends GET, and so on.
    """
    response = await getattr(TestClient(Echo(), protocol=protocol), method)("/x")

    assert response.json()["method"] == method.upper()


async def test_head_has_no_body(protocol: Protocol) -> None:
    """
    `client.head` sends HEAD and gets a head only.
    """
    response = await TestClient(Echo(), protocol=protocol).head("/x")

    assert (response.status_code, response.content) == (200, b"")

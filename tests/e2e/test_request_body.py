"""
Bodies of requests through a real server, over both protocols, in every way the framework reads them.
"""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.e2e.server_process import ServerProcess, serve

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", params=["rsgi", "asgi"])
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    """Granian, with the application that reads bodies."""
    with serve("tests.e2e.body_application:app", interface=request.param, directory=ROOT) as server:
        yield server


@pytest.mark.parametrize("size", [0, 1, 300_000])
@pytest.mark.parametrize("path", ["/bare", "/layered", "/stream", "/mounted/"])
def test_body_arrives_whole(server: ServerProcess, path: str, size: int) -> None:
    """
    Empty, small and large bodies arrive, and the server lives on (`anext` with a default once ended it).
    """
    response = httpx2.post(f"{server.url}{path}", content=b"x" * size, timeout=20)

    assert (response.status_code, response.text) == (200, str(size))


def test_typed_body_is_read(server: ServerProcess) -> None:
    """
    A body for a typed parameter is read and validated.
    """
    response = httpx2.post(f"{server.url}/typed", json=list(range(1000)), timeout=20)

    assert (response.status_code, response.text) == (200, "1000")

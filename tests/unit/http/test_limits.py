"""
Tests of the limits of a request's head.
"""

from typing import Any

import pytest

from covet import CovetPy
from covet.exceptions import HeadersTooLargeError, URITooLongError
from covet.http.limits import check_headers_size, check_target_size
from covet.testing import TestClient

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])

LONGEST = "/" + "a" * 8191


@pytest.mark.parametrize(("count", "size"), [(101, 10), (1, 65537)])
def test_too_many_or_too_large_headers_are_refused(count: int, size: int) -> None:
    """The error names both limits."""
    check_headers_size(100, 65536)

    with pytest.raises(HeadersTooLargeError) as caught:
        check_headers_size(count, size)

    assert caught.value.detail == "The limits are 100 headers and 65536 bytes in all."


@pytest.mark.parametrize(
    ("path", "raw_path", "query_size"),
    [
        (LONGEST, None, 8192),
        (LONGEST, LONGEST.encode(), 0),
        ("/" + "é" * 1365, None, 0),
        ("/" + "é" * 4000, b"/" + b"a" * 8191, 0),
        ("/" + "\ud800" * 1000, None, 0),
    ],
)
def test_what_fits_into_the_bytes_passes(path: str, raw_path: bytes | None, query_size: int) -> None:
    """Up to 8,192 bytes each, of the path as it came where the server tells, and whatever is in it."""
    check_target_size(path, raw_path, query_size)


@pytest.mark.parametrize(
    ("path", "raw_path", "query_size"),
    [
        ("/", None, 8193),
        (LONGEST + "a", None, 0),
        ("/", b"/" + b"a" * 8192, 0),
        ("/" + "é" * 1366, None, 0),
        ("/" + "\n" * 2731, None, 0),
    ],
)
def test_what_is_longer_in_bytes_is_refused(path: str, raw_path: bytes | None, query_size: int) -> None:
    """Characters that take several bytes count as such."""
    with pytest.raises(URITooLongError) as caught:
        check_target_size(path, raw_path, query_size)

    assert caught.value.detail == "The limit is 8192 bytes."


@Protocols
@pytest.mark.parametrize(("count", "status"), [(1364, 200), (1366, 414)])
async def test_a_path_is_measured_in_the_bytes_that_were_sent(protocol: Any, count: int, status: int) -> None:
    """1,366 characters that take six bytes each on the wire are too much, on either protocol."""
    app = CovetPy()

    @app.get("/{text}")
    async def measure(text: str) -> int:
        return len(text)

    async with TestClient(app, protocol=protocol) as client:
        await client.get("/warm")
        response = await client.get("/" + "é" * count)

    assert response.status_code == status

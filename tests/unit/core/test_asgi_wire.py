"""
Tests of the source that ASGI contributes to an endpoint.
"""

import asyncio
from collections.abc import Generator, Sequence
from typing import Any

import pytest

from covet import CovetPy
from covet.core.asgi_wire import as_coroutine, find_host_and_accept
from covet.types import Message

BODY: Message = {"type": "http.request", "body": b'{"a": 1}', "more_body": False}


class ForeignAwaitable:
    """What a server written in another language returns from `receive`: awaitable, but no coroutine."""

    def __await__(self) -> Generator[Any, None, Message]:
        yield from asyncio.sleep(0).__await__()
        return BODY


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ([], (None, None)),
        ([(b"host", b"a")], (b"a", None)),
        ([(b"host", b"a"), (b"host", b"a")], (None, None)),
        ([(b"accept", b"a/b"), (b"host", b"a"), (b"accept", b"c/d")], (b"a", b"a/b, c/d")),
    ],
)
def test_a_name_that_comes_twice_counts_as_http_says(
    headers: Sequence[tuple[bytes, bytes]], found: tuple[bytes | None, bytes | None]
) -> None:
    """Two hosts are none (RFC 9112 §3.2), two `Accept` are a list (RFC 9110 §5.3)."""
    assert find_host_and_accept(headers) == found


async def test_an_awaitable_that_is_no_coroutine_can_be_begun_by_hand() -> None:
    """It gives what it would have given to `await`."""
    assert await as_coroutine(ForeignAwaitable()) == BODY


async def test_a_body_is_read_from_whatever_receive_returns() -> None:
    """A typed body arrives from a server whose `receive` is no coroutine function."""
    app = CovetPy()
    sent: list[Message] = []

    @app.post("/")
    async def echo(data: dict[str, int]) -> dict[str, int]:
        return data

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", b"a"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": headers}
    await app(scope, ForeignAwaitable, send)

    assert [message.get("status") or message["body"] for message in sent] == [200, b'{"a":1}']

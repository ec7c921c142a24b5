"""
Tests of the source that ASGI contributes to an endpoint.
"""

import asyncio
from collections.abc import Generator, Sequence
from typing import Any

import pytest

from covet import CovetPy, Request
from covet.core.asgi_wire import find_host_and_accept, read_watched
from covet.exceptions import BadRequestError, ClientDisconnectedError, ContentTooLargeError, RequestTimeoutError
from covet.http.body import BodyLimits
from covet.middleware import Middleware, SecurityHeadersMiddleware
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


class Messages:
    """A server whose `receive` gives futures, as Granian's does."""

    def __init__(self, *messages: Message | None) -> None:
        self.messages = list(messages)

    def __call__(self) -> "asyncio.Future[Message]":
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        message = self.messages.pop(0)
        if message is not None:
            future.set_result(message)
        return future


def piece(body: bytes, *, more: bool = True) -> Message:
    """Make a message of a body."""
    return {"type": "http.request", "body": body, "more_body": more}


@pytest.mark.parametrize(
    ("messages", "body"),
    [
        ([piece(b"abc", more=False)], b"abc"),
        ([piece(b"abc"), piece(b"", more=False)], b"abc"),
        ([piece(b"a"), piece(b"bc"), {"type": "http.request"}], b"abc"),
    ],
)
async def test_the_pieces_of_a_body_are_read(messages: list[Message], body: bytes) -> None:
    """However many messages it comes in."""
    receive = Messages(*messages)

    assert await read_watched(receive, receive(), [], BodyLimits(max_size=3)) == body


@pytest.mark.parametrize(
    ("messages", "headers", "error"),
    [
        ([piece(b"abcd", more=False)], [], ContentTooLargeError),
        ([piece(b"ab"), piece(b"cd")], [], ContentTooLargeError),
        ([piece(b"ab")], [(b"content-length", b"4")], ContentTooLargeError),
        ([piece(b"ab")], [(b"content-length", b"-1")], BadRequestError),
        ([piece(b"ab"), {"type": "http.disconnect"}], [], ClientDisconnectedError),
        ([piece(b"ab"), None], [], RequestTimeoutError),
    ],
)
async def test_a_body_that_is_not_good_is_given_up(
    messages: list[Message | None], headers: list[tuple[bytes, bytes]], error: type[Exception]
) -> None:
    """As soon as it shows, and with the error that a coroutine's body would have."""
    receive = Messages(*messages)

    with pytest.raises(error):
        await read_watched(receive, receive(), headers, BodyLimits(max_size=3, grace=0.01, min_rate=1000))


class Glance(Middleware):
    """Looks into the headers of every request."""

    reads_headers = True

    def __init__(self) -> None:
        self.seen: list[tuple[str, bytes | None, str | None, int]] = []

    def process_request(self, request: Request) -> None:
        headers = request.headers
        self.seen.append((type(headers).__name__, headers.get_bytes(b"x-a"), headers.get("X-A"), headers.size))


@pytest.mark.parametrize(
    ("pairs", "seen"),
    [
        ([(b"x-a", b"1")], ("MeasuredHeaders", b"1", "1", 9)),
        ([(b"x-b", b"1")], ("MeasuredHeaders", None, None, 9)),
        ([(b"x-a", b"1"), (b"x-a", b"2")], ("ASGIHeaders", b"1, 2", "1, 2", 13)),
    ],
)
async def test_headers_that_a_layer_looks_into_are_taken_before(
    pairs: list[tuple[bytes, bytes]], seen: tuple[str, bytes | None, str | None, int]
) -> None:
    """Whatever they are, they are found as they came."""
    glance = Glance()
    app = CovetPy(middleware=[glance])

    @app.get("/")
    async def index(request: Request) -> list[str]:
        return sorted(request.headers)

    await begin_answer(app, [(b"host", b"a"), *pairs])

    assert glance.seen == [seen]


@pytest.mark.parametrize("filling", [[(b"x-b", b"x" * 65_536)], [(b"x" * 65_536, b"b")]])
async def test_headers_that_are_too_large_are_refused_where_a_layer_looks(filling: list[tuple[bytes, bytes]]) -> None:
    """Names count, too; the layers around it see the answer, and can read the headers that they look for."""
    glance = Glance()
    app = CovetPy(middleware=[SecurityHeadersMiddleware(), glance])

    @app.get("/")
    async def index() -> str:
        return "never"

    start = await begin_answer(app, [(b"host", b"a"), *filling])

    assert start["status"] == 431
    assert (b"x-frame-options", b"DENY") in start["headers"]
    assert glance.seen == []


async def begin_answer(app: CovetPy, headers: list[tuple[bytes, bytes]]) -> Message:
    """Send a request with some headers, and give the message that begins the answer."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": headers}
    await app(scope, Messages({"type": "http.request"}), send)
    return sent[0]

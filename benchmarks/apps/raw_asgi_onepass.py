"""
Do the work of the five middleware in one function around the raw ASGI application: the least that they can cost.

Nobody composes software this way; it is the floor that an onion of five layers is compared to.
"""

import gzip
from typing import Any

from benchmarks.apps.five import (
    ALLOWED_ORIGINS,
    MINIMUM_SIZE,
    REQUEST_LIMIT,
    SECURITY_HEADERS,
    Windows,
    make_request_id,
)
from benchmarks.apps.raw_asgi import app as raw_app

RAW_ORIGINS = frozenset(origin.encode() for origin in ALLOWED_ORIGINS)
RAW_SECURITY_HEADERS = [(name.encode(), value.encode()) for name, value in SECURITY_HEADERS]
RAW_LIMIT = str(REQUEST_LIMIT).encode()
windows = Windows()


async def app(scope: Any, receive: Any, send: Any) -> None:
    """
    Look at the headers once, count the client, and write all headers of the answer at once.
    """
    if scope["type"] != "http":
        await raw_app(scope, receive, send)
        return
    request_id = origin = preflight = None
    accepts_gzip = False
    for name, value in scope["headers"]:
        if name == b"origin":
            origin = value
        elif name == b"accept-encoding":
            accepts_gzip = b"gzip" in value
        elif name == b"x-request-id":
            request_id = value
        elif name == b"access-control-request-method":
            preflight = value
    if request_id is None:
        request_id = make_request_id().encode()
    scope["state"]["request_id"] = request_id
    extra = [(b"x-request-id", request_id), *RAW_SECURITY_HEADERS]
    if origin is not None:
        extra.append((b"vary", b"Origin"))
        if origin in RAW_ORIGINS:
            extra.append((b"access-control-allow-origin", origin))
    if preflight is not None and scope["method"] == "OPTIONS":
        extra.append((b"access-control-allow-methods", b"GET, POST"))
        await answer_empty(send, 204, extra)
        return
    left = windows.take(scope["client"][0])
    if left < 0:
        await answer_empty(send, 429, extra)
        return
    extra.append((b"x-ratelimit-limit", RAW_LIMIT))
    extra.append((b"x-ratelimit-remaining", str(left).encode()))
    start: Any = None

    async def send_all(message: Any) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            message["headers"] += extra
            start = message  # kept back until the size of the body is known
            return
        body = message["body"]
        if accepts_gzip and len(body) >= MINIMUM_SIZE:
            message = {"type": "http.response.body", "body": gzip.compress(body, 5)}
            headers = [pair for pair in start["headers"] if pair[0] != b"content-length"]
            headers.append((b"content-length", str(len(message["body"])).encode()))
            headers.append((b"content-encoding", b"gzip"))
            start["headers"] = headers
        await send(start)
        await send(message)

    await raw_app(scope, receive, send_all)


async def answer_empty(send: Any, status: int, headers: list[tuple[bytes, bytes]]) -> None:
    """
    Answer without a body.
    """
    await send({"type": "http.response.start", "status": status, "headers": [*headers, (b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})

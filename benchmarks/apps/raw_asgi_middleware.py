"""
Wrap the raw ASGI application in five middleware written by hand, the way ASGI middleware is written.
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


class RequestId:
    """
    Give every request an id, the client's own if it sent one, and put it on the response.
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = dict(scope["headers"]).get(b"x-request-id") or make_request_id().encode()
        scope["state"]["request_id"] = request_id

        async def send_with_id(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append((b"x-request-id", request_id))
            await send(message)

        await self.app(scope, receive, send_with_id)


class Cors:
    """
    Answer preflights and allow the listed origins.
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or (origin := dict(scope["headers"]).get(b"origin")) is None:
            await self.app(scope, receive, send)
            return
        allowed = origin in RAW_ORIGINS
        if scope["method"] == "OPTIONS" and b"access-control-request-method" in dict(scope["headers"]):
            headers = [(b"vary", b"Origin"), (b"content-length", b"0")]
            if allowed:
                headers.append((b"access-control-allow-origin", origin))
                headers.append((b"access-control-allow-methods", b"GET, POST"))
            await send({"type": "http.response.start", "status": 204 if allowed else 400, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return

        async def send_with_origin(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"]
                headers.append((b"vary", b"Origin"))
                if allowed:
                    headers.append((b"access-control-allow-origin", origin))
            await send(message)

        await self.app(scope, receive, send_with_origin)


class SecurityHeaders:
    """
    Add constant headers to every response.
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"].extend(RAW_SECURITY_HEADERS)
            await send(message)

        await self.app(scope, receive, send_with_headers)


class RateLimit:
    """
    Refuse a client that asks too often.
    """

    def __init__(self, app: Any) -> None:
        self.app = app
        self.windows = Windows()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        left = self.windows.take(scope["client"][0])
        if left < 0:
            await send({"type": "http.response.start", "status": 429, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
            return

        async def send_with_limit(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"]
                headers.append((b"x-ratelimit-limit", str(REQUEST_LIMIT).encode()))
                headers.append((b"x-ratelimit-remaining", str(left).encode()))
            await send(message)

        await self.app(scope, receive, send_with_limit)


class GZip:
    """
    Compress bodies that are large enough, for clients that accept it.
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or b"gzip" not in dict(scope["headers"]).get(b"accept-encoding", b""):
            await self.app(scope, receive, send)
            return
        start: Any = None

        async def send_compressed(message: Any) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                if int(dict(message["headers"]).get(b"content-length", 0)) >= MINIMUM_SIZE:
                    start = message  # kept back: its length is not known yet
                    return
            elif start is not None:
                body = gzip.compress(message["body"], 5)
                headers = [pair for pair in start["headers"] if pair[0] != b"content-length"]
                headers.append((b"content-length", str(len(body)).encode()))
                headers.append((b"content-encoding", b"gzip"))
                start["headers"] = headers
                await send(start)
                message = {"type": "http.response.body", "body": body}
            await send(message)

        await self.app(scope, receive, send_compressed)


# From the outside in: request id, CORS, security headers, rate limit, gzip.
app = RequestId(Cors(SecurityHeaders(RateLimit(GZip(raw_app)))))

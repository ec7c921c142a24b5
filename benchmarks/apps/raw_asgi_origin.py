"""
Refuse by hand, as ASGI middleware, what pages of other origins send: the least that guards against CSRF.
"""

from typing import Any

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class SameOrigin:
    """
    Let requests that change something pass only if their origin is the application's own.
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE:
            headers = dict(scope["headers"])
            if headers.get(b"origin") != scope["scheme"].encode() + b"://" + headers.get(b"host", b""):
                await send({"type": "http.response.start", "status": 403, "headers": [(b"content-length", b"0")]})
                await send({"type": "http.response.body", "body": b""})
                return
        await self.app(scope, receive, send)

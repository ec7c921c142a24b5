"""
Small applications by hand, in both protocols, against which the client is tested.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from covet.testing.rsgi_fakes import RSGIHTTPProtocol, RSGIScope
from covet.types import Message, Receive, Scope, Send

Protocol = Literal["asgi", "rsgi"]
PROTOCOLS: tuple[Protocol, ...] = ("asgi", "rsgi")


async def read_body(receive: Receive) -> bytes:
    """
    Read an ASGI request's whole body.
    """
    body = b""
    while True:
        message = await receive()
        body += bytes(message["body"])
        if not message["more_body"]:
            return body


async def answer(
    send: Send, body: bytes = b"", *, status: int = 200, headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    """
    Answer over ASGI.
    """
    await send({"type": "http.response.start", "status": status, "headers": headers or []})
    await send({"type": "http.response.body", "body": body})


class Echo:
    """
    Answer with what came in, as JSON; record the lifespan.

    Its paths: `/set?name=value` sets a cookie, `/to/<status>/<target>` redirects, anything else is told back.
    """

    def __init__(self) -> None:
        self.steps: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            self.steps.append("startup")
            scope["state"]["ready"] = True
            await send({"type": "lifespan.startup.complete"})
            await receive()
            self.steps.append("shutdown")
            await send({"type": "lifespan.shutdown.complete"})
            return
        body = await read_body(receive)
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        status, own, content = self._respond(
            scope["method"], scope["path"], scope["query_string"].decode(), headers, body
        )
        raw = [(name.encode(), value.encode()) for name, value in own]
        await answer(send, b"" if scope["method"] == "HEAD" else content, status=status, headers=raw)

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        async def start() -> None:
            await asyncio.sleep(0)
            self.steps.append("startup")

        assert not loop.is_running()
        loop.run_until_complete(start())

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.steps.append("shutdown")

    async def __rsgi__(self, scope: RSGIScope, protocol: RSGIHTTPProtocol) -> None:
        body = await protocol()
        status, headers, content = self._respond(
            scope.method, scope.path, scope.query_string, scope.headers.items(), body
        )
        if scope.method == "HEAD":
            protocol.response_empty(status, headers)
            return
        protocol.response_bytes(status, headers, content)

    def _respond(
        self, method: str, path: str, query: str, headers: list[tuple[str, str]], body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        if path == "/set":
            return 200, [("set-cookie", query)], b""
        if path.startswith("/to/"):
            _, _, status, target = path.split("/", 3)
            return int(status), [("location", "/" + target)], b""
        told = {
            "method": method,
            "path": path,
            "query": query,
            "headers": headers,
            "body": body.decode("latin-1"),
        }
        return 200, [("content-type", "application/json")], json.dumps(told).encode()


# Any: a test's own application takes what its protocol gives.
class Both:
    """
    One application of an ASGI function and an RSGI function.
    """

    def __init__(
        self,
        asgi: Callable[[Scope, Receive, Send], Awaitable[None]],
        rsgi: Callable[[RSGIScope, RSGIHTTPProtocol], Awaitable[None]],
    ) -> None:
        self._asgi = asgi
        self._rsgi = rsgi

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._asgi(scope, receive, send)

    async def __rsgi__(self, scope: RSGIScope, protocol: RSGIHTTPProtocol) -> None:
        await self._rsgi(scope, protocol)


def sends(*messages: Message) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """
    Make an ASGI application that sends just these messages.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    return app


class Answers:
    """
    An RSGI application that calls these methods of the protocol, one after the other.
    """

    def __init__(self, *calls: tuple[str, tuple[Any, ...]]) -> None:
        self._calls = calls

    async def __rsgi__(self, scope: RSGIScope, protocol: RSGIHTTPProtocol) -> None:
        for name, arguments in self._calls:
            getattr(protocol, name)(*arguments)

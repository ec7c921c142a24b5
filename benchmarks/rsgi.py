"""
Be the server side of RSGI in process, with stand-ins for the objects that Granian builds in Rust.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from benchmarks.cases import CLIENT, HOST, SERVER, Answer, Case, request_headers

Caller = Callable[[int], Awaitable[None]]


class FakeRSGIHeaders:
    """
    Offer the reading methods of Granian's header mapping.
    """

    __slots__ = ("_pairs", "_values")

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs
        self._values = dict(pairs)

    def get(self, name: str, default: str | None = None) -> str | None:
        return self._values.get(name, default)

    def get_all(self, name: str) -> list[str]:
        return [value for key, value in self._pairs if key == name]

    def items(self) -> list[tuple[str, str]]:
        return self._pairs

    def keys(self) -> list[str]:
        return [name for name, _ in self._pairs]

    def values(self) -> list[str]:
        return [value for _, value in self._pairs]

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def __iter__(self) -> Any:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._pairs)


class FakeRSGIScope:
    """
    Offer the attributes of Granian's HTTP scope.
    """

    __slots__ = (
        "authority",
        "client",
        "headers",
        "http_version",
        "method",
        "path",
        "proto",
        "query_string",
        "rsgi_version",
        "scheme",
        "server",
    )

    def __init__(self, method: str, path: str, headers: FakeRSGIHeaders) -> None:
        self.proto = "http"
        self.http_version = "1.1"
        self.rsgi_version = "1.6"
        self.server = f"{SERVER[0]}:{SERVER[1]}"
        self.client = f"{CLIENT[0]}:{CLIENT[1]}"
        self.scheme = "http"
        self.method = method
        self.path = path
        self.query_string = ""
        self.authority: str | None = HOST
        self.headers = headers


class FakeRSGIProtocol:
    """
    Take the answer as Granian's HTTP protocol does, and keep it.
    """

    __slots__ = ("_body", "content", "headers", "status")

    def __init__(self, body: bytes) -> None:
        self._body = body
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.content = b""

    async def __call__(self) -> bytes:
        return self._body

    async def __aiter__(self) -> Any:
        yield self._body

    async def client_disconnect(self) -> None:
        await asyncio.get_running_loop().create_future()

    def response_str(self, status: int, headers: list[tuple[str, str]], content: str) -> None:
        self.status, self.headers, self.content = status, headers, content.encode()

    def response_bytes(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.status, self.headers, self.content = status, headers, content

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.status, self.headers = status, headers


def text_headers(case: Case) -> list[tuple[str, str]]:
    """
    Return the request headers of a case as text, as RSGI has them.
    """
    return [(name.decode(), value.decode()) for name, value in request_headers(case)]


async def check_rsgi(app: Any, case: Case) -> Answer:
    """
    Do for RSGI what `check_asgi` does.
    """
    protocol = FakeRSGIProtocol(case.body)
    await app.__rsgi__(FakeRSGIScope(case.method, case.path, FakeRSGIHeaders(text_headers(case))), protocol)
    headers = [(name.lower(), value) for name, value in protocol.headers]
    return case.check(Answer(protocol.status, protocol.content, headers))


def rsgi_caller(app: Any, case: Case) -> Caller:
    """
    Return a coroutine function that sends the case N times over fake protocol objects.
    """
    handle = app.__rsgi__
    # Granian builds these in Rust: sharing them (all that is read is constant) keeps the fakes out of the figure.
    scope = FakeRSGIScope(case.method, case.path, FakeRSGIHeaders(text_headers(case)))
    protocol = FakeRSGIProtocol(case.body)

    async def call(count: int) -> None:
        for _ in range(count):
            await handle(scope, protocol)

    return call

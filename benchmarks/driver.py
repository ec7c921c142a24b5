"""
Call an application in process, N times, inside one task of a plain asyncio loop: what callgrind counts.

Run as `python -m benchmarks.driver <variant> <case> --blocks 200 1200`. One request is checked first, so that an
application that answers the wrong thing is never measured. `os.getppid()` marks the edges of the blocks: callgrind
dumps its counters at that function (`--dump-before=getppid`), nothing else in here calls it.
"""

import argparse
import asyncio
import gc
import os
from collections.abc import Awaitable, Callable
from typing import Any, Self

from benchmarks.cases import CASES, HOST, Case, request_headers
from benchmarks.variants import MIDDLEWARE_VARIANTS, VARIANTS

Caller = Callable[[int], Awaitable[None]]
CLIENT = ("127.0.0.1", 54321)
SERVER = ("127.0.0.1", 8000)


class WrongAnswerError(Exception):
    """
    Report an application that does not give the answer of the case.
    """


def asgi_scope(case: Case) -> dict[str, Any]:
    """
    Return the scope that an ASGI server makes for a case.
    """
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": SERVER,
        "client": CLIENT,
        "scheme": "http",
        "method": case.method,
        "root_path": "",
        "path": case.path,
        "raw_path": case.path.encode(),
        "query_string": b"",
        "headers": request_headers(case),
        "state": {},
    }


async def check_asgi(app: Any, case: Case) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
    """
    Send one request and return status, content and headers; raise if they are not those of the case.
    """
    messages: list[dict[str, Any]] = []
    incoming = [{"type": "http.request", "body": case.body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return incoming.pop() if incoming else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        messages.append(dict(message))

    await app(asgi_scope(case), receive, send)
    status = messages[0]["status"]
    content = b"".join(message.get("body", b"") for message in messages[1:])
    if not case.matches(status, content):
        raise WrongAnswerError(f"{case.name}: expected {case.status} {case.expected!r}, got {status} {content[:200]!r}")
    return status, content, [(bytes(name).lower(), bytes(value)) for name, value in messages[0].get("headers", [])]


def asgi_caller(app: Any, case: Case) -> Caller:
    """
    Return a coroutine function that sends the case N times, with a fresh scope each.
    """
    template = asgi_scope(case)
    headers = template["headers"]
    body = case.body
    unread = True

    async def receive() -> dict[str, Any]:
        nonlocal unread
        if unread:
            unread = False
            return {"type": "http.request", "body": body, "more_body": False}
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        pass

    async def call(count: int) -> None:
        nonlocal unread
        for _ in range(count):
            unread = True
            scope = template.copy()
            scope["headers"] = headers.copy()
            scope["state"] = {}
            await app(scope, receive, send)

    return call


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


async def check_rsgi(app: Any, case: Case) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
    """
    Do for RSGI what `check_asgi` does.
    """
    protocol = FakeRSGIProtocol(case.body)
    await app.__rsgi__(FakeRSGIScope(case.method, case.path, FakeRSGIHeaders(text_headers(case))), protocol)
    status, content = protocol.status, protocol.content
    if not case.matches(status, content):
        raise WrongAnswerError(f"{case.name}: expected {case.status} {case.expected!r}, got {status} {content[:200]!r}")
    return status, content, [(name.lower().encode(), value.encode()) for name, value in protocol.headers]


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


class Lifespan:
    """
    Start and stop an application around the measurement; one that does not know the protocol is left alone.
    """

    def __init__(self, app: Any, protocol: str) -> None:
        self._app = app
        self._protocol = protocol
        self._incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._outgoing: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if self._protocol == "asgi":
            scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
            self._task = asyncio.ensure_future(self._app(scope, self._incoming.get, self._outgoing.put))
            await self._exchange("startup")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None and not self._task.done():
            await self._exchange("shutdown")
            await self._task

    async def _exchange(self, name: str) -> None:
        assert self._task is not None
        await self._incoming.put({"type": f"lifespan.{name}"})
        answer = asyncio.ensure_future(self._outgoing.get())
        await asyncio.wait({answer, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            answer.cancel()
            if (error := self._task.exception()) is not None:
                print(f"lifespan not supported: {error!r}")
            return
        message = answer.result()
        if message["type"] != f"lifespan.{name}.complete":
            raise RuntimeError(f"the application refused its {name}: {message}")


async def start_rsgi(app: Any) -> None:
    """
    Run the start hook of an RSGI application, as Granian does before its loop serves.
    """
    if (init := getattr(app, "__rsgi_init__", None)) is not None:
        result = init(asyncio.get_running_loop())
        if result is not None:
            await result


def mark() -> None:
    """
    Tell callgrind that a block begins or ends.
    """
    os.getppid()


async def measure(app: Any, protocol: str, case: Case, blocks: list[int]) -> None:
    """
    Check one answer, then send each block of requests between two marks.
    """
    check, make_caller = (check_asgi, asgi_caller) if protocol == "asgi" else (check_rsgi, rsgi_caller)
    await check(app, case)
    call = make_caller(app, case)
    await call(blocks[0])  # the interpreter specialises its bytecode, caches fill
    gc.collect()
    gc.freeze()  # the size of the imported modules must not weigh on the collections of the run
    for count in blocks:
        mark()
        await call(count)
    mark()


async def run(variant_name: str, case_name: str, blocks: list[int]) -> None:
    """
    Load a variant and measure it.
    """
    variant = (VARIANTS | MIDDLEWARE_VARIANTS)[variant_name]
    app = variant.load()
    if variant.protocol == "rsgi":
        await start_rsgi(app)
    async with Lifespan(app, variant.protocol):
        await measure(app, variant.protocol, CASES[case_name], blocks)


def main() -> None:
    """
    Read the command line and run.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.driver", description=__doc__)
    parser.add_argument("variant", choices=[*VARIANTS, *MIDDLEWARE_VARIANTS])
    parser.add_argument("case", choices=list(CASES))
    parser.add_argument("--blocks", type=int, nargs="+", default=[200, 1200], help="requests per counted block")
    options = parser.parse_args()
    asyncio.run(run(options.variant, options.case, options.blocks))


if __name__ == "__main__":
    main()

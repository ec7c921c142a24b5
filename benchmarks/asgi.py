"""
Be the server side of ASGI in process: scopes, cheap `receive` and `send`, the lifespan.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Self

from benchmarks.cases import CLIENT, SERVER, Answer, Case, request_headers

Caller = Callable[[int], Awaitable[None]]


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


async def stay() -> dict[str, Any]:
    """
    Wait as a client does that has sent everything and does not leave: whoever listens for its leaving stops by itself.
    """
    forever: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
    return await forever


async def check_asgi(app: Any, case: Case) -> Answer:
    """
    Send one request and return the answer; raise if it is not that of the case.
    """
    messages: list[dict[str, Any]] = []
    incoming = [{"type": "http.request", "body": case.body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return incoming.pop() if incoming else await stay()

    async def send(message: Any) -> None:
        messages.append(dict(message))

    await app(asgi_scope(case), receive, send)
    status = messages[0]["status"]
    content = b"".join(message.get("body", b"") for message in messages[1:])
    headers = [(bytes(name).lower().decode(), bytes(value).decode()) for name, value in messages[0].get("headers", [])]
    return case.check(Answer(status, content, headers))


async def prepare_asgi(app: Any, case: Case) -> Case:
    """
    Ask for what comes first, and return the case with the cookies and headers that it gave.
    """
    if not case.first:
        return case
    answer = await check_asgi(app, Case(case.first, "GET", case.first, None, headers=case.headers))
    cookies = "; ".join(value.partition(";")[0] for name, value in answer.headers if name == "set-cookie")
    given = {"cookie": cookies, **json.loads(answer.content)}
    return replace(case, first="", headers=(*case.headers, *((n.encode(), v.encode()) for n, v in given.items())))


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
        return await stay()

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
                raise RuntimeError("the application failed in its lifespan") from error
            return
        message = answer.result()
        if message["type"] != f"lifespan.{name}.complete":
            raise RuntimeError(f"the application refused its {name}: {message}")

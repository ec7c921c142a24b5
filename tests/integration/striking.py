"""
An application whose requests are struck down at a chosen await, and that notices whose data each one sees.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from contextvars import ContextVar
from types import coroutine
from typing import Annotated, Any, Literal

from covet import CovetPy, Request, Response
from covet.core.rsgi_types import RSGIProtocol, RSGIScope
from covet.deadlines import _SWEEPERS
from covet.middleware import Middleware
from covet.parameters import Header
from covet.responses import StreamingResponse
from covet.types import Receive, Scope, Send

Blow = Literal["cancel", "timeout", "disconnect"]
OWNER: ContextVar[str] = ContextVar("owner", default="nobody")
PATHS = ("/body", "/bare", "/stream", "/watched", "/thread")


# Any: what a coroutine passes between itself and the event loop is theirs.
@coroutine
def strike_at(step: Coroutine[Any, Any, None], at: int, strike: Callable[[], None]) -> Generator[Any, Any, None]:
    """
    Await a coroutine, and call something just before it waits for the `at`-th time.

    Args:
        step: The coroutine.
        at: At which await, from 0.
        strike: What is called there.
    """
    count = 0
    resume: Callable[[], Any] = lambda: step.send(None)
    while True:
        try:
            waiting = resume()
        except StopIteration:
            return
        if count == at:
            strike()
        count += 1
        try:
            sent = yield waiting
        except GeneratorExit:
            step.close()
            raise
        except BaseException as exc:
            resume = lambda exc=exc: step.throw(exc)  # type: ignore[misc]
        else:
            resume = lambda sent=sent: step.send(sent)  # type: ignore[misc]


class Striking:
    """
    Calls an application over either protocol, and strikes the requests that are marked.

    Attributes:
        marked: By the request's token: at which await, how, and the client's own call.
        struck: The tokens of the requests that lived long enough.
    """

    def __init__(self, app: CovetPy) -> None:
        self.app = app
        self.marked: dict[str, tuple[int, Blow, asyncio.Task[Any]]] = {}
        self.struck: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass an ASGI call on."""
        await self._pass(scope["path"], self.app(scope, receive, send))

    async def __rsgi__(self, scope: RSGIScope, protocol: RSGIProtocol) -> None:
        """Pass an RSGI call on."""
        await self._pass(scope.path, self.app.__rsgi__(scope, protocol))

    async def _pass(self, path: str, call: Coroutine[Any, Any, None]) -> None:
        token = path.rpartition("/")[2]
        if token not in self.marked:
            await call
            return
        at, blow, client = self.marked[token]
        task = asyncio.current_task()
        assert task is not None

        def strike() -> None:
            self.struck.add(token)
            if blow == "disconnect":
                client.cancel()
            elif blow == "cancel":
                task.cancel()
            else:
                for deadline in [item for item in _SWEEPERS[task.get_loop()].entries if item._task is task]:
                    deadline.expire()

        # A deadline is the loop's: there is one only once a route with a timeout was called.
        await strike_at(call, at, strike)


class Watching(Middleware):
    """
    Notes whose request each hook sees.

    Args:
        notice: Told what was expected, and what was seen.
    """

    def __init__(self, notice: Callable[..., None]) -> None:
        self.notice = notice
        self.entered: list[str] = []
        self.finished: list[str] = []

    async def process_request(self, request: Request) -> None:
        """Remember the owner everywhere that something can be remembered."""
        token = request.path.rpartition("/")[2]
        self.notice("nobody", OWNER.get())
        OWNER.set(token)
        request.state.owner = token
        self.entered.append(token)
        await asyncio.sleep(0)
        self.notice(token, OWNER.get(), request.state.owner)

    async def process_response(self, request: Request, response: Response) -> Response:
        """Mark the response."""
        await asyncio.sleep(0)
        self.notice(request.path.rpartition("/")[2], OWNER.get(), request.state.owner)
        response.headers["x-owner"] = OWNER.get()
        return response

    async def on_finish(self, request: Request, response: Response | None, error: BaseException | None) -> None:
        """Note the end."""
        token = request.path.rpartition("/")[2]
        self.notice(token, OWNER.get(), request.state.owner)
        if response is not None and "x-owner" in response.headers:
            self.notice(token, response.headers["x-owner"])
        self.finished.append(token)


class Isolated:
    """
    The application, and what went wrong in it.

    Attributes:
        mismatches: What was expected and what was seen in its place.
        deferred: The tokens whose deferred work ran.
    """

    def __init__(self) -> None:
        self.mismatches: list[tuple[object, ...]] = []
        self.deferred: list[str] = []
        self.watching = Watching(self.notice)
        self.app = CovetPy()
        layers = {"middleware": [self.watching], "timeout": 60.0}
        self.app.add_route("/body/{token}", self.body, ["POST"], **layers)  # type: ignore[arg-type]
        self.app.add_route("/bare/{token}", self.bare, ["POST"], timeout=60.0)
        self.app.add_route("/stream/{token}", self.stream, ["POST"], **layers)  # type: ignore[arg-type]
        self.app.add_route("/watched/{token}", self.body, ["POST"], cancel_on_disconnect=True, **layers)  # type: ignore[arg-type]
        self.app.add_route("/thread/{token}", self.thread, ["POST"], **layers)  # type: ignore[arg-type]

    def notice(self, expected: str, *seen: str) -> None:
        """Compare."""
        if any(one != expected for one in seen):
            self.mismatches.append((expected, *seen))

    async def _defer(self, token: str) -> None:
        await asyncio.sleep(0)
        self.deferred.append(token)

    async def body(self, request: Request, token: str, x_token: Annotated[str, Header()]) -> list[str]:
        """Read the body piece by piece, and look around after each."""
        if "defer" in request.query_params:
            request.defer(self._defer, token)
        text = ""
        async for chunk in request.stream():
            text += chunk.decode()
            self.notice(token, OWNER.get(), request.state.owner, request.headers["x-token"], x_token)
            await asyncio.sleep(0)
        self.notice(token, text, request.query_params["token"], request.cookies["token"])
        return [token, text, x_token, OWNER.get(), request.query_params["token"], request.cookies["token"]]

    async def bare(self, request: Request, token: str, x_token: Annotated[str, Header()]) -> list[str]:
        """Do the same without middleware around it."""
        self.notice("nobody", OWNER.get())
        OWNER.set(token)
        text = (await request.body()).decode()
        await asyncio.sleep(0)
        self.notice(token, OWNER.get(), text, request.query_params["token"], request.cookies["token"])
        return [token, text, x_token, OWNER.get(), request.query_params["token"], request.cookies["token"]]

    async def stream(self, request: Request, token: str) -> StreamingResponse:
        """Answer piece by piece."""
        if "defer" in request.query_params:
            request.defer(self._defer, token)

        async def pieces() -> AsyncIterator[str]:
            yield f'["{token}"'
            async for chunk in request.stream():
                if chunk:
                    await asyncio.sleep(0)
                    self.notice(token, OWNER.get(), request.state.owner)
            yield f',"{OWNER.get()}","{request.state.owner}"'
            await asyncio.sleep(0)
            yield f',"{request.query_params["token"]}"]'

        return StreamingResponse(pieces(), media_type="application/json")

    def thread(self, request: Request, token: str, x_token: Annotated[str, Header()]) -> list[str]:
        """Answer from a thread, slowly enough for others to run meanwhile."""
        time.sleep(0.0001)
        self.notice(token, OWNER.get(), request.state.owner)
        return [token, x_token, OWNER.get(), request.query_params["token"], request.cookies["token"]]

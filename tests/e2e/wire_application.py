"""
An application that does to a real server what the wire's tests ask for.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextvars import ContextVar

from covet import CovetPy, Request, Response
from covet.core.middleware import CallNext
from covet.exceptions import ClientDisconnectedError
from covet.responses import StreamingResponse
from covet.types import ASGIApp, Receive, Scope, Send

MARK: ContextVar[str] = ContextVar("mark", default="unset")


class PassingASGI:
    """Raw ASGI middleware that changes nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on."""
        await self.app(scope, receive, send)


def add_failing_streams(app: CovetPy) -> None:
    """Add the streams that do not end well."""

    @app.get("/breaks")
    async def breaks() -> AsyncIterator[bytes]:
        yield b"one"
        await asyncio.sleep(0.02)
        raise ValueError("in the middle")

    @app.get("/foreign")
    async def foreign() -> AsyncIterator[bytes]:
        yield b"one"
        await asyncio.sleep(0.02)
        # As the server of another request's stream would say it.
        raise ClientDisconnectedError("Another client left.")

    @app.get("/late")
    async def late() -> AsyncIterator[bytes]:
        raise ValueError("before the first piece")
        yield b""


def add_shown_heads(app: CovetPy) -> None:
    """Add the routes that show what came in a request's head."""

    @app.get("/own")
    async def own(request: Request) -> str:
        return str(request.headers.get("x-own"))

    async def note(request: Request, call_next: CallNext) -> Response:
        request.state.seen = request.path
        return await call_next(request)

    @app.get("/see/{rest:path}", middleware=[note])
    async def see(request: Request) -> str:
        return f"{request.state.seen}\n{request.path}"


def create_app(*, is_wrapped: bool = False) -> CovetPy:
    """Make the application; a wrapped one is behind the bridge when it is served over RSGI."""
    app = CovetPy()
    if is_wrapped:
        app.wrap(PassingASGI)
    add_failing_streams(app)
    add_shown_heads(app)
    left = asyncio.Event()

    @app.get("/pid")
    async def pid() -> str:
        return str(os.getpid())

    @app.get("/mark")
    async def mark() -> str:
        seen = MARK.get()
        MARK.set("set by another request")
        return seen

    @app.get("/deferring")
    async def deferring(request: Request) -> StreamingResponse:
        async def make() -> AsyncIterator[bytes]:
            yield b"one"

        request.defer(asyncio.sleep, 3)
        return StreamingResponse(make())

    @app.get("/forever")
    async def forever() -> AsyncIterator[bytes]:
        left.clear()
        try:
            yield b"one"
            await asyncio.Event().wait()
        finally:
            left.set()

    @app.get("/watched", cancel_on_disconnect=True)
    async def watched(request: Request) -> None:
        left.clear()
        try:
            await asyncio.Event().wait()
        finally:
            left.set()

    @app.get("/left")
    async def has_left() -> str:
        await asyncio.wait_for(left.wait(), 5)
        return "left"

    @app.get("/here")
    async def here(request: Request) -> str:
        return str(await request.is_disconnected())

    @app.get("/host")
    async def host(request: Request) -> str:
        return f"{request.headers.get('host')} {request.url}"

    @app.get("/raise/{name}")
    async def fail(name: str) -> None:
        raise {"exit": SystemExit(3), "interrupt": KeyboardInterrupt(), "cancel": asyncio.CancelledError()}[name]

    @app.get("/response")
    async def respond() -> Response:
        return Response("é" * 10, headers={"x-own": "1"})

    return app


app = create_app()
wrapped = create_app(is_wrapped=True)

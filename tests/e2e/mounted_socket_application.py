"""
Applications for the tests of WebSockets that another application serves: mounted, and in a wrapper.
"""

import os

from covet import CovetPy
from covet.types import ASGIApp, Receive, Scope, Send
from tests.integration.asgi_sockets import ended, sockets

mounted = CovetPy()
mounted.mount("/sub", sockets)

wrapped = CovetPy()


@wrapped.wrap
def wrap(inner: ASGIApp) -> ASGIApp:
    """Serve WebSockets, and let everything else through."""

    async def wrapper(scope: Scope, receive: Receive, send: Send) -> None:
        await (sockets if scope["type"] == "websocket" else inner)(scope, receive, send)

    return wrapper


@mounted.get("/ended")
@wrapped.get("/ended")
async def show_ended() -> list[object]:
    """Tell how the connections ended."""
    return ended


@mounted.get("/ok")
@wrapped.get("/ok")
async def ok() -> int:
    """Tell the worker."""
    return os.getpid()

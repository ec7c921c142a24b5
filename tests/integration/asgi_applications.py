"""
Small ASGI applications for the tests of mounts and of raw middleware.
"""

from typing import Any

from covet import CovetPy
from covet.types import ASGIApp, Receive, Scope, Send


class Recorder:
    """An ASGI application that notes what it is told."""

    def __init__(self) -> None:
        self.events: list[str] = []
        # Any: a scope holds whatever the server put there.
        self.scopes: list[dict[str, Any]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the body that came, or take part in the lifespan."""
        if scope["type"] == "lifespan":
            await self.live(scope, receive, send)
            return
        self.scopes.append(dict(scope))
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        await respond(send, b"mounted " + body)

    async def live(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take part in the lifespan."""
        while True:
            event = (await receive())["type"]
            self.events.append(event)
            scope["state"]["pool"] = "a pool"
            await send({"type": f"{event}.complete"})
            if event == "lifespan.shutdown":
                return


async def respond(send: Send, body: bytes, *, status: int = 200, headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
    """Answer in one piece."""
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body})


def mount(app: ASGIApp, prefix: str = "/sub") -> CovetPy:
    """Make an application with a route and a mounted application."""
    outer = CovetPy()

    @outer.get("/own")
    async def own() -> str:
        return "own"

    outer.mount(prefix, app)
    return outer

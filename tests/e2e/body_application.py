"""
An application that reads bodies in every way the framework does, for a real server.
"""

from typing import Annotated

from covet import Body, CovetPy, Request, Response
from covet.middleware import Middleware
from covet.types import Receive, Scope, Send


class PassingMiddleware(Middleware):
    """Changes nothing, but is there: the route then has a `Request` and a `Response`."""

    def process_response(self, request: Request, response: Response) -> Response:
        """Pass the response on."""
        return response


async def count_asgi(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer the size of the body, as an ASGI application."""
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


app = CovetPy()
app.mount("/mounted", count_asgi)


@app.post("/bare")
async def read_bare(request: Request) -> str:
    """Read it whole."""
    return str(len(await request.body()))


@app.post("/layered", middleware=[PassingMiddleware])
async def read_layered(request: Request) -> str:
    """Read it whole, behind middleware."""
    return str(len(await request.body()))


@app.post("/typed")
async def read_typed(values: Annotated[list[int], Body()]) -> str:
    """Let the framework read and validate it."""
    return str(len(values))


@app.post("/stream")
async def read_stream(request: Request) -> str:
    """Read it in pieces."""
    return str(sum([len(chunk) async for chunk in request.stream()]))

"""
An application that sends early hints, for real servers.
"""

from covet import CovetPy, Request, Response

STYLE = "</site.css>; rel=preload; as=style"
FONT = "</site.woff2>; rel=preload; as=font; crossorigin"

app = CovetPy()
late: list[bool] = []


@app.get("/")
async def index(request: Request) -> Response:
    """Send hints twice, and answer whether they were sent; deferred, once more."""

    async def send_late() -> None:
        late.append(await request.send_early_hints([STYLE]))

    request.defer(send_late)
    outcomes = [await request.send_early_hints([STYLE, FONT]), await request.send_early_hints([STYLE])]
    return Response(outcomes, headers={"link": STYLE})


@app.get("/late")
async def list_late() -> list[bool]:
    """Tell what became of the deferred ones."""
    return late

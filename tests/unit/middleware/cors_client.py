"""
An application with CORS and every kind of answer, and what browsers send to it.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Literal

from covet import CovetPy, Request, Response
from covet.exceptions import NotFoundError
from covet.middleware import CORSMiddleware, Middleware
from covet.testing import TestClient

SITE = "https://app.example.com"
ALLOW_ORIGIN = "access-control-allow-origin"

Protocol = Literal["asgi", "rsgi"]


@dataclass
class Item:
    """A body to validate."""

    name: str


class TooManyMiddleware(Middleware):
    """Answers 429 from inside CORS, as a rate limit does."""

    def process_request(self, request: Request) -> Response | None:
        """Refuse one path early."""
        return Response("slow down", 429) if request.path == "/limited" else None


# Any: the options are the middleware's own, wrong ones among them.
def make_client(protocol: Protocol, **options: Any) -> TestClient:
    """Make a client of an application with CORS and every kind of answer."""
    app = CovetPy(middleware=[CORSMiddleware(**options), TooManyMiddleware])

    @app.get("/")
    async def index() -> str:
        return "hello"

    @app.post("/items")
    async def create(item: Item) -> tuple[dict[str, str], int]:
        return {"name": item.name}, 201

    @app.get("/gone")
    async def gone() -> None:
        raise NotFoundError("no such thing")

    @app.get("/broken")
    async def broken() -> None:
        raise KeyError("a defect")

    @app.get("/proxied")
    async def proxied() -> Response:
        headers = {
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Credentials": "true",
            "Access-Control-Expose-Headers": "X-Inner",
            "Vary": "Accept-Encoding",
        }
        return Response("from elsewhere", headers=headers)

    @app.get("/stream")
    async def stream() -> AsyncIterator[str]:
        yield "one"
        yield "two"

    return TestClient(app, protocol=protocol, raise_app_exceptions=False)


def preflight(origin: str = SITE, method: str = "PUT", headers: str | None = None, **more: str) -> dict[str, str]:
    """Write the headers of a preflight."""
    sent = {"Origin": origin, "Access-Control-Request-Method": method}
    if headers is not None:
        sent["Access-Control-Request-Headers"] = headers
    return sent | {name.replace("_", "-"): value for name, value in more.items()}


def cors_names(headers: Any) -> set[str]:
    """List the headers of the CORS protocol among a response's."""
    return {name for name in headers if name.startswith("access-control-")}

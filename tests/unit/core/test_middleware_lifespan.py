"""
Middleware that takes part in the start and the stop of its application.
"""

from typing import Any

import pytest

from covet import CovetPy, Request, Response
from covet.core.routing import CovetRouter
from covet.http.websocket import WebSocket
from covet.middleware import Middleware
from covet.testing import TestClient


class Opening(Middleware):
    """Notes when it is opened and closed."""

    def __init__(self, name: str, log: list[str], *, fails: bool = False) -> None:
        self.name = name
        self.log = log
        self.fails = fails

    async def startup(self, app: Any) -> None:
        """Open."""
        if self.fails:
            raise ValueError(self.name)
        self.log.append(f"open {self.name} of {type(app).__name__}")

    async def shutdown(self) -> None:
        """Close."""
        self.log.append(f"close {self.name}")

    def process_response(self, request: Request, response: Response) -> Response:
        """Note a response."""
        self.log.append(f"{self.name} {response.status_code}")
        return response

    def websocket_connect(self, websocket: Any) -> None:
        """Note a handshake."""


async def index() -> str:
    """Answer."""
    return "hello"


async def feed(websocket: WebSocket) -> None:
    """Accept."""
    await websocket.accept()


def make_app(log: list[str], *, fails: bool = False) -> CovetPy:
    """Make an application with middleware everywhere, one of them in two places."""
    shared = Opening("shared", log)
    router = CovetRouter(middleware=[Opening("router", log), shared])
    router.add_route("/inner", index)
    app = CovetPy(middleware=[Opening("app", log)])
    app.include_router(router)
    app.add_route("/", index, middleware=[shared, Opening("route", log, fails=fails)])
    app.websocket("/feed", middleware=[Opening("socket", log)])(feed)
    return app


async def test_each_is_opened_once_and_closed_in_reverse() -> None:
    """Wherever it stands, and however often; around all that is answered."""
    log: list[str] = []

    async with TestClient(make_app(log)) as client:
        assert (await client.get("/")).text == "hello"

    assert log == [
        "open app of CovetPy", "open router of CovetPy", "open shared of CovetPy", "open route of CovetPy",
        "open socket of CovetPy", "route 200", "shared 200", "app 200",
        "close socket", "close route", "close shared", "close router", "close app",
    ]  # fmt: skip


async def test_one_that_cannot_be_opened_ends_the_start() -> None:
    """What was opened before is closed again."""
    log: list[str] = []
    app = make_app(log, fails=True)

    with pytest.raises(ValueError, match="route") as caught:
        await app.startup()

    assert caught.value.__notes__ == ["while starting: middleware Opening"]
    assert [entry for entry in log if entry.startswith("close")] == ["close shared", "close router", "close app"]


async def test_one_without_a_start_of_its_own_takes_no_part() -> None:
    """Functions neither."""

    async def stamp(request: Request, call_next: Any) -> Response:
        response: Response = await call_next(request)
        return response

    app = CovetPy(middleware=[stamp])

    assert app.list_middleware() == [stamp]
    assert [name for name, _, _ in app._get_steps() if name.startswith("middleware")] == []

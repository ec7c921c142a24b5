"""
Tests of what follows a response.
"""

import logging
from typing import Any

import pytest

from covet import CovetPy, Request, Response
from covet.middleware import Middleware
from covet.tasks import BackgroundTasks
from covet.testing import TestClient


@pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
async def test_a_hook_that_fails_at_the_end_touches_nobody(protocol: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Its failure is logged; the other layers learn of the end, and the answer is out."""
    log: list[str] = []

    class Faulty(Middleware):
        async def on_finish(self, request: Request, response: Response | None, error: BaseException | None) -> None:
            raise RuntimeError("late")

    class Outer(Middleware):
        def on_finish(self, request: Request, response: Response | None, error: BaseException | None) -> None:
            log.append("outer")

    app = CovetPy(middleware=[Outer, Faulty])
    app.add_route("/", lambda: "answer")

    with caplog.at_level(logging.ERROR):
        async with TestClient(app, protocol=protocol) as client:
            response = await client.get("/")

    assert (response.text, log) == ("answer", ["outer"])
    assert "Faulty.on_finish failed" in caplog.text


@pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
async def test_a_response_brings_its_own_tasks(protocol: Any) -> None:
    """They run after those of the request."""
    log: list[str] = []
    app = CovetPy()

    @app.get("/")
    async def index(request: Request) -> Response:
        tasks = BackgroundTasks()
        tasks.add_task(log.append, "response")
        request.defer(log.append, "request")
        return Response("answer", background=tasks)

    async with TestClient(app, protocol=protocol) as client:
        await client.get("/")

    assert sorted(log) == ["request", "response"]

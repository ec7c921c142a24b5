"""
`DebugToolbarMiddleware`: what it shows, to whom, and where it is added.
"""

import asyncio
import gzip
import re
from pathlib import Path
from typing import Any, Literal

import pytest

from covet import CovetPy, create_app
from covet.config import Settings, Sources
from covet.database import DatabasePlugin, SQLAdapter
from covet.middleware import GZipMiddleware
from covet.middleware.debug import DebugToolbarMiddleware
from covet.responses import HTMLResponse, StreamingResponse
from covet.testing import TestClient

LOCAL = "http://localhost"
PAGE = "<html><body><p>Assam</p></body></html>"
BAR = '<details id="covet-debug-toolbar"'


def make_app(*, debug: bool = True) -> CovetPy:
    """Make an application with a page."""
    app = CovetPy(debug=debug, middleware=[DebugToolbarMiddleware])

    @app.get("/teas/{tea_id}")
    async def show_tea(tea_id: str) -> HTMLResponse:
        return HTMLResponse(PAGE)

    return app


@pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
async def test_a_page_tells_how_it_came_about(protocol: Literal["asgi", "rsgi"]) -> None:
    """Route, handler, middleware and time, before the end of the body; the length is right."""
    app = make_app()

    async with TestClient(app, base_url=LOCAL, protocol=protocol) as client:
        response = await client.get("/teas/7")

    text = response.text
    assert text.startswith(f"<html><body><p>Assam</p>{BAR}")
    assert text.endswith("</details></body></html>")
    assert "200 GET /teas/{tea_id} &#183; " in text
    assert "make_app.&lt;locals&gt;.show_tea</td>" in text
    assert "<th>Middleware</th><td>DebugToolbarMiddleware</td>" in text
    assert int(response.headers["content-length"]) == len(response.content)
    assert re.fullmatch(r"app;dur=\d+\.\d", response.headers["server-timing"])


async def test_values_of_the_request_are_not_shown() -> None:
    """A bar with the path would be a place for scripts of others."""
    async with TestClient(make_app(), base_url=LOCAL) as client:
        response = await client.get("/teas/%3Cscript%3Ealert(1)?x=alert")

    assert BAR in response.text
    assert "alert" not in response.text


@pytest.mark.parametrize(
    "stranger",
    [
        {"client": ("192.0.2.1", 50000)},
        {"headers": {"x-forwarded-for": "127.0.0.1"}},
        {"base_url": "http://evil.example"},
        {"headers": {"origin": "http://evil.example"}},
    ],
)
async def test_nobody_else_sees_it(stranger: dict[str, object]) -> None:
    """Nor how long something took."""
    async with TestClient(make_app(), **{"base_url": LOCAL, **stranger}) as client:  # type: ignore[arg-type]
        response = await client.get("/teas/7")

    assert response.text == PAGE
    assert "server-timing" not in response.headers


async def test_without_debug_there_is_none() -> None:
    """The switch is looked at for each request."""
    app = make_app(debug=False)

    async with TestClient(app, base_url=LOCAL) as client:
        off = await client.get("/teas/7")
        app.debug = True
        on = await client.get("/teas/7")

    assert off.text == PAGE
    assert BAR in on.text


async def test_what_is_no_page_is_left_alone() -> None:
    """JSON, a part of a page and a stream get the header alone."""
    app = CovetPy(debug=True, middleware=[DebugToolbarMiddleware])
    answers: dict[str, object] = {
        "json": {"text": "</body>"},
        "part": HTMLResponse("<p>a part</p>"),
        "stream": StreamingResponse([PAGE], media_type="text/html"),
    }

    @app.get("/{name}")
    async def answer(name: str) -> object:
        return answers[name]

    async with TestClient(app, base_url=LOCAL) as client:
        responses = [await client.get(f"/{name}") for name in answers]

    assert not any(BAR in response.text for response in responses)
    assert all("server-timing" in response.headers for response in responses)


async def test_it_stands_inside_of_compression() -> None:
    """Whatever the order of the list: a compressed page has no end to be found."""
    app = CovetPy(debug=True, middleware=[DebugToolbarMiddleware, GZipMiddleware(minimum_size=1)])

    @app.get("/")
    async def index() -> HTMLResponse:
        return HTMLResponse(PAGE)

    async with TestClient(app, base_url=LOCAL, headers={"accept-encoding": "gzip"}) as client:
        response = await client.get("/")

    assert response.headers["content-encoding"] == "gzip"
    assert BAR in gzip.decompress(response.content).decode()


async def test_an_error_without_a_route_has_it_too() -> None:
    """The text of a browser's 404 is HTML."""
    app = make_app()

    @app.exception_handler(404)
    async def answer(request: object, exc: Exception) -> HTMLResponse:
        return HTMLResponse(PAGE, status_code=404)

    async with TestClient(app, base_url=LOCAL) as client:
        response = await client.get("/nowhere")

    assert "404 GET no route" in response.text


async def test_the_queries_of_the_request_are_shown(tmp_path: Path) -> None:
    """Each with its time, without values; those of other requests at the same time are not among them."""
    app = CovetPy(
        debug=True,
        middleware=[DebugToolbarMiddleware],
        plugins=[DatabasePlugin(adapter="sqlite", url=f"sqlite:///{tmp_path / 'shop.db'}")],
    )

    @app.get("/{number:int}")
    async def ask(number: int, database: SQLAdapter) -> HTMLResponse:
        for _ in range(number):
            await database.fetch_val(f"SELECT $1 < {number}", 4711)
            await asyncio.sleep(0.001)
        return HTMLResponse(PAGE)

    async with TestClient(app, base_url=LOCAL) as client, asyncio.TaskGroup() as tasks:
        one, three = (tasks.create_task(client.get(f"/{number}")) for number in (1, 3))

    assert one.result().text.count("SELECT") == 1
    assert "1 query, " in one.result().text
    assert three.result().text.count("SELECT $1 &lt; 3") == 3
    assert "4711" not in three.result().text
    assert re.search(r'db;dur=\d+\.\d;desc="3 queries"', three.result().headers["server-timing"])


async def test_nothing_listens_after_the_stop() -> None:
    """Nor while the application is not in debug."""
    app = make_app()

    async with TestClient(app):
        during = len(app.events.subscriptions)
    after = len(app.events.subscriptions)
    app = make_app(debug=False)
    async with TestClient(app):
        without = len(app.events.subscriptions)

    assert (during, after, without) == (1, 0, 0)


@pytest.mark.parametrize(
    ("options", "is_there"),
    [
        ({"debug": True}, True),
        ({}, False),
        ({"debug": True, "environment": "testing"}, False),
        ({"environment": "production"}, False),
    ],
)
def test_the_factory_adds_it_in_development(options: dict[str, Any], is_there: bool) -> None:
    """If debug is on; not where others might see it."""
    app = create_app(Settings(sources=Sources.none(), **options))

    assert any(isinstance(layer, DebugToolbarMiddleware) for layer in app.layers) is is_there

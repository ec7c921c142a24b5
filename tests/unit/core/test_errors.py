"""
Tests of what becomes of an exception.
"""

import logging
from typing import Any

import pytest

from covet import CovetPy, Request, Response
from covet.core.errors import make_problem, unwrap
from covet.core.routing import CovetRouter
from covet.exceptions import BadRequestError, DatabaseError, HTTPError, NotFoundError
from covet.testing import TestClient

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])


def make_app(error: Exception, **options: Any) -> CovetPy:
    """Make the application under test."""
    app = CovetPy(**options)

    @app.get("/")
    async def index() -> str:
        raise error

    return app


async def get(app: CovetPy, protocol: Any = "asgi", **options: Any) -> Any:
    """Send one GET."""
    async with TestClient(app, protocol=protocol, raise_app_exceptions=False) as client:
        return await client.get("/", **options)


@Protocols
async def test_an_http_error_becomes_a_problem(protocol: str) -> None:
    """Status, headers, type, title and extensions are those of the error; an instance marks the occurrence."""
    error = HTTPError(
        "gone", status_code=410, headers={"x-a": "1"}, type="/gone", title="Went", extensions={"since": 7}
    )

    response = await get(make_app(error), protocol)

    body = response.json()
    assert response.status_code == 410
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-a"] == "1"
    assert body.pop("instance").startswith("urn:uuid:")
    assert body == {"type": "/gone", "title": "Went", "status": 410, "detail": "gone", "since": 7}


@Protocols
@pytest.mark.parametrize("error", [RuntimeError("/etc/secret"), DatabaseError("SELECT secret")])
async def test_an_unhandled_error_tells_nothing(
    protocol: str, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """The client sees a bare 500 whose instance is the one in the log; `DatabaseError` is 500, never 404."""
    with caplog.at_level(logging.ERROR, "covet.errors"):
        response = await get(make_app(error), protocol)

    assert response.status_code == 500
    assert "secret" not in response.text
    assert [response.json()["instance"] in record.getMessage() for record in caplog.records] == [True]


async def test_the_nearest_exception_handler_answers() -> None:
    """Route, then router, then application."""
    app = CovetPy(exception_handlers={KeyError: lambda request, exc: "application"})
    router = CovetRouter(exception_handlers={LookupError: lambda request, exc: "router"})

    async def on_route(request: Request, exc: Exception) -> tuple[str, int]:
        return "route", 409

    async def fail() -> str:
        raise KeyError("a")

    router.add_route("/route", fail, exception_handlers={KeyError: on_route}, name="route")
    router.add_route("/router", fail, name="router")
    app.include_router(router)
    app.add_route("/application", fail, name="application")

    async with TestClient(app) as client:
        answers = {path: await client.get(path) for path in ("/route", "/router", "/application")}

    assert {path: answer.text for path, answer in answers.items()} == {
        "/route": "route",
        "/router": "router",
        "/application": "application",
    }
    assert answers["/route"].status_code == 409


async def test_a_status_can_have_its_handler() -> None:
    """404 of no route at all included."""
    app = CovetPy(exception_handlers={404: lambda request, exc: Response("nothing", 404)})

    response = await get(app)

    assert (response.status_code, response.text) == (404, "nothing")


async def test_an_exception_handler_that_fails_is_answered_as_its_own_error() -> None:
    """The second error is the one that is answered."""

    def fail(request: Request, exc: Exception) -> str:
        raise BadRequestError("worse")

    response = await get(make_app(KeyError("a"), exception_handlers={KeyError: fail}))

    assert (response.status_code, response.json()["detail"]) == (400, "worse")


async def test_debug_shows_the_trace_to_a_browser_only() -> None:
    """A browser gets text with the trace, a program the problem with the error's last line."""
    app = make_app(RuntimeError("why"), debug=True)

    browser = await get(app, headers={"accept": "text/html"})
    program = await get(app)

    assert browser.headers["content-type"] == "text/plain; charset=utf-8"
    assert "Traceback" in browser.text
    assert program.json()["detail"] == "RuntimeError: why"


def test_one_error_is_taken_out_of_its_groups() -> None:
    """A TaskGroup's wrapping is undone when it holds one error; several stay a group."""
    error = KeyError("a")
    several = ExceptionGroup("two", [error, ValueError("b")])

    assert unwrap(ExceptionGroup("a", [ExceptionGroup("b", [error])])) is error
    assert unwrap(several) is several


def test_an_extension_never_replaces_a_member() -> None:
    """`status` in the extensions does not lie about the status."""
    response = make_problem(NotFoundError(extensions={"status": 200, "more": 1}))

    assert response.body == b'{"type":"about:blank","title":"Not Found","status":404,"more":1}'

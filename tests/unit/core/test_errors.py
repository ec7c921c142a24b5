"""
Tests of what becomes of an exception.
"""

import asyncio
import logging
from typing import Any

import pytest

from covet import CovetPy, Request, Response
from covet.core.errors import ErrorAnswers, ExceptionHandlers, make_problem, unwrap
from covet.core.middleware import Middleware
from covet.core.routing import CovetRouter
from covet.deadlines import DRAIN_IS_OVER
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


@pytest.mark.parametrize(
    ("status", "cause", "level", "has_trace"),
    [
        (503, None, "WARNING", False),
        (507, None, "WARNING", False),
        (503, OSError("gone"), "ERROR", True),
        (500, None, "ERROR", True),
    ],
)
async def test_a_refusal_on_purpose_is_one_line(
    status: int, cause: Exception | None, level: str, has_trace: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Clients may call for it as often as they like; what has a cause, or is a fault, shows its trace."""
    error = HTTPError("no room", status_code=status)
    error.__cause__ = cause

    await get(make_app(error))

    (record,) = [record for record in caplog.records if record.name == "covet.errors"]
    assert (record.levelname, bool(record.exc_info)) == (level, has_trace)
    assert "no room" in (record.exc_text or record.getMessage())


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


async def test_a_response_of_an_exception_handler_has_its_own_status() -> None:
    """A `Response` says 200 unless it is told otherwise, where any other result has the exception's status."""
    app = CovetPy(exception_handlers={404: lambda request, exc: Response("nothing")})

    response = await get(app)

    assert (response.status_code, response.text) == (200, "nothing")


async def test_an_exception_handler_that_fails_is_answered_as_its_own_error() -> None:
    """The second error is the one that is answered."""

    def fail(request: Request, exc: Exception) -> str:
        raise BadRequestError("worse")

    response = await get(make_app(KeyError("a"), exception_handlers={KeyError: fail}))

    assert (response.status_code, response.json()["detail"]) == (400, "worse")


async def test_an_error_of_an_exception_handler_goes_to_the_next_level() -> None:
    """A route translates an error, the application answers what it became; the levels inside are not asked again."""
    asked = []

    def translate(request: Request, exc: Exception) -> str:
        asked.append("route")
        raise NotFoundError("no such user") from exc

    def page(request: Request, exc: Exception) -> tuple[str, int]:
        asked.append("application")
        return f"page: {exc}", 404

    app = CovetPy(exception_handlers={404: page})

    @app.get("/", exception_handlers={KeyError: translate, 404: translate})
    async def index() -> str:
        raise KeyError("a")

    response = await get(app)

    assert (response.status_code, response.text) == (404, "page: no such user")
    assert asked == ["route", "application"]


async def test_an_exception_handler_may_raise_its_error_again() -> None:
    """What it does not want to answer is answered as if it were not there, and logged once."""

    def decline(request: Request, exc: Exception) -> str:
        raise exc

    response = await get(make_app(KeyError("a"), exception_handlers={KeyError: decline}))

    assert response.status_code == 500


class UserNotFound(NotFoundError):
    """An error of a domain."""


@pytest.mark.parametrize(
    ("error", "keys", "asked"),
    [
        (UserNotFound(), (UserNotFound, NotFoundError, 404, HTTPError, Exception), UserNotFound),
        (UserNotFound(), (NotFoundError, 404, HTTPError, Exception), NotFoundError),
        (UserNotFound(), (404, HTTPError, Exception), 404),
        (UserNotFound(), (HTTPError, Exception), HTTPError),
        (UserNotFound(), (500, Exception), Exception),
        (KeyError(), (LookupError, 500, Exception), LookupError),
        (KeyError(), (500, Exception), 500),
        (KeyError(), (404, Exception), Exception),
        (DatabaseError("x"), (DatabaseError, 404, 500), DatabaseError),
        (DatabaseError("x"), (404, 500), 500),
    ],
)
async def test_the_most_special_key_of_a_level_is_asked(error: Exception, keys: tuple[Any, ...], asked: object) -> None:
    """Classes by their order of inheritance, then the status, then what holds for nearly every error."""

    def answer_as(key: object) -> Any:
        return lambda request, exc: f"{key}"

    response = await get(make_app(error, exception_handlers={key: answer_as(key) for key in keys}))

    assert response.text == f"{asked}"


async def test_a_foreign_status_code_is_no_status() -> None:
    """An error of another library that happens to have `status_code = 404` is a 500 here."""

    class RemoteError(Exception):
        status_code = 404

    response = await get(make_app(RemoteError("secret"), exception_handlers={404: lambda request, exc: "nothing"}))

    assert response.status_code == 500


async def test_an_exception_handlers_result_has_the_status_of_its_error() -> None:
    """Neither the route's `status_code` nor its `media_type` holds for it."""
    app = CovetPy(exception_handlers={KeyError: lambda request, exc: {"error": "key"}})
    app.add_exception_handler(NotFoundError, lambda request, exc: {"error": "missing"})

    @app.post("/", status_code=201, media_type="text/csv")
    async def create(missing: bool = False) -> str:
        raise NotFoundError if missing else KeyError("a")

    async with TestClient(app) as client:
        answers = [await client.post(path) for path in ("/", "/?missing=true")]

    assert [(answer.status_code, answer.text) for answer in answers] == [
        (500, '{"error":"key"}'),
        (404, '{"error":"missing"}'),
    ]
    assert answers[0].headers["content-type"] == "application/json"


async def test_a_client_that_accepts_no_format_still_learns_of_the_error() -> None:
    """406 would hide what went wrong."""
    app = make_app(KeyError("a"), exception_handlers={KeyError: lambda request, exc: ({"error": "key"}, 409)})

    response = await get(app, headers={"accept": "text/html"})

    assert (response.status_code, response.json()) == (409, {"error": "key"})


async def test_exception_handlers_may_be_objects() -> None:
    """An object with an asynchronous `__call__` runs on the loop."""

    class Handler:
        async def __call__(self, request: Request, exc: Exception) -> tuple[str, int]:
            return "object", 400

    response = await get(make_app(KeyError("a"), exception_handlers={KeyError: Handler()}))

    assert (response.status_code, response.text) == (400, "object")


class Impossible(HTTPError):
    """An error whose status is none."""

    status_code = 70000


@Protocols
@pytest.mark.parametrize(
    "error",
    [
        HTTPError("a", headers={"x-a": "1\r\nset-cookie: a=b"}),
        HTTPError("a", status_code=400, extensions={"value": object()}),
        Impossible("a"),
    ],
)
async def test_row_045_an_error_that_no_wire_can_carry_is_a_bare_500(protocol: str, error: Exception) -> None:
    """A header with a line break, an extension without a form, a status out of range: nothing of it is sent."""
    response = await get(make_app(error), protocol)

    assert (response.status_code, response.json()["title"]) == (500, "Internal Server Error")
    assert "set-cookie" not in response.headers


async def test_an_error_with_a_status_is_answered_in_a_test_not_raised(caplog: pytest.LogCaptureFixture) -> None:
    """A 503 on purpose is an answer: the test client returns it, the log has it once with its instance."""
    app = make_app(HTTPError("later", status_code=503, headers={"retry-after": "7"}))

    async with TestClient(app) as client:
        response = await client.get("/")

    assert (response.status_code, response.headers["retry-after"]) == (503, "7")
    assert [response.json()["instance"] in record.getMessage() for record in caplog.records] == [True]


async def test_lone_surrogates_in_an_error_never_raise(caplog: pytest.LogCaptureFixture) -> None:
    """They are replaced on their way out."""
    # pytest's own report of the log could not carry them.
    caplog.set_level(logging.CRITICAL, "covet.errors")
    answers = [
        await get(make_app(error, debug=True), headers={"accept": accept, "host": "localhost"})
        for error in (NotFoundError("\ud800"), RuntimeError("\ud800"))
        for accept in ("text/html", "*/*")
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 500, 500]


async def test_debug_shows_the_trace_to_a_browser_only() -> None:
    """A browser gets text with the trace, a program the problem with the error's last line."""
    app = make_app(RuntimeError("why"), debug=True)

    browser = await get(app, headers={"accept": "text/html", "host": "localhost"})
    program = await get(app, headers={"host": "localhost"})

    assert browser.headers["content-type"] == "text/plain; charset=utf-8"
    assert "Traceback" in browser.text
    assert program.json()["detail"] == "RuntimeError: why"


@Protocols
@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::7", "::ffff:192.0.2.7", "12.7.0.1"])
async def test_debug_shows_nothing_to_another_machine(protocol: Any, address: str) -> None:
    """A forgotten `debug=True` does not tell the world: a client elsewhere gets the bare 500."""
    app = make_app(RuntimeError("why"), debug=True)
    client = TestClient(
        app, base_url="http://localhost", protocol=protocol, raise_app_exceptions=False, client=(address, 50000)
    )

    response = await client.get("/", headers={"accept": "text/html"})

    assert response.headers["content-type"] == "application/problem+json"
    assert sorted(response.json()) == ["instance", "status", "title", "type"]


@Protocols
@pytest.mark.parametrize(
    "headers",
    [
        {"host": "attacker.test"},
        {"forwarded": "for=192.0.2.7"},
        {"x-forwarded-for": "192.0.2.7"},
        {"via": "1.1 proxy"},
        {"origin": "http://evil.example", "sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
    ],
)
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
async def test_debug_shows_nothing_that_a_page_or_a_proxy_asks_for(
    protocol: Any, headers: dict[str, str], accept: str
) -> None:
    """From this machine, but by somebody else's order: the rule of the debug pages."""
    app = make_app(RuntimeError("why"), debug=True)
    client = TestClient(app, base_url="http://localhost", protocol=protocol, raise_app_exceptions=False)

    response = await client.get("/", headers=headers | {"accept": accept})

    assert response.status_code == 500
    assert "why" not in response.text
    assert "detail" not in response.json()


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.0.1", "::1", "::ffff:127.0.0.1"])
async def test_debug_shows_the_trace_to_this_machine(address: str) -> None:
    """Every way to write loopback is this machine."""
    app = make_app(RuntimeError("why"), debug=True)
    client = TestClient(app, base_url="http://localhost", raise_app_exceptions=False, client=(address, 50000))

    response = await client.get("/", headers={"accept": "text/html"})

    assert "RuntimeError: why" in response.text


@Protocols
async def test_a_made_up_method_writes_no_trace(protocol: Any, caplog: pytest.LogCaptureFixture) -> None:
    """501 is the client's doing: at the usual level it leaves nothing in the log."""
    caplog.set_level(logging.INFO, "covet.errors")

    async with TestClient(make_app(RuntimeError("why")), protocol=protocol) as client:
        response = await client.request("FOO", "/")

    assert response.status_code == 501
    assert caplog.records == []


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


@Protocols
@pytest.mark.parametrize("with_middleware", [False, True])
async def test_whoever_is_late_when_the_server_stops_gets_a_problem(protocol: Any, *, with_middleware: bool) -> None:
    """The drain cancels a handler with its own word: that is 503, through the middleware; any other stays one."""
    seen: list[int] = []

    class Watching(Middleware):
        def process_response(self, request: Request, response: Response) -> Response:
            seen.append(response.status_code)
            return response

    app = CovetPy(middleware=[Watching] if with_middleware else [])
    tasks: list[asyncio.Task[object] | None] = []

    @app.get("/")
    async def wait() -> None:
        tasks.append(asyncio.current_task())
        await asyncio.sleep(60)

    async with TestClient(app, protocol=protocol) as client:
        call = asyncio.create_task(client.get("/"))
        while not tasks:
            await asyncio.sleep(0)
        assert tasks[0] is not None
        tasks[0].cancel(DRAIN_IS_OVER)
        response = await call

    assert (response.status_code, response.json()["detail"]) == (503, "The server stops.")
    assert seen == [503] * with_middleware


def test_levels_are_listed_the_nearest_first() -> None:
    """For tools that say what answers an error."""
    nearest: ExceptionHandlers = {KeyError: print}
    outermost: ExceptionHandlers = {ValueError: print}

    async def call(handler: object, request: Request, exc: Exception) -> Response:
        return Response()

    assert ErrorAnswers([nearest, outermost], [], call, is_debug=False).levels == (nearest, outermost)


def test_the_handler_that_is_asked_first_can_be_named() -> None:
    """
    For documents: the nearest level, and `None` where the framework answers.
    """

    async def answer(request: Request, exc: Exception) -> None: ...

    app = make_app(KeyError("a"))
    app.add_exception_handler(LookupError, answer)
    answers = app.list_compiled()[0].answers

    assert answers.find_handler(KeyError, 500) is answer
    assert answers.find_handler(NotFoundError, 404) is None

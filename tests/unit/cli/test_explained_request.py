"""
What is read from the compiled plan: route, middleware, arguments, services, limits, errors; and what no route has.
"""

from typing import Annotated, NamedTuple

import pytest

from covet import Cookie, CovetPy, Header, Query, Request
from covet.cli.explained_request import ExplainedRequest, explain_request
from covet.core import CovetRouter
from covet.di import Lifetime
from covet.events import RequestCompletedEvent
from covet.middleware import Middleware, TrustedHostMiddleware
from covet.tasks import BackgroundTasks


class Database:
    """A service."""


class Timing(Middleware):
    """Every hook."""

    def process_request(self, request: Request) -> None:
        """See it."""

    def handle_exception(self, request, exc):  # type: ignore[no-untyped-def]
        """Leave it."""
        raise exc

    def on_finish(self, request, response, error):  # type: ignore[no-untyped-def]
        """Note it."""


async def around(request, call_next):  # type: ignore[no-untyped-def]
    """Call the inside."""
    return await call_next(request)


def on_error(request: Request, exc: Exception) -> None:
    """Answer an error."""


def make_app() -> CovetPy:
    """Make an application with something of everything."""
    app = CovetPy(middleware=[Timing], exception_handlers={KeyError: on_error}, body_limit=4096)
    app.container.register(Database, lifetime=Lifetime.SINGLETON)
    router = CovetRouter(exception_handlers={410: on_error}, middleware=[around])

    @router.get("/users/{user_id:int}", timeout=2, exception_handlers={ValueError: on_error}, tags=["users"])
    async def show_user(
        user_id: int,
        database: Database,
        background: BackgroundTasks,
        page: Annotated[int, Query(ge=1)] = 1,
        session: Annotated[str, Cookie(alias="sid", min_length=8)] = "none yet",
        x_trace: Annotated[list[int] | None, Header()] = None,
        password: str = "hunter2",
    ) -> dict[str, int]:
        return {}

    app.include_router(router, "/api")

    @app.post("/files/{name:path}", body_limit=None, cancel_on_disconnect=True)
    async def save(name: str) -> None: ...

    @app.get("/plain", non_blocking=True)
    def plain() -> str:
        return ""

    @app.get("/thread")
    def thread() -> str:
        return ""

    return app


def explain(method: str, path: str, query: str = "") -> ExplainedRequest:
    """Explain a request to that application."""
    return explain_request(make_app(), method, path, query)


def test_route_is_named_with_its_handler() -> None:
    """And the place of it."""
    explained = explain("GET", "/api/users/7")

    assert explained.status == 200
    assert str(explained.route) == "GET /api/users/{user_id:int}"
    assert "show_user (cli/test_explained_request.py:" in explained.answer


def test_middleware_stands_in_order_with_its_hooks() -> None:
    """The outermost first; what publishes events is there as soon as somebody listens."""
    app = make_app()
    app.events.subscribe(RequestCompletedEvent, lambda event: None)

    layers = explain_request(app, "GET", "/api/users/7").layers

    assert [(layer.name.rpartition(":")[2], layer.hooks) for layer in layers] == [
        ("RequestCompletedLayer", ("process_request", "on_finish")),
        ("Timing", ("process_request", "handle_exception", "on_finish")),
        ("around", ("__call__",)),
    ]


def test_wrappers_are_around_everything() -> None:
    """Around mounted applications and what no route has, too."""
    app = make_app()
    app.mount("/inner", CovetPy())

    def wrap(inner):  # type: ignore[no-untyped-def]
        return inner

    app.wrap(wrap)

    for path in ("/plain", "/nothing", "/inner/a"):
        assert [name.rpartition(".")[2] for name in explain_request(app, "GET", path).wrappers] == ["wrap"]


def test_arguments_have_their_sources() -> None:
    """Names on the wire, types, defaults, constraints; what is secret by its name is masked."""
    arguments = {item.name: item for item in explain("GET", "/api/users/7", "page=3&password=topsecret").arguments}

    assert {name: (item.source, item.alias) for name, item in arguments.items()} == {
        "user_id": ("path", "user_id"),
        "database": ("injected", ""),
        "background": ("background", ""),
        "page": ("query", "page"),
        "session": ("cookie", "sid"),
        "x_trace": ("header", "x-trace"),
        "password": ("query", "password"),
    }
    assert arguments["page"].schema == {"type": "integer", "minimum": 1}
    assert arguments["session"].schema == {"type": "string", "minLength": 8}
    assert arguments["x_trace"].type == "list[int] | None"
    assert (arguments["user_id"].default, arguments["page"].default) == (None, "1")
    assert (arguments["user_id"].value, arguments["page"].value) == ("7", "3")
    assert arguments["session"].value is None
    assert (arguments["password"].default, arguments["password"].value) == ("**********", "**********")


@pytest.mark.parametrize("query", ["page=0", "page=a"])
def test_value_that_is_refused_is_explained(query: str) -> None:
    """As the answer would."""
    explained = explain("GET", "/api/users/7", query)

    assert explained.status == 422
    assert "query 'page' must be " in explained.answer
    assert next(item.problem for item in explained.arguments if item.name == "page").startswith("must be ")


def test_services_are_those_of_the_route() -> None:
    """With their lifetimes; a route without any has none."""
    services = explain("GET", "/api/users/7").services

    assert services is not None
    assert "└─> database: Database (singleton)" in services.to_text()
    assert explain("GET", "/plain").services is None


@pytest.mark.parametrize(
    ("method", "path", "limits"),
    [
        ("GET", "/api/users/7", {"timeout": 2, "body": 4096, "runs": "on the event loop"}),
        ("POST", "/files/a/b", {"timeout": None, "body": None, "cancel_on_disconnect": True}),
        ("GET", "/plain", {"runs": "on the event loop", "cancel_on_disconnect": False}),
        ("GET", "/thread", {"runs": "in a thread"}),
    ],
)
def test_limits_are_those_in_force(method: str, path: str, limits: dict[str, object]) -> None:
    """The route's own, else the application's."""
    found = explain(method, path).limits

    assert found is not None
    assert {**found, **limits} == found


def test_errors_have_their_handlers_the_nearest_first() -> None:
    """Route, router, application, middleware."""
    handlers = explain("GET", "/api/users/7").handlers

    assert [(item.answers, item.level) for item in handlers] == [
        ("ValueError", "route"),
        ("status 410", "router"),
        ("KeyError", "application"),
        ("every other error", "middleware"),
    ]


@pytest.mark.parametrize(
    ("method", "path", "status", "answer", "hints"),
    [
        ("GET", "/nothing", 404, "No route has this path.", ()),
        ("GET", "/plan", 404, "No route has this path.", ("Did you mean '/plain'?",)),
        (
            "GET",
            "/api/users/seven",
            404,
            "No route has this path.",
            ("GET /api/users/{user_id:int} is close: 'seven' does not fit {user_id:int}.",),
        ),
        ("GET", "/plain/", 308, "The framework redirects to /plain, which exists.", ()),
        ("OPTIONS", "/plain", 204, "The framework answers: allowed are GET, HEAD, OPTIONS.", ()),
        ("BREW", "/plain", 501, "Not Implemented", ()),
    ],
)
def test_what_no_route_has_is_explained(
    method: str, path: str, status: int, answer: str, hints: tuple[str, ...]
) -> None:
    """With what may have been meant; the application's middleware is around it."""
    explained = explain(method, path)

    assert (explained.status, explained.answer, explained.hints) == (status, answer, hints)
    assert explained.route is None
    assert [layer.name.rpartition(":")[2] for layer in explained.layers] == ["Timing"]


def test_other_methods_of_a_path_are_named() -> None:
    """With their handlers."""
    explained = explain("DELETE", "/files/a/b")

    assert explained.status == 405
    assert explained.answer == "The path exists, not for DELETE: allowed are OPTIONS, POST."
    assert len(explained.hints) == 1
    assert explained.hints[0].startswith("POST /files/{name:path} is ")


def test_mounted_application_of_another_framework_answers_by_itself() -> None:
    """Nothing more is known about it."""
    app = CovetPy()

    async def foreign(scope, receive, send): ...  # type: ignore[no-untyped-def]

    app.mount("/files", foreign)

    explained = explain_request(app, "GET", "/files/a")

    assert explained.answer.endswith(
        "foreign, mounted at /files, answers: the middleware of this application is not around it."
    )
    assert explained.mounted is None


def test_mounted_application_is_explained() -> None:
    """With the path that it sees."""
    app = CovetPy()
    app.mount("/inner", make_app())

    explained = explain_request(app, "GET", "/inner/plain")

    assert explained.mounted is not None
    assert (explained.mounted.path, explained.mounted.status) == ("/plain", 200)


class Page(NamedTuple):
    """Parameters of a query."""

    number: int = 1
    size: int = 20


def test_models_of_a_query_are_read_as_the_route_does() -> None:
    """
    Each field by its name; other parameters are none of the model's business.
    """
    app = CovetPy()

    @app.get("/pages")
    async def pages(page: Annotated[Page, Query(extra="forbid")], q: str = "") -> None: ...

    explained = explain_request(app, "GET", "/pages", "number=2&q=tea")
    wrong = explain_request(app, "GET", "/pages", "number=x&colour=green")

    argument = explained.arguments[0]
    assert (argument.value, argument.problem) == ("[2, 20]", "")
    assert "$defs" in argument.schema
    assert wrong.status == 422
    assert wrong.arguments[0].problem == "must be an integer, is not a known field"


def test_middleware_for_websockets_too_is_explained() -> None:
    """Its hook for them stands last."""
    app = CovetPy(middleware=[TrustedHostMiddleware(["example.com"])])

    @app.get("/")
    async def index() -> str:
        return "in"

    [layer] = explain_request(app, "GET", "/").layers

    assert layer.hooks == ("process_request", "websocket_connect")

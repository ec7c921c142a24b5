"""
What middleware answers by itself is described at the routes around which it does so.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal

import pytest

from covet import CovetPy, Request, Response
from covet.auth import APIKeyAuthProvider, BasicAuthProvider, JWTAuthProvider
from covet.auth.jwks import JWKS
from covet.auth.users import MemoryUsers
from covet.core.routing import CovetRouter
from covet.exceptions import AuthenticationError, HTTPError
from covet.middleware import (
    AuthenticationMiddleware,
    BodyLimitMiddleware,
    CacheMiddleware,
    ConcurrencyLimitMiddleware,
    ConditionalMiddleware,
    CSRFMiddleware,
    DecompressionMiddleware,
    Middleware,
    RateLimitMiddleware,
    TimeoutMiddleware,
    TrustedHostMiddleware,
    csrf_exempt,
)
from covet.openapi import OpenAPIPlugin
from covet.openapi.errors import OpenAPIError
from covet.testing import TestClient
from tests.unit.openapi.describing import describe, describe_operation

JWT = JWTAuthProvider("R9f3kLmQ27xYtWz8VbNc4HdJsPgEuKiA")


class QuotaError(HTTPError):
    """The month's quota is used up."""

    status_code = 402


class QuotaMiddleware(Middleware):
    """Refuses everybody."""

    raises = (QuotaError,)

    def process_request(self, request: Request) -> Response | None:
        """Refuse."""
        raise QuotaError


async def answer() -> None:
    """Answer nothing."""


def make_app(*middleware: Middleware, **options: Any) -> CovetPy:
    """Make an application with one route of two methods, and middleware around it."""
    app = CovetPy(middleware=list(middleware))
    app.add_route("/", answer, ["GET", "POST"], **options)
    return app


def list_statuses(app: CovetPy, *methods: str) -> list[set[str]]:
    """List the statuses of errors of that route, by method."""
    described = describe(app)["paths"]["/"]
    return [{status for status in described[method]["responses"] if status >= "4"} for method in methods]


@pytest.mark.parametrize(
    ("make", "read", "write"),
    [
        (CSRFMiddleware, set(), {"403"}),
        (RateLimitMiddleware, {"429"}, {"429"}),
        (lambda: RateLimitMiddleware(on_store_error="refuse"), {"429", "503"}, {"429", "503"}),
        (ConcurrencyLimitMiddleware, {"429"}, {"429"}),
        (lambda: TrustedHostMiddleware(["example.com"]), {"400"}, {"400"}),
        (lambda: AuthenticationMiddleware(JWT), {"400", "401"}, {"400", "401"}),
        (lambda: AuthenticationMiddleware(BasicAuthProvider(MemoryUsers())), *[{"400", "401", "429"}] * 2),
        (
            lambda: AuthenticationMiddleware(
                JWTAuthProvider(jwks=JWKS("https://a.example/keys"), algorithms=["RS256"], issuer="a", audience="b")
            ),
            *[{"400", "401", "503"}] * 2,
        ),
        (DecompressionMiddleware, set(), {"400", "413", "415"}),
        (ConditionalMiddleware, {"412"}, set()),
        (CacheMiddleware, {"412"}, set()),
        (lambda: TimeoutMiddleware(timedelta(seconds=3)), {"504"}, {"504"}),
        (QuotaMiddleware, {"402"}, {"402"}),
    ],
)
def test_what_middleware_answers_is_described(make: Callable[[], Middleware], read: set[str], write: set[str]) -> None:
    """
    For the methods for which it does so.
    """
    assert list_statuses(make_app(make()), "get", "post") == [read, write]


def test_a_route_that_is_exempt_is_refused_nothing() -> None:
    """
    A token is not asked for where other sites may send; nor is there a time-out where the route says so.
    """
    exempt = make_app(CSRFMiddleware(), middleware=[csrf_exempt()])
    patient = make_app(TimeoutMiddleware(3), timeout=None)

    assert list_statuses(exempt, "post") == [set()]
    assert list_statuses(patient, "post") == [set()]


@pytest.mark.parametrize(("max_size", "is_there"), [(10, True), (None, False)])
def test_a_limit_of_bodies_is_described_where_one_is_read(max_size: int | None, is_there: bool) -> None:
    """
    By what the limits of application, routers and route come to.
    """
    app = CovetPy(middleware=[BodyLimitMiddleware(max_size)])

    @app.post("/")
    async def take(body: dict[str, int]) -> None: ...

    assert ("413" in list_statuses(app, "post")[0]) is is_there


def test_middleware_of_a_router_is_described_inside_of_it() -> None:
    """
    And nowhere else.
    """
    app = CovetPy()
    router = CovetRouter(prefix="/inside", middleware=[RateLimitMiddleware()])
    for owner in (app, router):
        owner.add_route("/", answer, ["GET"])
    app.include_router(router)
    paths = describe(app)["paths"]

    assert "429" in paths["/inside/"]["get"]["responses"]
    assert "429" not in paths["/"]["get"]["responses"]


async def test_an_exception_handler_answers_for_middleware() -> None:
    """
    What is raised there is described as it is answered; the class says what it means.
    """
    app = make_app(QuotaMiddleware())

    @app.exception_handler(QuotaError)
    async def answer_quota(request: Request, exc: QuotaError) -> tuple[dict[str, str], Literal[402]]:
        return {"error": "Come again next month."}, 402

    described = describe_operation(app, "/")["responses"]["402"]
    async with TestClient(app) as client:
        response = await client.get("/")

    assert described["description"] == "The month's quota is used up."
    assert response.headers["content-type"] in described["content"]
    assert "application/problem+json" not in described["content"]


async def test_a_foreign_host_is_answered_by_the_exception_handler() -> None:
    """
    As every other error is that the document lists.
    """
    app = make_app(TrustedHostMiddleware(["example.com"]))

    @app.exception_handler(HTTPError)
    async def answer_error(request: Request, exc: HTTPError) -> tuple[dict[str, str], int]:
        return {"error": exc.title}, exc.status_code

    async with TestClient(app) as client:
        response = await client.get("/", headers={"host": "evil.example"})

    described = describe_operation(app, "/")["responses"]["400"]
    assert (response.status_code, response.json()) == (400, {"error": "Bad Request"})
    assert "application/problem+json" not in described["content"]


def test_what_the_author_says_of_an_error_wins() -> None:
    """
    The handler's docstring has the better words for an error that its middleware answers as well.
    """
    app = CovetPy(middleware=[AuthenticationMiddleware(APIKeyAuthProvider(prefix="shop"))])

    @app.get("/")
    async def show() -> None:
        """
        Show.

        Raises:
            AuthenticationError: If nobody is logged in.
        """
        raise AuthenticationError

    assert describe_operation(app, "/")["responses"]["401"]["description"] == "If nobody is logged in."


@pytest.mark.parametrize("raises", [[QuotaError], QuotaError, (402,), (QuotaError(),), True])
async def test_something_else_than_exception_classes_is_refused_at_start(raises: Any) -> None:
    """
    The error names the route, the middleware, and what to write.
    """

    class WrongMiddleware(QuotaMiddleware):
        """Says it in another way."""

    WrongMiddleware.raises = raises
    app = CovetPy(middleware=[WrongMiddleware()], plugins=[OpenAPIPlugin()])
    app.add_route("/", answer, ["GET"])

    with pytest.raises(OpenAPIError) as caught:
        async with TestClient(app):
            pass

    assert str(caught.value) == (
        f"GET /: Its middleware WrongMiddleware says raises = {raises!r}, expected a tuple of exception classes.\n"
        "  Write raises = (NotFoundError,), with classes of covet.exceptions or of your own."
    )

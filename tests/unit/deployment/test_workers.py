"""
What several workers have each of its own.
"""

import pytest

from covet import CovetPy
from covet.auth import APIKeyAuthProvider, JWTAuthProvider, SQLiteRevocations
from covet.cache import MemoryCacheBackend
from covet.core import CovetRouter
from covet.middleware import (
    AuthenticationMiddleware,
    CacheMiddleware,
    CSRFMiddleware,
    RateLimitMiddleware,
    SessionMiddleware,
)
from covet.rate_limiting import SQLiteRateLimitStore
from tests.unit.deployment.configurations import KEY, find, make_app

SERVER = {"workers": 2}


async def show() -> str:
    """Answer."""
    return "shown"


@pytest.mark.parametrize(
    ("middleware", "text"),
    [
        (SessionMiddleware(KEY), "SessionMiddleware keeps sessions in memory"),
        (AuthenticationMiddleware(JWTAuthProvider(KEY)), "a refresh token would be good once with each"),
        (AuthenticationMiddleware(APIKeyAuthProvider(prefix="shop")), "MemoryAPIKeys keeps API keys"),
    ],
)
def test_what_workers_have_to_share_is_found(middleware: object, text: str) -> None:
    """Around all routes, and around some; one worker may have it."""
    message = find(make_app(middleware, CSRFMiddleware(), server=SERVER))["D401"].message
    assert message.startswith("server.workers is 2. ")
    assert text in message
    assert "D401" not in find(make_app(middleware, CSRFMiddleware()))

    app, router = make_app(server=SERVER), CovetRouter()
    router.get("/")(show)
    app.include_router(router, middleware=[middleware, CSRFMiddleware()])
    assert text in find(app)["D401"].message


def test_the_number_of_a_server_counts() -> None:
    """As `--workers` has it."""
    app = make_app(AuthenticationMiddleware(JWTAuthProvider(KEY)))
    app.worker_count = 3

    assert "server.workers is 3" in find(app)["D401"].message


def test_what_is_merely_counted_is_a_warning() -> None:
    """The limit that every deployed application has, too."""
    app: CovetPy = make_app(server=SERVER)

    assert (find(app)["D402"].severity, "D401" in find(app)) == ("warning", False)
    assert "RateLimitMiddleware" in find(app)["D402"].message


def test_what_each_keeps_is_a_warning() -> None:
    """One of them does not know what the other has changed."""
    own = CacheMiddleware(MemoryCacheBackend())

    assert "CacheMiddleware keeps responses in memory" in find(make_app(own, server=SERVER))["D402"].message
    assert "D402" not in find(make_app(own))


def test_what_is_shared_is_safe() -> None:
    """By stores that the workers share."""
    tokens = JWTAuthProvider(KEY, store=SQLiteRevocations("r.db"))
    limit = RateLimitMiddleware(10, 60, name="own", store=SQLiteRateLimitStore("l.db"))
    security = {"rate_limit_store": "sqlite:///l.db"}

    app = make_app(AuthenticationMiddleware(tokens), limit, server=SERVER, security=security)

    assert not {"D401", "D402"} & find(app).keys()

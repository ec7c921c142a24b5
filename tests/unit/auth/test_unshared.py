"""
What each of several workers would have of its own.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

import pytest

from covet import CovetPy
from covet.auth import (
    JWKS,
    APIKeyAuthProvider,
    AuthProvider,
    BasicAuthProvider,
    JWTAuthProvider,
    MemoryRevocations,
    MemoryUsers,
    NoRevocations,
    PasswordAuthProvider,
    Principal,
    SQLiteAPIKeys,
    SQLiteRevocations,
    SQLiteUsers,
)
from covet.auth.unshared import API_KEYS, FAILURES, FOREIGN_REVOCATIONS, REVOCATIONS, USERS, Unshared
from covet.exceptions import ConfigurationError
from covet.middleware import AuthenticationMiddleware, SessionMiddleware
from covet.security import generate_token
from covet.testing import TestClient


def make_app(*providers: AuthProvider, workers: int) -> CovetPy:
    """Make the application of one of several workers."""
    sessions = SessionMiddleware(generate_token(), store="cookie://")
    app = CovetPy(middleware=[sessions, AuthenticationMiddleware(providers=list(providers))])
    app.worker_count = workers
    return app


@pytest.mark.parametrize(
    ("provider", "found"),
    [
        (JWTAuthProvider(generate_token()), [REVOCATIONS]),
        (JWTAuthProvider(generate_token(), store=MemoryRevocations()), [REVOCATIONS]),
        (JWTAuthProvider(), [REVOCATIONS]),
        (JWTAuthProvider(generate_token(), store=NoRevocations()), []),
        (
            JWTAuthProvider(jwks=JWKS("https://login.test/k"), algorithms=["RS256"], issuer="a", audience="b"),
            [FOREIGN_REVOCATIONS],
        ),
        (JWTAuthProvider(generate_token(), store=SQLiteRevocations("r.db")), []),
        (APIKeyAuthProvider(prefix="shop"), [API_KEYS]),
        (APIKeyAuthProvider(SQLiteAPIKeys("k.db"), prefix="shop"), []),
        (PasswordAuthProvider(MemoryUsers()), [FAILURES, USERS]),
        (BasicAuthProvider(SQLiteUsers("u.db")), [FAILURES]),
    ],
)
def test_each_provider_says_what_it_has_in_memory(provider: AuthProvider, found: Sequence[Unshared]) -> None:
    """And nothing of what is in a store that workers share."""
    assert list(provider.list_unshared()) == found


@pytest.mark.parametrize(
    ("provider", "message"),
    [
        (JWTAuthProvider(generate_token()), r"(?s)With 2 workers: JWTAuthProvider keeps .*good once with each.*SQLite"),
        (APIKeyAuthProvider(prefix="shop"), r"(?s)With 2 workers: MemoryAPIKeys keeps .*SQLiteAPIKeys\(path\)"),
    ],
)
async def test_what_workers_have_to_share_is_refused(provider: AuthProvider, message: str) -> None:
    """At the start of several; one may have it in memory."""
    with pytest.raises(ConfigurationError, match=message):
        async with TestClient(make_app(provider, workers=2)):
            pass

    async with TestClient(make_app(provider, workers=1)) as client:
        assert (await client.get("/")).status_code == 404


async def test_workers_that_revoke_nothing_start_without_a_store() -> None:
    """A token of one is good with the other, until it expires."""
    secret = generate_token()
    workers = [JWTAuthProvider(secret, store=NoRevocations()) for _ in range(2)]
    for worker in workers:
        async with TestClient(make_app(worker, workers=2)):
            pass

    found = await workers[1].validate_token(await workers[0].create_token(Principal("7")))

    assert found is not None
    assert found.id == "7"


async def test_what_is_merely_counted_by_each_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Users that are listed beforehand are the same in each."""
    with caplog.at_level(logging.WARNING, "covet.middleware.auth"):
        async with TestClient(make_app(PasswordAuthProvider(MemoryUsers()), workers=1)):
            pass
        assert caplog.messages == []
        async with TestClient(make_app(PasswordAuthProvider(MemoryUsers()), workers=3)):
            pass

    assert [text.split(" keeps ")[0].split(" counts ")[0] for text in caplog.messages] == [
        "With 3 workers: Lockout",
        "With 3 workers: MemoryUsers",
    ]
    assert "RateLimitMiddleware" in caplog.text


async def test_a_refresh_token_is_good_once_for_two_workers(tmp_path: Path) -> None:
    """With the store that the error names."""
    secret = generate_token()
    workers = [JWTAuthProvider(secret, store=SQLiteRevocations(tmp_path / "r.db")) for _ in range(2)]
    for worker in workers:
        async with TestClient(make_app(worker, workers=2)):
            pass

    pair = await workers[0].create_tokens(Principal("ada"))
    await workers[0].refresh_tokens(pair.refresh_token)
    with pytest.raises(Exception, match="was used before"):
        await workers[1].refresh_tokens(pair.refresh_token)
    for worker in workers:
        await worker.aclose()

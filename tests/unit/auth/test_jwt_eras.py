"""
All tokens of a user are revoked at once, in every worker, and none of the next login.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from covet import CovetPy
from covet.auth import (
    JWKS,
    InvalidCredentialsError,
    JWTAuthProvider,
    JWTKey,
    MemoryRevocations,
    Principal,
    RedisRevocations,
    RevocationStore,
    SQLiteRevocations,
)
from covet.auth.events import UserTokensRevokedEvent
from covet.events import Event

joserfc = pytest.importorskip("joserfc")

SECRET = "Zr8wE2yU5iO9pA1s of these tests alone"
ADA, EVE = Principal("ada"), Principal("eve")


@pytest.fixture(params=["memory", "sqlite", "redis"])
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[list[RevocationStore]]:
    """What two workers keep revocations in: the same."""
    made: list[RevocationStore]
    if request.param == "memory":
        made = [MemoryRevocations()] * 2
    elif request.param == "sqlite":
        made = [SQLiteRevocations(tmp_path / "revoked.db") for _ in range(2)]
    else:
        url = request.getfixturevalue("redis_url")
        made = [RedisRevocations(url, prefix=f"{tmp_path}:") for _ in range(2)]
    yield made
    for store in made:
        await store.aclose()


async def is_good(provider: JWTAuthProvider, token: str) -> bool:
    """Tell whether a token is somebody's."""
    return await provider.validate_token(token) is not None


async def test_all_that_a_user_has_is_revoked_and_nothing_else(stores: list[RevocationStore]) -> None:
    """Access tokens, pairs and what they were refreshed to, in the other worker; others' are not, nor later ones."""
    first, second = (JWTAuthProvider(SECRET, store=store) for store in stores)
    pair = await first.create_tokens(ADA)
    refreshed = await second.refresh_tokens((await first.create_tokens(ADA)).refresh_token)
    single, others = await first.create_token(ADA), await first.create_tokens(EVE)

    await first.revoke_user("ada")

    for token in (pair.access_token, refreshed.access_token, single):
        assert not await is_good(second, token)
    for pair_of_before in (pair, refreshed):
        with pytest.raises(InvalidCredentialsError, match="has been revoked"):
            await second.refresh_tokens(pair_of_before.refresh_token)
    assert await is_good(second, others.access_token)
    assert await is_good(second, (await second.refresh_tokens(others.refresh_token)).access_token)
    # In the same second, and in the same or another worker.
    later = [await provider.create_tokens(ADA) for provider in (first, second)]
    for pair_of_later in later:
        assert await is_good(first, pair_of_later.access_token)
        assert await is_good(first, (await second.refresh_tokens(pair_of_later.refresh_token)).access_token)


async def test_a_second_revocation_ends_what_came_after_the_first(stores: list[RevocationStore]) -> None:
    """Each begins another era."""
    provider = JWTAuthProvider(SECRET, store=stores[0])
    tokens = []
    for _ in range(3):
        tokens.append(await provider.create_token(ADA))
        await provider.revoke_user("ada")
    tokens.append(await provider.create_token(ADA))

    assert [await is_good(provider, token) for token in tokens] == [False, False, False, True]


async def test_what_is_made_at_the_same_time_is_good_only_if_it_came_afterwards(stores: list[RevocationStore]) -> None:
    """Logins and refreshes while all is revoked: nothing that was begun before survives by a refresh."""
    first, second = (JWTAuthProvider(SECRET, store=store) for store in stores)
    before = [await first.create_tokens(ADA) for _ in range(10)]
    refreshed: list[str] = []

    async def refresh(token: str) -> None:
        try:
            pair = await second.refresh_tokens(token)
        except InvalidCredentialsError:
            return
        refreshed.extend((pair.access_token, pair.refresh_token))

    async with asyncio.TaskGroup() as group:
        for number, pair in enumerate(before):
            group.create_task(refresh(pair.refresh_token))
            if number == 5:
                group.create_task(first.revoke_user("ada"))

    for token in [*(token for pair in before for token in (pair.access_token, pair.refresh_token)), *refreshed]:
        assert not await is_good(first, token)
    for pair in before:
        with pytest.raises(InvalidCredentialsError):
            await first.refresh_tokens(pair.refresh_token)
    assert await is_good(second, (await second.create_tokens(ADA)).access_token)


async def test_a_chain_of_refreshes_outlives_the_note_of_its_era() -> None:
    """Once no token of before can be good the note is gone, and tokens that name its era stay good."""
    now = datetime.now(UTC)
    provider = JWTAuthProvider(
        SECRET, access_lifetime=60, refresh_lifetime=60, store=(store := MemoryRevocations()), clock=lambda: now
    )
    await provider.revoke_user("ada")
    pair = await provider.create_tokens(ADA)
    store._ends.clear()

    pair = await provider.refresh_tokens(pair.refresh_token)
    assert await is_good(provider, pair.access_token)
    await provider.revoke_user("ada")
    assert not await is_good(provider, pair.access_token)


async def test_a_note_lasts_as_long_as_a_token_of_before() -> None:
    """And no longer: the store does not grow for ever."""
    provider = JWTAuthProvider(SECRET, refresh_lifetime=timedelta(days=2), store=(store := MemoryRevocations()))
    before = datetime.now(UTC).timestamp()

    await provider.revoke_user("ada")

    assert 2 * 86_400 <= store._ends["user:ada"] - before <= 2 * 86_400 + 700


async def test_tokens_of_somebody_else_are_judged_by_when_they_were_made() -> None:
    """They say nothing of eras; a second that both were in counts as before."""
    moment = datetime.now(UTC).replace(microsecond=0)
    private = JWTKey.from_pem(joserfc.jwk.ECKey.generate_key("P-256").as_pem(private=True), kid="one")
    options: dict[str, Any] = {"algorithms": ["ES256"], "issuer": "https://login.example.com", "audience": "shop"}
    login = JWTAuthProvider(keys=[private], clock=lambda: moment, **options)

    async def fetch(url: str) -> bytes:
        import json

        return json.dumps(login.write_jwks()).encode()

    shop = JWTAuthProvider(
        jwks=JWKS("https://login.example.com/jwks.json", fetch=fetch), clock=lambda: moment, **options
    )
    before = await login.create_token(ADA)
    await shop.revoke_user("ada")
    at_once = await login.create_token(ADA)
    moment += timedelta(seconds=1)
    later = await login.create_token(ADA)

    assert [await is_good(shop, token) for token in (before, at_once, later)] == [False, False, True]


async def test_those_who_audit_are_told() -> None:
    """Whose, and by which provider; nothing of a token."""
    app, provider, seen = CovetPy(), JWTAuthProvider(SECRET), list[Event]()
    provider.prepare(app)
    app.events.subscribe(UserTokensRevokedEvent, lambda event: seen.append(event))

    await provider.revoke_user("ada")

    [event] = seen
    assert isinstance(event, UserTokensRevokedEvent)
    assert (event.event_type, event.user_id, event.method) == ("auth.user_revoked", "ada", "jwt")


async def test_a_principal_does_not_carry_its_era_into_another_token() -> None:
    """Whose token was revoked gets none that is good of what the old one said."""
    provider = JWTAuthProvider(SECRET)
    await provider.revoke_user("ada")
    principal = await provider.validate_token(await provider.create_token(ADA))
    assert principal is not None
    await provider.revoke_user("ada")

    assert await is_good(provider, await provider.create_token(principal))

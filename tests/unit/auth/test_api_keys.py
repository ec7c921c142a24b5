"""
Keys that programs have.
"""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from covet import Request
from covet.auth import (
    ANONYMOUS,
    APIKey,
    APIKeyAuthProvider,
    AuthenticationSetupError,
    InvalidCredentialsError,
    MemoryAPIKeys,
    MemoryUsers,
    Principal,
    UserRecord,
)
from covet.auth.api_keys import APIKeyStore
from covet.exceptions import BadRequestError, ConfigurationError
from covet.security import hash_token
from covet.testing.auth_provider import AuthProviderConformance


class TestInAHeaderOfItsOwn(AuthProviderConformance):
    """The suite that every provider passes."""

    async def make_provider(self) -> APIKeyAuthProvider:
        return APIKeyAuthProvider(prefix="shop")

    def write_headers(self, token: str) -> dict[str, str]:
        return {"x-api-key": token}


class TestAsABearerToken(AuthProviderConformance):
    """The suite that every provider passes."""

    async def make_provider(self) -> APIKeyAuthProvider:
        return APIKeyAuthProvider(prefix="shop", header=None)


async def test_the_key_is_not_stored() -> None:
    """Its hash is, with what it was given for."""
    store = MemoryAPIKeys()
    provider = APIKeyAuthProvider(store, prefix="shop")
    key = await provider.create_token(Principal("7", ["read"], ["admin"]), name="laptop")
    stored = await store.find(hash_token(key))

    assert isinstance(store, APIKeyStore)
    assert stored is not None
    assert key not in repr(stored)
    assert (stored.user_id, set(stored.scopes), set(stored.roles), stored.name) == ("7", {"read"}, {"admin"}, "laptop")
    found = await provider.validate_token(key)
    assert found is not None
    assert (found.method, found.claims) == ("api_key", {"key_name": "laptop"})


async def test_a_key_ends() -> None:
    """By the provider's lifetime, or its own."""
    now = [1000.0]
    provider = APIKeyAuthProvider(lifetime=60, clock=lambda: now[0])
    short = await provider.create_token(Principal("7"))
    long = await provider.create_token(Principal("7"), expires_in=timedelta(hours=1))
    now[0] += 60

    assert await provider.validate_token(short) is None
    assert await provider.validate_token(long) is not None
    with pytest.raises(InvalidCredentialsError, match=r"^The API key is not good\.$"):
        await provider.authenticate(Request(), {"token": short})


async def test_a_key_is_rotated() -> None:
    """The old one is good for a while yet."""
    now = [1000.0]
    provider = APIKeyAuthProvider(clock=lambda: now[0])
    old = await provider.create_token(Principal("7", ["read"]), name="laptop")
    new = await provider.rotate_token(old, grace=60)

    assert await provider.validate_token(old) == await provider.validate_token(new) is not None
    now[0] += 60
    assert await provider.validate_token(old) is None
    with pytest.raises(InvalidCredentialsError):
        await provider.rotate_token(old)


class RevokedMeanwhile(MemoryAPIKeys):
    """A store in which a key is revoked while the next one is made."""

    async def add(self, key: APIKey, /) -> None:
        if len(self):
            self._keys.clear()
        await super().add(key)


async def test_what_is_revoked_while_it_is_rotated_stays_revoked() -> None:
    """And there is no next one: whoever revokes a key has all that came of it."""
    store = RevokedMeanwhile()
    provider = APIKeyAuthProvider(store)
    old = await provider.create_token(Principal("7"))
    with pytest.raises(InvalidCredentialsError, match="The API key is not good") as caught:
        await provider.rotate_token(old)

    assert len(store) == 0
    assert caught.value.headers == {"www-authenticate": 'ApiKey header="X-API-Key"'}


@pytest.mark.parametrize("known", ["first", "middle", "last", "forgotten"])
async def test_a_revoked_key_takes_its_family_along(known: str) -> None:
    """A thief who has rotated a key has nothing of it once its owner revokes the one that they know."""
    now = [1000.0]
    store = MemoryAPIKeys()
    provider = APIKeyAuthProvider(store, clock=lambda: now[0])
    other = await provider.create_token(Principal("7"), name="laptop")
    first = await provider.create_token(Principal("7"), name="laptop")
    middle = await provider.rotate_token(first, grace=0)
    last = await provider.rotate_token(middle, grace=60)
    if known == "forgotten":
        await store.remove(hash_token(first))
    await provider.revoke_token({"middle": middle, "last": last}.get(known, first))

    assert [await provider.validate_token(key) for key in (first, middle, last)] == [None] * 3
    assert await provider.validate_token(other) is not None
    assert [key.key_hash for key in await store.list_user("7")] == [hash_token(other)]


async def test_keys_of_a_user_who_is_revoked_die_while_one_is_rotated() -> None:
    """The list that is worked through may not have the key that is made meanwhile."""
    store = MemoryAPIKeys()
    provider = APIKeyAuthProvider(store)
    old = await provider.create_token(Principal("7"))
    listed = await store.list_user("7")
    new = await provider.rotate_token(old)
    for key in listed:
        await provider.revoke_hash(key.key_hash)

    assert (await provider.validate_token(new), len(store)) == (None, 0)


async def test_rotations_at_once_all_give_a_key() -> None:
    """The old one ends at the earliest of its ends."""
    now = [1000.0]
    provider = APIKeyAuthProvider(clock=lambda: now[0])
    old = await provider.create_token(Principal("7"))
    new = await asyncio.gather(*(provider.rotate_token(old, grace=grace) for grace in (60, 30, 90)))

    assert [(await provider.validate_token(key)) is not None for key in new] == [True] * 3
    now[0] += 31
    assert await provider.validate_token(old) is None


async def test_a_key_is_worth_what_its_user_may_at_the_moment() -> None:
    """And nothing while they may not log in; the next one is given for what the old one was."""
    ada = UserRecord(id=7, username="ada", password_hash=None, scopes=frozenset({"read"}))
    users = MemoryUsers([ada])
    provider = APIKeyAuthProvider(find_user=users.find_by_id)
    key = await provider.create_token(Principal(7, ["read", "write"]))
    before = await provider.validate_token(key)
    await users.replace(replace(ada, is_active=False))
    closed = await provider.validate_token(key)
    with pytest.raises(InvalidCredentialsError):
        await provider.rotate_token(key)
    await users.replace(replace(ada, scopes=frozenset({"read", "write"})))
    after = await provider.validate_token(await provider.rotate_token(key))

    assert before is not None
    assert before.scopes == {"read"}
    assert closed is None
    assert after is not None
    assert after.scopes == {"read", "write"}


def test_what_is_no_store_is_refused() -> None:
    """When the provider is made, and not with the first key."""
    with pytest.raises(ConfigurationError, match=r"store is \{\}, expected an APIKeyStore"):
        APIKeyAuthProvider({})  # type: ignore[arg-type]


def test_it_is_never_in_the_query() -> None:
    """Which is logged everywhere; two headers are refused."""
    provider = APIKeyAuthProvider()

    assert provider.find_credentials(Request(url="/?api_key=key_1&x-api-key=key_1")) is None
    with pytest.raises(BadRequestError, match="several API keys"):
        provider.find_credentials(Request(headers=[("x-api-key", "a"), ("x-api-key", "b")]))


@pytest.mark.row(90)
async def test_row_090_a_key_is_found_by_its_hash() -> None:
    """What looks like none is not looked up at all: no comparison tells where it differs."""
    asked: list[str] = []

    class Spy(MemoryAPIKeys):
        async def find(self, key_hash: str, /) -> None:
            asked.append(key_hash)

    provider = APIKeyAuthProvider(Spy(), prefix="shop")
    real = await APIKeyAuthProvider(prefix="shop").create_token(Principal("7"))
    for token in ("shop_", real[:-1] + ("0" if real[-1] != "0" else "1"), "x" * 9000, "other_" + real[5:]):
        assert await provider.validate_token(token) is None
    assert asked == []
    await provider.validate_token(real)
    assert asked == [hash_token(real)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prefix": "Shop!"}, "prefix of an API key has lower case letters"),
        ({"header": "Authorization"}, r"header is 'Authorization', expected .*\n  Write header='X-API-Key'"),
        ({"header": "a b"}, "header is 'a b'"),
        ({"header": "cookie"}, "header is 'cookie'"),
        ({"lifetime": 0}, "0 is no lifetime"),
        ({"query": "key"}, "no option 'query'"),
    ],
)
def test_options_are_checked(options: dict[str, object], message: str) -> None:
    """With what to write instead."""
    with pytest.raises(ConfigurationError, match=message):
        APIKeyAuthProvider(**options)  # type: ignore[arg-type]


async def test_nobody_gets_a_key() -> None:
    """It would let in whoever has it as nobody."""
    with pytest.raises(TypeError, match="got nobody"):
        await APIKeyAuthProvider().create_token(ANONYMOUS)


@pytest.mark.parametrize("value", ["1d", 0, -1, True, float("inf"), timedelta(0)])
async def test_a_lifetime_is_a_time(value: Any) -> None:
    """What is none is refused in words, wherever it is given."""
    provider = APIKeyAuthProvider(prefix="shop")

    with pytest.raises(AuthenticationSetupError, match=r"is no lifetime\.(?s:.*)timedelta\(days=90\)"):
        APIKeyAuthProvider(prefix="shop", lifetime=value)
    with pytest.raises(AuthenticationSetupError, match=r"is no lifetime\."):
        await provider.create_token(Principal("ada"), expires_in=value)


@pytest.mark.parametrize("value", ["1d", -1, True, float("inf")])
async def test_a_grace_is_a_time(value: Any) -> None:
    """The old key stays good."""
    provider = APIKeyAuthProvider(prefix="shop")
    key = await provider.create_token(Principal("ada"))

    with pytest.raises(AuthenticationSetupError, match=r"grace=.* is no time\.(?s:.*)or 0 for not at all"):
        await provider.rotate_token(key, grace=value)
    assert await provider.validate_token(key) is not None


async def test_a_key_that_leaked_is_replaced_at_once() -> None:
    """Without any grace."""
    provider = APIKeyAuthProvider(prefix="shop")
    old = await provider.create_token(Principal("ada"))
    new = await provider.rotate_token(old, grace=0)

    found = await provider.validate_token(new)
    assert found is not None
    assert (found.id, await provider.validate_token(old)) == ("ada", None)

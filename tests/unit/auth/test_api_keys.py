"""
Keys that programs have.
"""

from datetime import timedelta

import pytest

from covet import Request
from covet.auth import ANONYMOUS, APIKeyAuthProvider, InvalidCredentialsError, MemoryAPIKeys, Principal
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

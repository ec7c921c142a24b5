"""
What is revoked, in memory.
"""

from time import time

import pytest

from covet.auth import AuthStoreError, JWTAuthProvider, MemoryRevocations, NoRevocations, Principal, RevocationStore
from covet.exceptions import ConfigurationError
from covet.security import generate_token
from covet.testing.revocation_store import RevocationStoreConformance


class TestMemoryRevocations(RevocationStoreConformance):
    """The suite that every store passes."""

    async def make_store(self) -> MemoryRevocations:
        return MemoryRevocations()


async def test_what_has_expired_makes_room() -> None:
    """A full store forgets what is over before it refuses."""
    store = MemoryRevocations(max_keys=2)
    await store.add("old", time() - 1)
    await store.add("a", time() + 60)

    assert await store.add("b", time() + 60)
    assert (len(store), await store.contains("a", "b")) == (2, True)


async def test_a_full_store_forgets_nothing() -> None:
    """It says so: a revoked token that is good again would be worse."""
    store = MemoryRevocations(max_keys=1)
    await store.add("a", time() + 60)

    with pytest.raises(AuthStoreError, match="is full: 1 have not expired yet") as caught:
        await store.add("b", time() + 60)
    assert "SQLiteRevocations" in str(caught.value)
    with pytest.raises(ConfigurationError, match="max_keys must be a number of at least 1, got 0"):
        MemoryRevocations(max_keys=0)


async def test_nothing_is_revoked_where_nothing_is_kept() -> None:
    """Tokens are made and good; what would have to be kept is refused, with what to use instead, before it is made."""
    store = NoRevocations()
    provider = JWTAuthProvider(generate_token(), store=store)
    token = await provider.create_token(Principal("7"))

    assert isinstance(store, RevocationStore)
    for refused in (
        provider.revoke_token(token),
        provider.revoke_user("7"),
        provider.create_tokens(Principal("7")),
        store.put("a", "b", time() + 60),
    ):
        with pytest.raises(ConfigurationError, match=r"(?s)^NoRevocations keeps nothing.*RedisRevocations\(url\)"):
            await refused
    assert (await store.contains("a"), await store.find("a"), repr(store)) == (False, {}, "NoRevocations()")
    still_good = await provider.validate_token(token)
    await provider.aclose()

    assert still_good is not None
    assert still_good.id == "7"

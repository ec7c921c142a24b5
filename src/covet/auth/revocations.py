"""
What is good for nothing any more: identifiers of tokens, each until the token would have expired anyhow.

The contract, and the store in memory; `sqlite_revocations` and `redis_revocations` are for several processes.
"""

from time import time
from typing import Final, Protocol, runtime_checkable

from covet.auth.errors import AuthStoreError
from covet.exceptions import ConfigurationError
from covet.options import refuse_unknown

MAX_REVOCATIONS: Final = 1_000_000
"""How many identifiers the store in memory keeps."""


@runtime_checkable
class RevocationStore(Protocol):
    """
    A set of texts, each with an end; to some of them, another text belongs.

    `covet.testing.revocation_store` has the tests that every implementation passes.
    """

    async def add(self, key: str, expires_at: float, /) -> bool:
        """
        Put a text in, until a moment in seconds since 1970.

        Returns:
            Whether it was not in already: of several who put in the same at once, one hears `True`.

        Raises:
            AuthStoreError: If the store failed.
        """
        ...

    async def contains(self, *keys: str) -> bool:
        """
        Tell whether one of some texts is in.

        Raises:
            AuthStoreError: If the store failed: nobody knows then.
        """
        ...

    async def put(self, key: str, value: str, expires_at: float, /) -> None:
        """
        Put a text in with another one that belongs to it, in the place of what it had, until a moment.

        Raises:
            AuthStoreError: If the store failed.
        """
        ...

    async def find(self, *keys: str) -> dict[str, str]:
        """
        Give those of some texts that are in, each with what belongs to it; one that was added has whatever text.

        Raises:
            AuthStoreError: If the store failed: nobody knows then.
        """
        ...

    async def aclose(self) -> None:
        """Close what was opened."""
        ...


class MemoryRevocations:
    """
    Keep what is revoked in this process: for one worker, and until it ends.

    Args:
        max_keys: How many there may be.

    Raises:
        ConfigurationError: If that is no number above 0.

    Example:
        >>> store = MemoryRevocations()
        >>> await store.add("a", time() + 60), await store.add("a", time() + 60), await store.contains("b", "a")
        (True, False, True)
    """

    @refuse_unknown
    def __init__(self, *, max_keys: int = MAX_REVOCATIONS) -> None:
        if type(max_keys) is not int or max_keys < 1:
            raise ConfigurationError(f"max_keys must be a number of at least 1, got {max_keys!r}.")
        self._max_keys = max_keys
        self._ends: dict[str, float] = {}
        self._values: dict[str, str] = {}
        self._next_purge = 1024

    async def add(self, key: str, expires_at: float, /) -> bool:
        """
        Put a text in, until a moment in seconds since 1970.

        Raises:
            AuthStoreError: If there are too many: none is forgotten before its time.
        """
        now = time()
        known = self._ends.get(key)
        if known is not None and known > now:
            self._ends[key] = max(known, expires_at)
            return False
        self._make_room(now)
        self._ends[key] = expires_at
        return True

    async def contains(self, *keys: str) -> bool:
        """Tell whether one of some texts is in."""
        ends = self._ends
        if not ends:
            return False
        now = time()
        return any(ends.get(key, 0.0) > now for key in keys)

    async def put(self, key: str, value: str, expires_at: float, /) -> None:
        """
        Put a text in with another one that belongs to it, in the place of what it had, until a moment.

        Raises:
            AuthStoreError: If there are too many: none is forgotten before its time.
        """
        if self._ends.get(key) is None:
            self._make_room(time())
        self._ends[key] = expires_at
        self._values[key] = value

    async def find(self, *keys: str) -> dict[str, str]:
        """Give those of some texts that are in, each with what belongs to it."""
        ends = self._ends
        if not ends:
            return {}
        now = time()
        return {key: self._values.get(key, "") for key in keys if ends.get(key, 0.0) > now}

    async def aclose(self) -> None:
        """Do nothing."""

    def _make_room(self, now: float) -> None:
        if len(self._ends) >= min(self._next_purge, self._max_keys):
            self._purge(now)
        if len(self._ends) >= self._max_keys:
            raise AuthStoreError(
                f"The store of revocations in memory is full: {self._max_keys} have not expired yet.",
                hint="Keep them in SQLiteRevocations or RedisRevocations, or give tokens a shorter life.",
            )

    def _purge(self, now: float) -> None:
        self._ends = {key: end for key, end in self._ends.items() if end > now}
        self._values = {name: value for name, value in self._values.items() if name in self._ends}
        # As many again may come before the next look at all of them.
        self._next_purge = max(1024, 2 * len(self._ends))

    def __len__(self) -> int:
        return len(self._ends)

    def __repr__(self) -> str:
        return f"<MemoryRevocations: {len(self)}>"


class NoRevocations:
    """
    Revoke nothing: access tokens are good until they expire, in as many workers as there are.

    Nothing is found in it, and nothing can be put in: refresh tokens, which are good once, are refused too.

    Example:
        >>> await NoRevocations().contains("a")
        False
        >>> await NoRevocations().add("a", time() + 60)
        Traceback (most recent call last):
            ...
        covet.exceptions.ConfigurationError: NoRevocations keeps nothing: no token can be revoked or refreshed.
          Give store=SQLiteRevocations(path) for one machine, or store=RedisRevocations(url) for several.
    """

    async def add(self, _key: str, _expires_at: float, /) -> bool:
        """
        Refuse.

        Raises:
            ConfigurationError: Always.
        """
        raise self.refuse()

    async def contains(self, *_keys: str) -> bool:
        """Find nothing."""
        return False

    async def put(self, _key: str, _value: str, _expires_at: float, /) -> None:
        """
        Refuse.

        Raises:
            ConfigurationError: Always.
        """
        raise self.refuse()

    async def find(self, *_keys: str) -> dict[str, str]:
        """Find nothing."""
        return {}

    async def aclose(self) -> None:
        """Do nothing."""

    def refuse(self) -> ConfigurationError:
        """Make the error that says which stores there are."""
        return ConfigurationError(
            "NoRevocations keeps nothing: no token can be revoked or refreshed.",
            hint="Give store=SQLiteRevocations(path) for one machine, or store=RedisRevocations(url) for several.",
        )

    def __repr__(self) -> str:
        return "NoRevocations()"

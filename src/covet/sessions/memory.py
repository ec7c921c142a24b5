"""
A store in memory: for one process, and until it ends.
"""

from covet.exceptions import ConfigurationError
from covet.options import refuse_unknown
from covet.sessions.record import SessionRecord


class MemorySessionStore:
    """
    Keep sessions in memory, a bounded number of them.

    If there are too many, that of the visitor who was away longest makes room; that of a user does only if there are no
    visitors.

    Args:
        max_sessions: How many are kept.

    Raises:
        ConfigurationError: If that is none.

    Example:
        >>> store = MemorySessionStore()
        >>> await store.create(SessionRecord("5e55", "{}", "7", created_at=0, seen_at=0, expires_at=1))
        >>> await store.delete_user("7"), len(store)
        (1, 0)
    """

    @refuse_unknown
    def __init__(self, *, max_sessions: int = 100_000) -> None:
        if type(max_sessions) is not int or max_sessions < 1:
            raise ConfigurationError(
                f"MemorySessionStore: max_sessions is {max_sessions!r}, expected a whole number of at least 1.",
                hint="Leave it out for 100,000.",
            )
        self._max_sessions = max_sessions
        # Dictionaries keep the order: the least recently used stand first.
        self._visitors: dict[str, SessionRecord] = {}
        self._users: dict[str, SessionRecord] = {}
        self._keys: dict[str, set[str]] = {}

    async def load(self, key: str, /) -> SessionRecord | None:
        """Return a record; `None` if there is none."""
        return self.find(key)

    def find(self, key: str, /) -> SessionRecord | None:
        """Return a record without waiting."""
        return self._visitors.get(key) or self._users.get(key)

    async def create(self, record: SessionRecord, /) -> None:
        """Keep a new record."""
        self._purge_first(record.created_at)
        while len(self) >= self._max_sessions:
            self._drop(next(iter(self._visitors or self._users)))
        self._put(record)

    async def update(self, record: SessionRecord, /, *, expected_version: int) -> bool:
        """Keep a record in place of another version of it, unless that has gone or changed."""
        found = await self.load(record.key)
        if found is None or found.version != expected_version:
            return False
        self._drop(record.key)
        self._put(record)
        return True

    async def delete(self, key: str, /) -> bool:
        """Delete a record, and say whether it was there."""
        return self._drop(key)

    async def delete_user(self, user_id: str, /) -> int:
        """Delete all records of a user, and say how many there were."""
        return sum(map(self._drop, tuple(self._keys.get(user_id, ()))))

    async def purge(self, now: int, /) -> int:
        """Delete what has expired, and say how much."""
        expired = [key for group in self._groups for key, record in group.items() if record.expires_at <= now]
        return sum(map(self._drop, expired))

    async def aclose(self) -> None:
        """Do nothing: what is in memory stays there."""

    @property
    def _groups(self) -> tuple[dict[str, SessionRecord], dict[str, SessionRecord]]:
        return self._visitors, self._users

    def _put(self, record: SessionRecord) -> None:
        if record.user_id is None:
            self._visitors[record.key] = record
        else:
            self._users[record.key] = record
            self._keys.setdefault(record.user_id, set()).add(record.key)

    def _drop(self, key: str) -> bool:
        if self._visitors.pop(key, None) is not None:
            return True
        record = self._users.pop(key, None)
        if record is None or record.user_id is None:
            return False
        keys = self._keys[record.user_id]
        keys.discard(key)
        if not keys:
            del self._keys[record.user_id]
        return True

    def _purge_first(self, now: int) -> None:
        """Delete what has expired among the first, two for each that comes: so there is never much of it."""
        for group in self._groups:
            for key in [key for key, _ in zip(group, range(2), strict=False) if group[key].expires_at <= now]:
                self._drop(key)

    def __len__(self) -> int:
        return len(self._visitors) + len(self._users)

    def __repr__(self) -> str:
        return f"<MemorySessionStore of {len(self)}>"

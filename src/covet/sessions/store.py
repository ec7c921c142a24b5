"""
The contract of stores of sessions; `covet.testing.SessionStoreConformance` tests whatever fulfils it.
"""

from typing import Protocol, runtime_checkable

from covet.sessions.record import SessionRecord


@runtime_checkable
class SessionStore(Protocol):
    """
    Where sessions are kept.

    A store knows records by their keys and looks at no clock; whether a session has expired is its caller's business.
    Every method happens as a whole or not at all, whoever else uses the store.
    """

    async def load(self, key: str, /) -> SessionRecord | None:
        """Return a record; `None` if there is none."""

    async def create(self, record: SessionRecord, /) -> None:
        """Keep a new record."""

    async def update(self, record: SessionRecord, /, *, expected_version: int) -> bool:
        """
        Keep a record in place of the one with its key, if that is still there and has the expected version.

        Returns:
            Whether it was. A record that was deleted is never made again by this.
        """

    async def delete(self, key: str, /) -> bool:
        """Delete a record, and say whether it was there."""

    async def delete_user(self, user_id: str, /) -> int:
        """Delete all records of a user, and say how many there were."""

    async def purge(self, now: int, /) -> int:
        """Delete what has expired, and say how much; 0 for a store that does so by itself."""

    async def aclose(self) -> None:
        """Close what is open; the next call opens it again."""

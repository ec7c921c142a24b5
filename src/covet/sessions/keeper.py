"""
What keeps sessions between requests: the contract, and the limits that all keepers have.

A keeper knows nothing of HTTP: it makes a session of the text of a cookie, and such a text of a session.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from covet.sessions.session import LoadedSession, Session, SessionPlan

# A session that is used is noted at most so often: a tenth of its idle time, and no less than every five minutes.
_SELDOM: Final = 300_000


class SavedSession(NamedTuple):
    """
    What the client is told of a session.

    Attributes:
        token: The new text of its cookie; `None` if it stays as it is.
        max_age: For how many seconds that is good.
        is_ended: Whether its cookie is to be deleted.
    """

    token: str | None = None
    max_age: int = 0
    is_ended: bool = False


UNCHANGED: Final = SavedSession()
"""Nothing is told."""

ENDED: Final = SavedSession(is_ended=True)
"""The cookie is to be deleted."""


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """
    How long a session lasts, and how large it may be.

    Attributes:
        lifetime: Milliseconds from its beginning, however much it is used.
        idle_time: Milliseconds from its last use.
        max_size: How many bytes its JSON may have.
        note_after: After how many milliseconds it is noted again that it is used.

    Example:
        >>> limits = SessionLimits(lifetime=10_000, idle_time=4_000, max_size=1000)
        >>> limits.find_end(created_at=0, seen_at=1_000), limits.find_end(created_at=0, seen_at=9_000)
        (5000, 10000)
    """

    lifetime: int
    idle_time: int
    max_size: int
    # PERF: known once, read with every request (benchmarks/production.py).
    note_after: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "note_after", min(self.idle_time // 10, _SELDOM))

    def find_end(self, *, created_at: int, seen_at: int) -> int:
        """Say when a session ends unless it is used again."""
        return min(created_at + self.lifetime, seen_at + self.idle_time)

    def is_due(self, plan: SessionPlan, now: int) -> bool:
        """Tell whether it is time to note that a session, which has not changed, is still used."""
        return plan.former is not None and plan.is_touched and self.is_old(plan.former, now)

    def is_old(self, former: LoadedSession, now: int) -> bool:
        """Tell whether it was long ago that the use of a session was noted, or another secret was in use then."""
        return now - former.seen_at >= self.note_after or not former.is_current


class SessionKeeper(Protocol):
    """What keeps sessions: on the server, or in the cookie itself."""

    async def open(self) -> None:
        """
        See that sessions can be kept.

        Raises:
            Exception: Of the store, if it cannot be used.
        """

    async def load(self, token: str) -> Session:
        """Make the session of a cookie; an empty one if the cookie is not one of ours, or its time is over."""

    def begin(self, token: str) -> Session | None:
        """Do the same without waiting; `None` if it has to be waited for."""

    async def save(self, session: Session) -> SavedSession:
        """Keep a session."""

    async def abandon(self, session: Session) -> SavedSession:
        """Keep nothing of what has changed in a session, but end it if it was to end."""

    async def revoke_user(self, user_id: str) -> int:
        """End all sessions of a user, and say how many there were."""

    async def purge(self) -> int:
        """Delete what has expired, and say how much."""

    async def aclose(self) -> None:
        """Close what is open."""

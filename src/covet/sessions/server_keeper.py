"""
Sessions on the server: the cookie has a random id, signed, and a store has the rest.

A store knows only the hash of an id. An id that the store does not know is never taken over.
"""

import logging
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from typing import Final

from covet.security.clock import Clock, read_milliseconds
from covet.security.errors import BadSignatureError
from covet.security.sealing import TokenSealer
from covet.security.tokens import hash_token
from covet.sessions.errors import SessionStoreError, SessionTooLargeError
from covet.sessions.keeper import ENDED, UNCHANGED, SavedSession, SessionLimits
from covet.sessions.memory import MemorySessionStore
from covet.sessions.record import SessionRecord
from covet.sessions.session import LoadedSession, Session, SessionPlan
from covet.sessions.session_text import is_plain, read_data, write_data, write_value
from covet.sessions.store import SessionStore

_logger: Final = logging.getLogger("covet.sessions")
# Of so many requests of one session at once, each has saved in between.
_MAX_TRIES: Final = 100
_MAX_REMEMBERED: Final = 4096
# How long the JSON of a session may be whose values are remembered beside it.
_MAX_PLAIN: Final = 1024


@dataclass(slots=True, eq=False)
class Ticket:
    """
    What a good cookie says, and what was found by it last in a store in memory.

    Attributes:
        id: The id of the session.
        key: What the store calls it.
        expires_at: When the cookie ends, in milliseconds since 1970.
        is_current: Whether the secret in use has signed it.
        record: What the store had; one that is saved anew is another one.
        loaded: What both together say.
        due_at: When its use is to be noted anew; no later than its end.
    """

    id: str
    key: str
    expires_at: float
    is_current: bool
    record: SessionRecord | None = None
    loaded: LoadedSession | None = None
    due_at: float = 0


class ServerKeeper:
    """
    Keep sessions in a store.

    Of requests of one session that run at once, each has what it changed, key by key; where two have changed the same
    key, the later one wins. A session that was ended meanwhile stays ended.

    Args:
        store: The store.
        sealer: What protects the ids in cookies.
        limits: How long sessions last, and how large they are.
        clock: What tells the time.
        context: What the cookies belong to: their name.
    """

    def __init__(
        self, store: SessionStore, sealer: TokenSealer, limits: SessionLimits, *, clock: Clock, context: str
    ) -> None:
        self._store = store
        self._memory = store if isinstance(store, MemorySessionStore) else None
        self._sealer = sealer
        self._limits = limits
        self._clock = clock
        self._context = context
        # PERF: verifying a cookie takes five times as long as a whole route (benchmarks/production.py).
        # APPSEC: only what was verified is remembered, so nobody can fill it with nonsense, and a bounded number of
        # that. Whether the cookie has expired, and whether the session is still there, is asked each time.
        self._read_known = lru_cache(_MAX_REMEMBERED)(self._read)

    async def open(self) -> None:
        """
        Open the store, and see that it may be written to.

        Raises:
            Exception: Of the store, if it cannot be used.
        """
        # The contract has nothing else that changes nothing: no session has this key.
        await self._store.delete(hash_token("nobody's"))

    async def load(self, token: str) -> Session:
        """Make the session of a cookie; an empty one if the cookie is not one of ours, or its time is over."""
        session = self.begin(token)
        if session is not None:
            return session
        now = read_milliseconds(self._clock)
        ticket = self._verify(token, now)
        if ticket is None:
            return Session()
        return Session(self._judge(ticket, await self._store.load(ticket.key), now))

    def begin(self, token: str) -> Session | None:
        """Do the same without waiting; `None` if the store has to be waited for."""
        # The cookie is verified when somebody looks into the session: most requests do not.
        return None if self._memory is None else Session(None, self._find, token)

    def _find(self, token: str) -> LoadedSession | None:
        now = read_milliseconds(self._clock)
        ticket = self._verify(token, now)
        if ticket is None or self._memory is None:
            return None
        found = self._memory.find(ticket.key)
        if found is ticket.record and now < ticket.due_at:
            # PERF: nothing has changed since this was judged last (benchmarks/production.py).
            return ticket.loaded
        return self._judge(ticket, found, now)

    def _verify(self, token: str, now: int) -> Ticket | None:
        try:
            ticket = self._read_known(token)
        except BadSignatureError:
            ticket = None
        if ticket is None or now >= ticket.expires_at:
            # APPSEC: docs/security.md, row 74: what is not good is not read in another way, nor shown.
            _logger.debug("A session cookie was refused: it was not made here, or its time is over.")
            return None
        return ticket

    def _read(self, token: str) -> Ticket:
        """Verify a cookie; what is not good raises, and is not remembered."""
        sealed = self._sealer.read(token, context=self._context)
        ends = sealed.expires_at
        expires_at = inf if ends is None else round(ends.timestamp() * 1000)
        return Ticket(sealed.payload, hash_token(sealed.payload), expires_at, sealed.is_current)

    def _judge(self, ticket: Ticket, found: SessionRecord | None, now: int) -> LoadedSession | None:
        """Make what a cookie and a record say of a session; `None` if it has ended."""
        if found is not None:
            loaded = _join(ticket, found)
            ends_at = self._limits.find_end(created_at=found.created_at, seen_at=found.seen_at)
            loaded.is_due = self._limits.is_old(loaded, now)
            if ends_at > now:
                if self._memory is not None and not loaded.is_due:
                    # It is in memory anyhow; of another store nothing is held back here.
                    self._remember(ticket, found, loaded, ends_at)
                return loaded
        # APPSEC: docs/security.md, row 73: whatever comes next has another id.
        _logger.debug("A session cookie was refused: its session has ended.")
        ticket.record = ticket.loaded = None
        ticket.due_at = 0
        return None

    def _remember(self, ticket: Ticket, found: SessionRecord, loaded: LoadedSession, ends_at: int) -> None:
        """Keep what was judged until something of it changes."""
        ticket.record, ticket.loaded = found, loaded
        ticket.due_at = min(ends_at, found.seen_at + self._limits.note_after)
        if len(found.data) <= _MAX_PLAIN:
            data = read_data(found.data)
            loaded.plain = data if is_plain(data) else None

    async def save(self, session: Session) -> SavedSession:
        """
        Keep a session.

        Raises:
            SessionTooLargeError: If there is too much in it.
            SessionValueError: If JSON has no word for something in it.
            SessionStoreError: If the store fails.
        """
        plan = session.close()
        if plan.id is not None:
            self._check_size(plan.text)
        now = read_milliseconds(self._clock)
        former = plan.former
        if former is not None and plan.is_ended:
            was_there = await self._store.delete(hash_token(former.id))
            if plan.is_carried and not was_there:
                # APPSEC: docs/security.md, row 75: somebody has ended it meanwhile; a new id does not bring it back.
                return UNCHANGED
        if plan.id is None:
            return ENDED if plan.is_ended else UNCHANGED
        if former is None or plan.is_ended:
            return await self._create(plan, plan.id, now)
        if plan.is_changed or self._limits.is_due(plan, now):
            if not await self._update(plan, former, now):
                return UNCHANGED
            if not former.is_current:
                return self._seal(former.id, former.created_at, now)
        return UNCHANGED

    async def abandon(self, session: Session) -> SavedSession:
        """Keep nothing of what has changed in a session, but end it if it was to end."""
        plan = session.close()
        if plan.former is not None and plan.is_ended and plan.id is None:
            await self._store.delete(hash_token(plan.former.id))
            return ENDED
        return UNCHANGED

    async def revoke_user(self, user_id: str) -> int:
        """End all sessions of a user, and say how many there were."""
        return await self._store.delete_user(user_id)

    async def purge(self) -> int:
        """Delete what has expired, and say how much."""
        return await self._store.purge(read_milliseconds(self._clock))

    async def aclose(self) -> None:
        """Close the store."""
        await self._store.aclose()

    async def _create(self, plan: SessionPlan, id: str, now: int) -> SavedSession:  # noqa: A002 - what it is
        created_at = now if plan.created_at is None else plan.created_at
        await self._store.create(
            SessionRecord(
                key=hash_token(id),
                data=plan.text,
                user_id=plan.user_id,
                created_at=created_at,
                seen_at=now,
                expires_at=self._limits.find_end(created_at=created_at, seen_at=now),
            )
        )
        return self._seal(id, created_at, now)

    async def _update(self, plan: SessionPlan, former: LoadedSession, now: int) -> bool:
        """Write over what was found, or into what others have made of it since; say whether it is still there."""
        key, text, version = hash_token(former.id), plan.text, former.version
        expires_at = self._limits.find_end(created_at=former.created_at, seen_at=now)
        for _ in range(_MAX_TRIES):
            record = SessionRecord(key, text, former.user_id, former.created_at, now, expires_at, version + 1)
            if await self._store.update(record, expected_version=version):
                return True
            found = await self._store.load(key)
            if found is None:
                return False
            version, text = found.version, _merge(former.text, plan, found.data)
            self._check_size(text)
        raise SessionStoreError(
            f"A session was changed by others {_MAX_TRIES} times while it was saved.",
            hint="See that update() of the store says True once it has saved.",
        )

    def _seal(self, id: str, created_at: int, now: int) -> SavedSession:  # noqa: A002 - what it is
        seconds = max(created_at + self._limits.lifetime - now, 1000) / 1000
        return SavedSession(self._sealer.seal(id, expires_in=seconds, context=self._context), int(seconds))

    def _check_size(self, text: str) -> None:
        if len(text) > self._limits.max_size:
            raise SessionTooLargeError(
                len(text),
                self._limits.max_size,
                hint="Keep it in a database, and its id in the session; or give max_size.",
            )


def _join(ticket: Ticket, found: SessionRecord) -> LoadedSession:
    return LoadedSession(
        ticket.id, found.data, found.user_id, found.created_at, found.seen_at, found.version, ticket.is_current
    )


def _merge(before: str, plan: SessionPlan, now: str) -> str:
    """Do to what a session has become what one request did to what it was."""
    if plan.text == before:
        return now
    # Compared as text: to Python, True is 1.
    old, merged = (
        {key: write_value(key, value) for key, value in read_data(before).items()},
        read_data(now),
    )
    for key in old.keys() - plan.data.keys():
        merged.pop(key, None)
    for key, value in plan.data.items():
        if old.get(key) != write_value(key, value):
            merged[key] = value
    return write_data(merged)

"""
Sessions in the cookie itself, signed or encrypted: nothing is kept on the server, and nothing can be revoked there.
"""

import json
import logging
from typing import Final

from covet.options import refuse_unknown
from covet.security.clock import Clock, read_milliseconds
from covet.security.encryption import Encrypter
from covet.security.errors import BadSignatureError
from covet.security.key_ring import KeyRing
from covet.security.sealing import TokenSealer
from covet.security.signing import Signer
from covet.sessions.errors import SessionError, SessionTooLargeError
from covet.sessions.keeper import ENDED, UNCHANGED, SavedSession, SessionLimits
from covet.sessions.session import LoadedSession, Session, SessionPlan

_logger: Final = logging.getLogger("covet.sessions")

MAX_COOKIE: Final = 4096
"""How long the name and the value of a cookie may be together: browsers ignore a longer one, without a word."""

_PURPOSE: Final = "covet.sessions cookie"


class SignedCookieSessions:
    """
    Keep sessions in the cookie, signed: their clients can read them, and not change them.

    Example:
        >>> from covet.middleware import SessionMiddleware
        >>> from covet.security import generate_token
        >>> sessions = SessionMiddleware(generate_token(), store=SignedCookieSessions())
    """

    @refuse_unknown
    def __init__(self) -> None:
        """Take no options."""

    def make_sealer(self, keys: KeyRing, clock: Clock) -> TokenSealer:
        """Make what protects the cookies."""
        return Signer(keys, purpose=_PURPOSE, clock=clock)


class EncryptedCookieSessions(SignedCookieSessions):
    """
    Keep sessions in the cookie, encrypted: nobody but the application can read them.

    Raises:
        MissingDependencyError: If `cryptography` is not installed; the middleware says so when it is made.

    Example:
        >>> from covet.middleware import SessionMiddleware
        >>> from covet.security import generate_token
        >>> sessions = SessionMiddleware(generate_token(), store=EncryptedCookieSessions())
    """

    def make_sealer(self, keys: KeyRing, clock: Clock) -> TokenSealer:
        """Make what protects the cookies."""
        return Encrypter(keys, purpose=_PURPOSE, clock=clock)


class CookieKeeper:
    """
    Keep sessions in their cookies. Of requests of one session that run at once, the last response wins.

    Args:
        sealer: What protects the cookies.
        limits: How long sessions last.
        clock: What tells the time.
        context: What the cookies belong to: their name.
    """

    def __init__(self, sealer: TokenSealer, limits: SessionLimits, *, clock: Clock, context: str) -> None:
        self._sealer = sealer
        self._limits = limits
        self._clock = clock
        self._context = context

    async def load(self, token: str) -> Session:
        """Make the session of a cookie; an empty one if the cookie is not one of ours, or its time is over."""
        return self.begin(token)

    def begin(self, token: str) -> Session:
        """Do the same without waiting."""
        # The cookie is verified when somebody looks into the session: most requests do not.
        return Session(None, self._find, token)

    def _find(self, token: str) -> LoadedSession | None:
        try:
            sealed = self._sealer.read(token, context=self._context)
        except BadSignatureError:
            # APPSEC: docs/security.md, row 74: what is not good is not read in another way, nor shown.
            _logger.debug("A session cookie was refused: it was not made here, or its time is over.")
            return None
        # What was sealed here, and by nobody else.
        session_id, began, user, text = sealed.payload.split("\n", 3)
        created_at, user_id = int(began), json.loads(user)
        seen_at = round(sealed.issued_at.timestamp() * 1000)
        # APPSEC: docs/security.md, row 79: the cookie says when it ends, and what was allowed less since counts, too.
        now = read_milliseconds(self._clock)
        if self._limits.find_end(created_at=created_at, seen_at=seen_at) <= now:
            return None
        loaded = LoadedSession(session_id, text, user_id, created_at, seen_at, is_current=sealed.is_current)
        loaded.is_due = self._limits.is_old(loaded, now)
        return loaded

    async def save(self, session: Session) -> SavedSession:
        """
        Make the cookie of a session.

        Raises:
            SessionTooLargeError: If it would be larger than browsers take.
            SessionValueError: If JSON has no word for something in it.
        """
        plan = session.close()
        if plan.id is None:
            return ENDED if plan.is_ended else UNCHANGED
        now = read_milliseconds(self._clock)
        if plan.is_changed or self._limits.is_due(plan, now):
            return self._seal(plan, now)
        return UNCHANGED

    async def abandon(self, session: Session) -> SavedSession:
        """Keep nothing of what has changed in a session, but end it if it was to end."""
        plan = session.close()
        return ENDED if plan.is_ended and plan.id is None else UNCHANGED

    async def revoke_user(self, user_id: str) -> int:
        """
        Say that this cannot be done.

        Raises:
            SessionError: Always.
        """
        raise SessionError(
            f"The sessions of user {user_id!r} are in cookies, which nobody can take back.",
            hint="Give SessionMiddleware a store on the server, such as SQLiteSessionStore(path).",
        )

    async def purge(self) -> int:
        """Do nothing: what has expired is refused when it comes."""
        return 0

    async def open(self) -> None:
        """Do nothing: there is no store."""

    async def aclose(self) -> None:
        """Do nothing: nothing is open."""

    def _seal(self, plan: SessionPlan, now: int) -> SavedSession:
        created_at = now if plan.created_at is None else plan.created_at
        ends = self._limits.find_end(created_at=created_at, seen_at=now)
        seconds = max(ends - now, 1000) / 1000
        limit = MAX_COOKIE - len(self._context)
        if len(plan.text) > limit:
            raise _make_size_error(len(plan.text), limit)
        # JSON has no line breaks of its own; within other JSON, each of its quotes would be two characters.
        payload = f"{plan.id}\n{created_at}\n{json.dumps(plan.user_id)}\n{plan.text}"
        token = self._sealer.seal(payload, expires_in=seconds, context=self._context)
        if len(token) > limit:
            raise _make_size_error(len(token), limit)
        return SavedSession(token, int(seconds))


def _make_size_error(size: int, limit: int) -> SessionTooLargeError:
    return SessionTooLargeError(
        size,
        limit,
        hint=f"A cookie has {MAX_COOKIE} at most. Keep sessions on the server: store=SQLiteSessionStore(path).",
    )

"""
Logins that have begun and not come back yet, in the session of whoever began them.

The state is the name of one, so it is good in the session that has it and in no other, once, and for a time.
"""

from dataclasses import dataclass
from typing import Final

from covet.security.tokens import generate_token, hash_token
from covet.sessions import Session

_PREFIX: Final = "_oauth_login"


@dataclass(frozen=True, slots=True)
class PendingLogin:
    """
    A login that has begun.

    Attributes:
        nonce: What the ID token has to repeat.
        verifier: What the code is bound to (RFC 7636).
        target: Where to go afterwards: a path of this site.
        redirect_uri: Where the provider was told to come back to.
        began_at: When it began, in seconds since 1970.
    """

    nonce: str
    verifier: str
    target: str
    redirect_uri: str
    began_at: float


class PendingLogins:
    """
    The logins of one provider that have begun.

    Args:
        name: The name of the provider: the state of one is none of another's.
        lifetime: How many seconds a login may take.
        limit: How many may be under way in one session; the oldest makes room.

    Example:
        >>> logins, session = PendingLogins("google", lifetime=600, limit=5), Session()
        >>> state, login = logins.begin(session, target="/", redirect_uri="https://a.example/back", now=1000)
        >>> logins.take(session, state, now=1100) == login, logins.take(session, state, now=1100)
        (True, None)
    """

    def __init__(self, name: str, *, lifetime: float, limit: int) -> None:
        self._prefix = f"{_PREFIX}.{name}."
        self._lifetime = lifetime
        self._limit = limit

    def begin(self, session: Session, *, target: str, redirect_uri: str, now: float) -> tuple[str, PendingLogin]:
        """
        Begin one.

        Args:
            session: The session.
            target: Where to go afterwards.
            redirect_uri: Where the provider is told to come back to.
            now: The time, in seconds since 1970.

        Returns:
            Its state, and what is kept of it.
        """
        self._make_room(session, now)
        state = generate_token()
        login = PendingLogin(generate_token(), generate_token(), target, redirect_uri, now)
        # A key of its own: two tabs that begin at once do not write over each other.
        session[self._name(state)] = [login.nonce, login.verifier, login.target, login.redirect_uri, now]
        return state, login

    def take(self, session: Session, state: str, *, now: float) -> PendingLogin | None:
        """
        Take one out, by its state.

        Args:
            session: The session.
            state: The state that came back.
            now: The time, in seconds since 1970.

        Returns:
            The login; `None` if this session has none of that state, or it took too long.
        """
        # APPSEC: docs/security.md, row 68: looked up in this session, by a hash, whose comparison tells nothing.
        kept = session.pop(self._name(state), None)
        if kept is None:
            return None
        login = PendingLogin(*kept)
        return login if self._is_current(login.began_at, now) else None

    def _name(self, state: str) -> str:
        return self._prefix + hash_token(state)[:32]

    def _make_room(self, session: Session, now: float) -> None:
        began = {name: session[name][-1] for name in session if name.startswith(self._prefix)}
        current = sorted((name for name in began if self._is_current(began[name], now)), key=began.__getitem__)
        kept = current[-(self._limit - 1) :] if self._limit > 1 else []
        for name in began.keys() - set(kept):
            del session[name]

    def _is_current(self, began_at: float, now: float) -> bool:
        return -60 <= now - began_at < self._lifetime

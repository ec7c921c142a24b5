"""
A clock, keepers and changed cookies for tests.
"""

import secrets
from datetime import UTC, datetime, timedelta

from covet.security import Signer
from covet.sessions.cookie_keeper import CookieKeeper
from covet.sessions.keeper import SavedSession, SessionKeeper, SessionLimits
from covet.sessions.server_keeper import ServerKeeper
from covet.sessions.session import Session
from covet.sessions.store import SessionStore

OLD_KEY = "an old secret of thirty-two bytes, or even more"
NEW_KEY = "the new secret has no fewer bytes than that one"


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 2, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now

    def move(self, seconds: float) -> None:
        """Let time go by."""
        self.now += timedelta(seconds=seconds)


def make_server_keeper(
    store: SessionStore, clock: Clock, *keys: str, lifetime: int = 1_000, idle: int = 100, max_size: int = 10_000
) -> ServerKeeper:
    """Make a keeper with a store; times are in seconds."""
    signer = Signer(keys or (OLD_KEY,), purpose="id", clock=clock)
    limits = SessionLimits(lifetime * 1000, idle * 1000, max_size)
    return ServerKeeper(store, signer, limits, clock=clock, context="session")


def make_cookie_keeper(clock: Clock, *keys: str, lifetime: int = 1_000, idle: int = 100) -> CookieKeeper:
    """Make a keeper without one."""
    signer = Signer(keys or (OLD_KEY,), purpose="data", clock=clock)
    return CookieKeeper(signer, SessionLimits(lifetime * 1000, idle * 1000, 10_000), clock=clock, context="session")


async def begin(keeper: SessionKeeper, user_id: str | None = None, **data: object) -> str:
    """Begin a session, and give the text of its cookie."""
    session = Session()
    session.update(data)
    if user_id is not None:
        session.log_in(user_id)
    return token_of(await keeper.save(session))


def token_of(saved: SavedSession) -> str:
    """Give the text of the cookie that was made."""
    assert saved.token is not None
    return saved.token


def mutate(good: str) -> str:
    """Change, drop, add or exchange characters of a cookie."""
    characters = list(good)
    place = secrets.randbelow(len(characters))
    kind = secrets.randbelow(4)
    if kind == 0:
        characters[place] = secrets.choice([item for item in "ABCabc019-_" if item != characters[place]])
    elif kind == 1:
        del characters[place]
    elif kind == 2:
        characters.insert(place, secrets.choice("ABCabc019-_"))
    else:
        characters = characters[place:] + characters[:place] if place else characters[1:]
    mutated = "".join(characters)
    return mutated if mutated != good else good[:-1]

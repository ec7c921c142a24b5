"""
Stores by their URLs, as settings have them.
"""

from covet.exceptions import ConfigurationError
from covet.sessions.cookie_keeper import SignedCookieSessions
from covet.sessions.memory import MemorySessionStore
from covet.sessions.redis_store import RedisSessionStore
from covet.sessions.sqlite_store import SQLiteSessionStore
from covet.sessions.store import SessionStore


def make_session_store(url: str) -> SessionStore | SignedCookieSessions:
    """
    Make the store that a URL names.

    Args:
        url: `memory://`, `cookie://`, `sqlite:///sessions.db` (`sqlite:////var/lib/shop/sessions.db` from the root), or
            that of a Redis: `redis://`, `rediss://`, `unix://`.

    Raises:
        ConfigurationError: If it names none.
        MissingDependencyError: If a library for it is not installed.

    Example:
        >>> make_session_store("memory://"), make_session_store("sqlite:///sessions.db")
        (<MemorySessionStore of 0>, <SQLiteSessionStore 'sessions.db'>)
    """
    scheme, separator, rest = url.partition("://")
    if separator and scheme in {"redis", "rediss", "unix"}:
        return RedisSessionStore(url)
    if separator and scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        return SQLiteSessionStore(rest[1:])
    if url == "memory://":
        return MemorySessionStore()
    if url == "cookie://":
        return SignedCookieSessions()
    # Loaded here: only errors and representations show a URL.
    from covet.config.masking import show

    raise ConfigurationError(
        f"{show(url, name='url')} names no store of sessions.",
        hint="Write sqlite:///sessions.db, redis://localhost:6379/0, memory:// or cookie://.",
    )

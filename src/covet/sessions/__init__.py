"""
Sessions: what an application remembers of its clients from request to request.

- `session`: what handlers see; `keeper`: how it lasts from one request to the next, `server_keeper` with a store,
  `cookie_keeper` in the cookie itself.
- `store`: the contract of stores, of `record`s; `memory`, `sqlite_store`, `redis_store`: those that there are;
  `store_urls`: how settings name them.
- `errors`: what goes wrong.

No HTTP in here: `covet.middleware.SessionMiddleware` brings them to requests. Nothing in here is ever pickled.
"""

from covet.sessions.cookie_keeper import EncryptedCookieSessions, SignedCookieSessions
from covet.sessions.errors import (
    SessionError,
    SessionStateError,
    SessionStoreError,
    SessionTooLargeError,
    SessionValueError,
)
from covet.sessions.memory import MemorySessionStore
from covet.sessions.record import SessionRecord
from covet.sessions.redis_store import RedisSessionStore
from covet.sessions.session import Session
from covet.sessions.sqlite_store import SQLiteSessionStore
from covet.sessions.store import SessionStore
from covet.sessions.store_urls import make_session_store

__all__ = [
    "EncryptedCookieSessions",
    "MemorySessionStore",
    "RedisSessionStore",
    "SQLiteSessionStore",
    "Session",
    "SessionError",
    "SessionRecord",
    "SessionStateError",
    "SessionStore",
    "SessionStoreError",
    "SessionTooLargeError",
    "SessionValueError",
    "SignedCookieSessions",
    "make_session_store",
]

"""
A store in Redis, for applications on several machines. The adapter of `redis`.

A session is a hash that Redis lets expire; the keys of a user's sessions are a sorted set beside it. Each change is one
script, so it happens as a whole. The scripts name keys by what they read: Redis Cluster is not for them.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any, Final

from covet._extras import require_extra
from covet.exceptions import ConfigurationError
from covet.options import refuse_unknown
from covet.sessions.errors import SessionStoreError
from covet.sessions.record import SessionRecord

_MAX_CONNECTIONS: Final = 64
_FIELDS: Final = ("data", "user_id", "created_at", "seen_at", "expires_at", "version")

# KEYS: the session. ARGV: the prefix of users, the key alone, then the fields, and the expected version if any.
_INDEX: Final = """
local function index(user)
  if user == '' then return end
  local name = ARGV[1] .. user
  redis.call('ZADD', name, ARGV[7], ARGV[2])
  redis.call('ZREMRANGEBYSCORE', name, '-inf', '(' .. ARGV[6])
  local last = redis.call('ZRANGE', name, -1, -1, 'WITHSCORES')
  redis.call('PEXPIREAT', name, string.format('%.0f', last[2]))
end
"""
_WRITE: Final = """
redis.call('HSET', KEYS[1], 'data', ARGV[3], 'user_id', ARGV[4], 'created_at', ARGV[5], 'seen_at', ARGV[6],
  'expires_at', ARGV[7], 'version', ARGV[8])
redis.call('PEXPIREAT', KEYS[1], ARGV[7])
index(ARGV[4])
return 1
"""
_CREATE: Final = _INDEX + _WRITE
_UPDATE: Final = f"{_INDEX}if redis.call('HGET', KEYS[1], 'version') ~= ARGV[9] then return 0 end{_WRITE}"
_DELETE: Final = """
local user = redis.call('HGET', KEYS[1], 'user_id')
if user and user ~= '' then redis.call('ZREM', ARGV[1] .. user, ARGV[2]) end
return redis.call('DEL', KEYS[1])
"""
# KEYS: the set of the user. ARGV: the prefix of sessions.
_DELETE_USER: Final = """
local found = 0
for _, key in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do found = found + redis.call('DEL', ARGV[1] .. key) end
redis.call('DEL', KEYS[1])
return found
"""
_SCRIPTS: Final = (_CREATE, _UPDATE, _DELETE, _DELETE_USER)


class RedisSessionStore:
    """
    Keep sessions in Redis, which lets them expire by itself.

    Args:
        url: Where it is: `redis://`, `rediss://` or `unix://`.
        prefix: What the names of all keys begin with; each application has one of its own.
        timeout: Seconds to wait for an answer.

    Raises:
        ConfigurationError: If the URL is none.
        MissingDependencyError: If `redis` is not installed.

    Example:
        >>> RedisSessionStore("redis://:hunter2@localhost/0")
        <RedisSessionStore redis://:**********@localhost/0>
    """

    @refuse_unknown
    def __init__(self, url: str, *, prefix: str = "covet:session:", timeout: float = 5.0) -> None:
        if not isinstance(url, str) or not url.startswith(("redis://", "rediss://", "unix://")):
            raise ConfigurationError(
                f"RedisSessionStore: url is {_show(url)}, expected a URL of Redis.",
                hint='Write "redis://localhost:6379/0".',
            )
        # Any: the library's own types.
        self._redis: Any = require_extra(
            "redis.asyncio", extra="redis", needed_for="covet.sessions.RedisSessionStore", library="redis"
        )
        backoff = require_extra("redis.backoff", extra="redis", needed_for="covet.sessions.RedisSessionStore")
        self._retry: Any = self._redis.retry.Retry(backoff.NoBackoff(), 1)
        self._url = url
        self._sessions = f"{prefix}id:"
        self._users = f"{prefix}user:"
        self._timeout = timeout
        self._client: Any = None
        self._scripts: dict[str, Any] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        try:
            self._make_pool()
        except (ValueError, TypeError) as exc:
            raise ConfigurationError(
                f"RedisSessionStore: url cannot be read ({type(exc).__name__}).",
                hint='Write "redis://user:password@host:6379/0".',
            ) from None

    async def load(self, key: str, /) -> SessionRecord | None:
        """
        Return a record; `None` if there is none.

        Raises:
            SessionStoreError: If Redis does not answer.
        """
        found = await self._ask(self._open().hmget(self._sessions + key, _FIELDS))
        if found[0] is None:
            return None
        data, user_id, created_at, seen_at, expires_at, version = found
        return SessionRecord(
            key, data, user_id or None, int(created_at), int(seen_at), int(expires_at), version=int(version)
        )

    async def create(self, record: SessionRecord, /) -> None:
        """Keep a new record."""
        await self._run(_CREATE, self._sessions + record.key, self._users, *_list_fields(record))

    async def update(self, record: SessionRecord, /, *, expected_version: int) -> bool:
        """Keep a record in place of another version of it, unless that has gone or changed."""
        fields = _list_fields(record)
        return await self._run(_UPDATE, self._sessions + record.key, self._users, *fields, expected_version) > 0

    async def delete(self, key: str, /) -> bool:
        """Delete a record, and say whether it was there."""
        return await self._run(_DELETE, self._sessions + key, self._users, key) > 0

    async def delete_user(self, user_id: str, /) -> int:
        """Delete all records of a user, and say how many there were."""
        return await self._run(_DELETE_USER, self._users + user_id, self._sessions)

    async def purge(self, now: int, /) -> int:  # noqa: ARG002 - the contract's
        """Do nothing: what has expired is gone already."""
        return 0

    async def aclose(self) -> None:
        """Close the connections; the next call opens new ones."""
        client, self._client = self._client, None
        if client is not None and self._loop is asyncio.get_running_loop():
            await client.aclose()

    def __repr__(self) -> str:
        return f"<RedisSessionStore {_show(self._url).strip(chr(39))}>"

    # Any: the library's own type.
    def _open(self) -> Any:
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            # Connections belong to the loop that opened them.
            self._loop = loop
            self._client = self._redis.Redis(connection_pool=self._make_pool())
            # It is this client that closes the pool.
            self._client.auto_close_connection_pool = True
            self._scripts = {text: self._client.register_script(text) for text in _SCRIPTS}
        return self._client

    # Any: as above.
    def _make_pool(self) -> Any:
        return self._redis.BlockingConnectionPool.from_url(
            self._url,
            decode_responses=True,
            max_connections=_MAX_CONNECTIONS,
            timeout=self._timeout,
            socket_timeout=self._timeout,
            socket_connect_timeout=self._timeout,
            # Otherwise each new connection looks for the library's version in the file system, on the event loop.
            driver_info=None,
            # Once more where the server has closed the connection meanwhile.
            retry=self._retry,
        )

    async def _run(self, script: str, name: str, *values: object) -> int:
        self._open()
        return int(await self._ask(self._scripts[script](keys=[name], args=values)))

    # Any: what Redis answers.
    async def _ask(self, answer: Awaitable[Any]) -> Any:
        try:
            return await answer
        except (self._redis.RedisError, OSError) as exc:
            raise SessionStoreError(
                f"The store of sessions in Redis failed: {type(exc).__name__}.",
                hint="See that the server runs, and that the URL leads to it.",
            ) from exc


def _show(url: object) -> str:
    # Loaded here: only errors and representations show a URL.
    from covet.config.masking import show

    return show(url, name="url")


def _list_fields(record: SessionRecord) -> Sequence[object]:
    return (
        record.key,
        record.data,
        record.user_id or "",
        record.created_at,
        record.seen_at,
        record.expires_at,
        record.version,
    )

"""
Entries in Redis, or in what speaks like it: all workers of all machines have the same. The adapter of `redis`.

Several names in one command are for one server: Redis Cluster is not for it.
"""

import asyncio
import re
from collections.abc import Awaitable, Mapping, Sequence
from math import ceil
from typing import Any, Final

from covet._extras import require_extra
from covet.cache.errors import CacheBackendError, CacheValueError
from covet.exceptions import ConfigurationError
from covet.options import refuse_unknown

_NEEDED_FOR: Final = "covet.cache.RedisCacheBackend"
_SCHEMES: Final = ("redis://", "rediss://", "unix://")
_HINT: Final = "Write 'redis://user:password@host:6379/0'."
_DEFAULT_URL: Final = "redis://localhost:6379/0"
# Beyond these a question waits for a connection that is free, and opens no further one.
_MAX_CONNECTIONS: Final = 64
_BATCH: Final = 500
_MAGIC: Final = re.compile(rb"([\\*?\[\]])")

_DELETE_EQUAL: Final = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"
# ARGV: milliseconds, or 0 for no end.
_EXTEND: Final = """
local left = redis.call('PTTL', KEYS[1])
if left == -2 then return 0 end
local wanted = tonumber(ARGV[1])
if left >= 0 and wanted == 0 then redis.call('PERSIST', KEYS[1]) end
if left >= 0 and wanted > left then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return 1
"""


class RedisCacheBackend:
    """
    Keep entries in Redis, which lets each expire by itself.

    Args:
        url: Where it is: `redis://`, `rediss://` or `unix://`.
        prefix: What the names of all keys begin with; each application has one of its own.
        timeout: Seconds to wait for an answer.

    Raises:
        ConfigurationError: If the URL is none.
        MissingDependencyError: If `redis` is not installed.

    Example:
        >>> RedisCacheBackend("redis://:hunter2@localhost/0")
        <RedisCacheBackend redis://:**********@localhost/0>
    """

    @refuse_unknown
    def __init__(self, url: str = _DEFAULT_URL, *, prefix: str = "covet:cache:", timeout: float = 1.0) -> None:
        # The URL may have a password: no error shows it.
        if not isinstance(url, str) or not url.startswith(_SCHEMES):
            raise ConfigurationError("RedisCacheBackend: url is no address of a Redis server.", hint=_HINT)
        # Any: the library's own types.
        self._redis: Any = require_extra("redis.asyncio", extra="redis", needed_for=_NEEDED_FOR, library="redis")
        backoff = require_extra("redis.backoff", extra="redis", needed_for=_NEEDED_FOR)
        self._retry: Any = self._redis.retry.Retry(backoff.NoBackoff(), 0)
        self._url = url
        self._prefix = prefix.encode()
        self._timeout = timeout
        self._client: Any = None
        self._scripts: dict[str, Any] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        try:
            self._make_pool()
        except (ValueError, TypeError) as exc:
            raise ConfigurationError(
                f"RedisCacheBackend: url cannot be read ({type(exc).__name__}).", hint=_HINT
            ) from None

    async def get(self, key: str, /) -> bytes | None:
        """
        Return what stands under a name; `None` if nothing does.

        Raises:
            CacheBackendError: If Redis does not answer.
        """
        found: bytes | None = await self._ask(self._open().get(self._name(key)))
        return found

    async def get_many(self, keys: Sequence[str], /) -> Sequence[bytes | None]:
        """Return what stands under several names, in their order."""
        if not keys:
            return []
        found: Sequence[bytes | None] = await self._ask(self._open().mget([self._name(key) for key in keys]))
        return found

    async def set(self, key: str, value: bytes, ttl: float | None = None, /) -> None:
        """Put something under a name, in the place of what stood there."""
        await self._ask(self._open().set(self._name(key), value, px=_to_milliseconds(ttl)))

    async def set_many(self, values: Mapping[str, bytes], ttl: float | None = None, /) -> None:
        """Put something under several names."""
        if not values:
            return
        pipeline = self._open().pipeline(transaction=True)
        for key, value in values.items():
            pipeline.set(self._name(key), value, px=_to_milliseconds(ttl))
        await self._ask(pipeline.execute())

    async def add(self, key: str, value: bytes, ttl: float | None = None, /) -> bool:
        """Put something under a name unless something stands there, and say whether it was put."""
        return bool(await self._ask(self._open().set(self._name(key), value, nx=True, px=_to_milliseconds(ttl))))

    async def increment(self, key: str, amount: int, ttl: float | None = None, /) -> int:
        """
        Add to the number that stands under a name.

        Raises:
            CacheValueError: If no whole number of 64 bits stands there, or the sum is none.
        """
        pipeline = self._open().pipeline(transaction=True)
        pipeline.set(self._name(key), b"0", nx=True, px=_to_milliseconds(ttl))
        pipeline.incrby(self._name(key), amount)
        answers = await self._ask(pipeline.execute())
        return int(answers[1])

    async def extend(self, key: str, ttl: float | None, /) -> bool:
        """Let what stands under a name last at least so long from now, and say whether anything does."""
        return await self._run(_EXTEND, key, _to_milliseconds(ttl) or 0)

    async def delete(self, key: str, /) -> bool:
        """Take away what stands under a name, and say whether anything did."""
        return bool(await self._ask(self._open().delete(self._name(key))))

    async def delete_equal(self, key: str, value: bytes, /) -> bool:
        """Take away what stands under a name if it is this, and say whether it was."""
        return await self._run(_DELETE_EQUAL, key, value)

    async def clear(self, prefix: str = "", /) -> None:
        """Take away all whose names begin so; Redis looks at all of its keys for it, a few hundred at a time."""
        pattern = _MAGIC.sub(rb"\\\1", self._name(prefix)) + b"*"
        client, position = self._open(), 0
        while True:
            position, keys = await self._ask(client.scan(position, match=pattern, count=_BATCH))
            if keys:
                await self._ask(client.unlink(*keys))
            if not position:
                return

    async def aclose(self) -> None:
        """Close the connections; the next call opens new ones."""
        client, self._client = self._client, None
        if client is not None and self._loop is asyncio.get_running_loop():
            await client.aclose()

    def __repr__(self) -> str:
        # Loaded here: only representations show a URL.
        from covet.config.masking import show

        return f"<RedisCacheBackend {show(self._url, name='url').strip(chr(39))}>"

    def _name(self, key: str) -> bytes:
        # Every text has a name of its own, a lone surrogate's included.
        return self._prefix + key.encode("utf-8", "surrogatepass")

    # Any: the library's own type.
    def _open(self) -> Any:
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            # Connections belong to the loop that opened them.
            self._loop = loop
            self._client = self._redis.Redis(connection_pool=self._make_pool())
            # It is this client that closes the pool.
            self._client.auto_close_connection_pool = True
            self._scripts = {text: self._client.register_script(text) for text in (_EXTEND, _DELETE_EQUAL)}
        return self._client

    # Any: as above.
    def _make_pool(self) -> Any:
        return self._redis.BlockingConnectionPool.from_url(
            self._url,
            max_connections=_MAX_CONNECTIONS,
            timeout=self._timeout,
            socket_timeout=self._timeout,
            socket_connect_timeout=self._timeout,
            # Otherwise each new connection looks for the library's version in the file system, on the event loop.
            driver_info=None,
            # Never again where the answer was lost: a number would be added twice, and a lock meet its own holder.
            retry=self._retry,
        )

    async def _run(self, script: str, key: str, argument: bytes | int) -> bool:
        self._open()
        return bool(await self._ask(self._scripts[script](keys=[self._name(key)], args=[argument])))

    # Any: what Redis answers.
    async def _ask(self, answer: Awaitable[Any]) -> Any:
        try:
            return await answer
        except self._redis.RedisError as exc:
            if "not an integer" in str(exc) or "overflow" in str(exc) or "WRONGTYPE" in str(exc):
                raise CacheValueError("What stands there is no whole number of 64 bits, or its sum is none.") from exc
            raise _fail(exc) from exc
        except OSError as exc:
            raise _fail(exc) from exc


def _fail(exc: Exception) -> CacheBackendError:
    # APPSEC: the text of the library may have the address in it.
    return CacheBackendError(
        f"The cache in Redis failed: {type(exc).__name__}.",
        hint="See that the server runs, and that the URL leads to it.",
    )


def _to_milliseconds(ttl: float | None) -> int | None:
    return None if ttl is None else max(1, ceil(ttl * 1000))

"""
What is revoked, in Redis, for applications on several machines. The adapter of `redis`.
"""

import asyncio
from collections.abc import Awaitable
from math import ceil
from time import time
from typing import Any, Final

from covet._extras import require_extra
from covet.auth.errors import AuthStoreError
from covet.config.masking import show
from covet.exceptions import ConfigurationError
from covet.options import refuse_unknown

_HINT: Final = "Write 'redis://localhost:6379/0'."
# Each request asks; beyond these it waits for one that is free, and opens no further one.
_MAX_CONNECTIONS: Final = 64


class RedisRevocations:
    """
    Keep what is revoked in Redis, which forgets each text at its end.

    Args:
        url: Where it is: `redis://`, `rediss://` or `unix://`.
        prefix: What the names of all keys begin with; each application has one of its own.
        timeout: Seconds that Redis may take.

    Raises:
        ConfigurationError: If the URL is none of Redis.
        MissingDependencyError: If redis is not installed.
    """

    @refuse_unknown
    def __init__(self, url: str, *, prefix: str = "covet:revoked:", timeout: float = 5.0) -> None:
        if not url.startswith(("redis://", "rediss://", "unix://")):
            raise ConfigurationError("RedisRevocations: the URL is none of Redis.", hint=_HINT)
        # Any: the library's own types.
        self._redis: Any = require_extra("redis.asyncio", extra="redis", needed_for="covet.auth.RedisRevocations")
        backoff = require_extra("redis.backoff", extra="redis", needed_for="covet.auth.RedisRevocations")
        self._retry: Any = self._redis.retry.Retry(backoff.NoBackoff(), 1)
        self._url = url
        self._prefix = prefix
        self._timeout = timeout
        self._client: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None
        try:
            self._make_pool()
        except (ValueError, TypeError) as exc:
            raise ConfigurationError(
                f"RedisRevocations: the URL cannot be read ({type(exc).__name__}).", hint=_HINT
            ) from None

    async def add(self, key: str, expires_at: float, /) -> bool:
        """
        Put a text in, until a moment in seconds since 1970.

        Raises:
            AuthStoreError: If Redis failed.
        """
        return bool(await self._ask(self._open().set(self._prefix + key, b"", nx=True, px=_read_rest(expires_at))))

    async def contains(self, *keys: str) -> bool:
        """
        Tell whether one of some texts is in.

        Raises:
            AuthStoreError: If Redis failed.
        """
        return bool(await self._ask(self._open().exists(*(self._prefix + key for key in keys))))

    async def put(self, key: str, value: str, expires_at: float, /) -> None:
        """
        Put a text in with another one that belongs to it, in the place of what it had, until a moment.

        Raises:
            AuthStoreError: If Redis failed.
        """
        await self._ask(self._open().set(self._prefix + key, value.encode(), px=_read_rest(expires_at)))

    async def find(self, *keys: str) -> dict[str, str]:
        """
        Give those of some texts that are in, each with what belongs to it; one that was added has whatever text.

        Raises:
            AuthStoreError: If Redis failed.
        """
        values = await self._ask(self._open().mget([self._prefix + key for key in keys]))
        return {key: value.decode() for key, value in zip(keys, values, strict=True) if value is not None}

    async def aclose(self) -> None:
        """Close the connections; the next call opens them again."""
        client, self._client = self._client, None
        if client is not None and self._loop is asyncio.get_running_loop():
            await client.aclose()

    def __repr__(self) -> str:
        return f"<RedisRevocations {show(self._url, name='url').strip(chr(39))}>"

    # Any: the library's own type.
    def _open(self) -> Any:
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            # Connections belong to the loop that opened them.
            self._loop = loop
            self._client = self._redis.Redis(connection_pool=self._make_pool())
            self._client.auto_close_connection_pool = True
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
            retry=self._retry,
        )

    # Any: what Redis answers.
    async def _ask(self, answer: Awaitable[Any]) -> Any:
        try:
            return await answer
        except (self._redis.RedisError, OSError) as exc:
            raise AuthStoreError(
                f"The store of revocations in Redis failed: {type(exc).__name__}.",
                hint="See that the server runs, and that the URL leads to it.",
            ) from exc


def _read_rest(expires_at: float) -> int:
    """Read how many milliseconds there are until a moment."""
    return max(1, ceil((expires_at - time()) * 1000))

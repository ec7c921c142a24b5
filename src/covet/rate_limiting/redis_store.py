"""
Counters in Redis, or in what speaks like it: the workers of many machines count together.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha1
from typing import Any, Final

from covet._extras import require_extra
from covet.exceptions import ConfigurationError
from covet.options import refuse_unknown
from covet.rate_limiting.errors import RateLimitStoreError
from covet.rate_limiting.limit import Decision, RateLimit, Slot
from covet.rate_limiting.redis_scripts import ACQUIRE_SCRIPT, COUNT_SCRIPTS

# Any: a pipeline of the library, whose modules are loaded by those who use it.
Order = Callable[[Any], object]

# What waits longer than that is sent with the next batch.
_MAX_BATCH: Final = 500
_SCHEMES: Final = ("redis://", "rediss://", "unix://")
_SCRIPTS: Final[Mapping[str, str]] = {**dict[str, str](COUNT_SCRIPTS.items()), "acquire": ACQUIRE_SCRIPT}
# What the server calls them.
_SHAS: Final = {name: sha1(text.encode(), usedforsecurity=False).hexdigest() for name, text in _SCRIPTS.items()}


class RedisRateLimitStore:
    """
    Count in Redis, by scripts that the server keeps; the clock is the server's.

    What is asked while an answer is under way is sent together with the next question, over one connection: a flood of
    requests makes longer batches, and neither more connections nor a queue for them.

    Args:
        url: Where the server is: `redis://`, `rediss://` with TLS, or `unix://`. The options of redis-py may stand in
            its query: `?socket_timeout=2`.
        prefix: What the names of its keys begin with.
        timeout: Seconds to wait for the connection, and for an answer.

    Raises:
        ConfigurationError: If the URL is none.
        MissingDependencyError: If redis-py is not installed.
    """

    is_shared = True

    @refuse_unknown
    def __init__(self, url: str, *, prefix: str = "covet:limits:", timeout: float = 1.0) -> None:
        # The URL may have a password: no error shows it.
        if not isinstance(url, str) or not url.startswith(_SCHEMES):
            raise ConfigurationError(
                "RedisRateLimitStore: its url is no address of a Redis server.",
                hint="Write 'redis://localhost:6379/0', or begin with rediss:// or unix://.",
            )
        # Any: the library's modules and classes.
        self._asyncio: Any = require_extra("redis.asyncio", extra="redis", needed_for=type(self).__name__)
        self._errors: Any = require_extra("redis.exceptions", extra="redis", needed_for=type(self).__name__)
        self._url = url
        self._prefix = prefix
        self._timeout = timeout
        self._client: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: list[tuple[Order, asyncio.Future[Any]]] = []
        self._running: asyncio.Task[None] | None = None
        try:
            self._make_pool()
        except (ValueError, TypeError) as exc:
            raise ConfigurationError(
                f"RedisRateLimitStore: its url cannot be read ({type(exc).__name__}).",
                hint="Write 'redis://user:password@host:6379/0'.",
            ) from None

    async def open(self) -> None:
        """
        Connect.

        Raises:
            RateLimitStoreError: If the server does not answer.
        """
        await self._ask(lambda pipeline: pipeline.ping())

    async def hit(self, key: str, limit: RateLimit, cost: int = 1) -> Decision:
        """
        Count calls if they are allowed.

        Raises:
            RateLimitStoreError: If the server does not answer.
        """
        name = f"{self._prefix}{limit.kind}:{key}"
        numbers = (limit.calls, limit.period_ms, limit.capacity, cost, limit.step_ms, self._read_clock())
        sha = _SHAS[limit.algorithm]
        answer: Sequence[int] = await self._ask(lambda pipeline: pipeline.evalsha(sha, 1, name, *numbers))
        allowed, remaining, reset_ms, retry_ms = answer
        return Decision(allowed == 1, limit.capacity, remaining, reset_ms / 1000, retry_ms / 1000)

    async def acquire(self, key: str, token: str, slots: int, lease: float) -> Slot:
        """
        Take a slot, if one is free.

        Raises:
            RateLimitStoreError: If the server does not answer.
        """
        name = f"{self._prefix}slots:{key}"
        numbers = (token, slots, round(lease * 1000), self._read_clock())
        answer: Sequence[int] = await self._ask(lambda pipeline: pipeline.evalsha(_SHAS["acquire"], 1, name, *numbers))
        return Slot(answer[0] == 1, slots, answer[1])

    async def release(self, key: str, token: str) -> None:
        """
        Give a slot back.

        Raises:
            RateLimitStoreError: If the server does not answer.
        """
        await self._ask(lambda pipeline: pipeline.zrem(f"{self._prefix}slots:{key}", token))

    async def aclose(self) -> None:
        """Close the connection, after what was asked before; the next call opens it again."""
        if self._loop is not asyncio.get_running_loop():
            return
        while self._running is not None:
            await asyncio.wait({self._running})
            # What is to happen at its end has happened by now, or does here.
            await asyncio.sleep(0)
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def __repr__(self) -> str:
        return f"<RedisRateLimitStore {self._prefix!r}>"

    def _read_clock(self) -> int | str:
        """Give the time, if it is not the server's: a test does."""
        return ""

    # Any: as above.
    async def _ask(self, order: Order) -> Any:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            # A connection belongs to the loop that opened it, and so do those who wait.
            self._loop, self._client, self._running, self._waiting = loop, None, None, []
        future: asyncio.Future[Any] = loop.create_future()
        self._waiting.append((order, future))
        if self._running is None:
            self._begin(loop)
        return await future

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        self._running = loop.create_task(self._work(), name="covet-rate-limits")
        self._running.add_done_callback(self._end)

    def _end(self, task: "asyncio.Task[None]") -> None:
        if self._running is not task:
            return
        self._running = None
        if task.cancelled():
            # The loop ends, perhaps before anything was sent: whoever waits is not to wait for ever.
            waiting, self._waiting = self._waiting, []
            for _, future in waiting:
                future.cancel()
        elif self._waiting:
            self._begin(task.get_loop())

    async def _work(self) -> None:
        """Send what waits, batch by batch, until nothing does."""
        while self._waiting:
            batch, self._waiting = self._waiting[:_MAX_BATCH], self._waiting[_MAX_BATCH:]
            try:
                answers = await self._send([order for order, _ in batch])
            except (self._errors.RedisError, OSError) as exc:
                answers = [exc] * len(batch)
            except BaseException:
                for _, future in batch:
                    future.cancel()
                raise
            for (_, future), answer in zip(batch, answers, strict=True):
                self._deliver(future, answer)

    async def _send(self, orders: Sequence[Order], *, may_load: bool = True) -> list[Any]:
        """Send orders together; the scripts, too, if the server does not have them."""
        async with self._connect().pipeline(transaction=False) as pipeline:
            for order in orders:
                order(pipeline)
            answers: list[Any] = await pipeline.execute(raise_on_error=False)
        missing = [index for index, answer in enumerate(answers) if isinstance(answer, self._errors.NoScriptError)]
        if missing and may_load:
            for script in _SCRIPTS.values():
                await self._connect().script_load(script)
            again = await self._send([orders[index] for index in missing], may_load=False)
            for index, answer in zip(missing, again, strict=True):
                answers[index] = answer
        return answers

    # Any: an answer, or the error in its place.
    def _deliver(self, future: "asyncio.Future[Any]", answer: Any) -> None:
        if future.done():
            # Whoever waited was cancelled.
            return
        if not isinstance(answer, Exception):
            future.set_result(answer)
            return
        # Each gets its own: an error that several raise collects the traces of all.
        error = RateLimitStoreError(
            # APPSEC: the text of the library may have the address in it.
            f"Redis cannot be asked for rate limits: {type(answer).__name__}.",
            hint="See whether the server of rate limits is up, and reachable from here.",
        )
        error.__cause__ = answer
        future.set_exception(error)

    # Any: as above.
    def _connect(self) -> Any:
        if self._client is None:
            self._client = self._asyncio.Redis.from_pool(self._make_pool())
        return self._client

    # Any: as above.
    def _make_pool(self) -> Any:
        retry = require_extra("redis.asyncio.retry", extra="redis", needed_for=type(self).__name__)
        backoff = require_extra("redis.backoff", extra="redis", needed_for=type(self).__name__)
        return self._asyncio.BlockingConnectionPool.from_url(
            self._url,
            max_connections=1,
            timeout=self._timeout,
            socket_timeout=self._timeout,
            socket_connect_timeout=self._timeout,
            # Otherwise each new connection looks for the library's version in the file system, on the event loop.
            driver_info=None,
            # Once more where the server has closed the connection meanwhile. After a late answer nobody knows whether
            # the calls were counted: it is not asked again.
            retry=retry.Retry(backoff.NoBackoff(), 1, supported_errors=(self._errors.ConnectionError,)),
            retry_on_error=[self._errors.ConnectionError],
        )


__all__ = ["RedisRateLimitStore"]

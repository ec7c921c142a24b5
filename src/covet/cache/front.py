"""
`Cache`: what handlers use.

It writes values as bytes, knows tags, does work once for many, and goes on without a backend that is lost.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any, ClassVar, Final

from covet.cache.arguments import TTL, OnError, check_key, check_keys, check_options, check_ttl
from covet.cache.backend import CacheBackend
from covet.cache.backends import make_cache_backend
from covet.cache.errors import CacheArgumentError
from covet.cache.locks import LockRoom
from covet.cache.losable import LosableBackend
from covet.cache.outage import Outage
from covet.cache.single_flight import SingleFlight
from covet.cache.stored_form import note_unreadable, read_value, write_value
from covet.cache.tags import Versions, read_tagged, read_versions, write_tagged
from covet.exceptions import ConfigurationError
from covet.options import refuse_unknown
from covet.serialization import Serializer, get_json_serializer
from covet.threads import call_anywhere
from covet.types import UNSET, Unset

_DEFAULT_TTL: Final = 300.0


class Cache:
    """
    Keep results for a while, here or in a Redis.

    What comes back is equal to what was put in, and nobody else's: values are kept as bytes, never pickled. `None`, 0,
    `""` and `[]` are values as any other. A value that would come back as something else is refused.

    Args:
        backend: What keeps the entries: `"memory"`, `"redis"`, another name of `get_cache_backend_registry()`, or a
            `CacheBackend`.
        url: Where the backend is, if it is named: `"redis://localhost:6379/0"`.
        ttl: How long entries last unless it is said, in seconds or as a `timedelta`; `None` for as long as there is
            room.
        key_prefix: What tells its entries from those of other caches in the same backend: letters, digits, `_.:-`.
        serializer: What writes values: JSON by default, `MessagePackSerializer()` for values with bytes in them.
        on_error: What becomes of it when the backend is lost: `"miss"` takes it for empty and says so in the log,
            `"raise"` raises `CacheBackendError`. Counters and locks have no answer without one, and always raise.

    Attributes:
        backend: What keeps the entries.
        ttl: How long entries last unless it is said, in seconds; `None` for as long as there is room.

    Raises:
        ConfigurationError: If an option is wrong.
        MissingDependencyError: If the backend needs a library that is not installed.

    Example:
        >>> cache = Cache(ttl=60)
        >>> async def count_cups():
        ...     print("counting")
        ...     return {"cups": 2}
        >>> await cache.get_or_set("cups", count_cups), await cache.get_or_set("cups", count_cups)
        counting
        ({'cups': 2}, {'cups': 2})
        >>> await cache.delete("cups"), await cache.get("cups")
        (True, None)
    """

    registered_by: ClassVar[str] = "CovetPy(plugins=[CachePlugin()]), of covet.cache_plugin"

    @refuse_unknown
    def __init__(
        self,
        backend: str | CacheBackend = "memory",
        *,
        url: str | None = None,
        ttl: TTL = _DEFAULT_TTL,
        key_prefix: str = "",
        serializer: Serializer | None = None,
        on_error: OnError = "miss",
    ) -> None:
        if isinstance(backend, str):
            backend = make_cache_backend(backend, url)
        elif url is not None:
            raise ConfigurationError("Cache: url is given beside a backend.", hint="Give the url to the backend.")
        elif not isinstance(backend, CacheBackend) or isinstance(backend, type):
            given = f"the class {backend.__name__}" if isinstance(backend, type) else f"a {type(backend).__name__}"
            raise ConfigurationError(
                f"Cache: backend is {given}, expected a name or a CacheBackend.",
                hint="Write backend='memory', backend='redis', or give an instance.",
            )
        check_options(key_prefix, on_error, serializer)
        try:
            self.ttl = check_ttl(ttl)
        except CacheArgumentError as exc:
            raise ConfigurationError(f"Cache: {exc.message}", hint=exc.hint) from None
        self.backend = backend
        self._serializer = serializer or get_json_serializer()
        # A prefix has no slash: no cache has names that another one's prefix begins.
        self._values, self._tags, self._locks = (f"{key_prefix}{kind}/" for kind in "vtl")
        self._flights = SingleFlight[bytes]()
        self._rooms = LockRoom(backend)
        self._losable = LosableBackend(Outage(f"The cache in {backend!r}"), raises=on_error == "raise")

    # ── Values ───────────────────────────────────────────────────────────────

    # Any: values are the application's, here and below.
    async def get(self, key: str, default: Any = None) -> Any:
        """
        Return what is kept under a key.

        Args:
            key: The key.
            default: What to return if there is nothing: `UNSET` of `covet.types` tells nothing from a `None`.
        """
        found = self._read(await self._find_many([check_key(key)]))
        return found.get(key, default)

    async def get_many(self, keys: Iterable[str]) -> dict[str, Any]:
        """
        Return what is kept under several keys, at once; what is not there is left out.

        Example:
            >>> cache = Cache()
            >>> await cache.set_many({"a": 1, "b": None})
            >>> await cache.get_many(["a", "b", "c"])
            {'a': 1, 'b': None}
        """
        return self._read(await self._find_many(check_keys(keys)))

    async def set(self, key: str, value: Any, ttl: TTL | Unset = UNSET, *, tags: Iterable[str] = ()) -> None:
        """
        Keep a value.

        Args:
            key: The key.
            value: The value: `None`, numbers, texts, bytes, and lists and dicts of what JSON has words for.
            ttl: How long, in seconds or as a `timedelta`; `None` for as long as there is room. The cache's own without.
            tags: What it has in common with others: `invalidate_tag` takes them away together.

        Raises:
            CacheValueError: If something else would come back.
            CacheArgumentError: If key, time or tags are none.
        """
        await self.set_many({key: value}, ttl, tags=tags)

    async def set_many(self, values: Mapping[str, Any], ttl: TTL | Unset = UNSET, *, tags: Iterable[str] = ()) -> None:
        """Keep several values at once, all for the same time and with the same tags."""
        seconds = self._choose_ttl(ttl)
        names = self._name_tags(tags)
        written = {check_key(key): write_value(self._serializer, value) for key, value in values.items()}
        for key in written:
            self._flights.void(key)
        versions = await self._losable.change(None, read_versions, self.backend, names, seconds) if names else {}
        await self._keep(self._losable.change, written, seconds, versions)

    async def get_or_set(
        self,
        key: str,
        factory: Callable[[], Any],
        ttl: TTL | Unset = UNSET,
        *,
        tags: Iterable[str] = (),
    ) -> Any:
        """
        Return what is kept under a key, or make and keep it.

        Of those in this process who miss at once, one makes it, and the others wait. If that one fails or is cancelled,
        one of the others makes it. Whoever asks after a `delete`, a `set` or an `invalidate_tag` has it made anew, and
        what was begun before is not kept, or void at once.

        Args:
            key: The key.
            factory: Makes the value; a coroutine function, or a plain one, which runs in a thread.
            ttl: As of `set`.
            tags: As of `set`.

        Returns:
            The value: a copy for each caller.

        Raises:
            CacheValueError: If something else would come back.
            CacheArgumentError: If key, time or tags are none, or the factory cannot be called.
        """
        check_key(key)
        if not callable(factory):
            raise CacheArgumentError(
                f"The factory of {key!r} is a {type(factory).__name__}, which cannot be called.",
                hint="Give the function itself, or a lambda that calls it.",
            )
        seconds, names = self._choose_ttl(ttl), self._name_tags(tags)
        stored = await self._flights.run(key, partial(self._find_or_make, key, factory, seconds, names))
        return read_value(self._serializer, stored)

    async def exists(self, key: str) -> bool:
        """Tell whether something is kept under a key, if only `None`."""
        return bool(self._read(await self._find_many([check_key(key)])))

    async def delete(self, key: str) -> bool:
        """Take away what is kept under a key, and say whether anything was."""
        name = self._values + check_key(key)
        self._flights.void(key)
        return await self._losable.change(False, self.backend.delete, name)

    async def increment(self, key: str, amount: int = 1, ttl: TTL | Unset = UNSET) -> int:
        """
        Add to the number that is kept under a key, as a whole whoever else does so too; a new one begins with 0.

        Args:
            key: The key.
            amount: What is added; it may be negative.
            ttl: How long a new number lasts; one that is there goes on to its own end.

        Returns:
            The sum.

        Raises:
            CacheValueError: If something else is kept there, or the sum has more than 64 bits.
            CacheBackendError: If the backend cannot be asked.

        Example:
            >>> cache = Cache()
            >>> await cache.increment("visits"), await cache.increment("visits", 5)
            (1, 6)
        """
        name = self._values + check_key(key)
        if type(amount) is not int:
            raise CacheArgumentError(f"A whole number can be added, got {amount!r}.", hint="Write amount=1.")
        return await self.backend.increment(name, amount, self._choose_ttl(ttl))

    async def invalidate_tag(self, tag: str) -> None:
        """
        Make all void that was kept with a tag, however much it is.

        Example:
            >>> cache = Cache()
            >>> await cache.set("page:1", "tea", tags=["menu"])
            >>> await cache.invalidate_tag("menu")
            >>> await cache.exists("page:1")
            False
        """
        name = self._tags + check_key(tag, "tag")
        self._flights.forget_all(is_void=False)
        await self._losable.change(False, self.backend.delete, name)

    async def clear(self) -> None:
        """Take away everything that is kept; locks stay with those who hold them."""
        self._flights.forget_all(is_void=True)
        await self._losable.change(None, self.backend.clear, self._values)

    # ── Locks, and the life of it ────────────────────────────────────────────

    def lock(
        self, name: str, *, lease: float = 30.0, timeout: float | None = None
    ) -> AbstractAsyncContextManager[None]:
        """
        Be the only one in a block, among all who share the backend.

        Args:
            name: What is guarded.
            lease: Seconds after which others take it from a process that has died: longer than the block ever takes.
            timeout: Seconds to wait for it; for ever without.

        Raises:
            CacheLockError: If it was not free in time.
            CacheBackendError: If the backend cannot be asked.

        Example:
            >>> cache = Cache()
            >>> async with cache.lock("inventory", timeout=5):
            ...     print("alone")
            alone
        """
        seconds = check_ttl(lease)
        if seconds is None:
            raise CacheArgumentError("A lock without a lease would stay with a process that has died.")
        return self._rooms.hold(
            self._locks + check_key(name, "name of a lock"),
            lease=seconds,
            timeout=None if timeout is None else check_ttl(timeout),
        )

    async def check(self) -> None:
        """
        See that the backend answers.

        Raises:
            CacheBackendError: If it does not.
        """
        await self.backend.get(self._values)

    @property
    def is_lost(self) -> bool:
        """Whether the backend failed within the last second."""
        return self._losable.is_lost

    def change_ttl(self, ttl: TTL) -> None:
        """
        Let entries last otherwise from now on, unless it is said.

        Raises:
            CacheArgumentError: If that is no time.
        """
        self.ttl = check_ttl(ttl)

    async def aclose(self) -> None:
        """Close the backend; the next call opens it again."""
        await self.backend.aclose()

    def __repr__(self) -> str:
        return f"<Cache {self._values.removesuffix('v/')!r} in {self.backend!r}>"

    # ── Inside ───────────────────────────────────────────────────────────────

    async def _find_or_make(
        self, key: str, factory: Callable[[], Any], ttl: float | None, tags: tuple[str, ...]
    ) -> bytes:
        found = await self._find_many([key])
        if self._read(found):
            return found[key]
        flight = self._flights.find(key)
        # Read before: what is invalidated while the value is made, of what was there before, is void.
        versions = await self._read_versions(tags, ttl)
        written = write_value(self._serializer, await call_anywhere(factory))
        # Void is also what a tag made so meanwhile: it would take the place of what was made anew.
        is_void = flight is not None and flight.is_void
        if versions and self._flights.find(key) is not flight:
            is_void = is_void or await self._read_versions(tags, ttl) != versions
        if not is_void:
            await self._keep(self._losable.read, {key: written}, ttl, versions)
        return written

    async def _read_versions(self, tags: tuple[str, ...], ttl: float | None) -> Versions | None:
        return await self._losable.read(None, read_versions, self.backend, tags, ttl) if tags else {}

    async def _keep(
        self,
        # Any: `read` or `change` of the backend, which take any method.
        ask: Callable[..., Awaitable[Any]],
        written: Mapping[str, bytes],
        ttl: float | None,
        versions: Versions | None,
    ) -> None:
        if versions is None:
            # The backend is lost: without its tags nothing would ever make it void.
            return
        values = {self._values + key: write_tagged(value, versions) for key, value in written.items()}
        if len(values) == 1:
            ((name, value),) = values.items()
            await ask(None, self.backend.set, name, value, ttl)
        elif values:
            await ask(None, self.backend.set_many, values, ttl)

    async def _find_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Find what is kept under keys, and is not void."""
        names = [self._values + key for key in keys]
        if len(names) == 1:
            stored: Sequence[bytes | None] = [await self._losable.read(None, self.backend.get, names[0])]
        else:
            stored = await self._losable.read((), self.backend.get_many, names)
        found: dict[str, tuple[bytes, Versions]] = {}
        for key, value in zip(keys, stored, strict=False):
            if value is not None:
                with note_unreadable(key):
                    found[key] = read_tagged(value)
        tags = sorted({tag for _, versions in found.values() for tag in versions})
        if not tags:
            return {key: value for key, (value, _) in found.items()}
        answers = await self._losable.read((), self.backend.get_many, tags)
        current = {
            tag: version.decode("ascii", "replace") for tag, version in zip(tags, answers, strict=False) if version
        }
        return {key: value for key, (value, versions) in found.items() if versions.items() <= current.items()}

    # Any: as above.
    def _read(self, found: Mapping[str, bytes]) -> dict[str, Any]:
        """Read what was found; what somebody else has put there is nothing."""
        read = {}
        for key, value in found.items():
            with note_unreadable(key):
                read[key] = read_value(self._serializer, value)
        return read

    def _name_tags(self, tags: Iterable[str]) -> tuple[str, ...]:
        return tuple(self._tags + tag for tag in check_keys(tags, "tag"))

    def _choose_ttl(self, ttl: TTL | Unset) -> float | None:
        return self.ttl if ttl is UNSET else check_ttl(ttl)


__all__ = ["Cache"]

"""
Tests of `Cache`.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from covet.cache import (
    Cache,
    CacheArgumentError,
    CacheBackend,
    CacheBackendError,
    CacheLockError,
    CacheValueError,
    MemoryCacheBackend,
    RedisCacheBackend,
)
from covet.exceptions import ConfigurationError
from covet.options import UnknownOptionError
from covet.serialization import MessagePackSerializer
from covet.types import UNSET


@pytest.fixture(params=["memory", "redis"])
async def backend(request: pytest.FixtureRequest) -> AsyncIterator[CacheBackend]:
    """Make a backend of each kind."""
    if request.param == "memory":
        yield MemoryCacheBackend()
        return
    pytest.importorskip("redis")
    url = request.getfixturevalue("redis_url")
    made = RedisCacheBackend(url, prefix=f"covet-test:{uuid4().hex}:", timeout=10)
    yield made
    await made.clear()
    await made.aclose()


class Lost(MemoryCacheBackend):
    """A backend that may be lost."""

    is_up = True

    def _see(self) -> None:
        if not self.is_up:
            raise CacheBackendError("It is gone.")

    async def get(self, key: str, /) -> bytes | None:
        """Answer, if it is up."""
        self._see()
        return await super().get(key)

    async def get_many(self, keys: Sequence[str], /) -> Sequence[bytes | None]:
        """Answer, if it is up."""
        self._see()
        return await super().get_many(keys)

    async def set(self, key: str, value: bytes, ttl: float | None = None, /) -> None:
        """Answer, if it is up."""
        self._see()
        await super().set(key, value, ttl)

    async def set_many(self, values: Mapping[str, bytes], ttl: float | None = None, /) -> None:
        """Answer, if it is up."""
        self._see()
        await super().set_many(values, ttl)

    async def add(self, key: str, value: bytes, ttl: float | None = None, /) -> bool:
        """Answer, if it is up."""
        self._see()
        return await super().add(key, value, ttl)

    async def increment(self, key: str, amount: int, ttl: float | None = None, /) -> int:
        """Answer, if it is up."""
        self._see()
        return await super().increment(key, amount, ttl)

    async def delete(self, key: str, /) -> bool:
        """Answer, if it is up."""
        self._see()
        return await super().delete(key)

    async def clear(self, prefix: str = "", /) -> None:
        """Answer, if it is up."""
        self._see()
        await super().clear(prefix)


# ── Options ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backend": "memorry"}, r"no cache backend 'memorry'.*Did you mean 'memory'"),
        ({"backend": MemoryCacheBackend}, r"backend is the class MemoryCacheBackend.*give an instance"),
        ({"backend": 7}, r"backend is a int, expected a name or a CacheBackend"),
        ({"backend": MemoryCacheBackend(), "url": "redis://localhost"}, r"url is given beside a backend"),
        ({"backend": "memory", "url": "redis://localhost"}, r"'memory' has no url"),
        ({"key_prefix": "a/b"}, r"key_prefix is 'a/b', expected letters.*key_prefix='shop:'"),
        ({"key_prefix": None}, r"key_prefix is None"),
        ({"on_error": "ignore"}, r"on_error is 'ignore', expected 'miss' or 'raise'"),
        ({"ttl": 0}, r"Cache: ttl is 0, expected seconds above 0.*None lasts"),
        ({"serializer": "json"}, r"serializer is 'json', expected a Serializer"),
    ],
)
def test_options_are_checked(options: dict[str, Any], message: str) -> None:
    """
    When the cache is made; the error says what to write.
    """
    with pytest.raises(ConfigurationError, match=f"(?s){message}"):
        Cache(**options)


def test_an_unknown_option_is_refused() -> None:
    """
    With the one that was meant.
    """
    with pytest.raises(UnknownOptionError, match="Did you mean 'key_prefix'"):
        Cache(prefix="a")  # type: ignore[call-arg]


def test_it_shows_where_it_is_and_no_password() -> None:
    """
    For logs and the shell.
    """
    pytest.importorskip("redis")
    cache = Cache("redis", url="redis://:hunter2@localhost/0", key_prefix="shop:")

    assert repr(cache) == "<Cache 'shop:' in <RedisCacheBackend redis://:**********@localhost/0>>"


# ── Values ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("value", [0, "", [], {}, None, False, b"", {"a": [1, {"b": None}]}, -5, 1.5], ids=repr)
async def test_what_is_kept_is_found(backend: CacheBackend, value: Any) -> None:
    """
    What is empty is a value, and no miss (a defect of the standards' samples).
    """
    cache = Cache(backend)
    made = 0

    def make() -> Any:
        nonlocal made
        made += 1
        return value

    await cache.set("a", value)
    found = [await cache.get("a", "missing"), (await cache.get_many(["a"]))["a"]]
    found += [await cache.get_or_set("b", make), await cache.get_or_set("b", make)]

    assert found == [value] * 4
    assert {type(item) for item in found} == {type(value)}
    assert (await cache.exists("a"), made) == (True, 1)


async def test_what_is_not_there_is_said(backend: CacheBackend) -> None:
    """
    By `None`, or by what was asked for.
    """
    cache = Cache(backend)

    assert await cache.get("a") is None
    assert await cache.get("a", UNSET) is UNSET
    assert await cache.get_many(["a", "b"]) == {}
    assert await cache.get_many([]) == {}
    assert await cache.exists("a") is False
    assert await cache.delete("a") is False


async def test_nobody_shares_what_comes_back(backend: CacheBackend) -> None:
    """
    What one changes is not changed for the next, and what was put in may be changed (a defect of the samples).
    """
    cache = Cache(backend)
    value = {"cups": [1]}
    await cache.set("a", value)
    value["cups"].append(2)
    first = await cache.get("a")
    first["cups"].append(3)

    async def make() -> dict[str, list[int]]:
        await asyncio.sleep(0.01)
        return {"cups": [1]}

    many = await asyncio.gather(*(cache.get_or_set("b", make) for _ in range(5)))
    for one in many:
        one["cups"].append(4)

    assert await cache.get("a") == {"cups": [1]}
    assert many == [{"cups": [1, 4]}] * 5
    assert await cache.get("b") == {"cups": [1]}


async def test_several_are_kept_at_once(backend: CacheBackend) -> None:
    """
    Or none, if one of them cannot be.
    """
    cache = Cache(backend)
    await cache.set_many({"a": 1, "b": None})
    await cache.set_many({})
    with pytest.raises(CacheValueError):
        await cache.set_many({"c": 1, "d": (1,)})

    assert await cache.get_many(["a", "b", "c", "d", "a"]) == {"a": 1, "b": None}


async def test_what_is_deleted_is_gone(backend: CacheBackend) -> None:
    """
    Alone, or all of it.
    """
    cache = Cache(backend)
    await cache.set_many({"a": 1, "b": 2, "c": 3})

    deleted = [await cache.delete("a"), await cache.delete("a")]
    left = await cache.get_many(["a", "b", "c"])
    await cache.clear()

    assert (deleted, left) == ([True, False], {"b": 2, "c": 3})
    assert await cache.get_many(["a", "b", "c"]) == {}


async def test_numbers_are_added_up(backend: CacheBackend) -> None:
    """
    Whoever else adds meanwhile; what was set is a number, too.
    """
    cache = Cache(backend)
    async with asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(cache.increment("visits", 2))
    await cache.set("given", 5)

    assert await cache.get("visits") == 40
    assert await cache.increment("given", -7) == -2
    with pytest.raises(CacheArgumentError, match=r"A whole number can be added, got 1\.5"):
        await cache.increment("given", 1.5)  # type: ignore[arg-type]
    await cache.set("text", "7")
    with pytest.raises(CacheValueError, match="no whole number"):
        await cache.increment("text")


async def test_times_are_those_that_were_said() -> None:
    """
    By the entry, or else by the cache; a number goes on to its own end.
    """
    now = 0.0
    cache = Cache(MemoryCacheBackend(clock=lambda: now), ttl=timedelta(seconds=10))
    await cache.set("default", 1)
    await cache.set("short", 1, 1)
    await cache.set("longer", 1, ttl=timedelta(seconds=20))
    await cache.set_many({"many": 1}, 20)
    await cache.set("always", 1, None)
    await cache.get_or_set("made", lambda: 1, 20)
    await cache.increment("number", 1, 5)
    names = ["default", "short", "longer", "many", "always", "made", "number"]
    left = {}
    for now in (2.0, 11.0, 21.0):
        left[now] = set(await cache.get_many(names))
        if now == 2.0:
            await cache.increment("number", 1, 500)

    assert left == {
        2.0: {"default", "longer", "many", "always", "made", "number"},
        11.0: {"longer", "many", "always", "made"},
        21.0: {"always"},
    }
    cache.change_ttl(1)
    assert cache.ttl == 1


@pytest.mark.parametrize(
    "call",
    [
        lambda cache: cache.get(""),
        lambda cache: cache.get(7),
        lambda cache: cache.get_many("abc"),
        lambda cache: cache.set("a", 1, 0),
        lambda cache: cache.set("a", 1, tags="menu"),
        lambda cache: cache.set("a", 1, tags=[""]),
        lambda cache: cache.set(None, 1),
        lambda cache: cache.get_or_set("a", 5),
        lambda cache: cache.get_or_set("a", print, -1),
        lambda cache: cache.invalidate_tag(""),
        lambda cache: cache.increment(""),
        lambda cache: cache.exists(""),
        lambda cache: cache.delete(""),
    ],
)
async def test_arguments_are_checked(call: Any) -> None:
    """
    Before anything is asked or made.
    """
    with pytest.raises(CacheArgumentError):
        await call(Cache())


async def test_caches_in_one_backend_are_apart(backend: CacheBackend) -> None:
    """
    Whatever their prefixes and keys look like; to clear one leaves the others.
    """
    prefixes = ["", "a", "av", "a:", "at", "v", "vv"]
    caches = [Cache(backend, key_prefix=prefix) for prefix in prefixes]
    keys = ["k", "v/k", "/k", "t/k", "a:v/k"]
    for number, cache in enumerate(caches):
        for key in keys:
            await cache.set(key, [number, key])
    found = [await cache.get_many(keys) for cache in caches]
    await caches[1].clear()

    assert found == [{key: [number, key] for key in keys} for number in range(len(caches))]
    assert [bool(await cache.exists("k")) for cache in caches] == [True, False, True, True, True, True, True]


async def test_what_somebody_else_has_put_there_is_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """
    It runs nothing, and is said in the log; the next value takes its place.
    """
    backend = MemoryCacheBackend()
    cache = Cache(backend)
    with caplog.at_level(logging.WARNING, "covet.cache"):
        for stored in (b"cos\nsystem\n(S'true'\ntR.", b"\x80\x04K\x01.", b"t{", b"s{", b"", b"t{}\nx"):
            await backend.set("v/a", stored)
            assert await cache.get("a", "missing") == "missing"
            assert await cache.exists("a") is False
            assert await cache.get_or_set("a", lambda: 7) == 7

    assert set(caplog.messages) == {"What stands under 'a' cannot be read, and is taken for nothing."}


async def test_another_serializer_writes_what_json_has_no_word_for() -> None:
    """
    Bytes inside of something, for example.
    """
    cache = Cache(serializer=MessagePackSerializer())
    await cache.set("a", {"raw": b"\x00"})

    assert await cache.get("a") == {"raw": b"\x00"}


# ── Making once ──────────────────────────────────────────────────────────────


async def test_of_those_who_miss_at_once_one_makes_it(backend: CacheBackend) -> None:
    """
    However many there are.
    """
    cache = Cache(backend)
    made = 0

    async def make() -> int:
        nonlocal made
        made += 1
        await asyncio.sleep(0.01)
        return made

    found = await asyncio.gather(*(cache.get_or_set("a", make) for _ in range(100)))
    later = await cache.get_or_set("a", make)

    assert (set(found), later, made) == ({1}, 1, 1)


async def test_a_failure_is_not_kept(backend: CacheBackend) -> None:
    """
    And is that of one; the next one makes the value for the others.
    """
    cache = Cache(backend)
    made = 0

    async def make() -> int:
        nonlocal made
        made += 1
        mine = made
        await asyncio.sleep(0.01)
        if mine == 1:
            raise RuntimeError("spilt")
        return mine

    found = await asyncio.gather(*(cache.get_or_set("a", make) for _ in range(10)), return_exceptions=True)

    assert [type(item) for item in found].count(RuntimeError) == 1
    assert ({item for item in found if isinstance(item, int)}, made) == ({2}, 2)


async def test_whoever_is_cancelled_takes_nobody_along(backend: CacheBackend) -> None:
    """
    One of the others makes it.
    """
    cache = Cache(backend)
    begun = asyncio.Event()
    made = 0

    async def make() -> int:
        nonlocal made
        made += 1
        begun.set()
        await asyncio.sleep(0.05)
        return made

    tasks = [asyncio.create_task(cache.get_or_set("a", make)) for _ in range(10)]
    await begun.wait()
    tasks[0].cancel()
    found = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(item) for item in found].count(asyncio.CancelledError) == 1
    assert ({item for item in found if isinstance(item, int)}, made) == ({2}, 2)


async def test_a_plain_factory_blocks_nobody() -> None:
    """
    It runs in a thread; one that gives something to await is awaited.
    """
    import threading

    cache = Cache()
    await cache.set("a", "there")

    assert await cache.get_or_set("thread", threading.get_ident) != threading.get_ident()
    assert await cache.get_or_set("lambda", lambda: cache.get("a")) == "there"


async def test_what_cannot_be_kept_is_an_error_at_once() -> None:
    """
    And not the one that only a hit would show.
    """
    with pytest.raises(CacheValueError, match="tuple cannot be kept"):
        await Cache().get_or_set("a", lambda: (1, 2))


# ── Tags ─────────────────────────────────────────────────────────────────────


async def test_what_has_a_tag_goes_with_it(backend: CacheBackend) -> None:
    """
    And nothing else; what is kept afterwards is good.
    """
    cache = Cache(backend)
    await cache.set("a", 1, tags=["menu"])
    await cache.set("b", 2, tags=["menu", "tea"])
    await cache.set_many({"c": 3, "d": 4}, tags=["tea"])
    await cache.set("menu", 5)
    await cache.get_or_set("e", lambda: 6, tags=["menu"])
    keys = ["a", "b", "c", "d", "menu", "e"]
    before = await cache.get_many(keys)
    await cache.invalidate_tag("menu")
    after = await cache.get_many(keys)
    await cache.set("a", 7, tags=["menu"])

    assert before == {"a": 1, "b": 2, "c": 3, "d": 4, "menu": 5, "e": 6}
    assert after == {"c": 3, "d": 4, "menu": 5}
    assert await cache.get("a") == 7
    assert await cache.exists("b") is False


async def test_what_was_made_of_what_was_before_is_void(backend: CacheBackend) -> None:
    """
    A value that was being made when its tag was invalidated is not found afterwards.
    """
    cache = Cache(backend)
    begun, may_end = asyncio.Event(), asyncio.Event()
    stock = {"cups": 1}

    async def read_slowly() -> int:
        cups = stock["cups"]
        begun.set()
        await may_end.wait()
        return cups

    async def read() -> int:
        return stock["cups"]

    task = asyncio.create_task(cache.get_or_set("cups", read_slowly, tags=["stock"]))
    await begun.wait()
    stock["cups"] = 2
    await cache.invalidate_tag("stock")
    may_end.set()
    early = await task

    assert (early, await cache.get_or_set("cups", read, tags=["stock"])) == (1, 2)


async def test_a_tag_that_was_let_go_takes_its_entries_along() -> None:
    """
    A backend without room makes entries void, and never keeps one too long.
    """
    backend = MemoryCacheBackend()
    cache = Cache(backend)
    await cache.set("a", 1, tags=["menu"])
    await backend.delete("t/menu")
    await cache.set("b", 1, tags=["menu"])

    assert await cache.get_many(["a", "b"]) == {"b": 1}


# ── Locks ────────────────────────────────────────────────────────────────────


async def test_a_lock_guards_a_block(backend: CacheBackend) -> None:
    """
    Among all caches of a backend; what is kept under its name is something else.
    """
    cache, other = Cache(backend, key_prefix="a:"), Cache(backend, key_prefix="a:")
    await cache.set("inventory", 1)
    async with cache.lock("inventory", lease=timedelta(seconds=30).total_seconds()):
        with pytest.raises(CacheLockError, match="'inventory' was not free within"):
            async with other.lock("inventory", timeout=0.05):
                pytest.fail("it was free")
        await cache.clear()
        with pytest.raises(CacheLockError):
            async with other.lock("inventory", timeout=0.05):
                pytest.fail("it was free")
    async with other.lock("inventory", timeout=5):
        entered = True

    assert entered


class Deaf(MemoryCacheBackend):
    """A backend whose library swallows a cancellation once, and answers all the same."""

    async def add(self, key: str, value: bytes, ttl: float | None = None, /) -> bool:
        """Ask for a while."""
        try:
            await asyncio.sleep(0.1)
        except asyncio.CancelledError:
            await asyncio.sleep(0)
        return await super().add(key, value, ttl)


@pytest.mark.parametrize("is_free", [True, False])
async def test_the_wait_for_a_lock_ends_in_time_with_any_library(is_free: bool) -> None:
    """
    Otherwise it would last until the lease of whoever has it, and what was given to nobody would stay so.
    """
    backend = Deaf()
    if not is_free:
        await MemoryCacheBackend.add(backend, "l/inventory", b"somebody", 30)

    with pytest.raises(CacheLockError):
        async with Cache(backend).lock("inventory", timeout=0.02):
            pytest.fail("it was free")

    assert await backend.get("l/inventory") == (None if is_free else b"somebody")


class Slow(MemoryCacheBackend):
    """A backend that takes its time to give a lock back, and may fail to say that it gave one."""

    fails = False

    async def add(self, key: str, value: bytes, ttl: float | None = None, /) -> bool:
        """Give it."""
        given = await super().add(key, value, ttl)
        if self.fails:
            raise OSError("the answer is lost")
        return given

    async def delete_equal(self, key: str, value: bytes, /) -> bool:
        """Take it back after a while."""
        await asyncio.sleep(0.05)
        return await super().delete_equal(key, value)


async def test_a_lock_is_given_back_by_who_is_cancelled_twice() -> None:
    """
    In the block, and while it is given back.
    """
    backend = Slow()

    async def hold() -> None:
        async with Cache(backend).lock("inventory"):
            await asyncio.sleep(10)

    task = asyncio.create_task(hold())
    await asyncio.sleep(0.01)
    for _ in range(2):
        task.cancel()
        await asyncio.sleep(0.01)
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await backend.get("l/inventory") is None


async def test_a_lock_whose_answer_is_lost_is_given_back() -> None:
    """
    Nobody has it, so nobody else would give it back.
    """
    backend = Slow()
    backend.fails = True

    with pytest.raises(OSError, match="the answer is lost"):
        async with Cache(backend).lock("inventory"):
            pytest.fail("it was free")

    assert await backend.get("l/inventory") is None


@pytest.mark.parametrize("options", [{"lease": 0}, {"lease": None}, {"timeout": 0}, {"timeout": -1}])
def test_times_of_locks_are_checked(options: dict[str, Any]) -> None:
    """
    A lock without a lease would never come back from a process that has died.
    """
    with pytest.raises(CacheArgumentError):
        Cache().lock("a", **options)


# ── A backend that is lost ───────────────────────────────────────────────────


async def test_a_cache_that_is_lost_is_empty(caplog: pytest.LogCaptureFixture) -> None:
    """
    Nothing fails, the work is done, once for those who want it at once; and the log says so.
    """
    backend = Lost()
    cache = Cache(backend)
    await cache.set("a", "old")
    backend.is_up = False
    made = 0

    async def make() -> int:
        nonlocal made
        made += 1
        await asyncio.sleep(0.01)
        return made

    with caplog.at_level(logging.WARNING, "covet.cache"):
        found = [await cache.get("a"), await cache.get_many(["a", "b"]), await cache.exists("a")]
        await cache.set("a", 1)
        await cache.set("a", 1, tags=["menu"])
        await cache.set_many({"a": 1, "b": 2})
        values = await asyncio.gather(*(cache.get_or_set("c", make) for _ in range(10)))
        tagged = await cache.get_or_set("c", make, tags=["menu"])
        gone = await cache.delete("a")
        await cache.invalidate_tag("menu")
        await cache.clear()

    assert found == [None, {}, False]
    assert (values, tagged) == ([1] * 10, 2)
    assert gone is False
    assert len(caplog.messages) == 1
    assert caplog.messages[0].endswith("(1 times by now): It is gone. It is taken for empty meanwhile.")


async def test_a_cache_that_is_back_is_used() -> None:
    """
    At once, when whoever takes something away finds out.
    """
    backend = Lost()
    cache = Cache(backend)
    await cache.set("a", "old")
    backend.is_up = False
    await cache.get("a")
    backend.is_up = True
    await cache.delete("b")

    assert await cache.get("a") == "old"


async def test_what_has_no_answer_without_a_backend_is_raised() -> None:
    """
    Counters, locks and the question whether it is there.
    """
    backend = Lost()
    backend.is_up = False
    cache = Cache(backend)

    with pytest.raises(CacheBackendError):
        await cache.increment("a")
    with pytest.raises(CacheBackendError):
        async with cache.lock("a"):
            pytest.fail("it was given")
    with pytest.raises(CacheBackendError):
        await cache.check()


@pytest.mark.parametrize(
    "call",
    [
        lambda cache: cache.get("a"),
        lambda cache: cache.get_many(["a", "b"]),
        lambda cache: cache.set("a", 1),
        lambda cache: cache.set("a", 1, tags=["menu"]),
        lambda cache: cache.get_or_set("a", print),
        lambda cache: cache.delete("a"),
        lambda cache: cache.invalidate_tag("a"),
        lambda cache: cache.clear(),
    ],
)
async def test_who_wants_to_know_is_told(call: Any) -> None:
    """
    `on_error="raise"` raises, every time.
    """
    backend = Lost()
    backend.is_up = False
    cache = Cache(backend, on_error="raise")

    for _ in range(2):
        with pytest.raises(CacheBackendError, match="It is gone"):
            await call(cache)


async def test_an_empty_redis_goes_unnoticed() -> None:
    """
    The handler of the standards works where nobody has started one.
    """
    pytest.importorskip("redis")
    cache = Cache(backend="redis", url="redis://127.0.0.1:1")

    assert await cache.get("a") is None
    await cache.set("a", 1, ttl=300)
    assert await cache.get_or_set("a", lambda: 2) == 2
    await cache.aclose()


async def test_a_cache_serves_one_loop_after_the_other() -> None:
    """
    One at module level is used by each test of an application.
    """
    cache = Cache()
    await asyncio.to_thread(asyncio.run, cache.set("a", 1))

    async def hold() -> None:
        async with cache.lock("a"):
            await cache.get_or_set("b", lambda: 2)

    await asyncio.to_thread(asyncio.run, hold())
    await hold()

    assert await cache.get_many(["a", "b"]) == {"a": 1, "b": 2}


@pytest.mark.parametrize("change", ["delete", "set", "clear", "invalidate_tag"])
async def test_a_change_while_a_value_is_made_is_seen_by_whoever_asks_then(backend: CacheBackend, change: str) -> None:
    """
    What was begun before is theirs who waited for it then, and nobody finds it later.
    """
    cache = Cache(backend)
    menu, may_go_on = ["old"], asyncio.Event()

    async def make() -> str:
        found = menu[0]
        if found == "old":
            await may_go_on.wait()
        return found

    first = asyncio.create_task(cache.get_or_set("menu", make, tags=["menu"]))
    await asyncio.sleep(0.05)
    menu[0] = "new"
    match change:
        case "set":
            await cache.set("menu", "new")
        case "clear":
            await cache.clear()
        case "delete":
            await cache.delete("menu")
        case _:
            await cache.invalidate_tag("menu")

    assert await cache.get_or_set("menu", make, tags=["menu"]) == "new"
    may_go_on.set()
    assert await first == "old"
    assert await cache.get("menu") == "new"

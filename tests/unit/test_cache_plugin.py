"""
Tests of the caches of an application.
"""

import logging
from typing import Annotated, Any
from uuid import uuid4

import pytest

from covet import CovetPy
from covet.cache import Cache, CacheBackendError, MemoryCacheBackend, RedisCacheBackend
from covet.cache_plugin import CacheConfig, CachePlugin
from covet.config import Settings, Sources
from covet.exceptions import ConfigurationError, RouteError
from covet.options import UnknownOptionError
from covet.plugins import PluginError
from covet.testing import TestClient
from tests.integration.wire import WireProtocol, on_both_protocols


def make_settings(**values: Any) -> Settings:
    """Make settings of nothing but these."""
    return Settings(sources=Sources.none(), **values)


def make_cache(settings: Settings, **options: Any) -> Cache:
    """Make an application, and find its cache."""
    plugin = CachePlugin(**options)
    CovetPy(settings=settings, plugins=[plugin])
    return plugin.cache


@on_both_protocols
async def test_handlers_take_the_caches(protocol: WireProtocol) -> None:
    """The application's by its type, others by their names; one key of two caches is two."""
    app = CovetPy(plugins=[CachePlugin(caches={"pages": "memory://"})])

    @app.get("/")
    async def index(cache: Cache, pages: Annotated[Cache, "pages"]) -> list[int]:
        return [await cache.increment("a"), await pages.increment("a", 10)]

    async with TestClient(app, protocol=protocol) as client:
        await client.get("/")
        response = await client.get("/")

    assert response.json() == [2, 20]


async def test_without_the_plugin_the_error_says_what_registers_it() -> None:
    """It is the first mistake that one makes."""
    app = CovetPy()

    @app.get("/")
    async def index(cache: Cache) -> None:
        await cache.clear()

    with pytest.raises(RouteError, match=r"Write CovetPy\(plugins=\[CachePlugin\(\)\]\), of covet.cache_plugin"):
        await app.startup()


def test_settings_make_the_cache() -> None:
    """The section `cache`, and what the plugin is told besides."""
    pytest.importorskip("redis")
    settings = make_settings(
        cache={"backend": "redis", "url": "redis://localhost/3", "default_ttl": 7},
        plugins={"cache": {"key_prefix": "shop:", "on_error": "raise", "caches": {"pages": "memory://"}}},
    )

    cache = make_cache(settings)

    assert repr(cache) == "<Cache 'shop:' in <RedisCacheBackend redis://localhost/3>>"
    assert cache.ttl == 7


async def test_settings_bound_what_is_in_memory() -> None:
    """By `cache.max_entries`."""
    cache = make_cache(make_settings(cache={"max_entries": 2}), ttl=None)
    await cache.set_many({"a": 1, "b": 2, "c": 3})

    assert await cache.get_many(["a", "b", "c"]) == {"b": 2, "c": 3}
    assert cache.ttl is None


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ({"url": "redis://localhost/4"}, "<RedisCacheBackend redis://localhost/4>"),
        ({"backend": "redis"}, "<RedisCacheBackend redis://localhost/3>"),
        ({"backend": "redis", "url": "unix:///run/redis.sock"}, "<RedisCacheBackend unix:///run/redis.sock>"),
        ({"backend": "memory"}, "<MemoryCacheBackend: 0 of 10000 entries>"),
        ({"backend": MemoryCacheBackend(max_entries=5)}, "<MemoryCacheBackend: 0 of 5 entries>"),
    ],
)
def test_what_the_plugin_is_given_wins(options: dict[str, Any], shown: str) -> None:
    """Over the settings."""
    pytest.importorskip("redis")
    settings = make_settings(cache={"backend": "redis", "url": "redis://localhost/3"})

    assert repr(make_cache(settings, **options).backend) == shown


def test_settings_that_change_are_followed() -> None:
    """Unless the plugin was told otherwise."""
    settings = make_settings(cache={"default_ttl": 60})
    following, own = CachePlugin(), CachePlugin(ttl=5)
    before = []
    for plugin in (following, own):
        app = CovetPy(settings=settings, plugins=[plugin])
        before.append(plugin.cache.ttl)
        app._adopt(make_settings(cache={"default_ttl": 90}))

    assert before == [60, 5]
    assert [following.cache.ttl, own.cache.ttl] == [90, 5]


@pytest.mark.parametrize("name", ["", "default", "cache", "a/b", "tea pages"])
def test_names_are_checked(name: str) -> None:
    """The error says what they are made of."""
    for plugin in (
        CachePlugin(caches={name: "memory://"}),
        CachePlugin(CacheConfig(caches={name: "memory://"})),
    ):
        with pytest.raises((PluginError, ConfigurationError), match="A further cache cannot be called"):
            CovetPy(plugins=[plugin])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backend": "reddis"}, "no cache backend 'reddis'"),
        ({"caches": {"pages": "hunter2"}}, "no scheme"),
        ({"caches": {"pages": "reddis://h"}}, "no cache backend 'reddis'"),
        ({"backend": "memory", "url": "redis://h"}, "'memory' has no url"),
        ({"ttl": 0}, "ttl is 0"),
    ],
)
def test_wrong_options_are_found_when_the_plugin_is_given(options: dict[str, Any], message: str) -> None:
    """That is where `covet check` sees them."""
    with pytest.raises((PluginError, ConfigurationError), match=message):
        CovetPy(plugins=[CachePlugin(**options)])


def test_unknown_option_is_refused() -> None:
    """With a suggestion."""
    with pytest.raises(UnknownOptionError, match="Did you mean 'backend'"):
        CachePlugin(backends="memory")  # type: ignore[call-arg]


def test_plugin_without_an_application_has_no_cache() -> None:
    """The error says when it will."""
    with pytest.raises(ConfigurationError, match="Give it to an application first"):
        _ = CachePlugin().cache


async def test_a_redis_that_is_lost_stops_no_start(caplog: pytest.LogCaptureFixture) -> None:
    """The log says so, and so does the health; the application answers."""
    pytest.importorskip("redis")
    app = CovetPy(plugins=[CachePlugin(url="redis://:hunter2@127.0.0.1:1/0")])

    @app.get("/")
    async def index(cache: Cache) -> int:
        return await cache.get_or_set("a", lambda: 7)  # type: ignore[no-any-return]

    with caplog.at_level(logging.WARNING, "covet.cache"):
        async with TestClient(app) as client:
            response = await client.get("/")
            health = (await app.plugins.check_health())["cache"]

    assert response.text == "7"
    assert (health.is_healthy, type(health.error)) == (False, CacheBackendError)
    assert caplog.messages[0].startswith("The cache 'default' does not answer, and is taken for empty: ")
    assert "hunter2" not in caplog.text


async def test_a_redis_that_must_be_there_stops_the_start() -> None:
    """If the configuration says so."""
    pytest.importorskip("redis")
    app = CovetPy(plugins=[CachePlugin({"on_error": "raise"}, url="redis://127.0.0.1:1/0")])

    with pytest.raises(Exception, match="The cache in Redis failed"):
        await app.startup()


async def test_the_end_closes_the_connections(redis_url: str) -> None:
    """Those of all caches."""
    pytest.importorskip("redis")
    backend = RedisCacheBackend(redis_url, prefix=f"covet-test:{uuid4().hex}:", timeout=10)
    app = CovetPy(plugins=[CachePlugin(backend=backend)])

    @app.get("/")
    async def index(cache: Cache) -> int:
        await cache.clear()
        return await cache.increment("a", ttl=60)

    async with TestClient(app) as client:
        response = await client.get("/")
        is_open = backend._client is not None

    assert (response.text, is_open, backend._client) == ("1", True, None)

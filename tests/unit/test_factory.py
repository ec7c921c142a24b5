"""
`create_app`: what becomes of settings, middleware and plugins.
"""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import covet
from covet import CovetPy, Request, Response, create_app, factory
from covet.config import InvalidSettingsError, Settings, Sources
from covet.exceptions import ConfigurationError, ItemNotFoundError
from covet.factory import AssemblyError, ProfileLayer
from covet.middleware import (
    CacheMiddleware,
    CallNext,
    CORSMiddleware,
    Middleware,
    MiddlewareBuilder,
    RateLimitMiddleware,
    get_middleware_registry,
    get_session,
)
from covet.rate_limiting import RateLimit
from covet.testing import TestClient
from tests.unit.distributions import install
from tests.unit.plugins.plugin_classes import make_plugin

ORIGIN = "https://example.com"


def make_settings(**values: Any) -> Settings:
    """Make settings of some values, and nothing from outside."""
    return Settings(sources=Sources.none(), **values)


def describe(app: CovetPy) -> list[str]:
    """Name the layers of an application."""
    return [getattr(layer, "__name__", type(layer).__name__) for layer in app.layers]


async def around(request: Request, call_next: CallNext) -> Response:
    """Change nothing."""
    return await call_next(request)


class Marker(Middleware):
    """Does nothing, under a name."""

    def process_response(self, request: Request, response: Response) -> Response:
        """Change nothing."""
        return response


# What the profile adds where an application is deployed.
DEPLOYED = ["RequestIDMiddleware", "RequestLoggingMiddleware", "SecurityHeadersMiddleware"]


class Outermost(Marker):
    """Stands outermost in a profile."""

    priority = 20

    def __init__(self, text: str = "default") -> None:
        self.text = text


@pytest.fixture
def profile(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A profile with a layer that production has outside of all others."""
    registry = get_middleware_registry()
    registry.register("outermost", Outermost)
    layer = ProfileLayer("outermost", lambda settings: {"text": settings.app.name}, frozenset({"production"}))
    monkeypatch.setattr(factory, "PROFILE", (layer, *factory.PROFILE))
    yield
    registry.unregister("outermost")


# ── Settings ─────────────────────────────────────────────────────────────────


def test_settings_are_read_if_none_are_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """From the environment and all other sources; overrides are the strongest."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COVET_DEBUG", "yes")
    monkeypatch.setenv("COVET_SERVER_PORT", "9000")

    app = create_app(server={"port": 9001})

    assert (app.debug, app.settings.server.port) == (True, 9001)


def test_given_settings_are_used_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is read beside them, and they are found in both places."""
    monkeypatch.setenv("COVET_DEBUG", "yes")
    settings = make_settings()

    app = create_app(settings)

    assert app.settings is settings
    assert app.state.settings is settings
    assert app.debug is False


def test_overrides_change_a_copy() -> None:
    """The settings that were given stay what they are."""
    settings = make_settings()

    app = create_app(settings, debug=True)

    assert (app.debug, app.settings.debug, settings.debug) == (True, True, False)


def test_unknown_override_is_suggested() -> None:
    """It is a setting that does not exist."""
    with pytest.raises(InvalidSettingsError, match=r"debuk is no setting\. Did you mean 'debug'\?"):
        create_app(make_settings(), debuk=True)


def test_what_is_no_settings_is_refused() -> None:
    """The error says what to write."""
    with pytest.raises(ConfigurationError) as caught:
        create_app({"debug": True})  # type: ignore[arg-type]

    assert str(caught.value) == (
        "settings must be a Settings, got a value of type dict.\n"
        "  Write settings=Settings(debug=True), or create_app(debug=True)."
    )


@pytest.mark.parametrize("argument", ["middleware", "plugins"])
def test_text_in_the_place_of_a_list_is_refused(argument: str) -> None:
    """It would be taken for a list of its letters."""
    with pytest.raises(ConfigurationError) as caught:
        create_app(make_settings(), **{argument: "cors"})

    assert str(caught.value) == f"{argument} must be a list, got 'cors'.\n  Write ['cors']."


async def test_limit_of_bodies_is_that_of_the_settings() -> None:
    """`server.body_limit` is what a body may have."""
    app = create_app(make_settings(server={"body_limit": "10B"}))

    @app.post("/")
    async def length(request: Request) -> int:
        return len(await request.body())

    async with TestClient(app) as client:
        statuses = [(await client.post("/", content=b"x" * size)).status_code for size in (10, 11)]

    assert statuses == [200, 413]


def test_each_call_makes_an_application_of_its_own() -> None:
    """It may be called as often as one likes."""
    settings = make_settings(security={"cors_allow_origins": [ORIGIN]})

    one, other = create_app(settings, [Marker]), create_app(settings, [Marker])

    assert one is not other
    assert not set(map(id, one.layers)) & set(map(id, other.layers))


def test_factory_is_a_name_of_the_package() -> None:
    """`from covet import create_app`."""
    assert covet.create_app is factory.create_app


# ── Middleware ───────────────────────────────────────────────────────────────


async def test_cors_is_that_of_the_settings() -> None:
    """With its credentials."""
    security = {"cors_allow_origins": [ORIGIN], "cors_allow_credentials": True}
    app = create_app(make_settings(security=security))

    response = await TestClient(app).get("/nowhere", headers={"origin": ORIGIN})

    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert response.headers["access-control-allow-credentials"] == "true"


async def test_methods_and_headers_of_cors_are_those_of_the_settings() -> None:
    """An API with tokens needs no middleware of its own for the pages that use it."""
    security = {
        "cors_allow_origins": [ORIGIN],
        "cors_allow_methods": ["GET", "REPORT"],
        "cors_allow_headers": ["Authorization"],
        "cors_expose_headers": ["X-Total"],
    }
    client = TestClient(create_app(make_settings(security=security)))
    asked = {"origin": ORIGIN, "access-control-request-method": "REPORT"}

    preflight = await client.options("/", headers={**asked, "access-control-request-headers": "authorization"})
    refused = await client.options("/", headers={**asked, "access-control-request-method": "PUT"})
    response = await client.get("/", headers={"origin": ORIGIN})

    assert (preflight.status_code, refused.status_code) == (204, 403)
    assert preflight.headers["access-control-allow-methods"] == "GET, REPORT"
    assert preflight.headers["access-control-allow-headers"].endswith("Authorization")
    assert response.headers["access-control-expose-headers"] == "X-Total"


def test_without_origins_there_is_no_cors() -> None:
    """Nobody pays for what the settings do not ask for."""
    assert describe(create_app(make_settings())) == []


def test_middleware_of_the_settings_is_outside_of_that_of_the_call() -> None:
    """And the profile's is outside of both."""
    settings = make_settings(middleware=["tests.unit.test_factory:Marker"], security={"cors_allow_origins": [ORIGIN]})

    app = create_app(settings, [around, "tests.unit.test_factory:around", Marker()])

    assert describe(app) == ["CORSMiddleware", "Marker", "around", "around", "Marker"]


def test_middleware_may_be_named_as_in_the_registry(importable: Path) -> None:
    """In the settings and in the call, of an installed distribution too."""
    source = "from covet.middleware import Middleware\nclass Stamp(Middleware):\n    def on_finish(self, *_): ...\n"
    install(
        importable, "covet-stamp", group="covet.middleware", offers={"stamp": "stamp:Stamp"}, modules={"stamp": source}
    )

    app = create_app(make_settings(middleware=["stamp"]), ["cors"])

    assert describe(app) == ["CORSMiddleware", "Stamp"]


def test_builder_may_be_given() -> None:
    """It stands where a list does."""
    app = create_app(make_settings(), MiddlewareBuilder().custom(Marker).cors(allow_origins=[ORIGIN]))

    assert describe(app) == ["CORSMiddleware", "Marker"]


def test_hosts_and_proxies_of_the_settings_are_used() -> None:
    """Everywhere, in their places."""
    security = {"allowed_hosts": ["example.com"], "trusted_proxies": ["10.0.0.0/8"]}

    assert describe(create_app(make_settings(security=security), [around])) == [
        "TrustedHostMiddleware",
        "ProxyHeadersMiddleware",
        "around",
    ]
    with pytest.raises(ConfigurationError, match="trusted_proxies is wrong: 'nginx' is no network"):
        create_app(make_settings(security={"trusted_proxies": ["nginx"]}))


def test_ones_own_takes_the_place_of_the_default() -> None:
    """A subclass does, too: it stands where the default would."""

    class OwnCORS(CORSMiddleware):
        pass

    app = create_app(make_settings(security={"cors_allow_origins": [ORIGIN]}), [around, OwnCORS()])

    assert describe(app) == ["OwnCORS", "around"]


@pytest.mark.usefixtures("profile")
@pytest.mark.parametrize(
    ("environment", "layers"),
    [
        ("production", ["Outermost", *DEPLOYED, "CORSMiddleware", "RateLimitMiddleware", "around"]),
        ("development", ["CORSMiddleware", "around"]),
    ],
)
def test_profile_stands_outermost_in_its_environments(environment: str, layers: list[str]) -> None:
    """With options from the settings."""
    settings = make_settings(environment=environment, app={"name": "shop"}, security={"cors_allow_origins": [ORIGIN]})

    app = create_app(settings, [around])

    assert describe(app) == layers
    assert [layer.text for layer in app.layers if isinstance(layer, Outermost)] in ([], ["shop"])


@pytest.mark.usefixtures("profile")
def test_ones_own_is_outermost_in_production() -> None:
    """Where the default would be, with its own options; the order of the profile stays."""
    settings = make_settings(environment="production", security={"cors_allow_origins": [ORIGIN]})

    app = create_app(settings, [around, CORSMiddleware(), Outermost("mine")])

    assert describe(app) == ["Outermost", *DEPLOYED, "CORSMiddleware", "RateLimitMiddleware", "around"]
    assert app.layers[0].text == "mine"  # type: ignore[attr-defined]


RATE_LIMIT = {"rate_limit_enabled": True, "rate_limit_requests": 7, "rate_limit_window": "30s"}


def get_limit(app: CovetPy) -> RateLimitMiddleware:
    """Find the rate limit of an application."""
    [layer] = [layer for layer in app.layers if isinstance(layer, RateLimitMiddleware)]
    return layer


@pytest.mark.parametrize("given", [[], ["rate_limit"], [RateLimitMiddleware]])
def test_rate_limit_is_that_of_the_settings(given: list[object], tmp_path: Path) -> None:
    """Its number, its window and its store; they are taken over when the settings change."""
    url = f"sqlite:///{tmp_path}/limits.db"

    app = create_app(make_settings(security={**RATE_LIMIT, "rate_limit_store": url}), given)

    layer = get_limit(app)
    assert layer.limit == RateLimit(7, 30.0)
    assert repr(layer.store) == f"<SQLiteRateLimitStore '{tmp_path}/limits.db'>"

    app._adopt(app.settings.replace(security={"rate_limit_requests": 8, "rate_limit_window": 60}))

    assert layer.limit == RateLimit(8, 60.0)


def test_rate_limit_of_ones_own_does_not_follow_the_settings() -> None:
    """Its number stands in the program."""
    app = create_app(make_settings(security=RATE_LIMIT), [RateLimitMiddleware(3, 10)])

    app._adopt(app.settings.replace(security={"rate_limit_requests": 8}))

    assert get_limit(app).limit == RateLimit(3, 10)


def test_rate_limit_that_cannot_be_counted_is_not_taken_over(caplog: pytest.LogCaptureFixture) -> None:
    """The log says why."""
    app = create_app(make_settings(security=RATE_LIMIT))

    app._adopt(app.settings.replace(security={"rate_limit_requests": 10**15}))

    assert get_limit(app).limit == RateLimit(7, 30.0)
    assert "The rate limit of the settings is not taken over: A rate limit of 1000000000000000 calls" in caplog.text


def test_store_of_rate_limits_is_checked_at_the_start() -> None:
    """The error says what can be written, and no password."""
    with pytest.raises(ConfigurationError) as caught:
        create_app(make_settings(security={**RATE_LIMIT, "rate_limit_store": "memcached://:hunter2@host"}))

    assert str(caught.value) == (
        "No store of rate limits has URLs that begin with 'memcached:'.\n"
        "  Write 'memory://', 'sqlite:///path/of/limits.db' or 'redis://host:6379/0'."
    )


# ── Plugins ──────────────────────────────────────────────────────────────────


def test_plugins_are_ordered_and_initialised_once() -> None:
    """However they are given."""
    log: list[str] = []

    app = create_app(
        make_settings(), plugins=[make_plugin("shop", needs=["database"], log=log), type(make_plugin("database"))]
    )

    assert [plugin.name for plugin in app.plugin_manager.list_plugins()] == ["database", "shop"]
    assert log == ["validate_config shop", "init_app shop"]
    assert app.plugins is app.plugin_manager


SOURCE = """
from dataclasses import dataclass
from covet.plugins import Plugin

class ShopPlugin(Plugin):
    name, version = "shop", "1.2"

    @dataclass(frozen=True)
    class Config:
        greeting: str = "hello"

    def init_app(self, app):
        @app.get("/shop")
        async def greet() -> str:
            return self.config.greeting
"""


async def test_settings_enable_installed_plugins(importable: Path, caplog: pytest.LogCaptureFixture) -> None:
    """By name; what is installed and not enabled stays away."""
    install(
        importable, "covet-shop", group="covet.plugins", offers={"shop": "shop_plugin:ShopPlugin", "cart": "no:Cart"},
        modules={"shop_plugin": SOURCE},
    )  # fmt: skip

    with caplog.at_level(logging.WARNING):
        app = create_app(make_settings(discover_plugins=["shop"], plugins={"shop": {"greeting": "hi"}}))

        async with TestClient(app) as client:
            assert (await client.get("/shop")).text == "hi"

    [record] = app.plugin_manager.records
    assert str(record.origin) == "entry point (covet-shop 1.0)"
    assert caplog.messages == []


def test_given_plugin_wins_over_an_enabled_one(importable: Path) -> None:
    """Its name is taken; what is installed is not even loaded."""
    install(importable, "covet-shop", group="covet.plugins", offers={"shop": "no_such_module:ShopPlugin"})
    plugin = make_plugin("shop", version="9.0")

    app = create_app(make_settings(discover_plugins=["*"]), plugins=[plugin])

    assert app.plugin_manager.list_plugins() == [plugin]


# ── Names in the settings, and everything at once ────────────────────────────


@pytest.mark.parametrize(
    ("named", "given"),
    [(["cors"], []), (["covet.middleware:CORSMiddleware"], []), ([], ["cors"]), ([], [CORSMiddleware]), ([], [])],
)
async def test_name_of_a_layer_keeps_the_options_of_the_settings(named: list[str], given: list[object]) -> None:
    """To name what the settings configure does not take its configuration away."""
    app = create_app(make_settings(security={"cors_allow_origins": [ORIGIN]}, middleware=named), middleware=given)

    async with TestClient(app) as client:
        response = await client.get("/", headers={"origin": ORIGIN})

    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert describe(app) == ["CORSMiddleware"]


def test_everything_that_cannot_be_made_is_told_at_once() -> None:
    """The middleware of the settings and of the program, and the plugins."""
    settings = make_settings(middleware=["corz", "no.module:Z"], discover_plugins=["nope"])

    with pytest.raises(AssemblyError) as caught:
        create_app(settings, middleware=["gzipp"], plugins=[3])

    lines = str(caught.value).splitlines()
    assert lines[:2] == ["4 parts of the application cannot be made.", "  'corz' is not registered in middleware."]
    assert lines[2].startswith("    Did you mean 'cors'? Available: authentication, body_limit, ")
    for text in ("'no.module:Z'", "'gzipp'", "3 is no plugin", "There is no plugin 'nope' to enable"):
        assert text in str(caught.value)
    assert len(caught.value.errors) == 4


def test_single_part_that_cannot_be_made_keeps_its_class() -> None:
    """There is nothing to put together."""
    with pytest.raises(ItemNotFoundError, match="'corz' is not registered in middleware"):
        create_app(make_settings(middleware=["corz"]))


# ── Sessions and CSRF ────────────────────────────────────────────────────────


async def test_named_session_and_csrf_have_the_key_of_the_settings() -> None:
    """By their names alone, in the settings or in the call; nobody has them unasked."""
    security = {"secret_key": "no placeholder, and 32 bytes or more", "session_store": "cookie://"}
    settings = make_settings(middleware=["session"], security=security)
    app = create_app(settings, middleware=["csrf"])

    @app.get("/")
    async def index(request: Request) -> str:
        get_session(request)["a"] = 1
        return str(request.state.csrf_token())

    async with TestClient(app, base_url="https://example.com") as client:
        response = await client.get("/")

    assert describe(app) == ["SessionMiddleware", "CSRFMiddleware"]
    assert len(response.text) == 86
    assert response.headers["set-cookie"].startswith("__Host-session=")
    assert describe(create_app(make_settings(security=security))) == []
    assert describe(create_app(make_settings(middleware=["csrf"]))) == ["CSRFMiddleware"]


@pytest.mark.parametrize("name", ["cache", CacheMiddleware])
async def test_named_cache_keeps_where_the_settings_say(name: object) -> None:
    """Nobody has it unasked."""
    pytest.importorskip("redis")
    settings = make_settings(cache={"backend": "redis", "url": "redis://localhost/3"})

    (cache,) = create_app(settings, middleware=[name]).layers

    assert isinstance(cache, CacheMiddleware)
    assert repr(cache.cache) == "<Cache 'http:' in <RedisCacheBackend redis://localhost/3>>"
    assert describe(create_app(settings)) == []


async def test_named_caches_of_two_applications_are_two() -> None:
    """Where they share a backend, the prefix that tells their entries apart tells their pages apart, too."""
    caches = [
        create_app(make_settings(middleware=["cache"], plugins={"cache": {"key_prefix": prefix}})).layers[0]
        for prefix in ("shop:", "blog:")
    ]

    assert [repr(layer.cache) for layer in caches if isinstance(layer, CacheMiddleware)] == [
        "<Cache 'shop:http:' in <MemoryCacheBackend: 0 of 10000 entries>>",
        "<Cache 'blog:http:' in <MemoryCacheBackend: 0 of 10000 entries>>",
    ]


def test_session_without_a_key_says_which_setting_is_missing() -> None:
    """And how to make one."""
    with pytest.raises(ConfigurationError, match=r"'security\.secret_key' is missing, and SessionMiddleware cannot"):
        create_app(make_settings(middleware=["session"]))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("trusted_hosts", "Leave the name out, and set security.allowed_hosts: it is added then."),
        ("proxy_headers", "Leave the name out, and set security.trusted_proxies: it is added then."),
        ("timeout", "Give it with its options: create_app(settings, [TimeoutMiddleware(...)])."),
        ("authentication", "Give it with its options: create_app(settings, [AuthenticationMiddleware(...)])."),
    ],
)
@pytest.mark.parametrize("is_setting", [False, True])
def test_middleware_that_its_name_does_not_make_says_what_does(name: str, text: str, is_setting: bool) -> None:
    """Its options are in no setting, or in one that adds it by itself."""
    settings = Settings(sources=Sources.none(), middleware=(name,) if is_setting else ())

    with pytest.raises(ConfigurationError) as caught:
        create_app(settings, [] if is_setting else [name])

    assert str(caught.value).startswith(f"{name!r} cannot be made of its name alone. ")
    assert str(caught.value).endswith(text)

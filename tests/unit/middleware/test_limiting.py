"""
What the middleware that limits clients has in common.
"""

import logging
from typing import Any

import pytest

from covet import CovetPy
from covet.exceptions import ConfigurationError
from covet.middleware import ConcurrencyLimitMiddleware, RateLimitMiddleware
from covet.rate_limiting import (
    Decision,
    MemoryRateLimitStore,
    RateLimit,
    RateLimitStoreError,
    RedisRateLimitStore,
    Slot,
    SQLiteRateLimitStore,
)
from covet.testing import ClientResponse, TestClient

Both = pytest.mark.parametrize("cls", [RateLimitMiddleware, ConcurrencyLimitMiddleware])
Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])


class Failing(MemoryRateLimitStore):
    """A store whose server went down after the start."""

    is_shared = True

    async def hit(self, key: str, limit: RateLimit, cost: int = 1) -> Decision:
        raise RateLimitStoreError("It is down.")

    async def acquire(self, key: str, token: str, slots: int, lease: float) -> Slot:
        raise OSError("It is down.")

    async def release(self, key: str, token: str) -> None:
        raise OSError("It is down.")


def make_app(*middleware: object) -> CovetPy:
    """Make an application with some middleware."""
    app = CovetPy(middleware=middleware)

    @app.get("/")
    async def index() -> str:
        return "hello"

    return app


@Both
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"identifier": "ip"}, "identifier is 'ip', expected a function of the request."),
        ({"name": "my limit"}, "name is 'my limit', which is no name of a limit.\n  Up to 40 letters"),
        ({"name": 'a";q=1'}, "which is no name of a limit."),
        ({"exempt": True}, "exempt is True, expected a function of the request."),
        ({"exempt": Failing().open}, "exempt is a coroutine function, expected a plain one.\n  Write def instead"),
        ({"on_store_error": "ignore"}, "on_store_error is 'ignore', expected 'allow' or 'refuse'."),
        ({"store": {}}, "store is a dict, which is no store of rate limits.\n  Write store='redis://localhost"),
        ({"store": "mysql://h"}, "No store of rate limits has URLs that begin with 'mysql:'."),
    ],
)
def test_options_are_checked(cls: Any, options: dict[str, Any], message: str) -> None:
    """The error says what is expected."""
    with pytest.raises(ConfigurationError) as caught:
        cls(**options)

    assert message in str(caught.value)


@Both
def test_a_store_may_be_given_by_its_url(cls: Any) -> None:
    """Or as it is."""
    store = MemoryRateLimitStore()

    assert isinstance(cls(store="sqlite:///limits.db").store, SQLiteRateLimitStore)
    assert isinstance(cls(store="redis://localhost").store, RedisRateLimitStore)
    assert cls(store=store).store is store


@Both
@Protocols
async def test_a_store_that_fails_lets_requests_through(
    cls: Any, protocol: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says so: once, not for each of them."""
    async with TestClient(make_app(cls(store=Failing(), name="api")), protocol=protocol) as client:
        statuses = [(await client.get("/")).status_code for _ in range(20)]

    entries = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert statuses == [200] * 20
    [entry] = entries
    assert entry == (
        f"{cls.__name__} 'api' cannot count (1 times by now): It is down. "
        "Requests are let through without a limit meanwhile."
    )


@Both
@Protocols
async def test_a_store_that_fails_can_refuse_requests(
    cls: Any, protocol: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """With 503, and when to come again; nothing of the store is told."""
    async with TestClient(make_app(cls(store=Failing(), on_store_error="refuse")), protocol=protocol) as client:
        responses = [await client.get("/") for _ in range(5)]

    entries = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert [response.status_code for response in responses] == [503] * 5
    assert responses[0].headers["retry-after"] == "5"
    assert "It is down" not in responses[0].text
    assert len(entries) == 1
    assert entries[0].endswith("Requests are refused with 503 meanwhile.")


@Both
@Protocols
@pytest.mark.parametrize("policy", ["allow", "refuse"])
@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all/limits.db", "redis://:hunter2@127.0.0.1:1/0"])
async def test_a_store_that_cannot_be_used_is_refused_at_the_start(
    cls: Any, protocol: Any, policy: Any, url: str
) -> None:
    """Whatever would become of requests: an address that is wrong is no failure that passes."""
    app = make_app(cls(store=url, name="api", on_store_error=policy))

    with pytest.raises(ConfigurationError) as caught:
        async with TestClient(app, protocol=protocol):
            pass

    text = str(caught.value)
    assert f"{cls.__name__}: store cannot be used by the limit 'api': " in text
    assert "security.rate_limit_store of the settings" in text
    assert "hunter2" not in text


async def test_the_log_says_again_after_a_minute(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With how many there were meanwhile."""
    now = [1000.0]
    monkeypatch.setattr("covet.middleware.limiting.monotonic", lambda: now[0])
    client = TestClient(make_app(RateLimitMiddleware(store=Failing())))
    for _ in range(5):
        await client.get("/")
    now[0] += 61
    await client.get("/")

    said = [record.getMessage().partition(":")[0] for record in caplog.records]
    assert said == [
        "RateLimitMiddleware 'default' cannot count (1 times by now)",
        "RateLimitMiddleware 'default' cannot count (5 times by now)",
    ]


async def test_one_store_has_one_limit_of_a_name() -> None:
    """Two that would count together by mistake do not start; the same one may stand in several places."""
    store = Failing()
    app = make_app(RateLimitMiddleware(store=store))
    shared = RateLimitMiddleware(store=store, name="shared")

    async def index() -> str:
        return "hello"

    app.get("/a", middleware=[shared])(index)
    app.get("/b", middleware=[shared])(index)
    await app.startup()
    await app.shutdown()

    app = make_app(RateLimitMiddleware(store="sqlite:///limits.db"), RateLimitMiddleware(store="sqlite:///limits.db"))
    with pytest.raises(ConfigurationError) as caught:
        await app.startup()

    assert str(caught.value) == (
        "RateLimitMiddleware: name 'default' is used twice in one store.\n"
        "  Give each limit its own name=, or the same instance to all routes that shall share it."
    )


@Both
@pytest.mark.parametrize(("workers", "store", "says"), [(1, None, False), (4, None, True), (4, Failing(), False)])
async def test_the_start_says_what_several_workers_allow(
    cls: Any, workers: int, store: Any, says: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Where each counts for itself."""
    app = make_app(cls(store=store, name="api"))
    app.worker_count = workers

    await app.startup()
    await app.shutdown()

    entries = [record.getMessage() for record in caplog.records if "workers" in record.getMessage()]
    expected = (
        f"{cls.__name__} 'api' counts in the memory of each of 4 workers: a client may have up to 4 times what it "
        "says. Workers count together with store='sqlite:///path' or store='redis://host'."
    )
    assert entries == ([expected] if says else [])


@Both
@pytest.mark.parametrize("is_async", [True, False])
async def test_an_identifier_of_ones_own_names_the_client(cls: Any, is_async: bool) -> None:
    """Awaited or not; where it gives nothing it is the address, and what is no text is an error."""
    keys: list[str] = []

    class Watching(MemoryRateLimitStore):
        async def hit(self, key: str, limit: RateLimit, cost: int = 1) -> Decision:
            keys.append(key)
            return await super().hit(key, limit, cost)

        async def acquire(self, key: str, token: str, slots: int, lease: float) -> Slot:
            keys.append(key)
            return await super().acquire(key, token, slots, lease)

    def identify(request: Any) -> Any:
        return {"ada": "ada", "long": "x" * 500, "number": 7}.get(request.headers.get("x-name", ""))

    async def identify_late(request: Any) -> Any:
        return identify(request)

    middleware = cls(identifier=identify_late if is_async else identify, store=Watching(), name="n")
    client = TestClient(make_app(middleware), raise_app_exceptions=False, client=("192.0.2.1", 5))

    async def get(name: str) -> ClientResponse:
        return await client.get("/", headers={"x-name": name})

    for name in ("ada", "nobody", "long"):
        assert (await get(name)).status_code == 200
    assert (await get("number")).status_code == 500
    assert keys[:2] == ["n:ada", "n:192.0.2.1"]
    assert len(keys[2]) == 35

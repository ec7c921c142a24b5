"""
The public keys of somebody else.
"""

import asyncio
import json
import logging
import math

import pytest
from joserfc import jwk

from covet.auth import JWKS, JWTKey
from covet.auth import jwks as module
from covet.exceptions import ConfigurationError, ServiceUnavailableError
from covet.security.jwt import JWTHeader

KEYS = [JWTKey.from_jwk(jwk.ECKey.generate_key("P-256").as_dict(), kid=name) for name in ("a", "b")]


class Issuer:
    """Somebody who has keys, counts who asks for them, and fails when told to."""

    def __init__(self, *keys: JWTKey) -> None:
        self.keys = list(keys)
        self.count = 0
        self.failure: Exception | None = None

    async def fetch(self, url: str) -> bytes:
        self.count += 1
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        return json.dumps({"keys": [key.to_public_jwk() for key in self.keys]}).encode()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which a test changes."""
    now = [1000.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    return now


def make_jwks(issuer: Issuer, *, max_age: float = 3600) -> JWKS:
    """Make the keys of an issuer."""
    keys = JWKS("https://login.example.com/jwks", fetch=issuer.fetch, max_age=max_age)
    keys.allow(["ES256"])
    return keys


def name(kid: str, algorithm: str = "ES256") -> JWTHeader:
    """Make the header of a token."""
    return JWTHeader(algorithm, kid, None)


@pytest.mark.row(89)
async def test_row_089_a_flood_of_unknown_names_costs_one_fetch_a_minute(clock: list[float]) -> None:
    """And throws out no key that is known."""
    issuer = Issuer(KEYS[0])
    keys = make_jwks(issuer)
    assert await keys.find(name("a")) is not None
    found = await asyncio.gather(*(keys.find(name(f"random {number}")) for number in range(10_000)))

    assert (set(found), issuer.count) == ({None}, 1)
    clock[0] += 60
    await asyncio.gather(*(keys.find(name(f"random {number}")) for number in range(1_000)))
    assert issuer.count == 2
    assert await keys.find(name("a")) is not None


@pytest.mark.row(89)
async def test_row_089_what_is_known_stays_when_a_fetch_fails(
    clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    """However old it is; one line of the log says so."""
    issuer = Issuer(KEYS[0])
    keys = make_jwks(issuer, max_age=100)
    await keys.find(name("a"))
    issuer.failure = OSError("unreachable")
    clock[0] += 500
    with caplog.at_level(logging.WARNING, "covet.auth"):
        assert await keys.find(name("a")) is not None
        assert await keys.find(name("a")) is not None

    [record] = caplog.records
    assert "those that are known stay: OSError: unreachable" in record.getMessage()
    assert issuer.count == 2


async def test_a_new_key_is_found_after_a_minute(clock: list[float]) -> None:
    """Once a token names it; a key that is gone is gone."""
    issuer = Issuer(KEYS[0])
    keys = make_jwks(issuer)
    await keys.find(name("a"))
    issuer.keys = [KEYS[1]]
    clock[0] += 61

    assert await keys.find(name("b")) is not None
    assert await keys.find(name("a")) is None


async def test_without_any_key_it_is_unavailable(clock: list[float]) -> None:
    """503: the token may be good, nobody knows."""
    issuer = Issuer()
    keys = make_jwks(issuer)

    with pytest.raises(ServiceUnavailableError, match="not to be had at the moment"):
        await keys.find(name("a"))
    assert issuer.count == 1


async def test_an_issuer_that_is_back_is_noticed_soon(clock: list[float]) -> None:
    """Without any key it is asked after 1, 2, 4 and so on seconds; however many ask, no sooner."""
    issuer = Issuer(KEYS[0])
    issuer.failure = OSError("unreachable")
    keys = make_jwks(issuer)
    started, moments = clock[0], []
    while clock[0] < started + 200:
        before = issuer.count
        with pytest.raises(ServiceUnavailableError):
            await keys.find(name("a"))
        if issuer.count > before:
            moments.append(clock[0] - started)
        clock[0] += 0.5
    assert moments == [0, 1, 3, 7, 15, 31, 63, 123, 183]

    issuer.failure = None
    clock[0] += 60
    assert await keys.find(name("a")) is not None


async def test_after_a_first_failure_a_second_is_enough(clock: list[float]) -> None:
    """An issuer that restarts costs a second of 503 and not a minute."""
    issuer = Issuer(KEYS[0])
    issuer.failure = OSError("unreachable")
    keys = make_jwks(issuer)
    with pytest.raises(ServiceUnavailableError):
        await keys.find(name("a"))
    issuer.failure = None
    clock[0] += 1

    assert await keys.find(name("a")) is not None
    assert await keys.find(name("unknown")) is None
    clock[0] += 59
    assert await keys.find(name("unknown")) is None
    assert issuer.count == 2


@pytest.mark.parametrize("document", [b"no JSON", b"[]", b'{"keys": 7}', b"[" * 100_000, b" " * 300_000])
async def test_a_document_that_is_none_changes_nothing(clock: list[float], document: bytes) -> None:
    """Whatever comes in its place."""
    issuer = Issuer(KEYS[0])
    keys = make_jwks(issuer)
    await keys.find(name("a"))

    async def fetch(url: str) -> bytes:
        return document

    keys._fetch = fetch
    clock[0] += 61
    assert await keys.find(name("b")) is None
    assert await keys.find(name("a")) is not None


async def test_an_algorithm_that_is_not_allowed_is_not_looked_up(clock: list[float]) -> None:
    """Nothing is fetched for it."""
    issuer = Issuer(KEYS[0])
    keys = make_jwks(issuer)

    assert [await keys.find(name("a", algorithm)) for algorithm in ("HS256", "none", "RS256")] == [None] * 3
    assert issuer.count == 0


async def test_who_leaves_does_not_end_what_others_wait_for(clock: list[float]) -> None:
    """A fetch is everybody's."""
    issuer = Issuer(KEYS[0])
    keys = make_jwks(issuer)
    leaving, staying = (asyncio.create_task(keys.find(name("a"))) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()

    assert await staying is not None
    assert issuer.count == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://login.example.com/jwks",
        "ftp://a",
        "login.example.com",
        "http://localhost.evil",
        "http://localhost:8080@evil.example",
    ],
)
def test_an_address_that_cannot_be_trusted_is_refused(url: str) -> None:
    """Somebody in between could give keys of their own."""
    with pytest.raises(ConfigurationError, match="no address whose keys can be trusted"):
        JWKS(url)


@pytest.mark.parametrize("algorithms", [[], ["HS256"], ["none"], ["RS265"]])
def test_algorithms_are_those_with_public_keys(algorithms: list[str]) -> None:
    """A secret that everybody can fetch is none."""
    with pytest.raises(ConfigurationError, match=r"algorithm"):
        JWKS("https://a/jwks").allow(algorithms)


@pytest.mark.parametrize("options", [{"max_age": 0}, {"max_age": math.inf}, {"timeout": -1}, {"timeout": math.nan}])
def test_times_are_above_zero(options: dict[str, float]) -> None:
    """Keys that are never good, or never fetched, are no keys."""
    [name] = options
    with pytest.raises(
        ConfigurationError, match=rf"JWKS: {name} is .*, expected seconds above 0\.\n  Leave {name} out"
    ):
        JWKS("https://login.example.com/jwks", **options)  # type: ignore[arg-type]

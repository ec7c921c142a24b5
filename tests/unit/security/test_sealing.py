"""
Tokens, signed or encrypted: what comes back, what is refused, and what is never said.
"""

import json
import logging
import os
import pickle
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.exceptions import ConfigurationError, PermissionDeniedError
from covet.security import BadSignatureError, Encrypter, ExpiredSignatureError, KeyRing, Signer, TokenSealer
from covet.security.base64url import decode_base64url, encode_base64url
from covet.security.sealing import MAX_TOKEN_BYTES
from tests.linearity import assert_quick

NEW = "the new secret, which has thirty-two bytes"
OLD = "the old secret, which has thirty-two bytes"
START = datetime(2026, 11, 3, 12, tzinfo=UTC)
IS_CAMPAIGN = os.environ.get("HYPOTHESIS_PROFILE") == "campaign"

Make = Callable[..., TokenSealer]
on_each = pytest.mark.parametrize("make", [Signer, Encrypter])


class FakeClock:
    """A clock that stands still until it is told."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_time(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> FakeClock:
    """A clock at the start of the test."""
    return FakeClock()


# ── What comes back ──────────────────────────────────────────────────────────

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@on_each
@given(payload=st.binary(max_size=200) | st.text(max_size=200) | json_values, context=st.binary(max_size=20))
def test_value_comes_back_as_it_was(make: Make, payload: object, context: bytes) -> None:
    """Bytes, texts, whatever JSON can hold: type and all."""
    sealer = make(NEW, purpose="test")

    token = sealer.seal(payload, expires_in=60, context=context)
    found = sealer.unseal(token, context=context)

    assert found == payload
    assert type(found) is type(payload)
    assert token.isascii()
    assert token.replace("-", "").replace("_", "").isalnum()


@on_each
def test_what_is_known_of_a_token(make: Make, clock: FakeClock) -> None:
    """When it was made, when it ends, and whether the secret in use protects it."""
    token = make(OLD, purpose="test", clock=clock).seal("x", expires_in=timedelta(minutes=5))
    clock.pass_time(60)

    found = make([NEW, OLD], purpose="test", clock=clock).read(token)

    assert (found.payload, found.issued_at, found.expires_at) == ("x", START, START + timedelta(minutes=5))
    assert found.is_current is False


@on_each
def test_sealer_shows_no_secret(make: Make) -> None:
    """Its purpose is all that it shows, and it cannot be pickled."""
    sealer = make(NEW, purpose="test")

    assert repr(sealer) == f"{make.__name__}(purpose='test')"
    with pytest.raises(TypeError, match=f"A {make.__name__} cannot be pickled: its keys would be written in clear"):
        pickle.dumps(sealer)


# ── Time ─────────────────────────────────────────────────────────────────────


@pytest.mark.row(79)
@on_each
def test_row_079_token_ends_when_it_says(make: Make, clock: FakeClock) -> None:
    """The end is inside of what is protected; replaying it does not help."""
    sealer = make(NEW, purpose="test", clock=clock)
    token = sealer.seal("x", expires_in=60)

    clock.pass_time(59.999)
    assert sealer.unseal(token) == "x"
    clock.pass_time(0.001)
    with pytest.raises(ExpiredSignatureError) as caught:
        sealer.unseal(token)

    assert str(caught.value) == "The signature expired at 2026-11-03T12:01:00Z."
    assert caught.value.expired_at == START + timedelta(minutes=1)


@on_each
def test_reader_may_ask_for_a_younger_one(make: Make, clock: FakeClock) -> None:
    """`max_age` shortens what a token says of itself, and never prolongs it."""
    sealer = make(NEW, purpose="test", clock=clock)
    long, short, endless = (sealer.seal("x", expires_in=seconds) for seconds in (3600, 10, None))
    clock.pass_time(30)

    assert sealer.unseal(long, max_age=31) == sealer.unseal(endless, max_age=31) == "x"
    late: list[tuple[str, timedelta | float]] = [(long, 30), (endless, timedelta(seconds=30)), (short, 3600)]
    for token, max_age in late:
        with pytest.raises(ExpiredSignatureError):
            sealer.unseal(token, max_age=max_age)


@on_each
def test_token_may_be_for_ever(make: Make, clock: FakeClock) -> None:
    """If that was said."""
    sealer = make(NEW, purpose="test", clock=clock)
    token = sealer.seal("x", expires_in=None)
    clock.pass_time(100 * 365 * 86_400)

    assert sealer.read(token).expires_at is None
    with pytest.raises(TypeError, match="expires_in"):
        sealer.seal("x")  # type: ignore[call-arg]


@pytest.mark.parametrize("span", [0, -1, float("nan"), float("inf"), True, "60", timedelta(0), timedelta(seconds=-1)])
def test_time_that_is_no_span_is_refused(span: Any) -> None:
    """For both, with what was given and what is expected."""
    signer = Signer(NEW, purpose="test")

    with pytest.raises(ValueError, match="expires_in must be a timedelta or seconds, more than 0, got "):
        signer.seal("x", expires_in=span)
    with pytest.raises(ValueError, match="max_age must be a timedelta or seconds, more than 0, got "):
        signer.unseal(signer.seal("x", expires_in=60), max_age=span)


def test_time_beyond_all_calendars_is_refused() -> None:
    """The message says what was meant."""
    with pytest.raises(ValueError, match=r"expires_in is too long: 1e\+20\. None is for ever\."):
        Signer(NEW, purpose="test").seal("x", expires_in=1e20)


# ── What is refused ──────────────────────────────────────────────────────────


def is_accepted(sealer: TokenSealer, token: str, context: bytes = b"") -> bool:
    """Tell whether a token is accepted; whatever else than a refusal comes out fails the test."""
    try:
        sealer.unseal(token, context=context)
    except BadSignatureError as exc:
        assert type(exc) is BadSignatureError
        assert str(exc) == "The signature is not valid."
        return False
    return True


def mutate(token: str, chance: random.Random) -> str:
    """Change a token in one of the ways that transport, mistakes and forgers have."""
    at = chance.randrange(len(token))
    raw = bytearray(decode_base64url(token) or b"")
    where = chance.randrange(len(raw))
    kind = chance.randrange(10)
    if kind == 0:
        return token[:at] + chance.choice("ABCxyz019-_") + token[at + 1 :]
    if kind == 1:
        return token[:-1] + chance.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    if kind == 2:
        return token[:at]
    if kind == 3:
        return token[:at] + chance.choice(["", "=", " ", "\n", ".", "%", "é", "\0"]) + token[at + chance.randrange(2) :]
    if kind == 4:
        return token + chance.choice(["A", "=", "==", "\n", " ", "AAAA", token])
    if kind == 5:
        return token[at:] + token[:at]
    if kind == 6:
        return token.swapcase()
    if kind == 7:
        raw[where] ^= 1 << chance.randrange(8)
    elif kind == 8:
        del raw[where]
    else:
        raw.insert(where, chance.randrange(256))
    return encode_base64url(bytes(raw))


def count_accepted(make: Make, number: int, seed: int) -> int:
    """Count how many mutations of tokens are accepted."""
    chance = random.Random(seed)
    sealer = make([NEW, OLD], purpose="test")
    tokens = [
        make(secret, purpose="test").seal(payload, expires_in=3600)
        for secret in (NEW, OLD)
        for payload in (b"", "user=7", {"user": 7, "roles": ["admin"]}, b"\0" * 100)
    ]
    mutants = (mutate(chance.choice(tokens), chance) for _ in range(number))
    return sum(is_accepted(sealer, mutant) for mutant in mutants if mutant not in tokens)


@pytest.mark.row(74)
@on_each
def test_row_074_no_mutation_is_accepted(make: Make) -> None:
    """None of 2,000."""
    assert count_accepted(make, 2_000, seed=74) == 0


@pytest.mark.campaign
@pytest.mark.row(74)
@on_each
def test_row_074_no_mutation_of_a_campaign_is_accepted(make: Make) -> None:
    """None of 100,000, others on every run; the seed reproduces them."""
    seed = random.SystemRandom().randrange(2**32)

    assert count_accepted(make, 100_000, seed) == 0, f"seed {seed}"


@pytest.mark.row(74)
@on_each
def test_row_074_every_bit_counts(make: Make) -> None:
    """Each bit of a token that is turned spoils it, and so does each byte that is cut off or put on."""
    sealer = make(NEW, purpose="test")
    raw = decode_base64url(sealer.seal({"user": 7}, expires_in=60)) or b""

    for bit in range(len(raw) * 8):
        mutant = bytearray(raw)
        mutant[bit // 8] ^= 1 << bit % 8
        assert not is_accepted(sealer, encode_base64url(bytes(mutant)))
    for length in range(len(raw)):
        assert not is_accepted(sealer, encode_base64url(raw[:length]))
        assert not is_accepted(sealer, encode_base64url(raw[length + 1 :]))
    assert not is_accepted(sealer, encode_base64url(raw + b"\0"))


@pytest.mark.row(74)
@on_each
@pytest.mark.parametrize(
    "token",
    [
        "", "A", "null", "x" * 100, "é" * 60, "\ud800" * 60, "=" * 60, json.dumps({"user": 1}),
        encode_base64url(b'{"user":1}'), encode_base64url(b"\x01" + bytes(80)), encode_base64url(b"\x02" + bytes(80)),
        encode_base64url(b"\x00" + bytes(80)), encode_base64url(b"\x03" + bytes(80)),
    ],
)  # fmt: skip
def test_row_074_what_was_never_sealed_is_refused(make: Make, token: str) -> None:
    """Plain JSON, plain base64, and what merely looks like a token."""
    assert not is_accepted(make(NEW, purpose="test"), token)


@pytest.mark.row(78)
def test_row_078_purposes_kinds_and_contexts_are_apart() -> None:
    """A token is accepted by what made it, in its context, and by nothing else that has the same secret."""
    sealers = [make(NEW, purpose=purpose) for make in (Signer, Encrypter) for purpose in ("a", "ab", "session", "jwt")]
    contexts = [b"", b"a", b"ab", b"\0"]

    accepted = [
        (maker is reader, inner == outer)
        for maker in sealers
        for inner in contexts
        for token in [maker.seal(b"abc", expires_in=60, context=inner)]
        for reader in sealers
        for outer in contexts
        if is_accepted(reader, token, outer)
    ]

    assert accepted == [(True, True)] * len(sealers) * len(contexts)


@pytest.mark.row(76)
@on_each
def test_row_076_new_secret_makes_and_both_read(make: Make) -> None:
    """The old one reads until it is taken out, and makes nothing."""
    old, both, new = (make(keys, purpose="test") for keys in (OLD, [NEW, OLD], [NEW]))
    before, after = old.seal("x", expires_in=60), both.seal("x", expires_in=60)

    assert [is_accepted(both, before), is_accepted(both, after)] == [True, True]
    assert [is_accepted(new, before), is_accepted(new, after)] == [False, True]
    assert [is_accepted(old, before), is_accepted(old, after)] == [True, False]
    assert (both.read(before).is_current, both.read(after).is_current) == (False, True)


@pytest.mark.row(85)
@on_each
@pytest.mark.parametrize("keys", ["", b"", "short", [], [NEW, ""], [NEW, "short"]])
def test_row_085_weak_secret_is_refused_at_the_start(make: Make, keys: Any) -> None:
    """Before anything is sealed or unsealed with it."""
    with pytest.raises(ConfigurationError, match="Make one with: covet secret"):
        make(keys, purpose="test")


@on_each
def test_purpose_is_needed(make: Make) -> None:
    """An empty one is none."""
    with pytest.raises(ValueError, match="A key needs a purpose"):
        make(NEW, purpose="")


# ── Size ─────────────────────────────────────────────────────────────────────


@pytest.mark.row(89)
@on_each
def test_row_089_long_token_costs_nothing(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused before anything of it is read."""
    sealer = make(NEW, purpose="test")
    read: list[str] = []

    def spy(text: str) -> bytes | None:
        read.append(text)
        return decode_base64url(text)

    monkeypatch.setattr("covet.security.sealing.decode_base64url", spy)

    assert not is_accepted(sealer, "A" * (MAX_TOKEN_BYTES + 1))
    assert not is_accepted(sealer, "A" * 1_000_000)
    assert read == []
    assert not is_accepted(sealer, "A" * MAX_TOKEN_BYTES)
    assert read == ["A" * MAX_TOKEN_BYTES]
    assert_quick(is_accepted, sealer, "A" * MAX_TOKEN_BYTES)


@on_each
def test_longest_token_is_accepted_and_a_longer_one_not_made(make: Make) -> None:
    """What is made can be read; the error says the size and a way out, and nothing of the value."""
    sealer = make(NEW, purpose="test")
    overhead = len(decode_base64url(sealer.seal(b"", expires_in=60)) or b"")
    most = MAX_TOKEN_BYTES * 3 // 4 - overhead
    token = sealer.seal(b"v" * most, expires_in=60)

    assert len(token) == MAX_TOKEN_BYTES
    assert sealer.unseal(token) == b"v" * most
    with pytest.raises(ValueError, match=rf"its payload has {most + 1}\.\n  Keep the value on the server") as caught:
        sealer.seal(b"v" * (most + 1), expires_in=60)
    assert "vv" not in str(caught.value)


# ── What is never said ───────────────────────────────────────────────────────


@pytest.mark.parametrize("payload", [object(), {1, 2}, {"a": b"hunter2"}, float("nan"), [float("inf")], 1j])
def test_value_without_a_word_in_json_is_refused(payload: object) -> None:
    """Its type is named, the value is not."""
    with pytest.raises(TypeError, match="A token holds bytes, a text or what JSON has a word for, not this") as caught:
        Signer(NEW, purpose="test").seal(payload, expires_in=60)

    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


@on_each
def test_errors_hold_neither_token_nor_secret(make: Make, clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    """Not in the text, not in the data, not in the log; they are answered as 403."""
    sealer = make(NEW, purpose="test", clock=clock)
    token = sealer.seal("hunter2", expires_in=1)
    clock.pass_time(2)

    with caplog.at_level(logging.DEBUG):
        for text in (token, token[:-1], token[1:]):
            with pytest.raises(BadSignatureError) as caught:
                sealer.unseal(text)
            shown = f"{caught.value!r} {caught.value} {vars(caught.value)} {caught.value.__cause__!r} {caplog.text}"
            assert (text in shown, NEW in shown, "hunter2" in shown) == (False, False, False)
            assert isinstance(caught.value, PermissionDeniedError)
            assert caught.value.status_code == 403


def test_own_sealer_keeps_the_contract() -> None:
    """A sealer says how bytes are protected; all else is done for it."""

    class Countersigner(Signer):
        def _protect(self, body: bytes, context: bytes) -> bytes:
            return b"#" + super()._protect(body, context)

        def _expose(self, data: bytes, context: bytes) -> tuple[bytes, bool] | None:
            return super()._expose(data[1:], context) if data[:1] == b"#" else None

    sealer = Countersigner(KeyRing(NEW), purpose="test")

    assert sealer.unseal(sealer.seal([1], expires_in=60)) == [1]
    assert not is_accepted(sealer, Signer(NEW, purpose="test").seal([1], expires_in=60))

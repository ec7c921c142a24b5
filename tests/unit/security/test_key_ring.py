"""
Key rings: strong secrets only, keys by purpose, nothing that shows a secret.
"""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.config import Secret
from covet.exceptions import ConfigurationError
from covet.security.key_ring import KeyRing, to_key_ring

NEW = "the new secret, which has thirty-two bytes"
OLD = "the old secret, which has thirty-two bytes"


def test_each_secret_gives_a_key() -> None:
    """The one in use first; the same each time."""
    ring = KeyRing(NEW, OLD)

    assert len(ring) == 2
    assert ring.derive("cookies") == (*KeyRing(NEW).derive("cookies"), *KeyRing(OLD).derive("cookies"))
    assert [len(key) for key in ring.derive("cookies", length=48)] == [48, 48]


def test_derivation_stays_what_it_is() -> None:
    """Another release must not log everybody out: these keys are known."""
    assert KeyRing(NEW).derive("a", "b")[0].hex() == "2e8a4f8ffb325ae074b9cca83c80f6559e2fc1f273d2efefb13d01648737212b"


@pytest.mark.row(78)
@given(st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=3), st.lists(st.text(min_size=1), min_size=1))
def test_row_078_purposes_do_not_collide(left: list[str], right: list[str]) -> None:
    """Two purposes have the same key only if they are the same, word by word."""
    ring = KeyRing(NEW)

    assert (ring.derive(*left) == ring.derive(*right)) == (left == right)
    assert left == ["ab", "c"] or ring.derive(*left) != ring.derive("ab", "c")


@pytest.mark.row(78)
def test_row_078_words_are_not_run_together() -> None:
    """The pair of the advisory, and its kin."""
    keys = {KeyRing(NEW).derive(*words) for words in [("ab", "c"), ("a", "bc"), ("abc",), ("a", "b", "c"), ("ab\0c",)]}

    assert len(keys) == 5


@pytest.mark.parametrize("secret", [NEW, NEW.encode(), Secret(NEW)])
def test_secret_may_be_text_bytes_or_hidden(secret: str | bytes | Secret) -> None:
    """All give the same keys."""
    assert KeyRing(secret).derive("x") == KeyRing(NEW).derive("x")


@pytest.mark.parametrize("keys", [NEW, NEW.encode(), Secret(NEW), [NEW], (Secret(NEW),), KeyRing(NEW)])
def test_ring_is_made_of_what_stands_for_one(keys: object) -> None:
    """One secret, several, or a ring, which stays itself."""
    ring = to_key_ring(keys)  # type: ignore[arg-type]

    assert ring.derive("x") == KeyRing(NEW).derive("x")
    assert not isinstance(keys, KeyRing) or ring is keys


@pytest.mark.row(85)
@pytest.mark.parametrize(
    ("secrets", "message"),
    [
        ((), "A key ring needs a secret, got none."),
        (("",), "Secret 1 of the key ring is empty."),
        ((b"",), "Secret 1 of the key ring is empty."),
        ((Secret(""),), "Secret 1 of the key ring is empty."),
        (("hunter2" * 4,), "Secret 1 of the key ring has 28 bytes, fewer than 32."),
        ((NEW, "hunter2"), "Secret 2 of the key ring has 7 bytes, fewer than 32."),
    ],
)
def test_row_085_empty_and_short_secrets_are_refused(secrets: tuple[str, ...], message: str) -> None:
    """At start-up, with the command that makes a better one, and without the secret."""
    with pytest.raises(ConfigurationError) as caught:
        KeyRing(*secrets)

    assert str(caught.value) == f"{message}\n  Make one with: covet secret"
    assert "hunter2" not in repr(caught.value)


@pytest.mark.row(85)
def test_row_085_empty_secret_is_refused_in_development_too() -> None:
    """A short one is not, if that is asked for."""
    assert len(KeyRing("dev", min_bytes=1)) == 1
    with pytest.raises(ConfigurationError, match="Secret 1 of the key ring is empty"):
        KeyRing("", min_bytes=1)
    with pytest.raises(ConfigurationError, match="min_bytes must be at least 1, got 0: an empty secret is none"):
        KeyRing("", min_bytes=0)


def test_rotation_that_changes_nothing_is_refused() -> None:
    """The same secret twice is a mistake."""
    with pytest.raises(ConfigurationError, match="The same secret stands in the key ring twice") as caught:
        KeyRing(NEW, OLD, NEW)

    assert NEW not in str(caught.value)


@pytest.mark.parametrize("secret", [None, 12345678, ["a"], {"a": 1}])
def test_secret_of_another_type_is_refused_and_not_shown(secret: object) -> None:
    """Only the type is named."""
    with pytest.raises(TypeError) as caught:
        KeyRing(secret)  # type: ignore[arg-type]

    assert str(caught.value) == (
        f"A secret must be a text, bytes or a Secret, got a value of type {type(secret).__name__}."
    )


@pytest.mark.parametrize("purpose", [(), ("",), ("a", "")])
def test_key_without_a_purpose_is_refused(purpose: tuple[str, ...]) -> None:
    """Each word counts."""
    with pytest.raises(ValueError, match="A key needs a purpose, got "):
        KeyRing(NEW).derive(*purpose)


def test_ring_shows_nothing() -> None:
    """Neither printed nor pickled nor deep-copied."""
    ring = KeyRing(NEW, OLD)

    assert repr(ring) == "KeyRing(<2 secrets>)"
    assert repr(KeyRing(NEW)) == "KeyRing(<1 secret>)"
    for write in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="A KeyRing cannot be pickled"):
            write(ring)

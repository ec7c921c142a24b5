"""
Secrets: nothing shows them, and weak ones are told.
"""

import copy
import json
import logging
import pickle
from random import Random
from string import ascii_letters

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.config import Secret
from covet.config.secret import MASK, find_weakness
from covet.serialization import encode_json

TEXT = "correct horse battery staple"


@pytest.mark.parametrize(
    "shown",
    [
        repr(Secret(TEXT)),
        str(Secret(TEXT)),
        f"{Secret(TEXT)}",
        f"{Secret(TEXT)!r:>40}",
        format(Secret(TEXT), ">60"),
        "%s %r" % (Secret(TEXT), Secret(TEXT)),  # noqa: UP031
        str([Secret(TEXT)]),
        json.dumps({"key": Secret(TEXT)}, default=str),
        encode_json({"key": Secret(TEXT)}).decode(),
        logging.LogRecord("x", 20, "x", 1, "key %s", (Secret(TEXT),), None).getMessage(),
    ],
)
def test_it_shows_a_mask(shown: str) -> None:
    """Whatever makes a text of it gets the mask."""
    assert MASK in shown
    assert TEXT not in shown


@given(st.text())
def test_the_mask_does_not_tell_the_length(text: str) -> None:
    """Two secrets look alike, however long they are."""
    assert str(Secret(text)) == MASK


def test_reveal_gives_the_text() -> None:
    """Only the call that says so shows it."""
    assert Secret(TEXT).reveal() == TEXT


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_cannot_be_pickled(protocol: int) -> None:
    """A pickle would hold the text in clear."""
    with pytest.raises(TypeError, match="cannot be pickled: its text would be written in clear"):
        pickle.dumps(Secret(TEXT), protocol)


def test_a_copy_is_itself() -> None:
    """It never changes, so that copies need no second text."""
    secret = Secret(TEXT)

    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret


def test_it_never_changes() -> None:
    """Neither what it has nor anything new can be set."""
    secret = Secret(TEXT)

    with pytest.raises(AttributeError, match="cannot be changed: '_value' cannot be set"):
        secret._value = "other"
    with pytest.raises(AttributeError, match="'_value' cannot be deleted"):
        del secret._value
    assert secret.reveal() == TEXT


def test_it_has_no_dictionary() -> None:
    """`vars` and what prints it find nothing."""
    with pytest.raises(TypeError):
        vars(Secret(TEXT))


def test_it_equals_its_text() -> None:
    """Secrets are compared with each other and with texts; with nothing else."""
    assert Secret(TEXT) == Secret(TEXT)
    assert Secret(TEXT) == TEXT
    assert Secret(TEXT) != Secret(TEXT[:-1])
    assert Secret("ä") == "ä"
    assert Secret("1") != 1
    assert hash(Secret(TEXT)) == hash(Secret(TEXT))


def test_comparison_takes_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes through the comparison that does not stop at the first difference."""
    seen = []
    monkeypatch.setattr("hmac.compare_digest", lambda left, right: seen.append((left, right)))

    _ = Secret("a") == "b"

    assert seen == [(b"a", b"b")]


def test_an_empty_one_is_false() -> None:
    """`if settings.key:` asks whether there is one."""
    assert not Secret("")
    assert Secret("0")


def test_only_a_text_is_a_secret() -> None:
    """The error names the type and never the value."""
    with pytest.raises(TypeError, match="got a value of type int") as caught:
        Secret(123456)  # type: ignore[arg-type]

    assert "123456" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "changeme", "change-me", "CHANGE_ME!changeme-changeme-changeme", "secret", "your-secret-key",
        "your-secret-key-here", "your-super-yoursecret-value-of-some-length", "${JWT_SECRET_KEY}", "<your key>",
        "your-256-bit-secret" * 2, "insecure-dev-key-do-not-use-in-production",
        "{{ key }}", "password", "Passw0rd", "django-insecure-9f8e7d6c5b4a39281706f5e4d3c2b1a0",
    ],
)  # fmt: skip
def test_placeholders_are_weak(text: str) -> None:
    """What documentation and templates show is no secret, however long it is."""
    assert find_weakness(text) == "is a placeholder"


@pytest.mark.parametrize(
    ("text", "weakness"),
    [
        ("a" * 64, "repeats one character"),
        ("k3y", "has 3 bytes, fewer than 16"),
        ("", "has 0 bytes, fewer than 16"),
        ("abc" + " " * 40, "has 3 bytes, fewer than 16"),
        ("ä1bß5cö7düx9", None),
        ("0f1e2d3c4b5a6978", None),
        ("correct horse battery staple", None),
    ],
)
def test_short_ones_are_weak(text: str, weakness: str | None) -> None:
    """Length is counted in bytes; one character repeated is no length."""
    assert find_weakness(text) == weakness


@pytest.mark.parametrize(
    ("text", "weakness"),
    [
        ("password" * 5, "is made of the words of placeholders"),
        ("secret" * 8, "is made of the words of placeholders"),
        ("my-very-secret-jwt-signing-key-2024", "is made of the words of placeholders"),
        ("hunter2-" * 5, "repeats itself"),
        ("12345678901234567890123456789012", "repeats itself"),
        ("k3yk3yk3yk3yk3yk3yk3yk3yk3yk3yk3y", "repeats itself"),
        ("abcdefghijklmnopqrstuvwxyz0123456789", "is a sequence of characters"),
        ("zyxwvutsrqponmlkjihgfedcba9876543210", "is a sequence of characters"),
        ("1234567890qwertyuiopasdfghjklzxcvbnm", "is a sequence of characters"),
        ("axaaxxaxaaaxxxaxaxxaaxxxxaaaaxax", "has only 2 different characters"),
    ],
)
def test_long_ones_may_be_weak(text: str, weakness: str) -> None:
    """What is easily guessed is no key, though it has its length."""
    assert find_weakness(text, min_bytes=32) == weakness


@given(st.integers(), st.sampled_from(["0123456789abcdef", "0123456789", ascii_letters]))
def test_random_keys_are_not_weak(seed: int, alphabet: str) -> None:
    """What a generator makes is never taken for a placeholder: hexadecimal and decimal digits, and letters."""
    text = "".join(Random(seed).choices(alphabet, k=32))

    assert find_weakness(text, min_bytes=32) is None

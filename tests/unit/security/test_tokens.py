"""
Random tokens, API keys, what is stored of them, and how they are compared.
"""

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.security.tokens import generate_api_key, generate_token, hash_token, is_api_key, is_same_secret


@pytest.mark.parametrize(("bits", "length"), [(128, 22), (192, 32), (256, 43), (512, 86)])
def test_token_has_the_bits_that_were_asked_for(bits: int, length: int) -> None:
    """In the characters that URLs carry as they are; never the same twice."""
    tokens = {generate_token(bits) for _ in range(100)}

    assert len(tokens) == 100
    assert all(re.fullmatch(rf"[A-Za-z0-9_-]{{{length}}}", token) for token in tokens)


@pytest.mark.parametrize("bits", [0, -256, 64, 120, 129, 255, 256.0, "256", None])
def test_token_that_could_be_guessed_is_refused(bits: object) -> None:
    """The message says how many bits are enough."""
    with pytest.raises(ValueError, match=r"at least 128 random bits, in whole bytes, got bits="):
        generate_token(bits)  # type: ignore[arg-type]


@pytest.mark.parametrize("prefix", ["shop", "shop_live", "a1", "x_2_y"])
def test_api_key_says_whose_it_is(prefix: str) -> None:
    """By its prefix; the rest is letters and digits, so that a double click marks it whole."""
    keys = {generate_api_key(prefix) for _ in range(100)}

    assert len(keys) == 100
    assert all(re.fullmatch(rf"{prefix}_[0-9A-Za-z]{{49}}", key) and is_api_key(key, prefix) for key in keys)


@pytest.mark.parametrize("prefix", ["", "Shop", "shop_", "_shop", "shop__live", "1shop", "shop-live", "é", "shop\n"])
def test_prefix_that_cannot_be_told_from_the_rest_is_refused(prefix: str) -> None:
    """The message shows it, and one that is good."""
    with pytest.raises(ValueError, match="lower case letters, digits and single underscores, got") as caught:
        generate_api_key(prefix)

    assert str(caught.value).endswith(f"got {prefix!r}. Write prefix='shop_live'.")


def test_typing_errors_are_found_without_looking_anything_up() -> None:
    """A character that is changed, missing or doubled, two that change places, another prefix."""
    key = generate_api_key("shop")
    wrong = {key[:at] + "?" + key[at + 1 :] for at in range(len(key))}
    wrong |= {key[:at] + key[at + 1 :] for at in range(len(key))}
    wrong |= {key[:at] + key[at] + key[at:] for at in range(len(key))}
    wrong |= {key[:at] + key[at + 1] + key[at] + key[at + 2 :] for at in range(len(key) - 1)}
    wrong |= {"", "shop_", key.swapcase(), f"{key} ", key * 100, "shop_" + "é" * 49, key.replace("shop", "shoq")}

    assert [text for text in wrong - {key} if is_api_key(text, "shop")] == []
    assert not is_api_key(key, "sho")
    assert not is_api_key(key, "shop_live")


@pytest.mark.parametrize("token", ["", "abc", "grüße", "\ud800"])
def test_stored_form_is_sha_256(token: str) -> None:
    """In hexadecimal, of the UTF-8."""
    assert hash_token(token) == hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


@given(st.text(max_size=20), st.text(max_size=20))
def test_secrets_are_equal_as_texts_are(left: str, right: str) -> None:
    """Texts and their bytes are the same, whatever is in them."""
    assert is_same_secret(left, right) == (left == right)
    assert is_same_secret(left, left.encode("utf-8", "surrogatepass"))

"""
Base64 for URLs: each value has one spelling, and nothing else is read.
"""

from base64 import urlsafe_b64decode
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.security.base64url import decode_base64url, encode_base64url

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@given(st.binary(max_size=100))
def test_what_is_written_is_read(data: bytes) -> None:
    """In the characters that URLs carry as they are."""
    text = encode_base64url(data)

    assert set(text) <= set(ALPHABET)
    assert decode_base64url(text) == data


@given(st.text(st.sampled_from(ALPHABET + "=+/ \n.é\0"), max_size=12))
def test_what_is_read_has_one_spelling(text: str) -> None:
    """A text that is read is the one that would be written; any other is not read."""
    data = decode_base64url(text)

    assert encode_base64url(data) == text if data is not None else not is_written(text)


def is_written(text: str) -> bool:
    """Tell whether a text is what some bytes are written as, by the standard library."""
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return False
    return encode_base64url(data) == text


@pytest.mark.parametrize("length", range(1, 4))
def test_all_short_texts_are_read_rightly(length: int) -> None:
    """Of all texts of up to three characters, those are read that would be written."""
    for chars in product(ALPHABET if length < 3 else ALPHABET[::3] + "AEIM048_-", repeat=length):
        text = "".join(chars)
        assert (decode_base64url(text) is not None) == is_written(text)


@pytest.mark.parametrize("size", [1, 2, 4, 5])
def test_last_character_has_one_value(size: int) -> None:
    """Of the characters whose surplus bits a lenient reader ignores, one is accepted."""
    text = encode_base64url(bytes(range(size)))

    accepted = [char for char in ALPHABET if decode_base64url(text[:-1] + char) == bytes(range(size))]

    assert accepted == [text[-1]]


@pytest.mark.parametrize("text", ["A", "AAA=", "AA==", "A A", "AA\n", "AA+_", "AA/_", "ÀA", "AAAAA", "ＡＡ", "\ud800A"])
def test_other_spellings_are_refused(text: str) -> None:
    """Padding, white space, the other alphabet, what is not ASCII, and lengths that cannot be."""
    assert decode_base64url(text) is None

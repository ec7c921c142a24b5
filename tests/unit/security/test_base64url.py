"""
Base64 for URLs: each value has one spelling, and nothing else is read.
"""

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
    """A text that is read is the one that would be written."""
    data = decode_base64url(text)

    assert data is None or encode_base64url(data) == text


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

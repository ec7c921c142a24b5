"""
CSRF tokens: another one each time, bound to a secret, refused in whatever other form.
"""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.security.base64url import decode_base64url, encode_base64url
from covet.security.csrf import is_csrf_token_valid, make_csrf_token, mask, unmask
from covet.security.tokens import generate_token

SECRET = "what generate_token() gave, kept in the session"


@pytest.mark.row(68)
def test_row_068_token_is_another_each_time() -> None:
    """No two pages have one in common, not even a byte in its place; all are good."""
    tokens = [make_csrf_token(SECRET) for _ in range(300)]
    columns = zip(*(decode_base64url(token) or b"" for token in tokens), strict=True)

    assert len(set(tokens)) == 300
    assert all(is_csrf_token_valid(token, SECRET) for token in tokens)
    # Of 256 values a byte that is random has some hundred and eighty in 300 tokens.
    assert min(len(set(column)) for column in columns) > 100


@pytest.mark.row(68)
def test_row_068_token_is_bound_to_its_session() -> None:
    """Another session's is refused, and neither shows the secret."""
    mine, other = generate_token(), generate_token()

    assert is_csrf_token_valid(make_csrf_token(mine), mine)
    assert not is_csrf_token_valid(make_csrf_token(other), mine)
    assert unmask(decode_base64url(make_csrf_token(mine)) or b"") != mine.encode()


@pytest.mark.parametrize("token", [None, "", "A", "A" * 86, "é" * 86, "\ud800" * 86, "A" * 1_000_000, SECRET, "=" * 86])
def test_what_is_no_token_is_refused(token: str | None) -> None:
    """Nothing at all, other lengths and other characters included."""
    assert not is_csrf_token_valid(token, SECRET)


def test_no_mutation_is_accepted() -> None:
    """None of 2,000, but for a change of both halves at once, which makes the same token anew."""
    chance = random.Random(68)
    token = make_csrf_token(SECRET)

    for _ in range(2_000):
        at = chance.randrange(len(token))
        mutant = token[:at] + chance.choice("ABCxyz019-_=. ") + token[at + chance.randrange(2) :]
        assert mutant == token or not is_csrf_token_valid(mutant, SECRET)
    raw = bytes(byte ^ 1 for byte in decode_base64url(token) or b"")
    assert is_csrf_token_valid(encode_base64url(raw), SECRET)


@pytest.mark.row(85)
@pytest.mark.parametrize("secret", ["", b"", "fifteen bytes.."])
def test_row_085_session_without_a_secret_accepts_nothing(secret: str | bytes) -> None:
    """Neither makes nor accepts: an empty secret is everybody's."""
    message = rf"at least 16 bytes, got {len(secret)}\. Use generate_token\(\)\."

    with pytest.raises(ValueError, match=message):
        make_csrf_token(secret)
    with pytest.raises(ValueError, match=message):
        is_csrf_token_valid("A" * 86, secret)


@given(st.binary(max_size=64))
def test_mask_comes_off(data: bytes) -> None:
    """Leading zeros included; what is masked is twice as long."""
    assert unmask(mask(data)) == data
    assert len(mask(data)) == 2 * len(data)


def test_mask_of_odd_length_is_refused() -> None:
    """It was never made."""
    with pytest.raises(ValueError, match="has an even length, got 3 bytes"):
        unmask(b"abc")

"""
Random tokens: what nobody can guess, in a form that nobody mistypes, and what is stored of it.
"""

import hashlib
import hmac
import re
import secrets
import zlib
from typing import Final

from covet.security.base64url import encode_base64url

MIN_TOKEN_BITS: Final = 128
"""How many random bits a token has at least."""

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PREFIX: Final = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*", re.ASCII)
# 62 ** 43 is more than 2 ** 256, 62 ** 6 more than 2 ** 32.
_RANDOM_DIGITS: Final = 43
_CHECKSUM_DIGITS: Final = 6
_MAX_KEY_LENGTH: Final = 256


def generate_token(bits: int = 256) -> str:
    """
    Make a random text for URLs, cookies and headers.

    Args:
        bits: How many of its bits are random: 128 at least, a multiple of 8.

    Raises:
        ValueError: If that is too few to be safe, or no whole bytes.

    Example:
        >>> len(generate_token()), generate_token() == generate_token()
        (43, False)
    """
    if not isinstance(bits, int) or bits < MIN_TOKEN_BITS or bits % 8:
        raise ValueError(f"A token has at least {MIN_TOKEN_BITS} random bits, in whole bytes, got bits={bits!r}.")
    return encode_base64url(secrets.token_bytes(bits // 8))


def generate_api_key(prefix: str) -> str:
    """
    Make an API key: a prefix that says whose it is, 256 random bits, and a checksum.

    Whoever finds one in a log or a repository sees by the prefix what it is, and a key with a typing error is told from
    one that was revoked without looking anything up.

    Args:
        prefix: Lower case letters, digits and single underscores, such as `"shop_live"`.

    Raises:
        ValueError: If the prefix is anything else.

    Example:
        >>> key = generate_api_key("shop_live")
        >>> key.startswith("shop_live_"), len(key), is_api_key(key, "shop_live")
        (True, 59, True)
    """
    if _PREFIX.fullmatch(prefix) is None:
        raise ValueError(
            f"The prefix of an API key has lower case letters, digits and single underscores, got {prefix!r}."
            " Write prefix='shop_live'."
        )
    number = int.from_bytes(secrets.token_bytes(32))
    body = f"{prefix}_{_to_base62(number, _RANDOM_DIGITS)}"
    return body + _checksum(body)


def is_api_key(text: str, prefix: str) -> bool:
    """
    Tell whether a text is an API key as `generate_api_key` makes them; whether anybody knows it is another question.

    Example:
        >>> is_api_key("shop_live_0000", "shop_live")
        False
    """
    if len(text) > _MAX_KEY_LENGTH or not text.startswith(f"{prefix}_") or not text.isascii():
        return False
    body, checksum = text[:-_CHECKSUM_DIGITS], text[-_CHECKSUM_DIGITS:]
    return len(body) == len(prefix) + 1 + _RANDOM_DIGITS and is_same_secret(_checksum(body), checksum)


def hash_token(token: str) -> str:
    """
    Make what is stored of a token, so that whoever reads the database cannot use it: its SHA-256 in hexadecimal.

    It is for what `generate_token` and `generate_api_key` make. A password is guessed too fast that way: hash it with
    a `PasswordHasher`.

    Example:
        >>> hash_token("abc")
        'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def is_same_secret(left: str | bytes, right: str | bytes) -> bool:
    """
    Compare two secrets in a time that says nothing of where they differ; text is compared as UTF-8.

    Example:
        >>> is_same_secret("grüße", "grüße".encode()), is_same_secret("a", "b")
        (True, False)
    """
    return hmac.compare_digest(_to_bytes(left), _to_bytes(right))


def _to_bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")


def _checksum(body: str) -> str:
    return _to_base62(zlib.crc32(body.encode("ascii")), _CHECKSUM_DIGITS)


def _to_base62(number: int, digits: int) -> str:
    text = ""
    for _ in range(digits):
        number, rest = divmod(number, 62)
        text = _DIGITS[rest] + text
    return text

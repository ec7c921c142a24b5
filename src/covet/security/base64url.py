"""
Base64 for URLs, without padding (RFC 4648 §5), of which each value has one spelling.

The usual readers skip strangers and ignore the bits that the last character has too many: the same bytes would have
several spellings, and a token that was changed would pass as the one that was made.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

_ALPHABET: Final = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)
# How a text ends whose length leaves a rest of one, two or three characters: with one that has zeros where its bits
# belong to no byte. A single character has too few bits for a byte.
_ENDS: Final = ("", "", "AQgw", "AEIMQUYcgkosw048")


def encode_base64url(data: bytes) -> str:
    r"""
    Write bytes as base64url.

    Example:
        >>> encode_base64url(b"\xfb\xff")
        '-_8'
    """
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode_base64url(text: str) -> bytes | None:
    r"""
    Read base64url; `None` if it is not what `encode_base64url` writes.

    Example:
        >>> decode_base64url("-_8"), decode_base64url("-_9"), decode_base64url("-_8="), decode_base64url("- _8")
        (b'\xfb\xff', None, None, None)
    """
    rest = len(text) % 4
    if _ALPHABET.fullmatch(text) is None or (rest and text[-1] not in _ENDS[rest]):
        return None
    return urlsafe_b64decode(text + "=" * (-rest % 4))

"""
CSRF tokens: what a form of this application has, and one of another site cannot know.

A token is another text each time it is written, though it stands for the same secret: a page that is compressed with
what an attacker sends in it would betray a fixed one, byte by byte (BREACH; docs/security.md, row 68). Who asks for a
token, and when, is not known here.
"""

import hmac
import secrets
from typing import Final

from covet.security.base64url import decode_base64url, encode_base64url

_PURPOSE: Final = b"covet.security.csrf/1"
# 32 bytes and as many of the mask, in base64url.
_MASKED_LENGTH: Final = 86
_MIN_SECRET_BYTES: Final = 16


def make_csrf_token(secret: str | bytes) -> str:
    """
    Make a token for the pages of one session; each call makes another one.

    Args:
        secret: What is known to the session alone, such as a `generate_token()` that it keeps.

    Raises:
        ValueError: If the secret is empty or too short to be one.

    Example:
        >>> secret = "what generate_token() gave, kept in the session"
        >>> token = make_csrf_token(secret)
        >>> len(token), token == make_csrf_token(secret), is_csrf_token_valid(token, secret)
        (86, False, True)
    """
    return encode_base64url(mask(_derive(secret)))


def is_csrf_token_valid(token: str | None, secret: str | bytes) -> bool:
    """
    Tell whether a token was made for a session, in a time that does not say how wrong it is.

    Args:
        token: What the request carries, if anything.
        secret: The secret of its session.

    Raises:
        ValueError: If the secret is empty or too short to be one.

    Example:
        >>> secret = "what generate_token() gave, kept in the session"
        >>> is_csrf_token_valid(None, secret), is_csrf_token_valid("A" * 86, secret)
        (False, False)
    """
    expected = _derive(secret)
    masked = decode_base64url(token) if token is not None and len(token) == _MASKED_LENGTH else None
    return masked is not None and hmac.compare_digest(unmask(masked), expected)


def mask(data: bytes) -> bytes:
    """
    Hide bytes behind as many random ones: twice as long, and new at each call.

    Example:
        >>> mask(b"same") == mask(b"same"), unmask(mask(b"same"))
        (False, b'same')
    """
    pad = secrets.token_bytes(len(data))
    return pad + _xor(pad, data)


def unmask(masked: bytes) -> bytes:
    """
    Give what `mask` has hidden.

    Raises:
        ValueError: If it has an odd length, which `mask` never gives.
    """
    half, rest = divmod(len(masked), 2)
    if rest:
        raise ValueError(f"What is masked has an even length, got {len(masked)} bytes.")
    return _xor(masked[:half], masked[half:])


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left) ^ int.from_bytes(right)).to_bytes(len(left))


def _derive(secret: str | bytes) -> bytes:
    data = secret if isinstance(secret, bytes) else secret.encode("utf-8", "surrogatepass")
    if len(data) < _MIN_SECRET_BYTES:
        # APPSEC: docs/security.md, row 85: a session without a secret accepts nothing, rather than everything.
        raise ValueError(
            f"The secret of a CSRF token has at least {_MIN_SECRET_BYTES} bytes, got {len(data)}. Use generate_token()."
        )
    return hmac.digest(data, _PURPOSE, "sha256")

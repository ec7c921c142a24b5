"""
HKDF with SHA-256 (RFC 5869): keys for many purposes out of one secret, none of which says anything of another.
"""

import hmac
from typing import Final

HASH_BYTES: Final = 32
"""How long a hash is, and the keys that are derived by default."""

# RFC 5869 §2.3: the counter is one byte.
_MAX_BYTES: Final = 255 * HASH_BYTES


def extract(secret: bytes, *, salt: bytes = b"") -> bytes:
    """
    Concentrate a secret into one key (RFC 5869 §2.2).

    Args:
        secret: The secret: it need not be uniform, but nobody may be able to guess it.
        salt: Something that is not secret and the same at each call.

    Example:
        >>> len(extract(b"correct horse battery staple"))
        32
    """
    return hmac.digest(salt or bytes(HASH_BYTES), secret, "sha256")


def expand(key: bytes, *, info: bytes, length: int = HASH_BYTES) -> bytes:
    """
    Make a key for one purpose out of the concentrated one (RFC 5869 §2.3).

    Args:
        key: What `extract` gave.
        info: The purpose.
        length: How many bytes are wanted, 8,160 at most.

    Raises:
        ValueError: If there are not that many.

    Example:
        >>> key = extract(b"correct horse battery staple")
        >>> expand(key, info=b"cookies") == expand(key, info=b"links")
        False
    """
    if not 0 < length <= _MAX_BYTES:
        raise ValueError(f"HKDF with SHA-256 gives 1 to {_MAX_BYTES} bytes, not {length!r} (RFC 5869 §2.3).")
    block, blocks = b"", bytearray()
    for counter in range(1, -(-length // HASH_BYTES) + 1):
        block = hmac.digest(key, block + info + bytes((counter,)), "sha256")
        blocks += block
    return bytes(blocks[:length])

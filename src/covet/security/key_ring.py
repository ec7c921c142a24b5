"""
The secrets that an application signs with: the one in use, and those before it, which are still believed.

It must never show a secret, nor hand one out: what leaves a ring are keys that were derived for one purpose.
"""

from collections.abc import Sequence
from typing import Final, NoReturn, Protocol, SupportsIndex, TypeAlias

from covet.exceptions import ConfigurationError
from covet.security.hkdf import HASH_BYTES, expand, extract

MIN_SECRET_BYTES: Final = 32
"""How long a secret is at least: 256 bits, as it stands in docs/security.md, row 85."""

# Any other use of the same secret, with another salt, gives keys that have nothing to do with these.
_SALT: Final = b"covet.security/1"
_HINT: Final = "Make one with: covet secret"


class Revealed(Protocol):
    """A text that shows itself when it is asked to, such as a `covet.config.Secret`."""

    def reveal(self) -> str:
        """Return the text."""
        ...


SecretLike: TypeAlias = str | bytes | Revealed
"""What a secret may be given as."""


class KeyRing:
    """
    Derive keys from one secret or several: the first makes what is new, all of them are believed.

    A secret is replaced without logging anybody out: the new one comes first, the old one stays until what was made
    with it has expired, then it goes.

    Args:
        *secrets: The secrets, the one in use first.
        min_bytes: How long each is at least; less is for development.

    Raises:
        ConfigurationError: If there is none, one is empty or too short, or stands there twice.
        TypeError: If one is no text.

    Example:
        >>> ring = KeyRing("a new secret of thirty-two bytes, or more", "the secret before, of thirty-two as well")
        >>> ring
        KeyRing(<2 secrets>)
        >>> new, old = ring.derive("invitations")
        >>> len(new), new == old
        (32, False)
    """

    __slots__ = ("_keys",)

    def __init__(self, *secrets: SecretLike, min_bytes: int = MIN_SECRET_BYTES) -> None:
        if not secrets:
            raise ConfigurationError("A key ring needs a secret, got none.", hint=_HINT)
        if min_bytes < 1:
            raise ConfigurationError(f"min_bytes must be at least 1, got {min_bytes!r}: an empty secret is none.")
        # Whoever holds a ring holds these, never the secrets themselves.
        self._keys = tuple(
            extract(_to_bytes(secret, number, min_bytes), salt=_SALT) for number, secret in _count(secrets)
        )
        if len(set(self._keys)) < len(self._keys):
            raise ConfigurationError(
                "The same secret stands in the key ring twice.", hint="A rotation puts a new one in front of the old."
            )

    def derive(self, *purpose: str, length: int = HASH_BYTES) -> tuple[bytes, ...]:
        """
        Derive the keys of a purpose, one for each secret, the one in use first.

        Args:
            *purpose: What they are for, in one word or several; `("ab", "c")` is another purpose than `("a", "bc")`.
            length: How many bytes each has.

        Raises:
            ValueError: If no purpose is given.
        """
        if not all(purpose) or not purpose:
            raise ValueError(f"A key needs a purpose, got {purpose!r}.")
        # APPSEC: docs/security.md, row 78: each word carries its length, so that no two purposes read the same.
        words = [word.encode("utf-8") for word in purpose]
        info = b"".join(len(word).to_bytes(4) + word for word in words)
        return tuple(expand(key, info=info, length=length) for key in self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __repr__(self) -> str:
        return f"KeyRing(<{len(self)} secret{'s' if len(self) > 1 else ''}>)"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("A KeyRing cannot be pickled: its keys would be written in clear.")


KeysLike: TypeAlias = KeyRing | SecretLike | Sequence[SecretLike]
"""What the keys of a signer may be given as: a ring, one secret, or several, the one in use first."""


def to_key_ring(keys: KeysLike) -> KeyRing:
    """
    Make a ring of one secret or several; a ring stays what it is.

    Raises:
        ConfigurationError: As `KeyRing` does.
        TypeError: If it is neither.

    Example:
        >>> to_key_ring(["a new secret of thirty-two bytes, or more"])
        KeyRing(<1 secret>)
    """
    if isinstance(keys, KeyRing):
        return keys
    if isinstance(keys, Sequence) and not isinstance(keys, str | bytes):
        return KeyRing(*keys)
    return KeyRing(keys)


def _count(secrets: Sequence[SecretLike]) -> "enumerate[SecretLike]":
    return enumerate(secrets, start=1)


def _to_bytes(secret: SecretLike, number: int, min_bytes: int) -> bytes:
    text = secret if isinstance(secret, str | bytes) or not hasattr(secret, "reveal") else secret.reveal()
    if not isinstance(text, str | bytes):
        # The value itself may be the secret, in the wrong type: it is not shown.
        raise TypeError(f"A secret must be a text, bytes or a Secret, got a value of type {type(text).__name__}.")
    # A name in the environment that is no UTF-8 comes as surrogates.
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    if not data:
        raise ConfigurationError(f"Secret {number} of the key ring is empty.", hint=_HINT)
    if len(data) < min_bytes:
        raise ConfigurationError(
            f"Secret {number} of the key ring has {len(data)} bytes, fewer than {min_bytes}.", hint=_HINT
        )
    return data

"""
Ways to hash a password: their contract, and scrypt (RFC 7914) of the standard library.

They block, and take memory on purpose: `passwords` calls them in threads.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Final, Protocol

from covet.exceptions import ConfigurationError
from covet.security.errors import UnreadableHashError
from covet.security.phc import DIGEST_BYTES, SALT_BYTES, PHCString, make_decoy

MAX_MEMORY_BYTES: Final = 2 * 1024**3
"""How much memory a stored hash may ask for: one that was tampered with must not ask for all of it."""

# OpenSSL counts in an int.
_MAX_SCRYPT_BYTES: Final = 1024**3
_MAX_PARALLELISM: Final = 64
# APPSEC: the beginning of a digest is what scrypt gives for a shorter one: a hash that was cut off would be as good as
# the whole one. So a digest has as many bytes as SHA-256 gives, or twice as many, as others write them.
_SIZES: Final = (DIGEST_BYTES, 2 * DIGEST_BYTES)


class PasswordScheme(Protocol):
    """One way to hash a password, with its parameters."""

    @property
    def name(self) -> str:
        """How its hashes begin, between the first two `$`."""
        ...

    def hash(self, password: bytes) -> str:
        """Hash a password with a new salt."""
        ...

    def verify(self, stored: str, password: bytes) -> bool:
        """
        Tell whether a password is the one that was hashed, with whatever parameters it was.

        Raises:
            UnreadableHashError: If the hash is none of this scheme's, or asks for more than it may.
        """
        ...

    def needs_rehash(self, stored: str) -> bool:
        """Tell whether a hash was made with other parameters than these."""
        ...

    def make_decoy(self) -> str:
        """Make a hash that no password has and that takes as long to verify as one of these."""
        ...


class Scrypt:
    """
    Hash passwords with scrypt (RFC 7914).

    The defaults are one of the settings that the OWASP Password Storage Cheat Sheet calls equivalent (2026): 64 MiB
    and two passes. Less than them is for tests.

    Args:
        cost: The cost, as a power of two: 16 is 2 ** 16 blocks.
        block_size: How many times 128 bytes a block has.
        parallelism: How many times it is done, one after the other.

    Raises:
        ConfigurationError: If they are out of range, or take more than 1 GiB.

    Example:
        >>> scheme = Scrypt(cost=4)
        >>> stored = scheme.hash(b"correct horse")
        >>> stored.rpartition("$")[0].rpartition("$")[0], scheme.verify(stored, b"correct horse")
        ('$scrypt$ln=4,r=8,p=2', True)
    """

    name: Final = "scrypt"

    def __init__(self, *, cost: int = 16, block_size: int = 8, parallelism: int = 2) -> None:
        self._parameters: Mapping[str, int] = {"ln": cost, "r": block_size, "p": parallelism}
        problem = _find_problem(self._parameters)
        if problem is not None:
            raise ConfigurationError(f"Scrypt cannot be used with {self!r}: {problem}.")

    @property
    def memory_bytes(self) -> int:
        """How much memory one hash takes."""
        return _count_bytes(self._parameters)

    def hash(self, password: bytes) -> str:
        """Hash a password with a new salt."""
        salt = secrets.token_bytes(SALT_BYTES)
        digest = _derive(password, salt, self._parameters, DIGEST_BYTES)
        return str(PHCString(name=self.name, parameters=self._parameters, salt=salt, digest=digest))

    def verify(self, stored: str, password: bytes) -> bool:
        """
        Tell whether a password is the one that was hashed, with whatever parameters it was.

        Raises:
            UnreadableHashError: If the hash is none of scrypt's, or asks for more than 1 GiB.
        """
        read = PHCString.parse(stored)
        if read.name != self.name or read.version is not None or list(read.parameters) != ["ln", "r", "p"]:
            raise UnreadableHashError("It is no hash of scrypt.")
        problem = _find_problem(read.parameters)
        if problem is not None:
            raise UnreadableHashError(f"Its parameters cannot be used: {problem}.")
        size = len(read.digest)
        if size not in _SIZES:
            raise UnreadableHashError(f"Its digest has {size} bytes, expected 32 or 64.")
        digest = _derive(password, read.salt, read.parameters, size)
        return hmac.compare_digest(digest, read.digest)

    def needs_rehash(self, stored: str) -> bool:
        """Tell whether a hash was made with other parameters than these."""
        read = PHCString.parse(stored)
        return (read.name, read.parameters, len(read.digest)) != (self.name, self._parameters, DIGEST_BYTES)

    def make_decoy(self) -> str:
        """Make a hash that no password has and that takes as long to verify as one of these."""
        return make_decoy(self.name, self._parameters)

    def __repr__(self) -> str:
        cost, block_size, parallelism = self._parameters.values()
        return f"Scrypt(cost={cost}, block_size={block_size}, parallelism={parallelism})"


def _find_problem(parameters: Mapping[str, int]) -> str | None:
    for name, number in parameters.items():
        if not isinstance(number, int) or number < 1:
            return f"{name} must be a whole number, at least 1"
    # RFC 7914 §6: N is less than 2 ** (128 * r / 8).
    if parameters["ln"] >= min(64, 16 * parameters["r"]):
        return "the cost is too high for the block size"
    if parameters["p"] > _MAX_PARALLELISM:
        return f"p must be at most {_MAX_PARALLELISM}"
    if _count_bytes(parameters) > _MAX_SCRYPT_BYTES:
        return "it would take more than 1 GiB of memory"
    return None


def _count_bytes(parameters: Mapping[str, int]) -> int:
    return 128 * parameters["r"] * (1 << parameters["ln"])


def _derive(password: bytes, salt: bytes, parameters: Mapping[str, int], length: int) -> bytes:
    cost, block_size, parallelism = parameters["ln"], parameters["r"], parameters["p"]
    # What OpenSSL takes besides: a block for each pass, and two.
    room = _count_bytes(parameters) + 128 * block_size * (parallelism + 2)
    return hashlib.scrypt(
        password, salt=salt, n=1 << cost, r=block_size, p=parallelism, maxmem=room + 1024, dklen=length
    )

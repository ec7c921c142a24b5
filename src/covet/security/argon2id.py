"""
Argon2id (RFC 9106): the adapter of `argon2-cffi`.
"""

import hmac
import secrets
from collections.abc import Mapping
from typing import Final

from covet._extras import find_extra, require_extra
from covet.exceptions import ConfigurationError
from covet.security.errors import UnreadableHashError
from covet.security.hashing import MAX_MEMORY_BYTES
from covet.security.phc import DIGEST_BYTES, SALT_BYTES, PHCString, make_decoy

# 1.3, the version of RFC 9106.
_VERSION: Final = 0x13
_MAX_PASSES: Final = 64
_MAX_LANES: Final = 64


class Argon2id:
    """
    Hash passwords with Argon2id (RFC 9106).

    The defaults are the second recommended option of RFC 9106 §4: 64 MiB, three passes, four lanes. That is more than
    the OWASP Password Storage Cheat Sheet asks for (2026). Less than them is for tests.

    Args:
        memory_kib: How much memory one hash takes, in KiB.
        passes: How many times it goes over its memory.
        lanes: How many threads do so.

    Raises:
        ConfigurationError: If they are out of range, or take more than 2 GiB.
        MissingDependencyError: If `argon2-cffi` is not installed.

    Example:
        >>> scheme = Argon2id(memory_kib=64, passes=1, lanes=1)
        >>> stored = scheme.hash(b"correct horse")
        >>> stored[:28], scheme.verify(stored, b"correct horse")
        ('$argon2id$v=19$m=64,t=1,p=1$', True)
    """

    name: Final = "argon2id"

    def __init__(self, *, memory_kib: int = 64 * 1024, passes: int = 3, lanes: int = 4) -> None:
        self._argon2 = require_extra(
            "argon2.low_level", extra="auth", needed_for="covet.security.Argon2id", library="argon2-cffi"
        )
        self._parameters: Mapping[str, int] = {"m": memory_kib, "t": passes, "p": lanes}
        problem = _find_problem(self._parameters)
        if problem is not None:
            raise ConfigurationError(f"Argon2id cannot be used with {self!r}: {problem}.")

    @staticmethod
    def is_installed() -> bool:
        """Tell whether `argon2-cffi` is there."""
        return find_extra("argon2.low_level") is not None

    @property
    def memory_bytes(self) -> int:
        """How much memory one hash takes."""
        return self._parameters["m"] * 1024

    def hash(self, password: bytes) -> str:
        """Hash a password with a new salt."""
        salt = secrets.token_bytes(SALT_BYTES)
        digest = self._derive(password, salt, self._parameters, DIGEST_BYTES)
        return str(PHCString(name=self.name, version=_VERSION, parameters=self._parameters, salt=salt, digest=digest))

    def verify(self, stored: str, password: bytes) -> bool:
        """
        Tell whether a password is the one that was hashed, with whatever parameters it was.

        Raises:
            UnreadableHashError: If the hash is none of Argon2id's, or asks for more than 2 GiB.
        """
        read = PHCString.parse(stored)
        if read.name != self.name or read.version != _VERSION or list(read.parameters) != ["m", "t", "p"]:
            raise UnreadableHashError("It is no hash of Argon2id, version 1.3.")
        problem = _find_problem(read.parameters)
        if problem is not None:
            raise UnreadableHashError(f"Its parameters cannot be used: {problem}.")
        digest = self._derive(password, read.salt, read.parameters, len(read.digest))
        return hmac.compare_digest(digest, read.digest)

    def needs_rehash(self, stored: str) -> bool:
        """Tell whether a hash was made with other parameters than these."""
        read = PHCString.parse(stored)
        return (read.name, read.version, read.parameters, len(read.digest)) != (
            *(self.name, _VERSION, self._parameters, DIGEST_BYTES),
        )

    def make_decoy(self) -> str:
        """Make a hash that no password has and that takes as long to verify as one of these."""
        return make_decoy(self.name, self._parameters, version=_VERSION)

    def _derive(self, password: bytes, salt: bytes, parameters: Mapping[str, int], length: int) -> bytes:
        memory, passes, lanes = parameters["m"], parameters["t"], parameters["p"]
        digest: bytes = self._argon2.hash_secret_raw(
            secret=password,
            salt=salt,
            time_cost=passes,
            memory_cost=memory,
            parallelism=lanes,
            hash_len=length,
            type=self._argon2.Type.ID,
            version=_VERSION,
        )
        return digest

    def __repr__(self) -> str:
        memory, passes, lanes = self._parameters.values()
        return f"Argon2id(memory_kib={memory}, passes={passes}, lanes={lanes})"


def _find_problem(parameters: Mapping[str, int]) -> str | None:
    for name, number in parameters.items():
        if not isinstance(number, int) or number < 1:
            return f"{name} must be a whole number, at least 1"
    if parameters["t"] > _MAX_PASSES or parameters["p"] > _MAX_LANES:
        return f"it has more than {_MAX_PASSES} passes or lanes"
    # RFC 9106 §3.1.
    if parameters["m"] < 8 * parameters["p"]:
        return "it has less than 8 KiB of memory for each lane"
    if parameters["m"] * 1024 > MAX_MEMORY_BYTES:
        return "it would take more than 2 GiB of memory"
    return None

"""
PHC strings: password hashes that say how they were made.

`$scrypt$ln=16,r=8,p=2$salt$digest`, as the Password Hashing Competition has written them down: a name, perhaps a
version, parameters, and two values in base64 without padding.
"""

import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from covet.security.errors import UnreadableHashError

MAX_LENGTH: Final = 512
"""How long a stored hash is at most."""

SALT_BYTES: Final = 16
DIGEST_BYTES: Final = 32

_NUMBER: Final = r"(?:0|[1-9][0-9]{0,9})"
_FORM: Final = re.compile(
    rf"\$(?P<name>[a-z0-9-]{{1,32}})(?:\$v=(?P<version>{_NUMBER}))?"
    rf"\$(?P<parameters>[a-z0-9-]{{1,32}}={_NUMBER}(?:,[a-z0-9-]{{1,32}}={_NUMBER}){{0,7}})"
    r"\$(?P<salt>[A-Za-z0-9+/]{11,86})\$(?P<digest>[A-Za-z0-9+/]{22,86})",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PHCString:
    """
    A password hash and how it was made.

    Attributes:
        name: The scheme.
        parameters: What the scheme was told, in the order in which it is written.
        version: The scheme's version, if it has one.
        salt: What makes equal passwords differ, 8 to 64 bytes.
        digest: What the scheme gave, 16 to 64 bytes.

    Example:
        >>> hashed = PHCString.parse("$scrypt$ln=4,r=8,p=1$c29tZSBzYWx0$dGhpcnR5LXR3byBieXRlcyBvZiBhIGRpZ2VzdC4uLi4")
        >>> hashed.name, dict(hashed.parameters), hashed.salt
        ('scrypt', {'ln': 4, 'r': 8, 'p': 1}, b'some salt')
        >>> hashed
        PHCString(name='scrypt', parameters={'ln': 4, 'r': 8, 'p': 1}, version=None)
    """

    name: str
    parameters: Mapping[str, int]
    version: int | None = None
    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "PHCString":
        """
        Read a PHC string.

        Raises:
            UnreadableHashError: If it is none, or has another spelling than the one that is written.
        """
        match = _FORM.fullmatch(text) if len(text) <= MAX_LENGTH else None
        if match is None:
            raise UnreadableHashError("It is no PHC string.")
        pairs = [pair.split("=") for pair in match["parameters"].split(",")]
        read = cls(
            name=match["name"],
            version=None if match["version"] is None else int(match["version"]),
            parameters={name: int(number) for name, number in pairs},
            salt=_decode(match["salt"]),
            digest=_decode(match["digest"]),
        )
        if str(read) != text:
            raise UnreadableHashError("Its base64 or its parameters have another spelling than the usual one.")
        return read

    def __str__(self) -> str:
        version = "" if self.version is None else f"$v={self.version}"
        parameters = ",".join(f"{name}={number}" for name, number in self.parameters.items())
        return f"${self.name}{version}${parameters}${_encode(self.salt)}${_encode(self.digest)}"


def make_decoy(name: str, parameters: Mapping[str, int], *, version: int | None = None) -> str:
    """
    Write a hash that no password has: random bytes, which take as long to verify as a real one.

    Example:
        >>> make_decoy("scrypt", {"ln": 4})[:13]
        '$scrypt$ln=4$'
    """
    salt, digest = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(DIGEST_BYTES)
    return str(PHCString(name=name, version=version, parameters=parameters, salt=salt, digest=digest))


def _encode(data: bytes) -> str:
    return b64encode(data).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    if len(text) % 4 == 1:
        raise UnreadableHashError("Its base64 is cut off.")
    return b64decode(text + "=" * (-len(text) % 4))

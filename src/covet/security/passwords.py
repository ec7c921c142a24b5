"""
Passwords: hashed to be stored, verified when somebody logs in, off the event loop.

It must never say which users there are: one who is not there takes as long as one whose password is wrong. Neither
passwords nor hashes stand in an error or in the log.
"""

import logging
import unicodedata
from collections.abc import Sequence
from typing import Final, NamedTuple

from covet.exceptions import ConfigurationError
from covet.options import refuse_unknown
from covet.security.argon2id import Argon2id
from covet.security.errors import InvalidPasswordError, UnreadableHashError
from covet.security.hashing import PasswordScheme, Scrypt
from covet.threads import ThreadLimiter

_LOGGER: Final = logging.getLogger("covet.security")

MAX_PASSWORD_BYTES: Final = 1024
"""How long a password is at most, in UTF-8."""


class Verification(NamedTuple):
    """
    What `verify_and_update` found.

    Attributes:
        is_valid: Whether the password is the right one.
        new_hash: What to store in the place of the old hash; `None` if that is good.
    """

    is_valid: bool
    new_hash: str | None


class PasswordHasher:
    """
    Hash and verify passwords: with Argon2id where it is installed, with scrypt otherwise; both are verified.

    A password is taken as RFC 8265 §4.2 says: in Unicode's form NFC, with every kind of space as a plain one. All of
    it counts, up to 1,024 bytes; a longer one is refused before any work, and so is an empty one.

    Args:
        schemes: The schemes, the one for new hashes first; all are verified.
        max_concurrent: How many hashes are worked on at once. Each takes 64 MiB by default; further ones wait.

    Raises:
        ConfigurationError: If there is no scheme, or two have the same name.
        ValueError: If `max_concurrent` is out of range.

    Example:
        >>> hasher = PasswordHasher([Scrypt(cost=4)])
        >>> stored = await hasher.hash("correct horse")
        >>> await hasher.verify(stored, "correct horse"), await hasher.verify(stored, "wrong horse")
        (True, False)
        >>> await hasher.verify(None, "correct horse")
        False
    """

    @refuse_unknown
    def __init__(self, schemes: Sequence[PasswordScheme] | None = None, *, max_concurrent: int = 4) -> None:
        if schemes is None:
            schemes = [Argon2id(), Scrypt()] if Argon2id.is_installed() else [Scrypt()]
        self._schemes = {scheme.name: scheme for scheme in schemes}
        if not schemes or len(self._schemes) < len(schemes):
            raise ConfigurationError(
                f"A PasswordHasher needs schemes, each of another name, got {list(schemes)!r}.",
                hint="Without any it takes Argon2id where it is installed, and scrypt.",
            )
        self._limiter = ThreadLimiter(max_concurrent)
        self._scheme = schemes[0]
        self._decoy = self._scheme.make_decoy()

    async def hash(self, password: str) -> str:
        """
        Hash a password, to be stored.

        Args:
            password: The password.

        Raises:
            InvalidPasswordError: If it cannot be one: 400.
        """
        return await self._limiter.run(self._scheme.hash, prepare_password(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """
        Tell whether a password is the one that was hashed.

        Args:
            stored: The hash; `None` if there is no such user, which takes as long and is never right.
            password: The password.

        Raises:
            InvalidPasswordError: If it cannot be one: 400, whoever the user is.
            MissingDependencyError: If the hash is one of Argon2id's, which is not installed.
        """
        data = prepare_password(password)
        scheme = self._scheme if stored is None else self._find_scheme(stored)
        return await self._limiter.run(self._verify, scheme, stored, data)

    async def verify_and_update(self, stored: str | None, password: str) -> Verification:
        """
        Verify a password, and hash it anew if its hash is not as it would be made today.

        Args:
            stored: The hash; `None` if there is no such user.
            password: The password.

        Raises:
            InvalidPasswordError: If it cannot be one: 400, whoever the user is.
            MissingDependencyError: If the hash is one of Argon2id's, which is not installed.

        Example:
            >>> old, new = PasswordHasher([Scrypt(cost=4)]), PasswordHasher([Scrypt(cost=5)])
            >>> is_valid, new_hash = await new.verify_and_update(await old.hash("correct horse"), "correct horse")
            >>> is_valid, new.needs_rehash(new_hash)
            (True, False)
        """
        is_valid = await self.verify(stored, password)
        is_old = is_valid and stored is not None and self.needs_rehash(stored)
        return Verification(is_valid, await self.hash(password) if is_old else None)

    def needs_rehash(self, stored: str) -> bool:
        """
        Tell whether a hash is not as it would be made today: of another scheme, with other parameters, or damaged.

        Only who knows the password can make a new one: `verify_and_update` does at the next login.
        """
        if self._find_scheme(stored) is not self._scheme:
            return True
        try:
            return self._scheme.needs_rehash(stored)
        except UnreadableHashError:
            return True

    def _find_scheme(self, stored: str) -> PasswordScheme | None:
        name = stored.split("$", 2)[1] if stored.startswith("$") else ""
        if name == Argon2id.name and name not in self._schemes and not Argon2id.is_installed():
            # Refusing everybody who has one would look like wrong passwords: this names the library instead.
            Argon2id()
        return self._schemes.get(name)

    def _verify(self, scheme: PasswordScheme | None, stored: str | None, password: bytes) -> bool:
        """Do the work of one verification, in a thread."""
        reason = "It is of no scheme that is known here."
        if stored is not None and scheme is not None:
            try:
                return scheme.verify(stored, password)
            except UnreadableHashError as exc:
                reason = exc.message
        if stored is not None:
            _LOGGER.error(
                "A stored password hash cannot be verified, and its user cannot log in. %s Have the password reset.",
                reason,
            )
        # APPSEC: docs/security.md, row 90: whoever is not there takes as long as whoever is.
        self._scheme.verify(self._decoy, password)
        return False

    def __repr__(self) -> str:
        return f"PasswordHasher({list(self._schemes.values())!r}, max_concurrent={self._limiter.max_concurrent})"


def prepare_password(password: str) -> bytes:
    """
    Make of a password what is hashed: OpaqueString of RFC 8265 §4.2, as UTF-8, none of which is cut off.

    Args:
        password: The password.

    Raises:
        InvalidPasswordError: If it is empty, longer than 1,024 bytes, no Unicode, or has a NUL in it.
        TypeError: If it is no text.

    Example:
        >>> prepare_password("caf\u00e9") == prepare_password("cafe\u0301")
        True
    """
    if not isinstance(password, str):
        # The value itself is the password, in the wrong type: it is not shown.
        raise TypeError(f"A password must be a text, got a value of type {type(password).__name__}.")
    if not password:
        raise InvalidPasswordError("must not be empty", "too_short")
    # No character has less than a byte: a long one is not even encoded.
    size = len(password.encode("utf-8", "replace")) if len(password) <= MAX_PASSWORD_BYTES else MAX_PASSWORD_BYTES + 1
    if size > MAX_PASSWORD_BYTES:
        raise InvalidPasswordError(f"must have at most {MAX_PASSWORD_BYTES} bytes", "too_long")
    if "\0" in password:
        # RFC 8265 §4.2 refuses all controls; this one has to be: scrypt pads with it (RFC 2104 §2), and does not see it
        # at the end.
        raise InvalidPasswordError("must not contain NUL", "str_nul")
    if password.isascii():
        return password.encode("ascii")
    if any("\ud800" <= char <= "\udfff" for char in password):
        # An error of the codec would carry the password along.
        raise InvalidPasswordError("must be valid Unicode", "str_unicode")
    # RFC 8265 §4.2.2: other kinds of space are plain ones, and one character has one form.
    spaced = "".join(" " if unicodedata.category(char) == "Zs" else char for char in password)
    return unicodedata.normalize("NFC", spaced).encode("utf-8")

"""
Encrypted tokens: nobody else can read what they hold, and nobody can change it. The adapter of `cryptography`.

A token is a version, a random salt, a nonce and what AES-256-GCM (NIST SP 800-38D) makes of the body, with the version
and the context as associated data. Each token has a key of its own, made of the salt: random nonces under one key would
wear it out after 2 ** 32 tokens (SP 800-38D §8.3).
"""

import secrets
from typing import Final

from covet._extras import require_extra
from covet.security.hkdf import expand
from covet.security.key_ring import KeyRing
from covet.security.sealing import TokenSealer

_VERSION: Final = b"\x02"
_SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_HEAD_BYTES: Final = 1 + _SALT_BYTES + _NONCE_BYTES
_MIN_BYTES: Final = _HEAD_BYTES + 13 + _TAG_BYTES


class Encrypter(TokenSealer):
    """
    Encrypt values, for nobody but who has the secrets.

    It takes what `Signer` takes, and neither accepts the tokens of the other.

    Args:
        keys: A `KeyRing`, a secret, or several of which the first is in use.
        purpose: What the tokens are for. Those of another purpose are refused.
        clock: What tells the time.

    Raises:
        ConfigurationError: If the secrets are too weak.
        MissingDependencyError: If `cryptography` is not installed.
        ValueError: If no purpose is given.

    Example:
        >>> encrypter = Encrypter("a secret of thirty-two bytes, or more", purpose="cart")
        >>> token = encrypter.seal({"coupon": "SPRING"}, expires_in=3600)
        >>> encrypter.unseal(token)
        {'coupon': 'SPRING'}
    """

    def _prepare(self, ring: KeyRing) -> None:
        ciphers = require_extra(
            "cryptography.hazmat.primitives.ciphers.aead", extra="auth", needed_for="covet.security.Encrypter"
        )
        exceptions = require_extra("cryptography.exceptions", extra="auth", needed_for="covet.security.Encrypter")
        self._cipher = ciphers.AESGCM
        self._refusal: type[Exception] = exceptions.InvalidTag
        self._keys = ring.derive("encryption", self.purpose)

    def _protect(self, body: bytes, context: bytes) -> bytes:
        salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
        cipher = self._cipher(expand(self._keys[0], info=salt))
        encrypted: bytes = cipher.encrypt(nonce, body, _VERSION + context)
        return _VERSION + salt + nonce + encrypted

    def _expose(self, data: bytes, context: bytes) -> tuple[bytes, bool] | None:
        if len(data) < _MIN_BYTES or data[:1] != _VERSION:
            return None
        salt, nonce, encrypted = data[1 : 1 + _SALT_BYTES], data[1 + _SALT_BYTES : _HEAD_BYTES], data[_HEAD_BYTES:]
        for number, key in enumerate(self._keys):
            try:
                body: bytes = self._cipher(expand(key, info=salt)).decrypt(nonce, encrypted, _VERSION + context)
            except self._refusal:
                continue
            return body, number == 0
        return None

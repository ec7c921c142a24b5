"""
Signed tokens: anybody can read what they hold, nobody can change it.

A token is a version, a body and an HMAC with SHA-256 (RFC 2104) of both and of the context, in base64url.
"""

import hmac
from typing import Final

from covet.security.key_ring import KeyRing
from covet.security.sealing import TokenSealer

_VERSION: Final = b"\x01"
_MAC_BYTES: Final = 32
_MIN_BYTES: Final = 1 + 13 + _MAC_BYTES


class Signer(TokenSealer):
    """
    Sign values, for whoever may read but not change them.

    Args:
        keys: A `KeyRing`, a secret, or several of which the first is in use.
        purpose: What the tokens are for. Those of another purpose are refused.
        clock: What tells the time.

    Raises:
        ConfigurationError: If the secrets are too weak.
        ValueError: If no purpose is given.

    Example:
        >>> signer = Signer("a secret of thirty-two bytes, or more", purpose="password reset")
        >>> token = signer.seal({"user": 7}, expires_in=3600)
        >>> signer.unseal(token)
        {'user': 7}
        >>> Signer("a secret of thirty-two bytes, or more", purpose="log in").unseal(token)
        Traceback (most recent call last):
            ...
        covet.security.errors.BadSignatureError: The signature is not valid.
    """

    def _prepare(self, ring: KeyRing) -> None:
        # Keyed once: each token takes a copy.
        self._macs = tuple(hmac.new(key, _VERSION, "sha256") for key in ring.derive("signing", self.purpose))

    def _protect(self, body: bytes, context: bytes) -> bytes:
        return _VERSION + body + _sign(self._macs[0], body, context)

    def _expose(self, data: bytes, context: bytes) -> tuple[bytes, bool] | None:
        if len(data) < _MIN_BYTES or data[:1] != _VERSION:
            return None
        body, mac = data[1:-_MAC_BYTES], data[-_MAC_BYTES:]
        for number, keyed in enumerate(self._macs):
            if hmac.compare_digest(_sign(keyed, body, context), mac):
                return body, number == 0
        return None


def _sign(keyed: hmac.HMAC, body: bytes, context: bytes) -> bytes:
    mac = keyed.copy()
    # The context's length comes first: nothing of it can pass as the body's.
    mac.update(len(context).to_bytes(8) + context + body)
    return mac.digest()

"""
Signed tokens: their form, which other releases have to read.
"""

import hashlib
import hmac
from datetime import UTC, datetime

from covet.security import KeyRing, Signer
from covet.security.base64url import decode_base64url

SECRET = "the new secret, which has thirty-two bytes"


def test_token_can_be_read_by_anybody() -> None:
    """A version, the kind, two times, the value, and an HMAC of all that and the context, of 32 bytes."""
    made = datetime(2026, 11, 3, 12, tzinfo=UTC)
    signer = Signer(SECRET, purpose="test", clock=lambda: made)

    raw = decode_base64url(signer.seal({"user": 7}, expires_in=1, context="session 1")) or b""

    milliseconds = int(made.timestamp() * 1000)
    body = b"\x02" + milliseconds.to_bytes(6) + (milliseconds + 1000).to_bytes(6) + b'{"user":7}'
    key = KeyRing(SECRET).derive("signing", "test")[0]
    signed = b"\x01" + (9).to_bytes(8) + b"session 1" + body
    assert raw == b"\x01" + body + hmac.new(key, signed, hashlib.sha256).digest()


def test_token_of_an_earlier_release_is_read() -> None:
    """The form and the derivation of keys stay what they are."""
    token = "AQIBoaFHzgD_______97InVzZXIiOjd9luOezke_iUsA8MbDKSPQikpc0Aoqq6UwuArY5ZTRzJg"

    assert Signer(SECRET, purpose="test").unseal(token) == {"user": 7}


def test_context_cannot_be_moved_into_the_value() -> None:
    """What is signed says where one ends and the other begins."""
    signer = Signer(SECRET, purpose="test", clock=lambda: datetime(2026, 11, 3, tzinfo=UTC))

    macs = {signer.seal(b"c", expires_in=None, context=context)[-43:] for context in (b"", b"\0", b"\0" * 8)}

    assert len(macs) == 3

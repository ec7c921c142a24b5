"""
Encrypted tokens: what they hide, their form, and the library that they need.
"""

import sys

import pytest

from covet.exceptions import MissingDependencyError
from covet.security import Encrypter, Signer
from covet.security.base64url import decode_base64url

SECRET = "the new secret, which has thirty-two bytes"


def test_value_is_hidden_and_never_looks_the_same() -> None:
    """Nothing of the value, nor of the time, stands in the token."""
    encrypter = Encrypter(SECRET, purpose="test")

    tokens = [decode_base64url(encrypter.seal("hunter2" * 4, expires_in=None)) or b"" for _ in range(50)]

    assert all(b"hunter2" not in token for token in tokens)
    assert len({token[1:29] for token in tokens}) == 50
    assert len({token[29:] for token in tokens}) == 50
    assert {token[:1] for token in tokens} == {b"\x02"}
    assert b"hunter2" in (decode_base64url(Signer(SECRET, purpose="test").seal("hunter2", expires_in=None)) or b"")


def test_token_of_an_earlier_release_is_read() -> None:
    """The form and the derivation of keys stay what they are."""
    token = "Al1q1H5osO6dVABo8KL1Oun3Mjzx91g-sLEgpDh79qMidbNUJiWbXoTboRcyf86dU-6Jx6ByRHbpkam9qJE-AjOyUxE"

    assert Encrypter(SECRET, purpose="test").unseal(token, context="session 1") == {"user": 7}


@pytest.mark.parametrize("module", ["cryptography.hazmat.primitives.ciphers.aead", "cryptography.exceptions"])
def test_library_is_named_when_it_is_missing(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the encrypter is made, not when the first cookie is; signing goes on without it."""
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(MissingDependencyError) as caught:
        Encrypter(SECRET, purpose="test")

    assert str(caught.value) == (
        'cryptography is needed for covet.security.Encrypter.\n  Install it with: pip install "covetpy[auth]"'
    )
    signer = Signer(SECRET, purpose="test")
    assert signer.unseal(signer.seal("x", expires_in=60)) == "x"

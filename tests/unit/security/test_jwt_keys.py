"""
The keys of JSON Web Tokens.
"""

import pickle

import pytest
from joserfc import jwk

from covet.config import Secret
from covet.exceptions import ConfigurationError
from covet.security.jwt_keys import JWTKey, read_jwks

SECRET = "R9f3kLmQ27xYtWz8VbNc4HdJsPgEuKiA"
RSA = jwk.RSAKey.generate_key(2048)
EC = jwk.ECKey.generate_key("P-256")
ED = jwk.OKPKey.generate_key("Ed25519")


@pytest.mark.parametrize(
    ("key", "algorithm"), [(RSA, "RS256"), (RSA, "PS512"), (EC, "ES256"), (ED, "EdDSA"), (ED, "Ed25519")]
)
def test_what_a_private_key_signs_its_public_half_verifies(key: jwk.RSAKey, algorithm: str) -> None:
    """In both forms; the public half signs nothing."""
    private = JWTKey.from_pem(key.as_pem(private=True), algorithm=algorithm)
    signature = private.sign(b"tea")

    for public in (
        JWTKey.from_pem(key.as_pem(private=False), algorithm=algorithm),
        JWTKey.from_jwk(private.to_public_jwk()),
    ):
        assert (public.kid, public.algorithm, public.can_sign) == (private.kid, algorithm, False)
        assert public.verify(b"tea", signature)
        assert not public.verify(b"teA", signature)
        assert not public.verify(b"tea", signature[:-1])
        with pytest.raises(ConfigurationError, match="is a public key: it verifies tokens and makes none"):
            public.sign(b"tea")


@pytest.mark.row(84)
@pytest.mark.parametrize(
    ("key", "algorithm"), [(RSA, "HS256"), (RSA, "ES256"), (EC, "RS256"), (EC, "ES384"), (ED, "HS256"), (RSA, "none")]
)
def test_row_084_the_kind_of_a_key_says_what_it_is_for(key: jwk.RSAKey, algorithm: str) -> None:
    """Another algorithm is refused when the key is made."""
    with pytest.raises(ConfigurationError, match=f"cannot be used for '{algorithm}'"):
        JWTKey.from_pem(key.as_pem(private=False), algorithm=algorithm)


@pytest.mark.row(84)
@pytest.mark.parametrize(
    "form",
    [
        RSA.as_pem(private=False),
        RSA.as_pem(private=True).decode(),
        b"\n" + EC.as_pem(private=False),
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQDf user@host",
        '{"kty": "RSA", "n": "AAAA", "e": "AQAB", "more": "and more"}',
    ],
)
def test_row_084_a_public_key_is_no_secret(form: str | bytes) -> None:
    """Whoever knows it could sign."""
    with pytest.raises(ConfigurationError, match="whoever knows its public half could sign"):
        JWTKey.from_secret(form)


@pytest.mark.row(85)
@pytest.mark.parametrize(("algorithm", "size"), [("HS256", 31), ("HS384", 47), ("HS512", 63), ("HS256", 0)])
def test_row_085_a_secret_has_the_length_of_its_algorithm(algorithm: str, size: int) -> None:
    """At least (RFC 7518, section 3.2)."""
    with pytest.raises(ConfigurationError, match=f"has {size} bytes, {algorithm} needs {size + 1 if size else 32}"):
        JWTKey.from_secret(b"\x01" * size, algorithm=algorithm)
    with pytest.raises(ConfigurationError, match="cannot be used for 'RS256'"):
        JWTKey.from_secret(SECRET, algorithm="RS256")


@pytest.mark.row(85)
def test_row_085_nothing_is_no_signature() -> None:
    """With whatever key."""
    for key in (JWTKey.from_secret(SECRET), JWTKey.from_jwk(EC.as_dict())):
        assert not key.verify(b"tea", b"")


@pytest.mark.row(84)
@pytest.mark.row(89)
def test_row_089_a_document_gives_the_keys_that_are_of_use() -> None:
    """Secrets, other algorithms, other uses and what is none are left out, and there are a hundred at most."""
    rsa = {**RSA.as_dict(private=False), "kid": "rsa"}
    listed = [
        rsa,
        {"kty": "oct", "k": "c2VjcmV0", "kid": "oct"},
        {**EC.as_dict(private=False), "kid": "ec"},
        {**rsa, "kid": "encryption", "use": "enc"},
        {**rsa, "kid": "other", "alg": "RS512"},
        {**rsa, "kid": 7},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "tiny"},
        {"kty": "unheard of"},
        "no key",
    ]

    found = read_jwks({"keys": listed}, ["PS256", "RS256"])
    assert {kid: key.algorithm for kid, key in found.items()} == {"rsa": "PS256"}
    many = [{**EC.as_dict(private=False), "kid": str(number)} for number in range(200)]
    assert len(read_jwks({"keys": many}, ["ES256"])) == 100
    documents: list[object] = [[], {"keys": {}}, None]
    for document in documents:
        with pytest.raises(ValueError, match="object with a list of keys"):
            read_jwks(document, ["RS256"])


def test_a_weak_key_of_rsa_is_refused() -> None:
    """Fewer than 2048 bits."""
    with pytest.raises(ConfigurationError, match="An RSA key of 1024 bits is not used"):
        JWTKey.from_pem(_make_weak_pem())


def _make_weak_pem() -> bytes:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 1024)  # the length is the point
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def test_what_is_no_key_is_not_shown() -> None:
    """It may be one, in another form."""
    with pytest.raises(ConfigurationError, match="holds no key that is known here") as caught:
        JWTKey.from_pem("hunter22")
    assert "hunter22" not in str(caught.value)
    with pytest.raises(ConfigurationError, match="none that is known here"):
        JWTKey.from_jwk({"kty": "RSA"})


def test_a_key_is_not_written_in_clear() -> None:
    """Neither by its representation nor by pickle; a secret may be a `Secret`."""
    key = JWTKey.from_secret(Secret(SECRET), kid="2026")

    assert repr(key) == "JWTKey(kid='2026', algorithm='HS256')"
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(key)
    with pytest.raises(ConfigurationError, match="has no public half"):
        key.to_public_jwk()
    with pytest.raises(TypeError, match="got a value of type int"):
        JWTKey.from_secret(7)  # type: ignore[arg-type]

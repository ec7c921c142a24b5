"""
The keys of JSON Web Tokens: each with the one algorithm that it is for. The adapter of joserfc.

It must never let a token choose its algorithm or bring its key: a key knows what it is for, and is found by its name.
"""

import hmac
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, NoReturn, Self, SupportsIndex

from covet._extras import require_extra
from covet.exceptions import ConfigurationError, suggest
from covet.security.base64url import decode_base64url, encode_base64url
from covet.security.key_ring import SecretLike

SYMMETRIC_ALGORITHMS: Final[Mapping[str, int]] = {"HS256": 32, "HS384": 48, "HS512": 64}
"""The algorithms with a secret that both sides know, and how many bytes it has at least (RFC 7518 §3.2)."""

# What each kind of key can do, by its curve where it has one; the first is what is meant where nobody says.
_ALGORITHMS: Final[Mapping[str, Sequence[str]]] = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC P-256": ("ES256",),
    "EC P-384": ("ES384",),
    "EC P-521": ("ES512",),
    "OKP Ed25519": ("EdDSA", "Ed25519"),
}
ALGORITHMS: Final = frozenset(SYMMETRIC_ALGORITHMS).union(*_ALGORITHMS.values())
"""All algorithms that are known here; "none" is not among them."""

_MIN_RSA_BITS: Final = 2048
_MAX_RSA_BITS: Final = 8192
# What is no secret, but the public half of a key, in whatever form (docs/security.md, row 84).
_PUBLIC_FORMS: Final = (b"-----BEGIN", b"ssh-", b"ecdsa-sha2-", b'{"')


class JWTKey:
    """
    A key with the one algorithm that it is for: made by `from_secret`, `from_pem` or `from_jwk`.

    Attributes:
        kid: Its name, which tokens carry.
        algorithm: Its algorithm.
        can_sign: Whether it makes tokens, rather than verifying them only.

    Example:
        >>> key = JWTKey.from_secret("correct horse battery staple, and more of it")
        >>> key.algorithm, key.can_sign, len(key.kid)
        ('HS256', True, 16)
        >>> key
        JWTKey(kid='...', algorithm='HS256')
    """

    __slots__ = ("_key", "_model", "algorithm", "can_sign", "kid")

    # Any: the library's own types.
    def __init__(self, key: Any, model: Any, *, kid: str, algorithm: str, can_sign: bool) -> None:
        self._key = key
        self._model = model
        self.kid = kid
        self.algorithm = algorithm
        self.can_sign = can_sign

    @classmethod
    def from_secret(cls, secret: SecretLike, *, algorithm: str = "HS256", kid: str | None = None) -> Self:
        """
        Make the key of a secret that whoever verifies has to know as well.

        Args:
            secret: The secret.
            algorithm: `HS256`, `HS384` or `HS512`.
            kid: Its name; derived from it if left out.

        Raises:
            ConfigurationError: If it is too short, or the public key of somebody.
            MissingDependencyError: If joserfc is not installed.
        """
        if algorithm not in SYMMETRIC_ALGORITHMS:
            raise ConfigurationError(
                f"A secret cannot be used for {algorithm!r}.", hint=suggest(str(algorithm), SYMMETRIC_ALGORITHMS)
            )
        data = _to_bytes(secret)
        if data.lstrip().startswith(_PUBLIC_FORMS):
            raise ConfigurationError(
                "The secret of a JWT key is a key in PEM, JWK or SSH form: whoever knows its public half could sign.",
                hint="Write JWTKey.from_pem(...) or JWTKey.from_jwk(...).",
            )
        if len(data) < SYMMETRIC_ALGORITHMS[algorithm]:
            raise ConfigurationError(
                f"The secret of a JWT key has {len(data)} bytes, {algorithm} needs {SYMMETRIC_ALGORITHMS[algorithm]}.",
                hint="Make one with: covet secret",
            )
        name = kid or encode_base64url(hmac.digest(data, b"covet.jwt kid", "sha256")[:12])
        key = _load_jwk().OctKey.import_key(data)
        return cls(key, _load_model(algorithm), kid=name, algorithm=algorithm, can_sign=True)

    @classmethod
    def from_pem(cls, pem: str | bytes, *, algorithm: str | None = None, kid: str | None = None) -> Self:
        """
        Make a key of a PEM file: a private one signs, a public one verifies.

        Args:
            pem: The text of the file; not encrypted.
            algorithm: Its algorithm; the usual one of its kind if left out.
            kid: Its name; the thumbprint of RFC 7638 if left out.

        Raises:
            ConfigurationError: If it is no key, too weak, or of another kind than the algorithm.
            MissingDependencyError: If joserfc is not installed.
        """
        jwk = _load_jwk()
        failure: Exception | None = None
        for kind in (jwk.RSAKey, jwk.ECKey, jwk.OKPKey):
            try:
                with _hush():
                    key = kind.import_key(pem)
            except Exception as exc:  # noqa: BLE001 - whatever the library says of a key of another kind
                failure = exc
            else:
                return cls._from_key(key, algorithm=algorithm, kid=kid)
        # What was read may be a private key: it is not shown.
        raise ConfigurationError("The PEM text holds no key that is known here.") from failure

    @classmethod
    # Any: as JSON has it.
    def from_jwk(cls, jwk: Mapping[str, Any], *, algorithm: str | None = None, kid: str | None = None) -> Self:
        """
        Make a key of a JSON Web Key (RFC 7517).

        Args:
            jwk: The key.
            algorithm: Its algorithm; its member `alg`, or the usual one of its kind, if left out.
            kid: Its name; its member `kid`, or the thumbprint of RFC 7638, if left out.

        Raises:
            ConfigurationError: If it is no key, too weak, or of another kind than the algorithm.
            MissingDependencyError: If joserfc is not installed.
        """
        said = jwk.get("alg")
        if algorithm is not None and said is not None and said != algorithm:
            raise ConfigurationError(f"A key that says it is for {said!r} cannot be used for {algorithm!r}.")
        chosen, name = algorithm or said, kid or jwk.get("kid")
        if name is not None and not isinstance(name, str):
            raise ConfigurationError("The kid of a JSON Web Key must be a text.")
        if jwk.get("use", "sig") != "sig":
            raise ConfigurationError(f"A key for {jwk['use']!r} is not for signatures.")
        if jwk.get("kty") == "oct":
            data = decode_base64url(str(jwk.get("k", "")))
            return cls.from_secret(data or b"", algorithm=chosen or "HS256", kid=name)
        try:
            with _hush():
                key = _load_jwk().import_key({part: text for part, text in jwk.items() if part not in _BESIDES})
        except Exception as exc:
            raise ConfigurationError("The JSON Web Key is none that is known here.") from exc
        return cls._from_key(key, algorithm=chosen, kid=name)

    @classmethod
    def _from_key(cls, key: Any, *, algorithm: str | None, kid: str | None) -> Self:
        known = _list_algorithms(key)
        if algorithm is not None and algorithm not in known:
            raise ConfigurationError(
                f"A key of the kind {_name_kind(key)} cannot be used for {algorithm!r}.",
                hint=f"It is for {' or '.join(known)}." if known else None,
            )
        chosen = algorithm or next(iter(known), None)
        if chosen is None:
            raise ConfigurationError(f"A key of the kind {_name_kind(key)} is not known here.")
        return cls(
            key, _load_model(chosen), kid=kid or key.thumbprint(), algorithm=chosen, can_sign=bool(key.is_private)
        )

    def sign(self, data: bytes) -> bytes:
        """
        Sign.

        Raises:
            ConfigurationError: If it is a public key.
        """
        if not self.can_sign:
            raise ConfigurationError(f"{self!r} is a public key: it verifies tokens and makes none.")
        signature: bytes = self._model.sign(data, self._key)
        return signature

    def verify(self, data: bytes, signature: bytes) -> bool:
        """Tell whether a signature is this key's."""
        if not signature:
            # APPSEC: docs/security.md, row 85: nothing is no signature, whatever a library makes of it.
            return False
        try:
            return bool(self._model.verify(data, signature, self._key))
        except Exception:  # noqa: BLE001 - such as a signature of another length: it is not this key's
            return False

    # Any: as JSON has it.
    def to_public_jwk(self) -> dict[str, Any]:
        """
        Write its public half, for a JWKS document that others verify by.

        Raises:
            ConfigurationError: If it is a secret, which has none.
        """
        if self.algorithm in SYMMETRIC_ALGORITHMS:
            raise ConfigurationError(f"{self!r} is a secret: it has no public half.")
        return {**self._key.as_dict(private=False), "kid": self.kid, "alg": self.algorithm, "use": "sig"}

    def __repr__(self) -> str:
        return f"JWTKey(kid={self.kid!r}, algorithm={self.algorithm!r})"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("A JWTKey cannot be pickled: it would be written in clear.")


# Any: as JSON has it.
def read_jwks(document: object, algorithms: Collection[str]) -> dict[str, JWTKey]:
    """
    Read the keys of a JWKS document (RFC 7517 §5) that are of use here; all others are left out.

    Args:
        document: The document.
        algorithms: The algorithms that are allowed; those with a secret never are.

    Raises:
        ValueError: If it is no such document.

    Example:
        >>> read_jwks({"keys": [{"kty": "oct", "k": "AAAA"}]}, ["RS256"])
        {}
    """
    listed = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(listed, list):
        raise ValueError("A JWKS document is an object with a list of keys.")  # noqa: TRY004 - it came from outside
    found: dict[str, JWTKey] = {}
    for item in listed[:_MAX_KEYS]:
        # APPSEC: docs/security.md, row 84: a secret in a public document is none.
        if not isinstance(item, Mapping) or item.get("kty") == "oct":
            continue
        try:
            key = _choose(item, algorithms)
        except ConfigurationError:
            # RFC 7517 §5: a key of an unknown kind is left out.
            continue
        if key.algorithm in algorithms:
            found.setdefault(key.kid, key)
    return found


# What says something about a key, and is read here rather than by the library.
_BESIDES: Final = frozenset({"alg", "kid", "use", "key_ops", "x5c", "x5t", "x5t#S256", "x5u"})
_MAX_KEYS: Final = 100


# Any: as JSON has it.
def _choose(item: Mapping[str, Any], algorithms: Collection[str]) -> JWTKey:
    """Make a key; where it does not say what it is for, the first of the allowed algorithms that it can do."""
    if "alg" in item:
        return JWTKey.from_jwk(item)
    for algorithm in algorithms:
        try:
            return JWTKey.from_jwk(item, algorithm=algorithm)
        except ConfigurationError:
            continue
    return JWTKey.from_jwk(item)


# Any: the library's own types, here and below.
def _name_kind(key: Any) -> str:
    return str(key.key_type) if key.key_type == "RSA" else f"{key.key_type} {key.curve_name}"


def _list_algorithms(key: Any) -> Sequence[str]:
    if key.key_type == "RSA":
        bits = key.raw_value.key_size
        if not _MIN_RSA_BITS <= bits <= _MAX_RSA_BITS:
            raise ConfigurationError(
                f"An RSA key of {bits} bits is not used: it has {_MIN_RSA_BITS} to {_MAX_RSA_BITS}."
            )
    return _ALGORITHMS.get(_name_kind(key), ())


@contextmanager
def _hush() -> Iterator[None]:
    """Keep what the library warns of: a weak key is an error here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _load_jwk() -> Any:
    return require_extra("joserfc.jwk", extra="auth", needed_for="covet.security.jwt")


def _load_model(algorithm: str) -> Any:
    jws = require_extra("joserfc.jws", extra="auth", needed_for="covet.security.jwt")
    return jws.JWSRegistry.algorithms[algorithm]


def _to_bytes(secret: SecretLike) -> bytes:
    text = secret if isinstance(secret, str | bytes) or not hasattr(secret, "reveal") else secret.reveal()
    if not isinstance(text, str | bytes):
        raise TypeError(f"A secret must be a text, bytes or a Secret, got a value of type {type(text).__name__}.")
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")

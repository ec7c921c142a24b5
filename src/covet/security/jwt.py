"""
JSON Web Tokens (RFC 7519, as RFC 8725 wants them): made and verified with keys that know what they are for.

It must never do any work for a token that is too long, nor let one choose its algorithm, its key or its rules. No HTTP
and no I/O in here: where keys come from is the caller's affair.
"""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final, NamedTuple

from covet.exceptions import BadRequestError
from covet.security.base64url import decode_base64url, encode_base64url
from covet.security.clock import Clock, read_milliseconds, utc_now
from covet.security.errors import InvalidTokenError
from covet.security.jwt_keys import ALGORITHMS, SYMMETRIC_ALGORITHMS, JWTKey, read_jwks
from covet.security.sealing import MAX_TOKEN_BYTES
from covet.validation.strict_json import load_json

__all__ = [
    "ALGORITHMS", "SYMMETRIC_ALGORITHMS", "InvalidTokenError", "JWTClaimRules", "JWTHeader", "JWTKey", "ParsedJWT",
    "decode_jwt", "encode_jwt", "find_key", "parse_jwt", "read_jwks", "verify_jwt",
]  # fmt: skip

_FORM: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
# What a header must not say: it would change how the rest is read (RFC 7515 §4.1.11, RFC 7797, RFC 7516).
_REFUSED: Final = frozenset({"crit", "b64", "zip", "enc"})
_MAX_MOMENT: Final = 2**53

_to_json: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


class JWTHeader(NamedTuple):
    """
    What the header of a token says, as far as anybody looks at it.

    Attributes:
        algorithm: The algorithm that it claims; its key decides.
        kid: The name of its key; `None` if it names none.
        type: Its `typ` in lower case, without `application/`; `None` if it says none.
    """

    algorithm: str
    kid: str | None
    type: str | None


class ParsedJWT(NamedTuple):
    """
    A token that was taken apart and not verified: nothing of it is to be believed.

    Attributes:
        header: What its header says.
        signed: What is signed.
        payload: The bytes of its claims.
        signature: The signature.
    """

    header: JWTHeader
    signed: bytes
    payload: bytes
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class JWTClaimRules:
    """
    What the claims of a token have to say.

    Attributes:
        issuers: Who may have made it; anybody who has the key, if empty.
        audiences: For whom it may be; a token that says for whom is refused, if empty.
        types: The `typ` that it may have, in lower case; `None` among them is none at all.
        required: The claims that have to be there.
        leeway: How many seconds clocks may differ.
    """

    issuers: frozenset[str] = frozenset()
    audiences: frozenset[str] = frozenset()
    types: frozenset[str | None] = frozenset({"jwt", "at+jwt", None})
    required: frozenset[str] = frozenset({"exp", "sub"})
    leeway: float = 0.0


# Any: whatever JSON can hold, here and below.
def encode_jwt(claims: Mapping[str, Any], key: JWTKey, *, type: str = "JWT") -> str:  # noqa: A002 - the member's name
    """
    Make a token.

    Args:
        claims: What it says.
        key: What it is signed with.
        type: Its `typ`.

    Raises:
        TypeError: If JSON has no word for a claim.
        ValueError: If the token would be longer than 8 KiB.
        ConfigurationError: If the key is a public one.

    Example:
        >>> key = JWTKey.from_secret("correct horse battery staple, and more of it")
        >>> token = encode_jwt({"sub": "7", "exp": 2_000_000_000}, key)
        >>> decode_jwt(token, {key.kid: key}, JWTClaimRules())["sub"]
        '7'
    """
    header = {"alg": key.algorithm, "typ": type, "kid": key.kid}
    signed = ".".join(encode_base64url(_to_json(part).encode("utf-8", "surrogatepass")) for part in (header, claims))
    token = f"{signed}.{encode_base64url(key.sign(signed.encode('ascii')))}"
    if len(token) > MAX_TOKEN_BYTES:
        raise ValueError(f"The token would have {len(token)} bytes, more than {MAX_TOKEN_BYTES}. Put less into it.")
    return token


def parse_jwt(token: str) -> ParsedJWT:
    """
    Take a token apart, without believing it.

    Args:
        token: The token, in the compact form.

    Raises:
        InvalidTokenError: If it is none.

    Example:
        >>> parse_jwt("eyJhbGciOiJub25lIn0.e30.")
        Traceback (most recent call last):
            ...
        covet.security.errors.InvalidTokenError: The token is malformed.
    """
    # APPSEC: docs/security.md, row 89: nothing is done for what is too long.
    if len(token) > MAX_TOKEN_BYTES:
        raise InvalidTokenError("The token is too long.")
    if _FORM.fullmatch(token) is None:
        raise InvalidTokenError
    written = token.split(".")
    parts = [decode_base64url(text) for text in written]
    header, payload, signature = parts
    if header is None or payload is None or signature is None:
        raise InvalidTokenError
    read = _read_object(header)
    # APPSEC: docs/security.md, row 87: no extension is understood here, also an empty list of them.
    if not _REFUSED.isdisjoint(read):
        raise InvalidTokenError
    algorithm, kid, kind = read.get("alg"), read.get("kid"), read.get("typ")
    if not isinstance(algorithm, str) or not isinstance(kid, str | None) or not isinstance(kind, str | None):
        raise InvalidTokenError
    kind = None if kind is None else kind.lower().removeprefix("application/")
    signed = f"{written[0]}.{written[1]}".encode("ascii")
    return ParsedJWT(JWTHeader(algorithm, kid, kind), signed, payload, signature)


def find_key(header: JWTHeader, keys: Mapping[str, JWTKey]) -> JWTKey | None:
    """
    Find the key that a token names; one that names none has the only key there is.

    A name does nothing but look up: what a header brings along is not looked at (docs/security.md, row 86).

    Args:
        header: The header of the token.
        keys: The keys by name.
    """
    if header.kid is None:
        return next(iter(keys.values())) if len(keys) == 1 else None
    return keys.get(header.kid)


def verify_jwt(
    parsed: ParsedJWT, key: JWTKey | None, rules: JWTClaimRules, *, clock: Clock = utc_now
) -> dict[str, Any]:
    """
    Verify a token and return its claims.

    Args:
        parsed: The token, taken apart.
        key: The key that it names; `None` if there is none of that name.
        rules: What the claims have to say.
        clock: What tells the time.

    Raises:
        InvalidTokenError: If it is not good.
    """
    # APPSEC: docs/security.md, rows 84 and 85: the key says the algorithm, and the token has to say the same.
    if key is None or parsed.header.algorithm != key.algorithm or not key.verify(parsed.signed, parsed.signature):
        raise InvalidTokenError("The signature is not valid.")
    if parsed.header.type not in rules.types:
        raise InvalidTokenError("The token is of another kind.")
    claims = _read_object(parsed.payload)
    _check_claims(claims, rules, read_milliseconds(clock) / 1000)
    return claims


def decode_jwt(
    token: str, keys: Mapping[str, JWTKey], rules: JWTClaimRules, *, clock: Clock = utc_now
) -> dict[str, Any]:
    """
    Verify a token with one of some keys, and return its claims.

    Args:
        token: The token.
        keys: The keys by name.
        rules: What the claims have to say.
        clock: What tells the time.

    Raises:
        InvalidTokenError: If it is not good.
    """
    parsed = parse_jwt(token)
    return verify_jwt(parsed, find_key(parsed.header, keys), rules, clock=clock)


def _read_object(data: bytes) -> dict[str, Any]:
    try:
        # Strictly: of two members of one name the two sides might read different ones.
        read = load_json(data)
    except BadRequestError as exc:
        raise InvalidTokenError from exc
    if not isinstance(read, dict):
        raise InvalidTokenError
    return read


def _check_claims(claims: Mapping[str, Any], rules: JWTClaimRules, now: float) -> None:
    missing = sorted(name for name in rules.required if claims.get(name) is None)
    if missing:
        raise InvalidTokenError(f"The token lacks {', '.join(missing)}.")
    for name in ("sub", "iss", "jti"):
        if not isinstance(claims.get(name, ""), str):
            raise InvalidTokenError(f"The claim {name} is no text.")
    expires, begins, _issued = (_read_moment(claims, name) for name in ("exp", "nbf", "iat"))
    if expires is not None and now >= expires + rules.leeway:
        raise InvalidTokenError("The token has expired.")
    if begins is not None and now < begins - rules.leeway:
        raise InvalidTokenError("The token is not valid yet.")
    # APPSEC: docs/security.md, row 88: equal, never contained.
    if rules.issuers and claims.get("iss") not in rules.issuers:
        raise InvalidTokenError("The token is somebody else's.")
    if rules.audiences or "aud" in claims:
        _check_audience(claims.get("aud"), rules.audiences)


def _check_audience(value: object, audiences: Collection[str]) -> None:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise InvalidTokenError("The claim aud is neither a text nor a list of texts.")
    if not any(item in audiences for item in listed):
        raise InvalidTokenError("The token is for somebody else.")


def _read_moment(claims: Mapping[str, Any], name: str) -> float | None:
    """Read a moment: a number of seconds since 1970 (RFC 7519 §2), and nothing that only looks like one."""
    value = claims.get(name)
    if value is None and name not in claims:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidTokenError(f"The claim {name} is no number.")
    if not 0 <= value <= _MAX_MOMENT or not isfinite(value):
        raise InvalidTokenError(f"The claim {name} is out of range.")
    return float(value)

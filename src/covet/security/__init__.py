"""
Secrets at work: what is signed, encrypted, random or hashed, for sessions, CSRF, links and logins to stand on.

- `key_ring`: one secret or several, and keys for each purpose; `hkdf`: how they are derived.
- `signing`, `encryption`: tokens that come back; `sealing`: what both have in common; `base64url`, `clock`: their form
  and their time.
- `signed_urls`, `csrf`: what is made of them.
- `jwt`, `jwt_keys`: JSON Web Tokens, in modules of their own: they need `covetpy[auth]`.
- `tokens`: random texts, API keys, and what is stored of them.
- `passwords`: the front of logins; `hashing`, `argon2id`, `phc`: the schemes behind it.
- `errors`: what goes wrong.

No HTTP in here.
"""

from covet.security.argon2id import Argon2id
from covet.security.clock import Clock
from covet.security.csrf import is_csrf_token_valid, make_csrf_token
from covet.security.encryption import Encrypter
from covet.security.errors import (
    BadSignatureError,
    ExpiredSignatureError,
    InvalidPasswordError,
    InvalidTokenError,
    UnreadableHashError,
)
from covet.security.hashing import PasswordScheme, Scrypt
from covet.security.key_ring import KeyRing
from covet.security.passwords import PasswordHasher, Verification
from covet.security.sealing import Sealed, TokenSealer
from covet.security.signed_urls import sign_url, verify_url
from covet.security.signing import Signer
from covet.security.tokens import generate_api_key, generate_token, hash_token, is_api_key, is_same_secret

__all__ = [
    "Argon2id",
    "BadSignatureError",
    "Clock",
    "Encrypter",
    "ExpiredSignatureError",
    "InvalidPasswordError",
    "InvalidTokenError",
    "KeyRing",
    "PasswordHasher",
    "PasswordScheme",
    "Scrypt",
    "Sealed",
    "Signer",
    "TokenSealer",
    "UnreadableHashError",
    "Verification",
    "generate_api_key",
    "generate_token",
    "hash_token",
    "is_api_key",
    "is_csrf_token_valid",
    "is_same_secret",
    "make_csrf_token",
    "sign_url",
    "verify_url",
]

"""
Who asks, and who may: providers, guards and what they say to each other.

- `provider`: the contract `AuthProvider`; `principal`: who asks; `schemes`: how credentials travel.
- `jwt`, with `jwt_claims`, `jwt_eras`, `jwt_secrets`, `jwks` and `token_pair`: bearer tokens; `revocations`,
  `sqlite_revocations`, `redis_revocations`: what is good for nothing any more. `rights`: what they are worth now.
- `api_keys`, `sqlite_api_keys`: keys of programs. `password`, `basic`: names and passwords, with `password_check`,
  `users`, `sqlite_users`, `lockout` and `tokenless`.
- `oauth`: logins with another service.
- `guards`, `policies`: `requires(...)`, who may.
- `events`, `reporting`: what is told to those who audit. `errors`: what goes wrong.

`covet.middleware.AuthenticationMiddleware` asks the providers.
"""

from typing import TYPE_CHECKING

from covet.auth.api_keys import APIKey, APIKeyAuthProvider, APIKeyStore, MemoryAPIKeys
from covet.auth.basic import BasicAuthProvider
from covet.auth.errors import (
    AuthenticationSetupError,
    AuthStoreError,
    InvalidCredentialsError,
    LockedOutError,
    MissingPermissionError,
    PasswordChangedError,
    UserIDTakenError,
    UsernameTakenError,
)
from covet.auth.guards import Guard, allow_anyone, requires
from covet.auth.jwks import JWKS
from covet.auth.jwt import JWTAuthProvider
from covet.auth.lockout import Lockout
from covet.auth.password import PasswordAuthProvider
from covet.auth.principal import ANONYMOUS, Anonymous, Principal
from covet.auth.provider import AuthProvider
from covet.auth.redis_revocations import RedisRevocations
from covet.auth.revocations import MemoryRevocations, NoRevocations, RevocationStore
from covet.auth.schemes import SecurityScheme
from covet.auth.sqlite_api_keys import SQLiteAPIKeys
from covet.auth.sqlite_revocations import SQLiteRevocations
from covet.auth.sqlite_users import SQLiteUsers
from covet.auth.token_pair import TokenPair
from covet.auth.users import MemoryUsers, UserRecord, UserStore
from covet.security.jwt_keys import JWTKey

if TYPE_CHECKING:
    from covet.auth.oauth import (
        OAuth2Options,
        OAuth2Provider,
        OAuthAnswerError,
        OAuthIdentity,
        OAuthLoginError,
        OAuthTokens,
        OAuthUnavailableError,
    )
else:

    def __getattr__(name: str) -> object:
        """Load logins with another service when they are asked for: every application loads this package."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from covet.auth import oauth

        globals().update({item: getattr(oauth, item) for item in oauth.__all__})
        return globals()[name]

    def __dir__() -> list[str]:
        """List them with the others."""
        return sorted({*globals(), *__all__})


__all__ = [
    "ANONYMOUS",
    "JWKS",
    "APIKey",
    "APIKeyAuthProvider",
    "APIKeyStore",
    "Anonymous",
    "AuthProvider",
    "AuthStoreError",
    "AuthenticationSetupError",
    "BasicAuthProvider",
    "Guard",
    "InvalidCredentialsError",
    "JWTAuthProvider",
    "JWTKey",
    "LockedOutError",
    "Lockout",
    "MemoryAPIKeys",
    "MemoryRevocations",
    "MemoryUsers",
    "MissingPermissionError",
    "NoRevocations",
    "OAuth2Options",
    "OAuth2Provider",
    "OAuthAnswerError",
    "OAuthIdentity",
    "OAuthLoginError",
    "OAuthTokens",
    "OAuthUnavailableError",
    "PasswordAuthProvider",
    "PasswordChangedError",
    "Principal",
    "RedisRevocations",
    "RevocationStore",
    "SQLiteAPIKeys",
    "SQLiteRevocations",
    "SQLiteUsers",
    "SecurityScheme",
    "TokenPair",
    "UserIDTakenError",
    "UserRecord",
    "UserStore",
    "UsernameTakenError",
    "allow_anyone",
    "requires",
]

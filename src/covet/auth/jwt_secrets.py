"""
The secrets that tokens are signed with: as they are given, or as the settings of an application have them.
"""

from collections.abc import Sequence
from typing import Any

from covet.auth.errors import AuthenticationSetupError
from covet.config import Settings
from covet.config.key_ring import describe_secret
from covet.config.secret import find_weakness
from covet.security.jwt_keys import SYMMETRIC_ALGORITHMS, JWTKey
from covet.security.key_ring import SecretLike


def find_secret_keys(secrets: SecretLike | Sequence[SecretLike], algorithms: Sequence[str]) -> list[JWTKey]:
    """
    Make keys of secrets, the one in use first.

    Args:
        secrets: One secret, or several.
        algorithms: The algorithm; `HS256` if there is none.

    Raises:
        ConfigurationError: If a secret is a placeholder or too short, or there are several algorithms.
    """
    known = ", ".join(SYMMETRIC_ALGORITHMS)
    if len(algorithms) > 1 or not set(algorithms) <= SYMMETRIC_ALGORITHMS.keys():
        raise AuthenticationSetupError(
            f"JWTAuthProvider: a secret is for one of {known}, got algorithms={list(algorithms)}.",
            hint="Leave algorithms out for HS256.",
        )
    is_one = isinstance(secrets, str | bytes) or not isinstance(secrets, Sequence)
    given: Sequence[Any] = [secrets] if is_one else secrets  # type: ignore[assignment]
    for number, secret in enumerate(given, start=1):
        _refuse_weak(secret, f"secret {number}")
    return [JWTKey.from_secret(secret, algorithm=algorithms[0] if algorithms else "HS256") for secret in given]


# Any: the application's class stands on a higher floor.
def find_settings_secret(app: Any) -> SecretLike:
    """
    Read `security.jwt_secret_key` of an application's settings.

    Raises:
        AuthenticationSetupError: If there is none.
    """
    settings = getattr(app, "settings", None)
    secret: SecretLike | None = getattr(getattr(settings, "security", None), "jwt_secret_key", None)
    if not secret:
        raise AuthenticationSetupError(
            "'security.jwt_secret_key' is missing, and JWTAuthProvider() cannot do without it.",
            hint=_describe_missing(settings),
        )
    return secret


def _describe_missing(settings: object) -> str:
    if not isinstance(settings, Settings):
        return "Give it the secret_key, or the application settings."
    return f"{describe_secret(settings.sources, 'security.jwt_secret_key')}, or give JWTAuthProvider the secret_key."


# Any: whatever was given.
def _refuse_weak(secret: Any, name: str) -> None:
    text = secret.reveal() if hasattr(secret, "reveal") else secret
    if isinstance(text, bytes):
        text = text.decode("latin-1")
    if not isinstance(text, str):
        # `JWTKey` says what is wrong with its type.
        return
    # APPSEC: docs/security.md, row 77. How long it has to be is said by its algorithm.
    weakness = find_weakness(text, min_bytes=1)
    if weakness is not None:
        raise AuthenticationSetupError(
            f"JWTAuthProvider: {name} {weakness}, and anybody could make tokens with it.",
            hint="Make one with: covet secret",
        )

"""
What the claims of a token say of a principal: `sub`, `scope` (RFC 9068 §2.2.3) and `roles`.
"""

from collections.abc import Mapping
from typing import Any, Final

from covet.auth.principal import Principal

# What is of the token rather than of whom it means.
_OWN: Final = frozenset({"sub", "scope", "scp", "roles", "iat", "exp", "nbf", "jti", "iss", "aud", "fam", "era"})


# Any: whatever JSON can hold, here and below.
def read_principal(claims: Mapping[str, Any]) -> Principal:
    """
    Make the principal that verified claims mean.

    Scopes are a text with blanks between them, or a list of words; what is neither gives none.

    Example:
        >>> ada = read_principal({"sub": "7", "scope": "read write", "roles": ["admin"]})
        >>> sorted(ada.scopes), ada.has_role("admin")
        (['read', 'write'], True)
    """
    scopes = claims.get("scope", claims.get("scp"))
    return Principal(
        claims["sub"],
        scopes=scopes.split() if isinstance(scopes, str) else _read_words(scopes),
        roles=_read_texts(claims.get("roles")),
        claims=claims,
        method="jwt",
    )


def write_claims(user: Principal) -> dict[str, Any]:
    """
    Write what a token says of a principal.

    Raises:
        TypeError: If it is none, or nobody: an empty id is nobody's.

    Example:
        >>> write_claims(Principal(7, scopes=["write", "read"]))
        {'sub': '7', 'scope': 'read write'}
    """
    if not isinstance(user, Principal) or user.id in {None, ""}:
        raise TypeError(f"A token is made for a Principal with an id, got {user!r}. Write Principal(str(user.id)).")
    claims: dict[str, Any] = {name: value for name, value in user.claims.items() if name not in _OWN}
    claims["sub"] = str(user.id)
    if user.scopes:
        claims["scope"] = " ".join(sorted(user.scopes))
    if user.roles:
        claims["roles"] = sorted(user.roles)
    return claims


def _read_words(value: object) -> list[str]:
    # What has blanks is no scope (RFC 6749 §3.3), and must not become several in a token that is made of this one.
    return [text for text in _read_texts(value) if text.split() == [text]]


def _read_texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []

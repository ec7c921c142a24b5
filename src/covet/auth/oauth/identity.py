"""
Who has logged in, in the words of the provider, and the tokens that came with it.

No representation of either shows a token.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from covet.auth.oauth.errors import OAuthAnswerError

_MAX_TOKEN = 8 * 1024


@dataclass(frozen=True, slots=True)
class OAuthTokens:
    """
    What a provider gave: for its own API, not for this application's.

    Attributes:
        access_token: What requests to the provider carry.
        refresh_token: What the next one is had for, if any.
        id_token: What said who it is, if any; it was verified.
        expires_at: When the access token ends, in seconds since 1970; `None` if nobody said.
        scopes: What it is good for.

    Example:
        >>> OAuthTokens("secret", scopes=frozenset({"repo"}))
        OAuthTokens(expires_at=None, scopes=frozenset({'repo'}))
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    id_token: str | None = field(default=None, repr=False)
    expires_at: float | None = None
    scopes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class OAuthIdentity:
    """
    Who has logged in: what `make_principal` is given.

    Attributes:
        provider: The name of the provider, as it was configured.
        subject: Who, in the provider's words: unique there and nowhere else, and never given to another.
        claims: What it says of them: of the ID token, which win, and of the userinfo endpoint.
        tokens: What came with it.

    Example:
        >>> OAuthIdentity("google", "10769", {"email": "ada@example.com"}, OAuthTokens("secret"))
        OAuthIdentity(provider='google', subject='10769')
    """

    provider: str
    subject: str
    # Any: whatever JSON can hold.
    claims: Mapping[str, Any] = field(repr=False)
    tokens: OAuthTokens = field(repr=False)


# Any: as JSON has it.
def read_tokens(answer: Mapping[str, Any], *, now: float, scopes: Iterable[str]) -> OAuthTokens:
    """
    Read the answer of a token endpoint (RFC 6749 §5.1).

    Args:
        answer: The answer.
        now: The time, in seconds since 1970.
        scopes: What was asked for: it was given, where nothing else is said.

    Raises:
        OAuthAnswerError: If it is none.

    Example:
        >>> answer = {"access_token": "secret", "token_type": "bearer", "expires_in": 60}
        >>> read_tokens(answer, now=1000, scopes=["openid"])
        OAuthTokens(expires_at=1060.0, scopes=frozenset({'openid'}))
    """
    access_token, kind = answer.get("access_token"), answer.get("token_type")
    if not isinstance(access_token, str) or not _is_token(access_token):
        raise OAuthAnswerError("It has no access token.")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise OAuthAnswerError("Its token is of another type than Bearer.")
    for name in ("refresh_token", "id_token"):
        if answer.get(name) is not None and not _is_token(answer[name]):
            raise OAuthAnswerError(f"Its {name} is none.")
    said, seconds = answer.get("scope"), answer.get("expires_in")
    # Some send the number as a text.
    if isinstance(seconds, str) and seconds.isascii() and seconds.isdigit() and len(seconds) < 12:
        seconds = int(seconds)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < 2**40:
        seconds = None
    return OAuthTokens(
        access_token,
        refresh_token=answer.get("refresh_token"),
        id_token=answer.get("id_token"),
        expires_at=None if seconds is None else float(now + seconds),
        scopes=frozenset((said if isinstance(said, str) else " ".join(scopes)).split()),
    )


def _is_token(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MAX_TOKEN and value.isprintable() and value.isascii()

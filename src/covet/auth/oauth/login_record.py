"""
What a session keeps of a login with another service: who it is, and the tokens where they are wanted.
"""

from collections.abc import Mapping
from typing import Any

from covet.auth.oauth.identity import OAuthTokens
from covet.auth.password import OTHER_LOGIN
from covet.auth.principal import Principal
from covet.sessions import Session


def write_record(session: Session, name: str, principal: Principal, tokens: OAuthTokens | None) -> None:
    """
    Keep a login.

    Args:
        session: The session, which is its user's already.
        name: The name of the provider.
        principal: Who it is.
        tokens: The tokens, if they are wanted later.

    Raises:
        SessionValueError: If JSON has no word for one of the principal's claims.
    """
    session[OTHER_LOGIN] = {
        "by": name,
        "id": principal.id,
        "scopes": sorted(principal.scopes),
        "roles": sorted(principal.roles),
        "claims": dict(principal.claims),
        **({} if tokens is None else {"tokens": _write_tokens(tokens)}),
    }


def read_principal(session: Session, name: str) -> Principal | None:
    """
    Read who has logged in; `None` if nobody has, or with another provider.

    Example:
        >>> session = Session()
        >>> session.log_in("google:7")
        >>> write_record(session, "google", Principal("google:7", roles=["admin"]), None)
        >>> read_principal(session, "google").roles, read_principal(session, "github")
        (frozenset({'admin'}), None)
    """
    record = _find(session, name)
    if record is None:
        return None
    return Principal(record["id"], scopes=record["scopes"], roles=record["roles"], claims=record["claims"], method=name)


def read_kept_tokens(session: Session, name: str) -> OAuthTokens | None:
    """Read the tokens of a login; `None` if none are kept."""
    record = _find(session, name)
    kept = None if record is None else record.get("tokens")
    if kept is None:
        return None
    access_token, refresh_token, id_token, expires_at, scopes = kept
    return OAuthTokens(access_token, refresh_token, id_token, expires_at, frozenset(scopes))


def replace_tokens(session: Session, name: str, tokens: OAuthTokens | None) -> None:
    """Keep other tokens in the place of those of a login, or none."""
    record = _find(session, name)
    if record is not None:
        kept = dict(record)
        kept.pop("tokens", None)
        session[OTHER_LOGIN] = kept if tokens is None else {**kept, "tokens": _write_tokens(tokens)}


# Any: whatever JSON can hold.
def _find(session: Session, name: str) -> Mapping[str, Any] | None:
    if session.user_id is None:
        return None
    record: Mapping[str, Any] | None = session.get(OTHER_LOGIN)
    # Somebody who has logged in in another way since has this no longer.
    if record is None or record["by"] != name or str(record["id"]) != session.user_id:
        return None
    return record


def _write_tokens(tokens: OAuthTokens) -> list[object]:
    return [tokens.access_token, tokens.refresh_token, tokens.id_token, tokens.expires_at, sorted(tokens.scopes)]

"""
What a session keeps of a login.
"""

import json

from covet.auth import OAuthTokens, Principal
from covet.auth.oauth.login_record import read_kept_tokens, read_principal, replace_tokens, write_record
from covet.sessions import Session

TOKENS = OAuthTokens("access", "refresh", "id", 1060.0, frozenset({"a", "b"}))


def make_session(tokens: OAuthTokens | None = None) -> Session:
    """Make the session of somebody who has logged in."""
    session = Session()
    session.log_in("7")
    write_record(session, "google", Principal(7, ["b", "a"], ["admin"], {"name": "Ada"}, "google"), tokens)
    return session


def test_a_principal_comes_back_as_it_was() -> None:
    """Through JSON, its id of the same type."""
    session = make_session()
    assert json.dumps(dict(session))

    found = read_principal(session, "google")
    assert found == Principal(7, ["a", "b"], ["admin"], {"name": "Ada"}, "google")
    assert read_kept_tokens(session, "google") is None
    assert read_principal(session, "github") is None


def test_tokens_are_kept_where_they_are_wanted() -> None:
    """And can be replaced, or forgotten."""
    session = make_session(TOKENS)
    assert read_kept_tokens(session, "google") == TOKENS

    replace_tokens(session, "google", OAuthTokens("new"))
    assert read_kept_tokens(session, "google") == OAuthTokens("new")
    replace_tokens(session, "google", None)
    assert read_kept_tokens(session, "google") is None
    assert read_principal(session, "google") is not None


def test_who_has_logged_in_in_another_way_since_is_not_taken_for_this_one() -> None:
    """Nor is a session that nobody has."""
    session = make_session(TOKENS)
    session._user_id = "8"
    assert read_principal(session, "google") is None
    session.invalidate()
    assert read_principal(session, "google") is None
    replace_tokens(session, "google", TOKENS)
    assert dict(session) == {}

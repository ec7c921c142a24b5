"""
Who asks.
"""

from dataclasses import fields

import pytest

from covet import Request
from covet.auth import ANONYMOUS, Anonymous, Principal
from covet.auth.principal import find_principal
from covet.exceptions import ConfigurationError
from covet.serialization import encode_json


def test_a_principal_cannot_be_changed() -> None:
    """Neither it nor its claims: it goes through many hands."""
    ada = Principal("7", ["read"], ["admin"], {"team": "tea"}, "jwt")

    with pytest.raises(AttributeError):
        ada.id = "8"  # type: ignore[misc]
    with pytest.raises(TypeError):
        ada.claims["team"] = "coffee"  # type: ignore[index]
    assert (ada.has_scope("read"), ada.has_scope("read", "write"), ada.has_role("clerk", "admin")) == (
        True,
        False,
        True,
    )


def test_equal_principals_are_equal() -> None:
    """By all but the application's own object; one can be a key."""
    assert Principal(7, ["a"], user=object()) == Principal(7, ["a"], user=object())
    assert len({Principal(7, claims={"a": [1]}), Principal(7, claims={"a": [1]}), ANONYMOUS, Anonymous()}) == 2


def test_nobody_is_not_authenticated() -> None:
    """And may nothing; it is shown as what it is, claims are not shown."""
    assert (ANONYMOUS.is_authenticated, ANONYMOUS.id, ANONYMOUS.has_scope("a")) == (False, None, False)
    assert ANONYMOUS.has_role() is False
    assert repr(Principal(7, claims={"email": "a@b.c"}, user="x")) == (
        "Principal(id=7, scopes=frozenset(), roles=frozenset(), method='')"
    )


def test_a_text_is_no_list_of_scopes() -> None:
    """It would be taken for its letters."""
    with pytest.raises(TypeError, match=r"scopes is a list of texts, got 'read'. Write scopes=\['read'\]"):
        Principal(7, "read")


def test_a_request_that_nobody_looked_at_says_so() -> None:
    """Rather than being anonymous by accident; and what somebody else put there is no principal."""
    request = Request()
    for value in (None, "ada"):
        request.state.user = value
        with pytest.raises(ConfigurationError, match=r"(?s)Nobody has looked who asks.*AuthenticationMiddleware\("):
            find_principal(request)
    request.state.user = ANONYMOUS
    assert Principal.__from_request__(request) is ANONYMOUS


@pytest.mark.parametrize("scope", ["notes admin", " admin", "admin\t", "a\nb", "a\u2003b", "a\xa0b", "a\x1fb"])
def test_a_scope_is_a_word(scope: str) -> None:
    """A text that a user chose does not become several scopes in a token."""
    with pytest.raises(ValueError, match=r"(?s)scopes has .*, expected words without blanks.*=\['read', 'write'\]"):
        Principal("eve", scopes=["notes", scope])

    assert Principal("eve", scopes=["", "notes:read", "notes"]).scopes == {"", "notes:read", "notes"}


def test_the_stamp_is_none_of_what_is_written_out() -> None:
    """It would tell a client when a password was changed."""
    principal = Principal("7", stamp="of a password")

    assert principal.stamp == "of a password"
    assert "stamp" not in [each.name for each in fields(principal)]
    assert b"of a password" not in encode_json(principal)

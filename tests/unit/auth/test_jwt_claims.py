"""
What the claims of a token say of a principal.
"""

import pytest

from covet.auth import ANONYMOUS, Principal
from covet.auth.jwt_claims import read_principal, write_claims


def test_a_principal_comes_back() -> None:
    """With its scopes, roles and further claims; what belongs to a token alone is not written for it."""
    ada = Principal(7, ["b", "a"], ["admin"], {"team": "tea", "exp": 1, "sub": "8"})
    claims = write_claims(ada)
    back = read_principal(claims)

    assert claims == {"team": "tea", "sub": "7", "scope": "a b", "roles": ["admin"]}
    assert (back.id, back.scopes, back.roles, back.claims["team"]) == ("7", ada.scopes, ada.roles, "tea")


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"scope": "a  b"}, {"a", "b"}),
        ({"scp": ["a", 7, "b"]}, {"a", "b"}),
        ({"scp": ["a", "notes admin", " b", ""]}, {"a"}),
        ({"scope": 7}, set()),
        ({"scope": {"a": 1}}, set()),
        ({"scope": ""}, set()),
    ],
)
def test_scopes_are_read_in_both_spellings(claims: dict[str, object], scopes: set[str]) -> None:
    """What is neither gives none."""
    assert read_principal({"sub": "7", **claims}).scopes == scopes


def test_nobody_gets_a_token() -> None:
    """Nor does what is no principal."""
    for user in (ANONYMOUS, "ada", Principal("")):
        with pytest.raises(TypeError, match="A token is made for a Principal with an id"):
            write_claims(user)  # type: ignore[arg-type]

"""
How credentials travel.
"""

import pytest

from covet import Request
from covet.auth.schemes import BEARER, SecurityScheme, join_challenges, read_authorization
from covet.exceptions import BadRequestError


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Bearer abc", "abc"),
        ("bearer  abc", "abc"),
        ("BEARER abc ", "abc"),
        ("Bearer", ""),
        ("Bearer ", ""),
        ("Bearer a b", ""),
        ("Bearer a,b", ""),
        ("Basic abc", None),
        ("Bearerabc", None),
        ("", None),
    ],
)
def test_credentials_are_read_by_their_scheme(header: str, expected: str | None) -> None:
    """Case does not matter for the scheme; what cannot be read is there and empty, so that it is refused."""
    assert read_authorization(Request(headers={"authorization": header}), "bearer") == expected


def test_two_headers_are_refused() -> None:
    """Nobody chooses between them; what is not there is absent."""
    request = Request(headers=[("authorization", "Bearer a"), ("authorization", "Bearer b")])

    with pytest.raises(BadRequestError, match="several Authorization headers"):
        read_authorization(request, "bearer")
    assert read_authorization(Request(), "bearer") is None


def test_challenges_are_written_quoted() -> None:
    """What cannot stand in quotes is left out of them: nothing can be added to the header."""
    scheme = SecurityScheme("basic", "Basic", {}, 'a"b\r\nx: \\y', {"charset": "UTF-8"})

    assert scheme.write_challenge() == 'Basic realm="abx: y", charset="UTF-8"'
    assert (BEARER.write_challenge(), scheme.is_bearer, BEARER.is_bearer) == ("Bearer", False, True)
    assert join_challenges(["Bearer", "Basic", "Bearer"]) == "Bearer, Basic"

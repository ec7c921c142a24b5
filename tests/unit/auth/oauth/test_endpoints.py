"""
Where a provider is asked, and where it is not.
"""

from typing import Any

import pytest

from covet.auth import AuthenticationSetupError, OAuthAnswerError
from covet.auth.oauth.endpoints import check_address, find_problem, is_local, read_endpoints

ISSUER = "https://login.example.com"


def make_document(**members: object) -> dict[str, Any]:
    """Write a discovery document."""
    return {
        "issuer": ISSUER,
        "authorization_endpoint": f"{ISSUER}/in",
        "token_endpoint": "https://tokens.example.com/token",
        "jwks_uri": f"{ISSUER}/keys",
        **members,
    }


def test_a_document_is_read() -> None:
    """What is not known in it is nobody's affair."""
    found = read_endpoints(
        make_document(
            end_session_endpoint=f"{ISSUER}/out",
            authorization_response_iss_parameter_supported=True,
            token_endpoint_auth_methods_supported=["client_secret_post", 7],
            unheard_of=[1],
        ),
        ISSUER,
    )

    assert (found.token, found.end_session) == ("https://tokens.example.com/token", f"{ISSUER}/out")
    assert (found.userinfo, found.introspection, found.revocation) == (None, None, None)
    assert found.sends_issuer
    assert found.client_auth == {"client_secret_post"}


@pytest.mark.parametrize("issuer", ["https://login.example.com/", "https://LOGIN.example.com", "https://evil", None, 7])
def test_a_document_of_another_issuer_is_refused(issuer: object) -> None:
    """It names it with the same characters."""
    with pytest.raises(OAuthAnswerError) as caught:
        read_endpoints(make_document(issuer=issuer), ISSUER)

    assert caught.value.reason == "Its discovery document names another issuer."


@pytest.mark.parametrize(
    "address",
    [
        "http://login.example.com/token",
        "http://127.0.0.1:9000/token",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "https://user@evil.example/token",
        "//evil.example/token",
        "https://a.example/token#x",
        "https://a.example/\r\ntoken",
        "https://" + "a" * 3000,
        7,
        "",
    ],
)
def test_a_document_leads_to_no_place_that_cannot_be_trusted(address: object) -> None:
    """With `https`, also where this machine would be meant."""
    with pytest.raises(OAuthAnswerError) as caught:
        read_endpoints(make_document(token_endpoint=address), ISSUER)

    assert "In its discovery document, token_endpoint" in caught.value.reason


def test_a_provider_on_this_machine_may_name_this_machine() -> None:
    """For tests and development."""
    local = "http://127.0.0.1:9000"
    found = read_endpoints(
        {"issuer": local, **dict.fromkeys(("authorization_endpoint", "token_endpoint", "jwks_uri"), f"{local}/x")},
        local,
    )

    assert found.token == "http://127.0.0.1:9000/x"


@pytest.mark.parametrize("member", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_a_document_without_what_is_needed_is_refused(member: str) -> None:
    """It says what is missing."""
    with pytest.raises(OAuthAnswerError) as caught:
        read_endpoints(make_document(**{member: None}), ISSUER)

    assert caught.value.reason == f"Its discovery document lacks {member}."


def test_an_address_that_was_written_down_is_checked() -> None:
    """The error says how to write it."""
    with pytest.raises(
        AuthenticationSetupError, match=r"token_url is no address with https://, got 'http://a\.example'"
    ):
        check_address("token_url", "http://a.example")
    assert check_address("token_url", "http://localhost:8080/token")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://[::1]:80/", True),
        ("https://localhost/", True),
        ("http://127.0.0.1.evil.example", False),
        ("x y", False),
    ],
)
def test_this_machine_is_told_by_its_name(address: str, expected: bool) -> None:
    """The whole name."""
    assert is_local(address) is expected
    assert (find_problem(address, may_be_local=True) is None) is expected

"""
Security schemes are checked, and what asks for them has to name one.
"""

from typing import Any

import pytest

from covet.openapi import OpenAPIError
from covet.openapi.security import check_schemes, write_security

BEARER = {"bearer": {"type": "http", "scheme": "bearer"}}


def test_schemes_stay_as_they_are() -> None:
    """
    They are objects of OpenAPI.
    """
    assert check_schemes(BEARER) == BEARER


@pytest.mark.parametrize(
    ("scheme", "message"),
    [
        ({"type": "https"}, "The security scheme 'x' has the type 'https'.\n  Did you mean 'http'?"),
        ({}, "The security scheme 'x' has the type None."),
        ({"type": "apiKey"}, "The security scheme 'x' of type 'apiKey' lacks 'name', 'in'."),
        ("bearer", "The security scheme 'x' must be an object, got 'bearer'."),
    ],
)
def test_what_is_no_scheme_is_refused(scheme: Any, message: str) -> None:
    """
    The error says what is missing.
    """
    with pytest.raises(OpenAPIError) as caught:
        check_schemes({"x": scheme})

    assert str(caught.value).startswith(message)


def test_requirements_are_objects() -> None:
    """
    A name alone needs no scopes; an empty object means that it is optional.
    """
    assert write_security(["bearer", {"bearer": ["a"]}, {}], BEARER) == [{"bearer": []}, {"bearer": ["a"]}, {}]


@pytest.mark.parametrize(
    ("schemes", "hint"),
    [
        (BEARER, "Did you mean 'bearer'? Available: bearer."),
        ({}, "Give it to OpenAPIPlugin(security_schemes={...})."),
    ],
)
def test_a_scheme_that_is_not_there_is_an_error(schemes: dict[str, Any], hint: str) -> None:
    """
    It names the route, and says what there is.
    """
    with pytest.raises(OpenAPIError) as caught:
        write_security(["baerer"], schemes, route="GET /a")

    assert str(caught.value) == (
        f"GET /a: It asks for the security scheme 'baerer', which the document does not have.\n  {hint}"
    )


def test_a_list_is_a_list() -> None:
    """
    A text would be taken for its letters.
    """
    with pytest.raises(OpenAPIError) as caught:
        write_security("bearer", BEARER)

    assert str(caught.value) == "security must be a list of names of schemes, got 'bearer'.\n  Write ['bearer']."

"""
The error of a declaration names the route.
"""

from covet.exceptions import ConfigurationError
from covet.openapi import OpenAPIError


def test_it_names_the_route_and_the_mend() -> None:
    """
    It is an error of the configuration, and reads like that of a route.
    """
    error = OpenAPIError("It is wrong.", route="GET /a", hint="Mend it.")

    assert isinstance(error, ConfigurationError)
    assert str(error) == "GET /a: It is wrong.\n  Mend it."

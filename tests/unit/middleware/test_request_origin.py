"""
Tests of where requests come from.
"""

import pytest

from covet.exceptions import ConfigurationError
from covet.http import Request
from covet.middleware.option_checks import OptionChecks
from covet.middleware.request_origin import Source, check_origins, find_source

CHECK = OptionChecks("CSRFMiddleware")
TRUSTED = frozenset({"https://other.example.com"})


@pytest.mark.parametrize(
    ("headers", "source"),
    [
        ({}, Source.UNKNOWN),
        ({"sec-fetch-site": "same-origin"}, Source.HERE),
        ({"sec-fetch-site": "none"}, Source.HERE),
        ({"sec-fetch-site": "same-site"}, Source.CROSS_SITE),
        ({"sec-fetch-site": "cross-site"}, Source.CROSS_SITE),
        ({"sec-fetch-site": "Same-Origin"}, Source.CROSS_SITE),
        ({"sec-fetch-site": ""}, Source.CROSS_SITE),
        ({"sec-fetch-site": "same-origin, cross-site"}, Source.CROSS_SITE),
        ({"sec-fetch-site": "cross-site", "origin": "https://example.com"}, Source.CROSS_SITE),
        ({"sec-fetch-site": "same-origin", "origin": "https://proxied.example.com"}, Source.HERE),
        ({"origin": "https://example.com"}, Source.HERE),
        ({"origin": "null"}, Source.OTHER_ORIGIN),
        ({"origin": ""}, Source.OTHER_ORIGIN),
        ({"origin": "http://example.com"}, Source.OTHER_ORIGIN),
        ({"origin": "https://example.com:8443"}, Source.OTHER_ORIGIN),
        ({"origin": "https://example.com.evil"}, Source.OTHER_ORIGIN),
        ({"origin": "https://example.com, https://evil"}, Source.OTHER_ORIGIN),
        ({"sec-fetch-site": "cross-site", "origin": "https://other.example.com"}, Source.HERE),
        ({"origin": "https://other.example.com"}, Source.HERE),
        ({"origin": "https://other.example.com.evil"}, Source.OTHER_ORIGIN),
        ({"sec-fetch-site": "cross-site", "origin": "https://evil"}, Source.CROSS_SITE),
    ],
)
def test_browser_says_where_a_request_comes_from(headers: dict[str, str], source: Source) -> None:
    """
    `Sec-Fetch-Site` has the first word, `Origin` the second, and origins are compared whole.
    """
    assert find_source(Request("POST", "https://example.com/a", headers=headers), TRUSTED) is source


def test_origin_of_a_page_with_tls_is_the_own_behind_a_proxy() -> None:
    """
    Which ends TLS, and has not said so; never the other way round.
    """
    request = Request("POST", "http://example.com/a", headers={"origin": "https://example.com"})

    assert find_source(request) is Source.HERE


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "null",
        "example.com",
        "https://example.com/",
        "https://*.example.com",
        "https://Example.com",
        "https://",
        "ws://a",
    ],
)
def test_list_has_origins(origin: str) -> None:
    """
    The error says how one is written.
    """
    with pytest.raises(
        ConfigurationError, match=r"(?s)trusted_origins has .*, which is no origin\..*https://example\.com"
    ):
        check_origins(CHECK, "trusted_origins", [origin])


def test_text_alone_is_no_list() -> None:
    """
    As in every other option.
    """
    with pytest.raises(ConfigurationError, match="expected a list"):
        check_origins(CHECK, "trusted_origins", "https://a.com")
    assert check_origins(CHECK, "trusted_origins", None) == frozenset()

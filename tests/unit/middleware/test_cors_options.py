"""
The options of `CORSMiddleware`: what is wrong is refused at start-up, with what to write instead.
"""

from typing import Any

import pytest

from covet.exceptions import ConfigurationError
from covet.middleware import CORSMiddleware
from tests.unit.middleware.cors_client import SITE


@pytest.mark.row(65)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"allow_origins": ["*"], "allow_credentials": True},
            (
                "allow_origins is ['*'] with allow_credentials=True: every site could act for its visitors.\n"
                "  List the origins that may act for a user who is signed in, or leave allow_credentials out."
            ),
        ),
        (
            {"allow_origins": ["null"], "allow_credentials": True},
            (
                "allow_origins has 'null' with allow_credentials=True: every site can send that origin, from a"
                " sandboxed frame.\n"
                "  List the origins that may act for a user who is signed in, or leave allow_credentials out."
            ),
        ),
        (
            {"expose_headers": ["*"], "allow_credentials": True},
            (
                "expose_headers is ['*'] with allow_credentials=True, where browsers take it for a header's name.\n"
                "  List the headers."
            ),
        ),
        (
            {"allow_origins": ["*", SITE]},
            "allow_origins has '*' beside others, which it includes.\n  Write allow_origins=['*'], or leave '*' out.",
        ),
        (
            {"allow_origins": SITE},
            (
                "allow_origins is the text 'https://app.example.com', expected a list.\n"
                "  Write allow_origins=['https://app.example.com']."
            ),
        ),
        ({"allow_origins": 7}, "allow_origins is 7, expected a list.\n  Write allow_origins=[...] with texts."),
        ({"allow_origins": [SITE, 7]}, "allow_origins has 7, expected texts.\n  Write each one in quotes."),
        (
            {"allow_origins": ["https://example.com/"]},
            "allow_origins has 'https://example.com/', which is more than an origin.\n  Write 'https://example.com'.",
        ),
        (
            {"allow_origins": ["http://localhost:3000/app?x#y"]},
            (
                "allow_origins has 'http://localhost:3000/app?x#y', which is more than an origin.\n"
                "  Write 'http://localhost:3000'."
            ),
        ),
        (
            {"allow_origins": ["https://example.com:443"]},
            (
                "allow_origins has 'https://example.com:443', which is more than an origin.\n"
                "  Write 'https://example.com'."
            ),
        ),
        (
            {"allow_origins": ["example.com"]},
            "allow_origins has 'example.com', which has no scheme.\n  Write 'https://example.com'.",
        ),
        (
            {"allow_origins": ["localhost:3000"]},
            (
                "allow_origins has 'localhost:3000', which is no origin.\n"
                "  Write scheme, host and, unless it is the scheme's own, port: 'https://example.com'."
            ),
        ),
        ({"allow_origins": ["https://user@example.com"]}, "allow_origins has 'https://user@example.com', which is no"),
        ({"allow_origins": ["file://"]}, "allow_origins has 'file://', which is no origin."),
        ({"allow_origins": [""]}, "allow_origins has '', which has no scheme."),
        (
            {"allow_origins": ["https://münchen.example"]},
            (
                "allow_origins has 'https://münchen.example', which is no origin.\n"
                "  Write the host in the ASCII form that browsers send: 'https://xn--….example'."
            ),
        ),
        (
            {"allow_origins": ["https://a*.example.com"]},
            (
                "allow_origins has 'https://a*.example.com', whose '*' cannot stand there.\n"
                "  '*' stands for one whole label, in front: 'https://*.example.com'."
            ),
        ),
        ({"allow_origins": ["https://*.*.example.com"]}, "whose '*' cannot stand there."),
        ({"allow_origins": ["https://a.*.com"]}, "whose '*' cannot stand there."),
        ({"allow_origins": ["*://a.example.com"]}, "whose '*' cannot stand there."),
        ({"allow_origins": ["*.example.com"]}, "whose '*' cannot stand there."),
        (
            {"allow_origins": ["https://*.com"]},
            (
                "allow_origins has 'https://*.com', which is a whole top-level domain.\n"
                "  Write the domain that is yours: 'https://*.example.com'."
            ),
        ),
        (
            {"allow_origins": ["https://*.example.com/"]},
            (
                "allow_origins has 'https://*.example.com/', which is more than an origin.\n"
                "  Write 'https://*.example.com'."
            ),
        ),
        ({"allow_methods": "GET"}, "allow_methods is the text 'GET', expected a list.\n  Write allow_methods=['GET']."),
        ({"allow_methods": ["get"]}, "allow_methods has 'get'; methods are case-sensitive.\n  Write 'GET'."),
        ({"allow_methods": ["GET, PUT"]}, "allow_methods has 'GET, PUT', which is no method.\n  "),
        ({"allow_methods": ["*", "GET"]}, "allow_methods has '*' beside others, which it includes.\n"),
        (
            {"allow_headers": ["X-One, X-Two"]},
            (
                "allow_headers has 'X-One, X-Two', which is no header name.\n"
                "  Write one name each: allow_headers=['X-Total']."
            ),
        ),
        (
            {"expose_headers": ["X-*"]},
            "expose_headers has 'X-*', which is no header name.\n  Write whole names, or expose_headers=['*'].",
        ),
        (
            {"allow_credentials": "yes"},
            "allow_credentials is 'yes', expected True or False.\n  Leave it out for the default.",
        ),
        ({"allow_private_network": 1}, "allow_private_network is 1, expected True or False."),
        (
            {"max_age": -1},
            (
                "max_age is -1, expected a number of seconds.\n"
                "  Write 0 to have each request asked for, None to leave it to browsers."
            ),
        ),
        ({"max_age": True}, "max_age is True, expected a number of seconds."),
        ({"max_age": "600"}, "max_age is '600', expected a number of seconds."),
    ],
)
def test_wrong_option_is_refused(options: dict[str, Any], message: str) -> None:
    """
    A wrong option is an error when the middleware is made; the text says what to write.
    """
    with pytest.raises(ConfigurationError) as caught:
        CORSMiddleware(**options)

    assert str(caught.value).startswith("CORSMiddleware: ")
    assert message in str(caught.value)


def test_unknown_option_is_refused() -> None:
    """
    An option that does not exist is an error, never swallowed.
    """
    with pytest.raises(TypeError, match="allow_origin'"):
        CORSMiddleware(allow_origin=[SITE])  # type: ignore[call-arg]


def test_options_are_keywords() -> None:
    """
    Nothing is passed by position.
    """
    with pytest.raises(TypeError, match="positional"):
        CORSMiddleware([SITE])  # type: ignore[call-arg]

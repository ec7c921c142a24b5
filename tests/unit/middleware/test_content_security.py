"""
Policies as headers.
"""

from typing import Any

import pytest

from covet.exceptions import ConfigurationError
from covet.middleware.content_security import write_policy
from covet.middleware.option_checks import OptionChecks

check = OptionChecks("Doorman")


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        (None, None),
        ("default-src 'self'", "default-src 'self'"),
        (" default-src  'self' ;; img-src *; ", "default-src 'self'; img-src *"),
        (
            {"default-src": ["'self'", "https://a.com"], "upgrade-insecure-requests": []},
            "default-src 'self' https://a.com; upgrade-insecure-requests",
        ),
        ({"script-src": ("'nonce-{nonce}'", "'strict-dynamic'")}, "script-src 'nonce-{nonce}' 'strict-dynamic'"),
        ("style-src 'sha256-abc='", "style-src 'sha256-abc='"),
    ],
)
def test_a_policy_is_written_once(policy: Any, text: str | None) -> None:
    """Of a text or of a mapping."""
    assert write_policy(check, "csp", policy) == text


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        ("", "csp is empty.\n  Write csp=None for no policy."),
        ({}, "csp is empty."),
        ("defualt-src 'self'", "csp has 'defualt-src', which is no directive.\n  Did you mean 'default-src'?"),
        ("img-src a; img-src b", "csp has 'img-src' twice: browsers take the first alone.\n  Put them together."),
        (
            "script-src self",
            "csp has 'self' in script-src, which would be a host.\n  Write \"'self'\", with the quotes.",
        ),
        ("script-src nonce-{nonce}", "csp has 'nonce-{nonce}' in script-src, which would be a host."),
        ({"img-src": "https://a.com"}, "csp['img-src'] is the text 'https://a.com', expected a list."),
        ({"img-src": ["a.com; script-src *"]}, "csp has 'a.com; script-src *' in img-src, which is no source."),
        ({"img-src": ["a.com,b.com"]}, "which is no source.\n  Write each source as a text of its own"),
        ({"img-src": ["a\r\nset-cookie: a=b"]}, "which is no source."),
        (7, 'csp is 7, expected a text or a mapping.\n  Write csp={"default-src": ["\'self\'"]}.'),
    ],
)
def test_what_is_no_policy_is_refused(policy: Any, text: str) -> None:
    """Browsers would ignore it in silence."""
    with pytest.raises(ConfigurationError) as caught:
        write_policy(check, "csp", policy)

    assert text in str(caught.value)


@pytest.mark.parametrize("source", ["'nonce-abc'", "'NONCE-abc'"])
def test_a_nonce_of_ones_own_is_refused(source: str) -> None:
    """It would stay the same, and who has read one page knows it."""
    with pytest.raises(ConfigurationError) as caught:
        write_policy(OptionChecks("Doorman"), "csp", {"script-src": [source]})

    assert str(caught.value) == (
        f"Doorman: csp has {source!r} in script-src, a nonce that stays the same: who has read one page knows it.\n"
        "  Write \"'nonce-{nonce}'\": it is new for each request."
    )

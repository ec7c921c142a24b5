"""
What browsers are told.
"""

from typing import Any

import pytest

from covet import CovetPy
from covet.middleware import SecurityHeadersMiddleware
from tests.unit.deployment.configurations import find, make_app


@pytest.mark.parametrize(
    ("check", "options", "text"),
    [
        ("D202", {"hsts_enabled": False}, "hsts_enabled is off"),
        ("D203", {"hsts_max_age": 3600}, "hsts_max_age is 3600 seconds"),
        ("D203", {"hsts_max_age": 0}, "hsts_max_age is 0 seconds"),
        ("D204", {"csp_policy": None}, "csp_policy is None"),
        ("D204", {"csp_policy": None, "csp_report_only": "default-src 'self'"}, "csp_policy is None"),
        ("D205", {"csp_policy": "default-src 'self' 'unsafe-inline'"}, "'unsafe-inline' scripts"),
        ("D205", {"csp_policy": "default-src 'self'; script-src 'unsafe-inline'"}, "'unsafe-inline' scripts"),
        ("D206", {"csp_policy": "script-src 'self' 'unsafe-eval'"}, "'unsafe-eval'"),
        ("D207", {"csp_policy": "script-src *"}, "scripts of '*'"),
        ("D207", {"csp_policy": "default-src https:"}, "scripts of 'https:'"),
        ("D207", {"csp_policy": "script-src 'self' data:"}, "scripts of 'data:'"),
        ("D208", {"csp_policy": "img-src 'self'"}, "neither script-src nor default-src"),
        ("D209", {"frame_options": None, "csp_policy": "default-src 'self'"}, "other sites show the pages"),
        ("D209", {"frame_options": None, "csp_policy": "default-src 'self'; frame-ancestors *"}, "other sites show"),
        ("D210", {"referrer_policy": "unsafe-url"}, "referrer_policy is 'unsafe-url'"),
        ("D210", {"referrer_policy": None}, "referrer_policy is None"),
        ("D211", {"opener_policy": None}, "opener_policy is none"),
        ("D211", {"opener_policy": "unsafe-none"}, "opener_policy is none"),
    ],
)
def test_a_weak_header_is_found(check: str, options: dict[str, Any], text: str) -> None:
    """On an answer, not in the options."""
    assert text in find(make_app(SecurityHeadersMiddleware(**options)))[check].message


@pytest.mark.parametrize(
    "options",
    [
        {"csp_policy": {"script-src": ["'nonce-{nonce}'", "'unsafe-inline'"]}},
        {"csp_policy": "default-src 'self'; frame-ancestors 'self'", "frame_options": None},
        {"hsts_max_age": 63_072_000, "hsts_include_subdomains": True, "hsts_preload": True},
        {"referrer_policy": "no-referrer"},
    ],
)
def test_a_strong_one_is_not(options: dict[str, Any]) -> None:
    """Beside a nonce, browsers ignore 'unsafe-inline'."""
    assert find(make_app(SecurityHeadersMiddleware(**options))) == {}


def test_none_at_all_is_one_problem() -> None:
    """Not one for each header."""
    assert [name for name in find(CovetPy()) if name.startswith("D2")] == ["D201"]

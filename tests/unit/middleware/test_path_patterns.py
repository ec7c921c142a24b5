"""
Tests of paths by patterns.
"""

from typing import Any

import pytest

from covet.exceptions import ConfigurationError
from covet.middleware.option_checks import OptionChecks
from covet.middleware.path_patterns import PathPatterns
from tests.linearity import assert_linear

CHECK = OptionChecks("Doorman")


@pytest.mark.parametrize(
    ("pattern", "path", "is_meant"),
    [
        ("/a", "/a", True),
        ("/a", "/a/", False),
        ("/a", "/A", False),
        ("/a/*", "/a", True),
        ("/a/*", "/a/", True),
        ("/a/*", "/a/b/c", True),
        ("/a/*", "/ab", False),
        ("/a*", "/ab", True),
        ("/*", "/", True),
        ("/*", "/x", True),
        ("*", "/x", True),
        ("*.json", "/x/y.json", True),
        ("*.json", "/x/y.jso", False),
        ("/api/*/private", "/api/v1/private", True),
        ("/api/*/private", "/api/v1/v2/private", True),
        ("/api/*/private", "/api/private", False),
        ("/api/*/private", "/api//private", True),
        ("/api/*/private", "/api/v1/private/x", False),
        ("/a*a", "/a", False),
        ("/a*b*c", "/axbxc", True),
        ("/a*b*b", "/ab", False),
        ("/a*b*b", "/abb", True),
        ("/a**b", "/ab", True),
        ("/.*", "/x", False),
    ],
)
def test_a_star_is_whatever_is_there(pattern: str, path: str, is_meant: bool) -> None:
    """
    And nothing else has a meaning.
    """
    assert PathPatterns(CHECK, "paths", ["/other", pattern]).match(path) is is_meant


def test_no_patterns_mean_no_path() -> None:
    """
    As by default.
    """
    assert not PathPatterns(CHECK, "paths", None).match("/")


@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        ("/admin/*", "is the text '/admin/\\*', expected a list"),
        (["admin/*"], r"has 'admin/\*', which does not begin with a slash\.\n  Write '/admin/\*'"),
        (["/a?"], r"has '/a\?': only \* has a meaning"),
        (["/[ab]"], r"only \* has a meaning"),
        ([7], "has 7, expected texts"),
    ],
)
def test_what_is_no_pattern_is_refused(patterns: Any, message: str) -> None:
    """
    Rather than mean something else.
    """
    with pytest.raises(ConfigurationError, match=message):
        PathPatterns(CHECK, "paths", patterns)


def test_looking_is_linear() -> None:
    """
    However many stars there are, and whatever a client repeats.
    """
    patterns = PathPatterns(CHECK, "paths", ["/a*a*a*a*a*b", "*a*a*b*a*c"])

    assert_linear(patterns.match, lambda size: "/" + "a" * size, size=1_000)

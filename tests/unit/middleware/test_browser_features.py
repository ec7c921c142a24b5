"""
What Permissions-Policy can rule.
"""

import pytest

from covet.middleware.browser_features import BROWSER_FEATURES, is_browser_feature
from covet.middleware.security_headers import DEFAULT_PERMISSIONS


@pytest.mark.parametrize(
    "name", [*DEFAULT_PERMISSIONS, "fullscreen", "xr-spatial-tracking", "ch-ua", "ch-viewport-width"]
)
def test_features_of_browsers_are_known(name: str) -> None:
    """Those of the default, and client hints."""
    assert is_browser_feature(name)


@pytest.mark.parametrize("name", ["camra", "", "Camera", "ch", "usb "])
def test_other_names_are_none(name: str) -> None:
    """They would rule nothing."""
    assert not is_browser_feature(name)


def test_each_is_one_word() -> None:
    """In lower case, as the header has it."""
    assert len(BROWSER_FEATURES) > 80
    assert all(name == name.lower() and " " not in name for name in BROWSER_FEATURES)

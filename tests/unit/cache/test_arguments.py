"""
Tests of what is said to a cache.
"""

from datetime import timedelta
from typing import Any

import pytest

from covet.cache.arguments import KEY_PREFIX, check_key, check_keys, check_ttl
from covet.cache.errors import CacheArgumentError


@pytest.mark.parametrize("key", ["", None, 7, b"a"])
def test_a_key_is_a_text(key: Any) -> None:
    """
    The error says what it is, and what to write.
    """
    with pytest.raises(CacheArgumentError, match=r'(?s)A key is .*expected a text that is not empty.*Write f"user:'):
        check_key(key)


def test_several_keys_are_no_text() -> None:
    """
    A text is a list of letters for Python, and never meant.
    """
    with pytest.raises(CacheArgumentError, match=r"(?s)The tags are the text 'menu'.*Write \['menu'\]"):
        check_keys("menu", "tag")


@pytest.mark.parametrize(("ttl", "seconds"), [(1, 1), (0.5, 0.5), (timedelta(minutes=2), 120.0), (None, None)])
def test_a_time_is_seconds(ttl: Any, seconds: float | None) -> None:
    """
    Or a timedelta; `None` has no end.
    """
    assert check_ttl(ttl) == seconds


@pytest.mark.parametrize(
    "ttl", [0, -1, True, "60", float("inf"), float("nan"), 1e12, timedelta(0), timedelta(seconds=-1)]
)
def test_what_is_no_time_is_refused(ttl: Any) -> None:
    """
    Nobody agrees what 0 means.
    """
    with pytest.raises(CacheArgumentError, match=r"(?s)ttl is .*expected seconds above 0.*delete\(\) takes away"):
        check_ttl(ttl)


def test_a_prefix_has_nothing_of_what_stands_behind_it() -> None:
    """
    So no two caches have names in common.
    """
    assert KEY_PREFIX.fullmatch("shop.v2:")
    assert not KEY_PREFIX.fullmatch("shop/")

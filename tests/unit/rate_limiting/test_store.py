"""
The contract of stores.
"""

import pytest

from covet.rate_limiting import MemoryRateLimitStore, RateLimitStore, SQLiteRateLimitStore, make_store


@pytest.mark.parametrize(
    ("store", "is_shared"),
    [(MemoryRateLimitStore(), False), (SQLiteRateLimitStore("limits.db"), True), (make_store("redis://h"), True)],
)
def test_stores_keep_the_contract(store: RateLimitStore, is_shared: bool) -> None:
    """What they do, and whether others count with them."""
    assert isinstance(store, RateLimitStore)
    assert store.is_shared is is_shared


def test_what_is_no_store_is_none() -> None:
    """A dictionary cannot count."""
    assert not isinstance({}, RateLimitStore)

"""
Stores by their URLs.
"""

import pytest

from covet.exceptions import ConfigurationError
from covet.rate_limiting.store_urls import make_store

HINT = "\n  Write 'memory://', 'sqlite:///path/of/limits.db' or 'redis://host:6379/0'."


@pytest.mark.parametrize(
    ("url", "described"),
    [
        ("memory://", "<MemoryRateLimitStore: 0 of 100000 keys>"),
        ("sqlite:///limits.db", "<SQLiteRateLimitStore 'limits.db'>"),
        ("sqlite:////var/limits.db", "<SQLiteRateLimitStore '/var/limits.db'>"),
        ("redis://:hunter2@localhost:6379/1", "<RedisRateLimitStore 'covet:limits:'>"),
        ("rediss://localhost", "<RedisRateLimitStore 'covet:limits:'>"),
        ("unix:///run/redis.sock", "<RedisRateLimitStore 'covet:limits:'>"),
    ],
)
def test_url_names_a_store(url: str, described: str) -> None:
    """Nothing is opened, and no password is shown."""
    assert repr(make_store(url)) == described


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "No store of rate limits has URLs that begin with 'no scheme'."),
        ("hunter2", "No store of rate limits has URLs that begin with 'no scheme'."),
        ("memcached://:hunter2@h", "No store of rate limits has URLs that begin with 'memcached:'."),
        ("sqlite://limits.db", "The store of rate limits has the URL 'sqlite://limits.db', which leads nowhere."),
        ("sqlite:///", "The store of rate limits has the URL 'sqlite:///', which leads nowhere."),
        ("memory://x", "The store of rate limits has the URL 'memory://x', which leads nowhere."),
        (7, "The URL of a store of rate limits is a text, got a value of type int."),
    ],
)
def test_what_is_no_url_of_a_store_is_refused(url: str, message: str) -> None:
    """The error lists what there is, and shows nothing secret."""
    with pytest.raises(ConfigurationError) as caught:
        make_store(url)

    assert str(caught.value) == message + HINT

"""
Tests of stores by their URLs.
"""

import pytest

from covet.exceptions import ConfigurationError
from covet.sessions import MemorySessionStore, RedisSessionStore, SignedCookieSessions, SQLiteSessionStore
from covet.sessions.store_urls import make_session_store


@pytest.mark.parametrize(
    ("url", "cls", "shown"),
    [
        ("memory://", MemorySessionStore, "of 0"),
        ("cookie://", SignedCookieSessions, ""),
        ("sqlite:///sessions.db", SQLiteSessionStore, "'sessions.db'"),
        ("sqlite:////var/sessions.db", SQLiteSessionStore, "'/var/sessions.db'"),
        ("redis://localhost/0", RedisSessionStore, "redis://localhost/0"),
        ("rediss://localhost", RedisSessionStore, "rediss://localhost"),
        ("unix:///run/redis.sock", RedisSessionStore, "unix:///run/redis.sock"),
    ],
)
def test_url_names_a_store(url: str, cls: type, shown: str) -> None:
    """
    Of each kind that there is.
    """
    store = make_session_store(url)

    assert type(store) is cls
    assert shown in repr(store)


@pytest.mark.parametrize("url", ["", "memory", "sqlite://", "sqlite:///", "sqlite://a.db", "mysql://u:hunter2@h/d"])
def test_other_url_is_refused(url: str) -> None:
    """
    The error lists those that there are, and shows no password.
    """
    with pytest.raises(
        ConfigurationError, match=r"(?s)names no store of sessions.*Write sqlite:///sessions\.db"
    ) as caught:
        make_session_store(url)

    assert "hunter2" not in str(caught.value)

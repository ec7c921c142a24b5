"""
Tests of `covet.database.url`.
"""

import pytest

from covet.database import DatabaseURL
from covet.exceptions import ConfigurationError


@pytest.mark.parametrize(
    ("text", "scheme", "database", "host", "port"),
    [
        ("sqlite:///shop.db", "sqlite", "shop.db", "", None),
        ("sqlite:////var/lib/shop.db", "sqlite", "/var/lib/shop.db", "", None),
        ("sqlite:///a%20b.db", "sqlite", "a b.db", "", None),
        ("sqlite:///:memory:", "sqlite", "", "", None),
        ("sqlite+aiosqlite://", "sqlite", "", "", None),
        ("postgres://localhost/shop", "postgresql", "shop", "localhost", None),
        ("postgresql+asyncpg://[::1]:5433/shop", "postgresql", "shop", "::1", 5433),
        ("mariadb://localhost:3306/shop", "mysql", "shop", "localhost", 3306),
        ("mongodb://localhost/shop", "mongodb", "shop", "localhost", None),
    ],
)
def test_a_url_is_taken_apart(text: str, scheme: str, database: str, host: str, port: int | None) -> None:
    """Spellings of other libraries are understood, and other schemes are left to their adapters."""
    url = DatabaseURL.parse(text)

    assert (url.scheme, url.database, url.host, url.port) == (scheme, database, host, port)


@pytest.mark.parametrize("text", ["sqlite:///shop.db", "postgresql://a%40b:c%2Fd@[::1]:5433/shop?sslmode=require"])
def test_a_url_is_written_as_it_was_read(text: str) -> None:
    """With the password, for those who connect."""
    assert DatabaseURL.parse(text).render(hide_password=False) == text


def test_a_password_is_shown_to_nobody() -> None:
    """Neither as text nor as a representation."""
    url = DatabaseURL.parse("postgresql://ada:canary-enigma@localhost/shop")

    assert "canary" not in f"{url} {url!r} {url.render()}"
    assert url.render_for_sqlalchemy() == "postgresql+asyncpg://ada:canary-enigma@localhost/shop"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("shop.db", "it has no scheme"),
        ("sqlite:shop.db", "it has no scheme"),
        ("sqlite://shop.db", "it names a machine, and SQLite's files are on this one: write three slashes"),
        ("postgresql://localhost:canary/shop", "its host or its port cannot be read"),
        ("postgresql://ada:canary@[::1/shop", "its host or its port cannot be read"),
        ("sqlite:///a%00b", "the name of the database has a NUL in it"),
    ],
)
def test_what_is_no_url_of_a_database_is_refused(text: str, why: str) -> None:
    """With an example of each kind, and nothing of what was written."""
    with pytest.raises(ConfigurationError) as caught:
        DatabaseURL.parse(text)

    assert str(caught.value) == (
        f"The URL of the database cannot be used: {why}.\n"
        "  Write sqlite:///shop.db, postgresql://user:password@localhost/shop or mysql://user:password@localhost/shop."
    )


def test_a_file_may_have_a_number_sign_in_its_name() -> None:
    """A database's URL has no fragment, and another file would be opened without it."""
    url = DatabaseURL.parse("sqlite:///a#b.db?busy_timeout=2")

    assert (url.database, dict(url.options)) == ("a#b.db", {"busy_timeout": "2"})
    assert str(url) == "sqlite:///a%23b.db?busy_timeout=2"

"""
Tests of `covet.testing.database_servers`.
"""

import asyncio

import pytest

from covet.database import DatabaseURL
from covet.testing import create_test_database
from covet.testing.database_servers import find_server, make_name


def test_a_name_is_short_enough_and_has_its_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL cuts at 63 letters."""
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw3")

    assert make_name("").startswith("covet_test_gw3_")
    assert make_name("shop") != make_name("shop")
    assert len(make_name("x" * 200)) < 63


async def test_a_password_is_needed_where_a_database_is_made_and_shown_to_nobody() -> None:
    """As a server that is not there tells."""
    server = find_server(DatabaseURL.parse("postgresql://ada:canary@127.0.0.1:1/shop"))

    with pytest.raises(Exception, match="Nobody answers as PostgreSQL") as caught:
        await server.create()

    assert "canary" not in str(caught.value)


async def test_many_are_made_at_once(postgresql_url: str) -> None:
    """As the workers of pytest-xdist do."""
    databases = await asyncio.gather(*(create_test_database(postgresql_url) for _ in range(4)))

    assert len({database.url for database in databases}) == 4
    for database in databases:
        await database.drop()

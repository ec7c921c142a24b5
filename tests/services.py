"""
Fixtures of the servers that tests talk to; see `scripts/services.py` for where they come from.
"""

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from scripts.services import REQUIRED, SERVICES, provide


def provide_url(name: str) -> Iterator[str]:
    """
    Give the URL of a server for as long as a fixture lives; skip what asks for it where there is none.
    """
    with provide(SERVICES[name]) as found:
        if found.url is None:
            if os.environ.get(REQUIRED):
                pytest.fail(found.reason, pytrace=False)
            pytest.skip(found.reason)
        assert urlsplit(found.url).hostname in {"127.0.0.1", "localhost", "::1"}, "tests talk to this machine alone"
        yield found.url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis server; what a test writes has a prefix of its own and is deleted by it."""
    yield from provide_url("redis")


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A database of PostgreSQL, empty at first and dropped at the end of the run."""
    yield from provide_url("postgresql")


@pytest.fixture(scope="session")
def mysql_url() -> Iterator[str]:
    """A database of MariaDB, empty at first and dropped at the end of the run."""
    yield from provide_url("mysql")

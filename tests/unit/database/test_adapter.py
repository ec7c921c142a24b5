"""
Tests of `covet.database.adapter`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from covet.database import DatabaseAdapter, SQLAdapter


class Notebook(DatabaseAdapter):
    """The least that fulfils the contract."""

    def __init__(self) -> None:
        self._pages: dict[str, Any] | None = None

    async def connect(self, url: str, **options: Any) -> None:
        self._pages = {}

    async def disconnect(self) -> None:
        self._pages = None

    async def execute(self, query: str, /, *args: Any, **kwargs: Any) -> Any:
        return None

    async def fetch_one(self, query: str, /, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        return None

    async def fetch_all(self, query: str, /, *args: Any, **kwargs: Any) -> list[dict[str, Any]]:
        return []

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        yield

    @property
    def is_connected(self) -> bool:
        return self._pages is not None

    def supports_feature(self, feature: str) -> bool:
        return False


def test_what_lacks_a_part_cannot_be_made() -> None:
    """Python names what is missing."""

    class Half(DatabaseAdapter):
        pass

    with pytest.raises(TypeError, match=r"abstract method.*connect.*disconnect"):
        Half()  # type: ignore[abstract]


async def test_health_is_being_connected_where_nothing_else_is_said() -> None:
    """An adapter that can ask its database does so."""
    notebook = Notebook()
    assert not await notebook.is_healthy()

    await notebook.connect("notebook://")

    assert await notebook.is_healthy()


async def test_a_statement_may_have_a_value_called_query(database: SQLAdapter) -> None:
    """The parameters of the methods stand in nobody's way."""
    row = await database.fetch_one("SELECT name FROM tea WHERE name = :query OR name = :self", query="a", self="b")

    assert row is None

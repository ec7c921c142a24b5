"""
Tests of `covet.database.adapter_registry`.
"""

import pytest

from covet.database import MySQLAdapter, PostgreSQLAdapter, SQLiteAdapter, get_adapter_registry
from covet.database.adapter_registry import make_adapter_registry
from covet.registry import InvalidItemError


def test_the_databases_that_are_at_hand_have_names() -> None:
    """Those of the schemes of their URLs."""
    registry = get_adapter_registry()

    assert registry is get_adapter_registry()
    assert {name: registry.get(name) for name in ("sqlite", "postgresql", "mysql")} == {
        "sqlite": SQLiteAdapter,
        "postgresql": PostgreSQLAdapter,
        "mysql": MySQLAdapter,
    }


def test_one_of_ones_own_has_a_name_too() -> None:
    """With a priority, as the standards register one."""

    class Own(SQLiteAdapter):
        pass

    registry = make_adapter_registry()
    registry.register("own", Own, priority=100)

    assert registry.get("own") is Own
    assert "own" not in get_adapter_registry()


@pytest.mark.parametrize("item", [SQLiteAdapter(), object, "sqlite", dict])
def test_what_is_no_adapter_class_is_refused(item: object) -> None:
    """An object as well as a class of something else."""
    with pytest.raises(InvalidItemError, match="a class that derives from DatabaseAdapter"):
        make_adapter_registry().register("own", item)  # type: ignore[arg-type]

"""
Adapters by their names, as URLs and settings have them.
"""

from typing import Final

from covet.database.adapter import DatabaseAdapter
from covet.database.adapters import MySQLAdapter, PostgreSQLAdapter, SQLiteAdapter
from covet.registry import Registry

_BUILT_IN: Final = {
    "sqlite": SQLiteAdapter,
    "postgresql": PostgreSQLAdapter,
    "mysql": MySQLAdapter,
}
ENTRY_POINTS: Final = "covet.adapters"
"""The group of entry points by which packages offer adapters."""


def _is_adapter(item: object) -> bool:
    return isinstance(item, type) and issubclass(item, DatabaseAdapter)


def make_adapter_registry() -> Registry[type[DatabaseAdapter]]:
    """
    Make a registry of adapters, with those that are at hand.

    Example:
        >>> make_adapter_registry().get("sqlite").__name__
        'SQLiteAdapter'
    """
    registry = Registry[type[DatabaseAdapter]](
        name="database adapters", validator=_is_adapter, expected="a class that derives from DatabaseAdapter"
    )
    for name, adapter in _BUILT_IN.items():
        registry.register(name, adapter)
    return registry


_DEFAULT: Final = make_adapter_registry()


def get_adapter_registry() -> Registry[type[DatabaseAdapter]]:
    """
    Return the registry that applications without one of their own use.

    Example:
        >>> get_adapter_registry().get("sqlite").__name__
        'SQLiteAdapter'
    """
    return _DEFAULT

"""
The libraries that are at hand, by the scheme of a URL. None is imported before it is needed.
"""

from typing import Final

from covet.database.driver import Driver
from covet.exceptions import ConfigurationError, suggest
from covet.import_paths import import_path

DRIVERS: Final = {
    "sqlite": "covet.database.drivers.sqlite:SQLiteDriver",
    "postgresql": "covet.database.drivers.postgresql:PostgreSQLDriver",
    "mysql": "covet.database.drivers.mysql:MySQLDriver",
}


def make_driver(scheme: str) -> Driver:
    """
    Make the driver for a URL's scheme.

    Args:
        scheme: `"sqlite"`, `"postgresql"` or `"mysql"`.

    Raises:
        ConfigurationError: If there is none for it.
        MissingDependencyError: If its library is not installed.

    Example:
        >>> make_driver("sqlite").dialect.name
        'SQLite'
        >>> make_driver("postgres")
        Traceback (most recent call last):
            ...
        covet.exceptions.ConfigurationError: There is no driver for 'postgres'.
          Did you mean 'postgresql'? Available: mysql, postgresql, sqlite.
    """
    path = DRIVERS.get(scheme)
    made = None if path is None else import_path(path)
    if not isinstance(made, type) or not issubclass(made, Driver):
        raise ConfigurationError(f"There is no driver for {scheme!r}.", hint=suggest(scheme, sorted(DRIVERS)))
    return made()


__all__ = ["DRIVERS", "make_driver"]

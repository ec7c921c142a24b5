"""
The options of a pool and of its connections, checked before anything is opened.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from covet.database.driver import Driver
from covet.database.url import DatabaseURL
from covet.exceptions import ConfigurationError, suggest

_NEEDED_TIMES: Final = ("timeout", "connect_timeout", "check_after")
_EXPECTED: Final = {float: "a number", int: "a whole number"}
_TIMES: Final = (*_NEEDED_TIMES, "query_timeout", "recycle", "idle_timeout", "leak_after")


@dataclass(frozen=True, kw_only=True, slots=True)
class PoolOptions:
    """
    How a pool keeps its connections; see `DatabasePool`.

    Raises:
        ConfigurationError: If an option cannot be.

    Example:
        >>> PoolOptions(max_size=0)
        Traceback (most recent call last):
            ...
        covet.exceptions.ConfigurationError: max_size must be at least 1, got 0.
        >>> PoolOptions(min_size=5, max_size=2)
        Traceback (most recent call last):
            ...
        covet.exceptions.ConfigurationError: min_size is 5, and there are at most 2 connections.
    """

    min_size: int = 0
    max_size: int = 10
    timeout: float = 30.0
    connect_timeout: float = 10.0
    query_timeout: float | None = None
    recycle: float | None = 3600.0
    idle_timeout: float | None = 600.0
    check_after: float = 30.0
    leak_after: float | None = 60.0

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        for name, least in (("min_size", 0), ("max_size", 1)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise ConfigurationError(f"{name} must be at least {least}, got {value!r}.")
        if self.min_size > self.max_size:
            raise ConfigurationError(f"min_size is {self.min_size}, and there are at most {self.max_size} connections.")
        for name in _TIMES:
            value = getattr(self, name)
            if value is None and name not in _NEEDED_TIMES:
                continue
            if not isinstance(value, int | float) or isinstance(value, bool) or not value > 0:
                raise ConfigurationError(f"{name} must be seconds above 0, got {value!r}.")


# Any: each option has a type of its own.
def read_options(driver: Driver, url: DatabaseURL, options: Mapping[str, Any]) -> Mapping[str, Any]:
    """
    Put together what the URL says about connections and what was given besides, which counts more.

    Args:
        driver: Whose options they are.
        url: The URL.
        options: What was given.

    Raises:
        ConfigurationError: If there is no such option, or the text behind the URL's `?` cannot be read.

    Example:
        >>> from covet.database.drivers import make_driver
        >>> read_options(make_driver("sqlite"), DatabaseURL.parse("sqlite:///a.db?busy_timeout=2.5"), {})
        {'busy_timeout': 2.5}
    """
    known = driver.option_types
    for name in (*url.options, *options):
        if name not in known:
            raise ConfigurationError(
                f"A connection of {driver.dialect.name} has no option {name!r}.", hint=suggest(name, tuple(known))
            )
    given = dict.fromkeys(url.options, " of the database's URL") | dict.fromkeys(options, "")
    found: dict[str, Any] = {}
    for name, value in {**url.options, **options}.items():
        try:
            found[name] = known[name](value)
        except (ValueError, KeyError, TypeError):
            # APPSEC: without the value, which may be a secret that was put into the wrong place.
            expected = getattr(known[name], "expected", _EXPECTED.get(known[name], ""))
            raise ConfigurationError(
                f"The option {name!r}{given[name]} cannot be read.", hint=f"It is {expected}." if expected else None
            ) from None
    return found

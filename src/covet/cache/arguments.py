"""
What is said to a cache, checked: keys, tags and times.
"""

import math
import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Final, Literal

from covet.cache.errors import CacheArgumentError
from covet.exceptions import ConfigurationError
from covet.serialization import Serializer

KEY_PREFIX: Final = re.compile(r"[A-Za-z0-9_.:-]*")
"""What a prefix is made of: it has none of what stands behind it."""

TTL = float | timedelta | None
"""How long: seconds, a `timedelta`, or `None` for as long as there is room."""

OnError = Literal["miss", "raise"]
"""What becomes of a backend's failure."""


def check_options(key_prefix: object, on_error: object, serializer: object) -> None:
    """
    Check options of a cache.

    Raises:
        ConfigurationError: If one is wrong.

    Example:
        >>> check_options("shop:", "ignore", None)
        Traceback (most recent call last):
            ...
        covet.exceptions.ConfigurationError: Cache: on_error is 'ignore', expected 'miss' or 'raise'.
          Leave it out for 'miss'.
    """
    if not isinstance(key_prefix, str) or KEY_PREFIX.fullmatch(key_prefix) is None:
        raise ConfigurationError(
            f"Cache: key_prefix is {key_prefix!r}, expected letters, digits, and the characters _.:-",
            hint="Write key_prefix='shop:'.",
        )
    if on_error not in {"miss", "raise"}:
        raise ConfigurationError(
            f"Cache: on_error is {on_error!r}, expected 'miss' or 'raise'.", hint="Leave it out for 'miss'."
        )
    if serializer is not None and not isinstance(serializer, Serializer):
        raise ConfigurationError(
            f"Cache: serializer is {serializer!r}, expected a Serializer.", hint="Leave it out for JSON."
        )


def check_key(key: str, what: str = "key") -> str:
    """
    Take what must be a text.

    Raises:
        CacheArgumentError: If it is none, or empty.

    Example:
        >>> check_key("user:7")
        'user:7'
        >>> check_key(7)
        Traceback (most recent call last):
            ...
        covet.cache.errors.CacheArgumentError: A key is 7, expected a text that is not empty.
          Write f"user:{user_id}", for example.
    """
    if not isinstance(key, str) or not key:
        raise CacheArgumentError(
            f"A {what} is {key!r}, expected a text that is not empty.", hint='Write f"user:{user_id}", for example.'
        )
    return key


def check_keys(keys: Iterable[str], what: str = "key") -> list[str]:
    """
    Take several of them, each once.

    Raises:
        CacheArgumentError: If one is none, or a text stands in the place of them.

    Example:
        >>> check_keys(["a", "b", "a"])
        ['a', 'b']
        >>> check_keys("abc", "tag")
        Traceback (most recent call last):
            ...
        covet.cache.errors.CacheArgumentError: The tags are the text 'abc', expected a list of texts.
          Write ['abc'].
    """
    if isinstance(keys, str):
        raise CacheArgumentError(
            f"The {what}s are the text {keys!r}, expected a list of texts.", hint=f"Write [{keys!r}]."
        )
    return list(dict.fromkeys(check_key(key, what) for key in keys))


def check_ttl(ttl: TTL) -> float | None:
    """
    Take what must be a time to live, in seconds.

    Raises:
        CacheArgumentError: If it is none. 0 is none: here it would mean "not at all", and elsewhere "for ever".

    Example:
        >>> check_ttl(timedelta(minutes=1)), check_ttl(1.5), check_ttl(None)
        (60.0, 1.5, None)
        >>> check_ttl(0)
        Traceback (most recent call last):
            ...
        covet.cache.errors.CacheArgumentError: ttl is 0, expected seconds above 0, a timedelta, or None.
          None lasts as long as there is room; delete() takes away at once.
    """
    seconds = ttl.total_seconds() if isinstance(ttl, timedelta) else ttl
    if seconds is None:
        return None
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not is_number or not math.isfinite(seconds) or not 0 < seconds <= _FOREVER:
        raise CacheArgumentError(
            f"ttl is {ttl!r}, expected seconds above 0, a timedelta, or None.",
            hint="None lasts as long as there is room; delete() takes away at once.",
        )
    return seconds


# A number beyond it is a slip of units: a hundred years in seconds.
_FOREVER: Final = 100 * 366 * 86_400

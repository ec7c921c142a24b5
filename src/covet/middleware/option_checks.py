"""
What the constructors of middleware check alike: flags, numbers, lists of texts.

An error names the class, the option, what it is and what to write instead.
"""

import math
from collections.abc import Collection
from typing import Final, TypeGuard

from covet.exceptions import ConfigurationError

# A number beyond it is a slip of units: a hundred years in seconds.
_FOREVER: Final = 100 * 366 * 86_400


class OptionChecks:
    """
    Check the options of one class.

    Args:
        owner: The class's name, for errors.

    Example:
        >>> check = OptionChecks("CORSMiddleware")
        >>> check.flag("allow_credentials", True)
        True
        >>> check.texts("allow_origins", "https://a.com")
        Traceback (most recent call last):
            ...
        covet.exceptions.ConfigurationError: CORSMiddleware: allow_origins is the text 'https://a.com', expected a list.
          Write allow_origins=['https://a.com'].
    """

    __slots__ = ("owner",)

    def __init__(self, owner: str) -> None:
        self.owner = owner

    def fail(self, option: str, problem: str, hint: str) -> ConfigurationError:
        """Make the error of an option: `problem` goes on after its name, `hint` says what to do."""
        return ConfigurationError(f"{self.owner}: {option} {problem}", hint=hint)

    def flag(self, option: str, value: object) -> bool:
        """
        Take what must be `True` or `False`.

        Raises:
            ConfigurationError: If it is neither.
        """
        if not isinstance(value, bool):
            raise self.fail(option, f"is {value!r}, expected True or False.", "Leave it out for the default.")
        return value

    def count(self, option: str, value: object, *, minimum: int = 0) -> int:
        """
        Take what must be a whole number.

        Raises:
            ConfigurationError: If it is none, or below the minimum.
        """
        if type(value) is not int or value < minimum:
            expected = f"expected a whole number of at least {minimum}."
            raise self.fail(option, f"is {value!r}, {expected}", f"Write {option}={max(minimum, 1)}, for example.")
        return value

    def seconds(self, option: str, value: object, *, may_be_zero: bool = False) -> float:
        """
        Take what must be a number of seconds, above 0 unless that is allowed.

        Raises:
            ConfigurationError: If it is none, or more than a hundred years.
        """
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not is_number or value < 0 or (value == 0 and not may_be_zero) or value > _FOREVER:  # type: ignore[operator]
            above = "0 or more" if may_be_zero else "above 0"
            raise self.fail(option, f"is {value!r}, expected a number of seconds, {above}.", f"Write {option}=60.")
        return value  # type: ignore[return-value]

    def texts(self, option: str, value: object) -> tuple[str, ...]:
        """
        Take what must be a list of texts, each once; `None` is an empty one.

        Raises:
            ConfigurationError: If it is a text itself, no list, or has something else in it.
        """
        if value is None:
            return ()
        if isinstance(value, str):
            raise self.fail(option, f"is the text {value!r}, expected a list.", f"Write {option}=[{value!r}].")
        if not _is_collection(value):
            raise self.fail(option, f"is {value!r}, expected a list.", f"Write {option}=[...] with texts.")
        for item in value:
            if not isinstance(item, str):
                raise self.fail(option, f"has {item!r}, expected texts.", "Write each one in quotes.")
        return tuple(dict.fromkeys(item for item in value if isinstance(item, str)))


def _is_collection(value: object) -> TypeGuard[Collection[object]]:
    return isinstance(value, list | tuple | set | frozenset)

"""
What a converter returns instead of a value: every problem with its place, built only when there is one.

A converter gives back the value or a `Failed`; whoever called it for a part adds the part's key. The good path
builds no pointer and raises nothing.
"""

from collections.abc import Callable
from typing import Final

from covet.exceptions import ErrorItem

MAX_ERRORS: Final = 100
"""How many errors of one input are collected; a body that is all wrong must stay cheap."""

MAX_KEY_LENGTH: Final = 100
"""A longer key of the client's own is left out of a pointer."""

Converter = Callable[[object], object]
TextConverter = Callable[[str], object]


class Problem:
    """One thing that is wrong: where (keys from the inside out), what was expected, and the stable word."""

    __slots__ = ("keys", "message", "type")

    def __init__(self, message: str, type_: str, keys: list[str | int] | None = None) -> None:
        self.message = message
        self.type = type_
        self.keys: list[str | int] = keys or []

    def make_item(self, source: str, pointer: str) -> ErrorItem:
        """Make the public error, its pointer escaped as RFC 6901 says."""
        path = "".join(f"/{escape_key(key)}" for key in reversed(self.keys))
        return ErrorItem(source, pointer + path, self.message, self.type)


class Failed:
    """The result of a conversion that did not work."""

    __slots__ = ("problems",)

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems

    def at(self, key: str | int) -> list[Problem]:
        """Move the problems one level out: they are those of the part at this key."""
        if isinstance(key, str) and len(key) > MAX_KEY_LENGTH:
            return self.problems
        for problem in self.problems:
            problem.keys.append(key)
        return self.problems


def fail(message: str, type_: str) -> Failed:
    """
    Make the failure of a value as a whole.

    Example:
        >>> fail("must be an integer", "int_type").problems[0].make_item("query", "/page").pointer
        '/page'
    """
    return Failed([Problem(message, type_)])


def escape_key(key: str | int) -> str:
    """
    Write one step of a JSON pointer.

    Example:
        >>> escape_key("a/b~c"), escape_key(3)
        ('a~1b~0c', '3')
    """
    return str(key) if isinstance(key, int) else key.replace("~", "~0").replace("/", "~1")

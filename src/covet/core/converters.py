"""
The types that a path parameter may have, and the table that knows them by name.

A converter says by its `regex` which text it takes, turns that text into a value and back. A router has a
`ConverterTable` of its own: a converter registered there is unknown to every other router.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from math import isfinite
from typing import Any, Final, Protocol

from covet.exceptions import ItemExistsError, RouteError, suggest


class Converter(Protocol):
    r"""
    What a converter has to offer.

    `regex` has to match the whole text of one path segment (it is anchored at both ends, and no text contains a
    slash). It may not match the empty string nor contain a capturing group. Python's `\d` takes every script's
    digits: write `[0-9]`. A path has as many characters as the server lets pass, so avoid nested quantifiers.
    """

    @property
    def regex(self) -> str:
        """The pattern of the texts that this converter takes."""
        ...

    def convert(self, text: str) -> object:
        """Turn a text that matched into a value; a `ValueError` means that there is no such path (404)."""
        ...

    def to_string(self, value: Any) -> str:  # Any: each converter takes its own type here
        """Write a value as it stands in a path, decoded; a `ValueError` says that it cannot be written."""
        ...


class StrConverter:
    """
    Any text without a slash: the converter of `{name}`.

    Example:
        >>> StrConverter().convert("tea")
        'tea'
    """

    regex = "[^/]+"

    def convert(self, text: str) -> str:
        """Leave the text as it is."""
        return text

    def to_string(self, value: object) -> str:
        """Write anything with `str()`."""
        return str(value)


class PathConverter:
    """
    The rest of the path, slashes included: `{name:path}`, only at the end.

    The text is what the client sent: it may start with a slash or contain `..`.

    Example:
        >>> PathConverter().convert("css/site.css")
        'css/site.css'
    """

    regex = "(?s:.+)"

    def convert(self, text: str) -> str:
        """Leave the text as it is."""
        return text

    def to_string(self, value: object) -> str:
        """Write anything with `str()`."""
        return str(value)


class IntConverter:
    """
    A whole number without a sign: 1 to 19 ASCII digits.

    APPSEC: `int()` never sees other scripts' digits, underscores or a text so long that parsing it takes quadratic
    time. A negative number is no match: `/items/-1` is not found.

    Example:
        >>> IntConverter().convert("007")
        7
        >>> IntConverter().to_string(-1)
        Traceback (most recent call last):
        ValueError: An int parameter is 0 to 9999999999999999999, got -1.
    """

    regex = "[0-9]{1,19}"

    def convert(self, text: str) -> int:
        """Read the digits."""
        return int(text)

    def to_string(self, value: int) -> str:
        """Write the digits."""
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10**19:
            raise ValueError(f"An int parameter is 0 to {10**19 - 1}, got {value!r}.")
        return str(int(value))


class FloatConverter:
    """
    A number without sign and exponent: ASCII digits, and a dot with more digits if wanted.

    Example:
        >>> FloatConverter().convert("2.50"), FloatConverter().to_string(0.00001)
        (2.5, '0.00001')
    """

    regex = r"[0-9]{1,19}(?:\.[0-9]{1,19})?"

    def convert(self, text: str) -> float:
        """Read the digits."""
        return float(text)

    def to_string(self, value: float) -> str:
        """Write the shortest text that reads back as the same number."""
        if not isinstance(value, int | float) or isinstance(value, bool) or not isfinite(value):
            raise ValueError(f"A float parameter is a finite number, got {value!r}.")
        text = repr(float(value))
        if "e" in text:
            text = f"{value:.19f}".rstrip("0").rstrip(".")
        if not re.fullmatch(self.regex, text) or float(text) != value:
            raise ValueError(f"A float parameter has at most 19 digits on each side and no sign, got {value!r}.")
        return text


class UUIDConverter:
    """
    A UUID in its usual form: 32 hexadecimal digits in five groups.

    Example:
        >>> UUIDConverter().convert("a8098c1a-f86e-11da-bd1a-00112444be1e").version
        1
    """

    regex = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"

    def convert(self, text: str) -> object:
        """Read the UUID."""
        from uuid import UUID

        return UUID(text)

    def to_string(self, value: object) -> str:
        """Write the UUID in lower case."""
        # Loaded here: the module costs 3 ms of start-up, and few applications name this converter.
        from uuid import UUID

        if not isinstance(value, UUID):
            raise ValueError(f"A uuid parameter is a uuid.UUID, got {value!r}.")  # noqa: TRY004 - the protocol's error
        return str(value)


class DateConverter:
    """
    A day as in RFC 3339: `2026-11-23`; a day that does not exist is not found.

    Example:
        >>> DateConverter().convert("2026-11-23")
        datetime.date(2026, 11, 23)
    """

    regex = "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"

    def convert(self, text: str) -> date:
        """Read the day."""
        return date.fromisoformat(text)

    def to_string(self, value: date) -> str:
        """Write the day."""
        if type(value) is not date:
            raise ValueError(f"A date parameter is a datetime.date, got {value!r}.")
        return value.isoformat()


class NamedConverter:
    """
    A converter with the name it was registered under and its place among the others.

    Attributes:
        name: The word behind the colon in a path.
        converter: The converter itself.
        order: Its priority and its number: lower ones are tried first.
        fullmatch: The compiled test of a whole text.
    """

    __slots__ = ("converter", "fullmatch", "name", "order")

    def __init__(
        self, name: str, converter: Converter, order: tuple[int, int], fullmatch: Callable[[str], re.Match[str] | None]
    ) -> None:
        self.name = name
        self.converter = converter
        self.order = order
        self.fullmatch = fullmatch


DEFAULT_PRIORITY: Final = 100


class ConverterTable:
    """
    The converters that a router knows, by name.

    Example:
        >>> class Slug:
        ...     regex = "[a-z0-9-]+"
        ...
        ...     def convert(self, text: str) -> str:
        ...         return text
        ...
        ...     def to_string(self, value: str) -> str:
        ...         return value
        >>> table = ConverterTable()
        >>> table.register("slug", Slug())
        >>> "slug" in table, "slug" in ConverterTable()
        (True, False)
    """

    def __init__(self) -> None:
        self._entries: dict[str, NamedConverter] = dict(_BUILT_IN)

    def register(self, name: str, converter: Converter, *, priority: int = DEFAULT_PRIORITY) -> None:
        """
        Teach the table a converter.

        Args:
            name: The word to write behind the colon: an identifier.
            converter: What matches, reads and writes.
            priority: Where two converters take the same text, the lower one wins; ties in order of registration. The
                built-in ones have 10 (int), 20 (date), 30 (uuid) and 40 (float).

        Raises:
            ItemExistsError: If the name is taken.
            RouteError: If the name is no identifier, the regex is wrong, or it is no converter.
        """
        if not name.isidentifier():
            raise RouteError(f"A converter's name must be an identifier, got {name!r}.")
        if name in self._entries:
            raise ItemExistsError(f"There is a converter {name!r} already.", hint="Choose another name.")
        self._entries[name] = _make_entry(name, converter, (priority, len(self._entries)))

    def get(self, name: str) -> NamedConverter:
        """
        Look a converter up.

        Raises:
            RouteError: If there is none of that name; the text says which there are.
        """
        try:
            return self._entries[name]
        except KeyError:
            raise RouteError(f"There is no converter {name!r}.", hint=suggest(name, self._entries)) from None

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)


def _make_entry(name: str, converter: Converter, order: tuple[int, int]) -> NamedConverter:
    """Compile a converter's pattern and refuse what would break a path's."""
    methods = [getattr(converter, method, None) for method in ("convert", "to_string")]
    if (
        isinstance(converter, type)
        or not all(map(callable, methods))
        or not isinstance(getattr(converter, "regex", None), str)
    ):
        raise RouteError(
            f"{converter!r} is no converter, registered as {name!r}.",
            hint="Register an instance of a class with regex, convert(text) and to_string(value).",
        )
    try:
        # In a group, as it will stand in a mixed segment: global flags are refused here already.
        pattern = re.compile(f"(?:{converter.regex})")
    except re.error as exc:
        raise RouteError(f"The regex {converter.regex!r} of converter {name!r} is wrong: {exc}.") from exc
    if pattern.groups:
        raise RouteError(
            f"The regex {converter.regex!r} of converter {name!r} has a capturing group.",
            hint="Write (?:…) instead of (…).",
        )
    if pattern.fullmatch(""):
        raise RouteError(
            f"The regex {converter.regex!r} of converter {name!r} matches the empty string.",
            hint="A parameter is never empty: write + instead of *.",
        )
    return NamedConverter(name, converter, order, pattern.fullmatch)


# int before float, since every int is a float, too.
_BUILT_IN: Final = {
    name: _make_entry(name, converter, (priority, 0))
    for name, converter, priority in (
        ("int", IntConverter(), 10),
        ("date", DateConverter(), 20),
        ("uuid", UUIDConverter(), 30),
        ("float", FloatConverter(), 40),
        ("str", StrConverter(), 1000),
        ("path", PathConverter(), 1001),
    )
}

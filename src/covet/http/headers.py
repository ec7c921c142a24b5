"""
Header fields: what a request brought, and what a response will carry.

Request headers are read-only and trusted to be what the server parsed. Response headers are
checked when they are set, so that nothing that would split a response reaches a server
(RFC 9110 §5.5, RFC 9112 §2.2). Names compare without case; `_` and `-` are different characters.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Final

from covet.exceptions import ResponseError

HeaderPairs = Sequence[tuple[str, str]]

# RFC 9110 §5.6.2: token
_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# RFC 9110 §5.5: field-value, here with obs-text so that Latin-1 passes
_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")

# PERF: names come from code, not from requests, so a handful repeats for ever; the cap is a guard
# against an application that makes names up.
_KNOWN_NAMES: Final[dict[str, str]] = {}
_MAX_KNOWN_NAMES: Final = 1024


def check_header_name(name: str) -> str:
    """
    Return a header's name in lower case, or refuse it.

    Raises:
        ResponseError: If it is not a token (RFC 9110 §5.6.2).

    Example:
        >>> check_header_name("X-Request-ID")
        'x-request-id'
        >>> check_header_name("bad name")
        Traceback (most recent call last):
            ...
        covet.exceptions.ResponseError: 'bad name' is no header name.
          Use letters, digits and any of !#$%&'*+-.^_`|~
    """
    if not isinstance(name, str) or _TOKEN.fullmatch(name) is None:
        raise ResponseError(f"{name!r} is no header name.", hint="Use letters, digits and any of !#$%&'*+-.^_`|~")
    lowered = name.lower()
    if len(_KNOWN_NAMES) < _MAX_KNOWN_NAMES:
        _KNOWN_NAMES[name] = lowered
    return lowered


def check_header_value(name: str, value: str) -> str:
    """
    Return a header's value without the spaces around it, or refuse it.

    Raises:
        ResponseError: If it has a control character (CR, LF and NUL among them) or one beyond Latin-1.
            The text names the header, never its value, which may be a secret.

    Example:
        >>> check_header_value("x-a", " one ")
        'one'
        >>> check_header_value("x-a", "one" + chr(13) + chr(10) + "set-cookie: a=b")
        Traceback (most recent call last):
            ...
        covet.exceptions.ResponseError: The value of header 'x-a' has a character that no header can carry.
          Control characters are refused; encode what is beyond Latin-1 (RFC 8187).
    """
    if not isinstance(value, str):
        raise ResponseError(f"The value of header {name!r} is {type(value).__name__}, expected str.")
    if _VALUE.fullmatch(value) is None:
        raise ResponseError(
            f"The value of header {name!r} has a character that no header can carry.",
            hint="Control characters are refused; encode what is beyond Latin-1 (RFC 8187).",
        )
    return value.strip(" \t")


class Headers(Mapping[str, str]):
    """
    The headers of a request: a read-only mapping that ignores case.

    A name that came several times answers with its values joined by `", "` (RFC 9110 §5.3), `cookie`
    with `"; "`; `get_list` has them apart.

    Args:
        pairs: A mapping, or pairs of name and value.

    Example:
        >>> headers = Headers([("Accept", "text/html"), ("accept", "*/*")])
        >>> headers["ACCEPT"], headers.get_list("accept"), "x-other" in headers
        ('text/html, */*', ['text/html', '*/*'], False)
    """

    __slots__ = ("_index",)

    def __init__(self, pairs: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        items = pairs.items() if isinstance(pairs, Mapping) else pairs
        self._index = _make_index((name.lower(), value) for name, value in items)

    @classmethod
    def from_bytes(cls, pairs: Iterable[tuple[bytes, bytes]]) -> "Headers":
        """
        Make headers from the pairs of an ASGI scope, whose names are in lower case already.

        Example:
            >>> Headers.from_bytes([(b"host", b"example.com")])["host"]
            'example.com'
        """
        headers = cls.__new__(cls)
        headers._index = _make_index((name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs)  # noqa: SLF001
        return headers

    @classmethod
    def from_lowered(cls, pairs: Iterable[tuple[str, str]]) -> "Headers":
        """
        Make headers from pairs whose names are in lower case already, as RSGI gives them.

        Example:
            >>> Headers.from_lowered([("host", "example.com")])["Host"]
            'example.com'
        """
        headers = cls.__new__(cls)
        headers._index = _make_index(pairs)  # noqa: SLF001
        return headers

    def __getitem__(self, name: str) -> str:
        values = self._index[name.lower()]
        if isinstance(values, str):
            return values
        return ("; " if name.lower() == "cookie" else ", ").join(values)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._index

    def __iter__(self) -> Iterator[str]:
        return iter(self._index)

    def __len__(self) -> int:
        return len(self._index)

    def get_list(self, name: str) -> list[str]:
        """Return every value of a name, in order; an empty list if it did not come."""
        values = self._index.get(name.lower())
        if values is None:
            return []
        return [values] if isinstance(values, str) else list(values)

    def multi_items(self) -> list[tuple[str, str]]:
        """Return every pair; a name that came several times is there several times."""
        return [(name, value) for name in self._index for value in self.get_list(name)]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Headers):
            return self._index == other._index
        return NotImplemented

    __hash__ = None  # type: ignore[assignment] # equal by value, like a dict

    def __repr__(self) -> str:
        # Values stay out: Authorization and Cookie would end up in logs.
        return f"Headers({', '.join(self._index)})"


def _make_index(pairs: Iterable[tuple[str, str]]) -> dict[str, str | list[str]]:
    index: dict[str, str | list[str]] = {}
    for name, value in pairs:
        present = index.get(name)
        if present is None:
            index[name] = value
        elif isinstance(present, list):
            present.append(value)
        else:
            index[name] = [present, value]
    return index


class MutableHeaders(MutableMapping[str, str]):
    """
    The headers of a response: checked when they are set, in lower case.

    Args:
        pairs: A mapping, or pairs of name and value; a name may come several times.

    Raises:
        ResponseError: If a name or a value cannot be carried by HTTP.

    Example:
        >>> headers = MutableHeaders({"X-Frame-Options": "DENY"})
        >>> headers["x-frame-options"] = "SAMEORIGIN"
        >>> headers.append("Set-Cookie", "a=1")
        >>> headers.append("Set-Cookie", "b=2")
        >>> headers.multi_items()
        [('x-frame-options', 'SAMEORIGIN'), ('set-cookie', 'a=1'), ('set-cookie', 'b=2')]
    """

    __slots__ = ("_more", "_single")

    def __init__(self, pairs: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        self._single: dict[str, str] = {}
        self._more: list[tuple[str, str]] = []
        for name, value in pairs.items() if isinstance(pairs, Mapping) else pairs:
            self.append(name, value)

    def __setitem__(self, name: str, value: str) -> None:
        # PERF: a printable ASCII value cannot carry anything dangerous; one C call each instead of
        # a regular expression (benchmarks: five middleware).
        if value.__class__ is not str or not (value.isascii() and value.isprintable()) or value[:1] == " ":
            value = check_header_value(name, value)
        elif value[-1:] == " ":
            value = value.rstrip(" ")
        lowered = _KNOWN_NAMES.get(name) or check_header_name(name)
        self._single[lowered] = value
        if self._more:
            self._more = [pair for pair in self._more if pair[0] != lowered]

    def append(self, name: str, value: str) -> None:
        """Add a value beside those that the name has already, such as a second `Set-Cookie`."""
        lowered = _KNOWN_NAMES.get(name) or check_header_name(name)
        if lowered in self._single:
            self._more.append((lowered, check_header_value(lowered, value)))
        else:
            self[lowered] = value

    def add_vary(self, name: str) -> None:
        """
        Add a name to `Vary` unless it is there already or `*` is.

        Example:
            >>> headers = MutableHeaders({"vary": "Accept"})
            >>> headers.add_vary("Origin")
            >>> headers.add_vary("accept")
            >>> headers["vary"]
            'Accept, Origin'
        """
        present = self.get("vary")
        if present is None:
            self["vary"] = name
            return
        names = {part.strip().lower() for part in present.split(",")}
        if "*" not in names and name.lower() not in names:
            self["vary"] = f"{present}, {name}"

    def __getitem__(self, name: str) -> str:
        lowered = name.lower()
        first = self._single[lowered]
        if not self._more:
            return first
        return ", ".join([first, *(value for key, value in self._more if key == lowered)])

    def get_list(self, name: str) -> list[str]:
        """Return every value of a name, in order; an empty list if it is not set."""
        lowered = name.lower()
        if lowered not in self._single:
            return []
        return [self._single[lowered], *(value for key, value in self._more if key == lowered)]

    def __delitem__(self, name: str) -> None:
        lowered = name.lower()
        del self._single[lowered]
        self._more = [pair for pair in self._more if pair[0] != lowered]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._single

    def __iter__(self) -> Iterator[str]:
        return iter(self._single)

    def __len__(self) -> int:
        return len(self._single)

    def multi_items(self) -> list[tuple[str, str]]:
        """Return every pair as it goes to the wire."""
        return [*self._single.items(), *self._more]

    def __repr__(self) -> str:
        return f"MutableHeaders({', '.join(self._single)})"

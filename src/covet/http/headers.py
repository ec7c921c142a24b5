"""
Header fields: what a request brought, and what a response will carry.

Request headers are read-only and trusted to be what the server parsed. Response headers are
checked when they are set, so that nothing that would split a response reaches a server
(RFC 9110 §5.5, RFC 9112 §2.2). Names compare without case; `_` and `-` are different characters.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Final, Self, TypeVar, overload

from covet.exceptions import ResponseError

D = TypeVar("D")

HeaderPairs = Sequence[tuple[str, str]]

# RFC 9110 §5.6.2: token
_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# RFC 9110 §5.5: field-value, here with obs-text so that Latin-1 passes
_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")

# APPSEC: how a message is framed is the server's business: a Transfer-Encoding beside the Content-Length
# that the adapter writes would let one response be read as two (RFC 9112 §6.1).
_FORBIDDEN_NAMES: Final = frozenset({"transfer-encoding"})

# PERF: names come from code, not from requests, so a handful repeats for ever; the caps are a guard
# against an application that makes names up.
_KNOWN_NAMES: Final[dict[str, str]] = {}
_MAX_KNOWN_NAMES: Final = 1024
_MAX_KNOWN_NAME: Final = 64


def check_header_name(name: str) -> str:
    """
    Return a header's name in lower case, or refuse it.

    Raises:
        ResponseError: If it is not a token (RFC 9110 §5.6.2), or if it is `Transfer-Encoding`, which only
            the server sets.

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
    if lowered in _FORBIDDEN_NAMES:
        raise ResponseError(f"{name!r} is set by the server alone.", hint="Leave it out: it frames the body.")
    if len(_KNOWN_NAMES) < _MAX_KNOWN_NAMES and len(name) <= _MAX_KNOWN_NAME:
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

    __slots__ = ("_index", "_raw")

    # The one or the other; what came as bytes gets an index when somebody needs more than a value.
    _raw: Mapping[bytes, bytes] | None
    _index: Mapping[str, str | list[str]] | None

    def __init__(self, pairs: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        self._raw = None
        items = pairs.items() if isinstance(pairs, Mapping) else pairs
        self._index = _make_index((name.lower(), value) for name, value in items)

    @classmethod
    def from_bytes(cls, pairs: Sequence[tuple[bytes, bytes]]) -> Self:
        """
        Make headers from the pairs of an ASGI scope, whose names are in lower case already.

        Example:
            >>> Headers.from_bytes([(b"host", b"example.com")])["host"]
            'example.com'
        """
        # PERF: one C call for all of them; most handlers ask for two or three headers out of fifteen, so
        # each is decoded when it is asked for (benchmarks: post).
        raw = dict(pairs)
        headers = cls.__new__(cls)
        if len(raw) == len(pairs):
            headers._raw = raw  # noqa: SLF001 - a second constructor of this class
            headers._index = None  # noqa: SLF001
        else:
            texts = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs)
            headers._raw = None  # noqa: SLF001
            headers._index = _make_index(texts)  # noqa: SLF001
        return headers

    @classmethod
    def from_lowered(cls, pairs: Sequence[tuple[str, str]]) -> Self:
        """
        Make headers from pairs whose names are in lower case already, as RSGI gives them.

        Example:
            >>> Headers.from_lowered([("host", "example.com")])["Host"]
            'example.com'
        """
        index = dict(pairs)
        headers = cls.__new__(cls)
        headers._raw = None  # noqa: SLF001 - a second constructor of this class
        headers._index = index if len(index) == len(pairs) else _make_index(pairs)  # noqa: SLF001
        return headers

    def _get_index(self) -> Mapping[str, str | list[str]]:
        index = self._index
        if index is None:
            raw = self._raw or {}
            self._index = index = {name.decode("latin-1"): value.decode("latin-1") for name, value in raw.items()}
            self._raw = None
        return index

    def get_bytes(self, name: bytes) -> bytes | None:
        """
        Return a name's value as it came, or `None`: the shortest way, for what every request is asked.

        Args:
            name: The name, in lower case.

        Example:
            >>> Headers.from_bytes([(b"content-length", b"12")]).get_bytes(b"content-length")
            b'12'
        """
        raw = self._raw
        if raw is not None:
            return raw.get(name)
        text = self.get(name.decode("latin-1"))
        return None if text is None else text.encode("latin-1", "replace")

    @property
    def size(self) -> int:
        """
        How many bytes names and values have, for those who limit it; each repeated name counts.

        Example:
            >>> Headers({"host": "example.com"}).size
            15
        """
        raw = self._raw
        if raw is None:
            return sum(len(name) + len(value) for name, value in self.multi_items())
        # PERF: half of what a loop over the pairs takes.
        return sum(map(len, raw)) + sum(map(len, raw.values()))

    @overload
    def get(self, name: str, /) -> str | None: ...

    @overload
    def get(self, name: str, /, default: str | D) -> str | D: ...

    def get(self, name: str, /, default: str | D | None = None) -> str | D | None:
        """Return a name's value, or the default if it did not come."""
        raw = self._raw
        if raw is not None:
            value = raw.get(name.lower().encode())
            return default if value is None else value.decode("latin-1")
        name = name.lower()
        values = self._get_index().get(name)
        if values is None:
            return default
        return values if isinstance(values, str) else _join(name, values)

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._get_index()

    def __iter__(self) -> Iterator[str]:
        return iter(self._get_index())

    def __len__(self) -> int:
        return len(self._get_index())

    def get_list(self, name: str) -> list[str]:
        """Return every value of a name, in order; an empty list if it did not come."""
        values = self._get_index().get(name.lower())
        if values is None:
            return []
        return [values] if isinstance(values, str) else list(values)

    def multi_items(self) -> list[tuple[str, str]]:
        """Return every pair; a name that came several times is there several times."""
        return [(name, value) for name in self._get_index() for value in self.get_list(name)]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Headers):
            return self._get_index() == other._get_index()
        return NotImplemented

    __hash__ = None  # type: ignore[assignment] # equal by value, like a dict

    def __repr__(self) -> str:
        # Values stay out: Authorization and Cookie would end up in logs.
        return f"Headers({', '.join(self._get_index())})"


def _join(name: str, values: list[str]) -> str:
    # RFC 9113 §8.2.3: HTTP/2 may split a Cookie; its parts are no list that a comma separates.
    return ("; " if name == "cookie" else ", ").join(values)


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

"""
Header fields that a request brought: read-only, trusted to be what the server parsed.

Names compare without case; `_` and `-` are different characters.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Self, TypeVar, overload

D = TypeVar("D")

# PERF: the names that are asked for come from code and repeat for ever, so their lower case in bytes is
# remembered; the caps are a guard against an application that makes names up (benchmarks/onion.py).
_ASKED_NAMES: Final[dict[str, bytes]] = {}
_ASKED_BYTES: Final[dict[bytes, str]] = {}
_MAX_ASKED_NAMES: Final = 1024
_MAX_ASKED_NAME: Final = 64


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

    # The one or the other; what came as bytes gets an index when somebody needs more than a value. Both are `None`
    # until somebody asks for the headers of a request on a wire.
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
        headers = cls.__new__(cls)
        headers._take_bytes(pairs)  # noqa: SLF001 - a second constructor of this class
        return headers

    @classmethod
    def from_lowered(cls, pairs: Sequence[tuple[str, str]]) -> Self:
        """
        Make headers from pairs whose names are in lower case already, as RSGI gives them.

        Example:
            >>> Headers.from_lowered([("host", "example.com")])["Host"]
            'example.com'
        """
        headers = cls.__new__(cls)
        headers._take_text(pairs)  # noqa: SLF001
        return headers

    def _take_bytes(self, pairs: Sequence[tuple[bytes, bytes]] | dict[bytes, bytes]) -> None:
        # PERF: one C call for all of them; most handlers ask for two or three headers out of fifteen, so
        # each is decoded when it is asked for (benchmarks/instructions.py, post).
        raw = pairs if isinstance(pairs, dict) else dict(pairs)
        self._raw, self._index = raw, None
        if len(raw) != len(pairs):
            items = pairs.items() if isinstance(pairs, dict) else pairs
            self._index = _make_index((name.decode("latin-1"), value.decode("latin-1")) for name, value in items)
            self._raw = None

    def _take_text(self, pairs: Sequence[tuple[str, str]]) -> None:
        index = dict(pairs)
        self._raw = None
        self._index = index if len(index) == len(pairs) else _make_index(pairs)

    def _load(self) -> None:
        """Take the headers from the wire; the adapters' headers replace it."""
        self._index = {}

    def _get_index(self) -> Mapping[str, str | list[str]]:
        if self._index is None and self._raw is None:
            self._load()
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
        index = self._index
        if index is None:
            self._load()
            return self.get_bytes(name)
        asked = _ASKED_BYTES.get(name) or _ask_bytes(name)
        values = index.get(asked)
        if values is None:
            return None
        return (values if isinstance(values, str) else _join(asked, values)).encode("latin-1", "replace")

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
        # PERF: a copy in C is cheaper than a loop over the pairs, by a factor of five (benchmarks/onion.py).
        return len(b"".join([*raw, *raw.values()]))

    @overload
    def get(self, name: str, /) -> str | None: ...

    @overload
    def get(self, name: str, /, default: str | D) -> str | D: ...

    def get(self, name: str, /, default: str | D | None = None) -> str | D | None:
        """Return a name's value, or the default if it did not come."""
        raw, index = self._raw, self._index
        if raw is None and index is None:
            self._load()
            raw, index = self._raw, self._index
        if raw is not None:
            value = raw.get(_ASKED_NAMES.get(name) or _ask_name(name))
            return default if value is None else value.decode("latin-1")
        name = name.lower()
        values = index.get(name) if index else None
        if values is None:
            return default
        return values if isinstance(values, str) else _join(name, values)

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        raw = self._raw
        if raw is None and self._index is None:
            self._load()
            raw = self._raw
        if raw is not None:
            return (_ASKED_NAMES.get(name) or _ask_name(name)) in raw
        return name.lower() in self._get_index()

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


def _ask_name(name: str) -> bytes:
    """Return a name as ASGI brings it: in lower case, in bytes."""
    # A name that no header can have is found nowhere.
    raw = name.lower().encode("latin-1", "replace")
    if len(_ASKED_NAMES) < _MAX_ASKED_NAMES and len(name) <= _MAX_ASKED_NAME:
        _ASKED_NAMES[name] = raw
    return raw


def _ask_bytes(name: bytes) -> str:
    """Return a name as RSGI brings it: as text."""
    text = name.decode("latin-1")
    if len(_ASKED_BYTES) < _MAX_ASKED_NAMES and len(name) <= _MAX_ASKED_NAME:
        _ASKED_BYTES[name] = text
    return text


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

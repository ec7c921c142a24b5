"""
Header fields that a response will carry: checked when they are set.

So nothing that would split a response reaches a server (RFC 9110 §5.5, RFC 9112 §2.2). A name is kept in
lower case, with its pair as the adapters send it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Final, TypeVar, overload

from covet.exceptions import ResponseError

D = TypeVar("D")

# A pair as text, for RSGI, and in bytes, for ASGI.
Field = tuple[tuple[str, str], tuple[bytes, bytes]]

# RFC 9110 §5.6.2: token
_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# RFC 9110 §5.5: field-value without obs-text, which servers write in different encodings
_VALUE: Final = re.compile(r"[\t\x20-\x7e]*")
# RFC 9110 §8.8.3: entity-tag
_ETAG: Final = re.compile(r'(?:W/)?"[\x21\x23-\x7e]*"')

# APPSEC: how a message is framed is the server's business: a Transfer-Encoding beside the Content-Length
# that the adapter writes would let one response be read as two (RFC 9112 §6.1).
_FORBIDDEN_NAMES: Final = frozenset({"transfer-encoding"})

# PERF: names come from code, not from requests, so a handful repeats for ever: each is remembered in lower case, as
# text and in bytes; the caps are a guard against an application that makes names up (benchmarks/onion.py).
_KNOWN_NAMES: Final[dict[str, tuple[str, bytes]]] = {}
_MAX_KNOWN_NAMES: Final = 1024
_MAX_KNOWN_NAME: Final = 64

# PERF: what `Vary` becomes with another name, by what it was: few values repeat for ever (benchmarks/production.py).
_VARYING: Final[dict[str, dict[str, Field]]] = {}
_MAX_VARYING: Final = 256
_MAX_VARYING_NAMES: Final = 16


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
    return lowered


def _learn_name(name: str) -> tuple[str, bytes]:
    """Check a name that is not known yet, and remember it."""
    lowered = check_header_name(name)
    known = lowered, lowered.encode()
    if len(_KNOWN_NAMES) < _MAX_KNOWN_NAMES and len(name) <= _MAX_KNOWN_NAME:
        _KNOWN_NAMES[name] = known
    return known


def check_header_value(name: str, value: str) -> str:
    """
    Return a header's value without the spaces around it, or refuse it.

    Raises:
        ResponseError: If it has a control character (CR, LF and NUL among them) or one beyond ASCII.
            The text names the header, never its value, which may be a secret.

    Example:
        >>> check_header_value("x-a", " one ")
        'one'
        >>> check_header_value("x-a", "one" + chr(13) + chr(10) + "set-cookie: a=b")
        Traceback (most recent call last):
            ...
        covet.exceptions.ResponseError: The value of header 'x-a' has a character that no header can carry.
          Control characters are refused; encode what is beyond ASCII (RFC 8187).
    """
    if not isinstance(value, str):
        raise ResponseError(f"The value of header {name!r} is {type(value).__name__}, expected str.")
    if _VALUE.fullmatch(value) is None:
        raise ResponseError(
            f"The value of header {name!r} has a character that no header can carry.",
            hint="Control characters are refused; encode what is beyond ASCII (RFC 8187).",
        )
    return value.strip(" \t")


def make_field(name: str, value: str) -> Field:
    """Make the field of a checked name, in lower case, and a checked value."""
    return (name, value), (name.encode(), value.encode())


_NO_FIELD: Final = make_field("", "")


def _learn_vary(present: str, name: str) -> Field:
    """Write a `Vary` that has one more name, and remember it."""
    names = {part.strip().lower() for part in present.split(",")}
    said = present if "*" in names or name.lower() in names else f"{present}, {name}" if present else name
    field = make_field("vary", check_header_value("vary", said))
    if len(said) <= _MAX_VARYING and (name in _VARYING or len(_VARYING) < _MAX_VARYING_NAMES):
        known = _VARYING.setdefault(name, {})
        if len(known) < _MAX_VARYING:
            known[present] = field
    return field


class MutableHeaders(MutableMapping[str, str]):
    """
    The headers of a response: checked when they are set, in lower case.

    Headers that are the same for many responses are best made once and set with `update`.

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

    __slots__ = ("_fields", "_more")

    def __init__(self, pairs: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        self._fields: dict[str, Field] = {}
        # The values beyond the first of a name, such as a second Set-Cookie.
        self._more: list[Field] | None = None
        for name, value in pairs.items() if isinstance(pairs, Mapping) else pairs:
            self.append(name, value)

    def __setitem__(self, name: str, value: str) -> None:
        # PERF: a printable ASCII value cannot carry anything dangerous; one C call each instead of
        # a regular expression (benchmarks/onion.py).
        if value.__class__ is str and value.isascii() and value.isprintable():
            value = value.strip()
        else:
            value = check_header_value(name, value)
        lowered, raw = _KNOWN_NAMES.get(name) or _learn_name(name)
        if lowered == "etag" and _ETAG.fullmatch(value) is None:
            raise ResponseError(
                f"{value!r} is no entity tag: caches and clients could not compare it.",
                hint="It stands in quotation marks, 'W/' before them if it is weak, and has no spaces: '\"v7\"'.",
            )
        self._fields[lowered] = (lowered, value), (raw, value.encode())
        if self._more:
            self._more = [field for field in self._more if field[0][0] != lowered]

    def append(self, name: str, value: str) -> None:
        """Add a value beside those that the name has already, such as a second `Set-Cookie`."""
        lowered, _ = _KNOWN_NAMES.get(name) or _learn_name(name)
        if lowered in self._fields:
            self._more = [*(self._more or ()), make_field(lowered, check_header_value(lowered, value))]
        else:
            self[lowered] = value

    # The base takes names as keywords as well, which no header with a hyphen could be.
    def update(self, other: Mapping[str, str] | Iterable[tuple[str, str]], /) -> None:  # type: ignore[override]
        """
        Set several headers at once.

        Those of another `MutableHeaders` were checked when it was made, so this is the cheapest way to set
        headers that never change.

        Args:
            other: The headers to set, as a mapping or as pairs.

        Raises:
            ResponseError: If a name or a value cannot be carried by HTTP.

        Example:
            >>> constant = MutableHeaders({"X-Frame-Options": "DENY"})
            >>> headers = MutableHeaders()
            >>> headers.update(constant)
            >>> headers["x-frame-options"]
            'DENY'
        """
        if other.__class__ is MutableHeaders and not (self._more or other._more):  # noqa: SLF001
            # PERF: half of what a call of `update` costs for a handful of fields (benchmarks/onion.py).
            self._fields |= other._fields
        elif isinstance(other, MutableHeaders):
            for name in other:
                self.pop(name, None)
            for name, value in other.multi_items():
                self.append(name, value)
        else:
            for name, value in other.items() if isinstance(other, Mapping) else other:
                self[name] = value

    def set_defaults(self, other: "MutableHeaders") -> None:
        """
        Set those of other headers that are not set here: what a handler said stays.

        Args:
            other: The headers, each name once.

        Example:
            >>> headers = MutableHeaders({"X-Frame-Options": "SAMEORIGIN"})
            >>> headers.set_defaults(MutableHeaders({"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff"}))
            >>> headers["x-frame-options"], headers["x-content-type-options"]
            ('SAMEORIGIN', 'nosniff')
        """
        # PERF: one merge of two dictionaries, however many headers there are (benchmarks/onion.py).
        self._fields = {**other._fields, **self._fields}

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
        if self._more:
            self.set_field(_learn_vary(self.get("vary", ""), name))
            return
        fields = self._fields
        present = fields.get("vary", _NO_FIELD)[0][1]
        known = _VARYING.get(name)
        fields["vary"] = (known.get(present) if known else None) or _learn_vary(present, name)

    def set_field(self, field: Field) -> None:
        """
        Set a header from its field, which `make_field` has made of what was checked.

        Args:
            field: The field.

        Example:
            >>> headers = MutableHeaders()
            >>> headers.set_field(make_field("x-frame-options", "DENY"))
            >>> headers["x-frame-options"]
            'DENY'
        """
        name = field[0][0]
        self._fields[name] = field
        if self._more:
            self._more = [other for other in self._more if other[0][0] != name]

    def append_fields(self, *fields: Field) -> None:
        """
        Add values beside those that their names have already, from their fields.

        Args:
            *fields: The fields, as `set_field` takes them.

        Example:
            >>> headers = MutableHeaders({"link": "</a>"})
            >>> headers.append_fields(make_field("link", "</b>"), make_field("age", "0"))
            >>> headers["link"], headers["age"]
            ('</a>, </b>', '0')
        """
        own = self._fields
        for field in fields:
            name = field[0][0]
            if name in own:
                self._more = [*(self._more or ()), field]
            else:
                own[name] = field

    def are_among(self, names: frozenset[str]) -> bool:
        """
        Tell whether no other headers are set than some.

        Args:
            names: Their names, in lower case.

        Example:
            >>> MutableHeaders({"Vary": "Accept"}).are_among(frozenset({"vary", "etag"}))
            True
        """
        return names.issuperset(self._fields)

    def discard(self, names: frozenset[str]) -> None:
        """
        Remove those of some headers that are set.

        Args:
            names: Their names, in lower case.

        Example:
            >>> headers = MutableHeaders({"Server": "tea/1", "X-A": "1"})
            >>> headers.discard(frozenset({"server", "x-powered-by"}))
            >>> list(headers)
            ['x-a']
        """
        for name in names:
            if name in self._fields:
                del self[name]

    @overload
    def get(self, name: str, /) -> str | None: ...

    @overload
    def get(self, name: str, /, default: str | D) -> str | D: ...

    def get(self, name: str, /, default: str | D | None = None) -> str | D | None:
        """Return a name's value, or the default if it is not set."""
        # PERF: that of the base raises and catches an error for what is not there (benchmarks/production.py).
        return self[name] if name.lower() in self._fields else default

    def __getitem__(self, name: str) -> str:
        lowered = name.lower()
        first = self._fields[lowered][0][1]
        if not self._more:
            return first
        return ", ".join([first, *(value for (key, value), _ in self._more if key == lowered)])

    def get_list(self, name: str) -> list[str]:
        """Return every value of a name, in order; an empty list if it is not set."""
        lowered = name.lower()
        if lowered not in self._fields:
            return []
        return [self._fields[lowered][0][1], *(value for (key, value), _ in self._more or () if key == lowered)]

    def __delitem__(self, name: str) -> None:
        lowered = name.lower()
        del self._fields[lowered]
        if self._more:
            self._more = [field for field in self._more if field[0][0] != lowered]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._fields

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def multi_items(self) -> list[tuple[str, str]]:
        """Return every pair as it goes to the wire."""
        pairs = [field[0] for field in self._fields.values()]
        if self._more:
            pairs += [field[0] for field in self._more]
        return pairs

    def encode(self) -> list[tuple[bytes, bytes]]:
        """
        Return every pair in bytes, as ASGI wants them.

        Example:
            >>> MutableHeaders({"vary": "Accept"}).encode()
            [(b'vary', b'Accept')]
        """
        pairs = [raw for _, raw in self._fields.values()]
        if self._more:
            pairs += [raw for _, raw in self._more]
        return pairs

    def __repr__(self) -> str:
        return f"MutableHeaders({', '.join(self._fields)})"


def make_headers(content_type: Field | None) -> MutableHeaders:
    """
    Make the headers of a response from the field of its `Content-Type`.

    Example:
        >>> make_headers(make_field("content-type", "text/css")).multi_items()
        [('content-type', 'text/css')]
    """
    # PERF: what `__init__` does for any mapping costs many times as much (benchmarks/onion.py).
    headers = _new_headers(MutableHeaders)
    headers._fields = {} if content_type is None else {"content-type": content_type}
    headers._more = None  # noqa: SLF001
    return headers


_new_headers: Final = MutableHeaders.__new__

"""
Paths with parameters: `/users/{user_id}`, `/files/{name:path}`, `/v{version:int}/{name}.{extension}`.

A template is read once, when its route is declared, and everything that is wrong with it is said then. It is written
and matched as decoded text, case-sensitive, and nothing is normalised: `..`, `//` and `;` mean nothing here.
"""

import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from covet.core.converters import Converter, ConverterTable, NamedConverter
from covet.exceptions import RouteError
from covet.http.percent import encode_path


class SegmentKind(IntEnum):
    """The kinds of segments in their order of precedence."""

    STATIC = 0
    MIXED = 1
    TYPED = 2
    PLAIN = 3
    PATH = 4


@dataclass(slots=True, eq=False)
class Parameter:
    """A parameter of a path: its name and its converter."""

    name: str
    named_converter: NamedConverter

    @property
    def converter(self) -> Converter:
        """What turns the parameter's text into a value and back."""
        return self.named_converter.converter


@dataclass(slots=True, eq=False)
class Segment:
    """
    What stands between two slashes.

    Attributes:
        kind: How it matches.
        text: How it was written.
        parts: Its literal texts and parameters, in order.
        key: Equal for segments that match the same texts, whatever their parameters are called.
        order: Sorts siblings of the same kind: the lower one is tried first.
        fullmatch: The test of a mixed or typed segment; a mixed one's groups are the values.
    """

    kind: SegmentKind
    text: str
    parts: tuple[str | Parameter, ...]
    key: Hashable
    order: tuple[int | str, ...] = ()
    fullmatch: Callable[[str], re.Match[str] | None] | None = None


MAX_SEGMENTS: Final = 64
_PARAMETER = re.compile(r"\{([^{}]*)\}")
# As Flask and Django write parameters: taken for text, it would never be found.
_ANGLE_BRACKETS: Final = re.compile(r"<((?:\w+:)?\w+)>")
# As Express, Rails and Gin write them.
_COLON: Final = re.compile(r"/:(\w+)")
_PERCENT_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")
_UNUSABLE = re.compile(r"[\x00-\x1f\x7f?#\ud800-\udfff]")
# RFC 3986 §3.3: what a path may contain as it is.


@dataclass(slots=True, eq=False)
class PathTemplate:
    """
    A path that may contain parameters.

    Example:
        >>> template = PathTemplate.parse("/users/{user_id:int}/files/{name:path}")
        >>> [parameter.name for parameter in template.parameters]
        ['user_id', 'name']
        >>> template.build({"user_id": 7, "name": "a b/c.txt"})
        '/users/7/files/a%20b/c.txt'
    """

    text: str
    segments: tuple[Segment, ...]
    parameters: tuple[Parameter, ...]

    @classmethod
    def parse(cls, text: str, converters: ConverterTable | None = None) -> "PathTemplate":
        """
        Read a path.

        Args:
            text: The path, decoded; it starts with a slash.
            converters: The converters it may name; the built-in ones by default.

        Raises:
            RouteError: If anything is wrong with it; the text says what to write instead.
        """
        _check_text(text)
        table = converters if converters is not None else _DEFAULT_TABLE
        try:
            segments = [_parse_segment(part, table) for part in text[1:].split("/")]
        except RouteError as exc:
            raise RouteError(exc.message, route=text, hint=exc.hint) from None
        return cls._assemble(text, tuple(segments))

    @classmethod
    def _assemble(cls, text: str, segments: tuple[Segment, ...]) -> "PathTemplate":
        """Check what concerns the segments together."""
        if len(segments) > MAX_SEGMENTS:
            raise RouteError(f"It has {len(segments)} segments; the limit is {MAX_SEGMENTS}.", route=text)
        parameters = tuple(part for segment in segments for part in segment.parts if isinstance(part, Parameter))
        names = [parameter.name for parameter in parameters]
        if len(set(names)) != len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise RouteError(
                f"The parameter {twice!r} appears twice.", route=text, hint="Give each parameter a name of its own."
            )
        for segment in segments[:-1]:
            if segment.kind is SegmentKind.PATH:
                raise RouteError(
                    f"{segment.text!r} takes the rest of the path, so nothing can follow it.",
                    route=text,
                    hint="Move it to the end, or use a parameter without ':path'.",
                )
            if not segment.text:
                raise RouteError("It contains '//'.", route=text, hint="Write a single slash.")
        return cls(text, segments, parameters)

    @property
    def is_static(self) -> bool:
        """It has no parameters."""
        return not self.parameters

    @property
    def shape(self) -> tuple[Hashable, ...]:
        """Equal for templates that match the same paths, whatever their parameters are called."""
        return tuple([segment.key for segment in self.segments])

    def with_prefix(self, prefix: "PathTemplate | None") -> "PathTemplate":
        """
        Put another template in front.

        Example:
            >>> PathTemplate.parse("/{id}").with_prefix(PathTemplate.parse("/users")).text
            '/users/{id}'

        Raises:
            RouteError: If both have a parameter of the same name.
        """
        if prefix is None:
            return self
        return PathTemplate._assemble(prefix.text + self.text, prefix.segments + self.segments)

    def build(self, values: Mapping[str, object]) -> str:
        """
        Write the path for some values, percent-encoded.

        The result leads back to this template with the same values, or there is an error.

        Raises:
            RouteError: If a value is missing, unknown, or cannot stand in a path.
        """
        names = {parameter.name for parameter in self.parameters}
        missing, extra = sorted(names - values.keys()), sorted(values.keys() - names)
        if missing or extra:
            problems = [
                f"{word} {', '.join(map(repr, found))}"
                for word, found in (("missing", missing), ("unknown", extra))
                if found
            ]
            takes = ", ".join(parameter.name for parameter in self.parameters) or "none"
            raise RouteError(f"Wrong parameters: {'; '.join(problems)}.", route=self.text, hint=f"It takes: {takes}.")
        decoded = "".join(f"/{self._build_segment(segment, values)}" for segment in self.segments)
        if decoded.startswith(("//", "/\\")):
            # APPSEC: browsers read such a reference as the name of another host.
            raise RouteError(f"The path {decoded!r} would name another host.", route=self.text)
        try:
            return encode_path(decoded)
        except UnicodeEncodeError:
            raise RouteError(f"The path {decoded!r} is not valid Unicode.", route=self.text) from None

    def _build_segment(self, segment: Segment, values: Mapping[str, object]) -> str:
        """Write one segment and make sure that it reads back as the same values."""
        texts: list[str] = []
        written: list[str] = []
        for part in segment.parts:
            if isinstance(part, str):
                texts.append(part)
                continue
            try:
                text = part.converter.to_string(values[part.name])
            except ValueError as exc:
                raise RouteError(str(exc), route=self.text, parameter=part.name) from exc
            self._check_value(segment, part, text)
            texts.append(text)
            written.append(text)
        text = "".join(texts)
        if segment.kind is SegmentKind.MIXED and segment.fullmatch is not None:
            match = segment.fullmatch(text)
            if match is None or list(match.groups()) != written:
                raise RouteError(f"{text!r} would not be read back as {written!r}.", route=self.text)
        if segment.kind is not SegmentKind.STATIC and not {".", ".."}.isdisjoint(text.split("/")):
            # Clients resolve these away before they send the request (RFC 3986 §5.2.4).
            raise RouteError(f"{text!r} contains a '.' or '..' segment.", route=self.text)
        return text

    def _check_value(self, segment: Segment, parameter: Parameter, text: str) -> None:
        """Refuse a value's text that its parameter would not match."""
        if not text:
            raise RouteError("It is empty.", route=self.text, parameter=parameter.name)
        if "/" in text and segment.kind is not SegmentKind.PATH:
            raise RouteError(
                f"{text!r} contains a slash.",
                route=self.text,
                parameter=parameter.name,
                hint=f"Only {{{parameter.name}:path}} takes slashes.",
            )
        if parameter.named_converter.fullmatch(text) is None:
            name = parameter.named_converter.name
            raise RouteError(f"{text!r} is no text for {name!r}.", route=self.text, parameter=parameter.name)


_DEFAULT_TABLE: Final = ConverterTable()


def _check_text(text: str) -> None:
    """Refuse a path that no request could have."""
    if not isinstance(text, str):
        raise RouteError(f"A path is a text, got {text!r}.")
    if not text.startswith("/"):
        raise RouteError("A path starts with a slash.", route=text, hint=f"Write '/{text}'.")
    if match := _UNUSABLE.search(text):
        raise RouteError(
            f"A path cannot contain {match.group()!r}.",
            route=text.encode("unicode_escape").decode(),
            hint="Query and fragment are no part of a path.",
        )
    if match := _ANGLE_BRACKETS.search(text):
        kind, _, name = match.group(1).rpartition(":")
        raise RouteError(
            f"{match.group()!r} is no parameter.", route=text, hint=f"Write {{{name}{':' if kind else ''}{kind}}}."
        )
    if match := _COLON.search(text):
        name = match.group(1)
        raise RouteError(f"{':' + name!r} is no parameter.", route=text, hint=f"Write {{{name}}}.")
    if match := _PERCENT_ENCODED.search(text):
        raise RouteError(
            f"{match.group()!r} is percent-encoded.",
            route=text,
            hint="Write the decoded text: requests are decoded before they are matched.",
        )


def _parse_segment(text: str, table: ConverterTable) -> Segment:
    """Read what stands between two slashes."""
    if "{" not in text and "}" not in text:
        if text in {".", ".."}:
            raise RouteError(f"A segment {text!r} never arrives: clients resolve it.", hint="Leave it out.")
        return Segment(SegmentKind.STATIC, text, (text,), text)
    # With one group, split() yields literal texts at even places and the parameters between them.
    pieces = _PARAMETER.split(text)
    if any("{" in piece or "}" in piece for piece in pieces[::2]):
        raise RouteError(f"The braces of {text!r} are not balanced.", hint="Write parameters as {name} or {name:int}.")
    if any(not piece for piece in pieces[2:-1:2]):
        raise RouteError(f"Two parameters touch each other in {text!r}.", hint="Put a text between them.")
    parts = tuple(
        _parse_parameter(piece, table) if place % 2 else piece
        for place, piece in enumerate(pieces)
        if place % 2 or piece
    )
    first = parts[0]
    if len(parts) > 1 or isinstance(first, str):
        return _make_mixed(text, parts)
    named = first.named_converter
    if named.name == "str":
        return Segment(SegmentKind.PLAIN, text, parts, _PLAIN_KEY)
    if named.name == "path":
        return Segment(SegmentKind.PATH, text, parts, _PATH_KEY)
    return Segment(SegmentKind.TYPED, text, parts, ("typed", named), named.order, named.fullmatch)


_PLAIN_KEY: Final = ("plain",)
_PATH_KEY: Final = ("path",)


def _parse_parameter(text: str, table: ConverterTable) -> Parameter:
    """Read what stands in braces."""
    name, colon, converter = text.partition(":")
    if not name:
        raise RouteError(f"The parameter {{{text}}} has no name.", hint="Write {name} or {name:int}.")
    if not name.isidentifier():
        raise RouteError(f"The parameter's name {name!r} is no identifier.", hint="Write {name} or {name:int}.")
    return Parameter(name, table.get(converter if colon else "str"))


def _make_mixed(text: str, parts: tuple[str | Parameter, ...]) -> Segment:
    """
    Compile a segment of texts and parameters into one pattern.

    The first plain parameter takes as much as it can. Each later one does not contain the literal text before it: the
    greedy reading splits at the last occurrence anyway, and each position of the text is left only one way to be
    reached, so that matching takes linear time.
    """
    pattern: list[str] = []
    key: list[Hashable] = ["mixed"]
    nameless: list[str] = []
    literal = ""
    literal_length = typed = 0
    has_plain = False
    for part in parts:
        if isinstance(part, str):
            literal = re.escape(part)
            literal_length += len(part)
            pattern.append(literal)
            key.append(part)
            nameless.append(part)
            continue
        named = part.named_converter
        key.append(named)
        nameless.append(f"{{{named.name}}}")
        if named.name == "path":
            raise RouteError(f"A path parameter stands alone in its segment, not as in {text!r}.")
        if named.name != "str":
            typed += 1
            pattern.append(f"({named.converter.regex})")
        elif has_plain:
            pattern.append(f"((?:(?!{literal})[^/])+)")
        else:
            has_plain = True
            pattern.append("([^/]+)")
    fullmatch = re.compile("".join(pattern)).fullmatch
    # More literal text is more specific; the text itself makes the order independent of the declarations'.
    order = (-literal_length, -typed, "".join(nameless))
    return Segment(SegmentKind.MIXED, text, parts, tuple(key), order, fullmatch)

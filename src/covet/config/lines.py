"""
Which line of a file a key stands on: the parsers of the standard library do not say.

The text has been parsed before and is known to be good; these readers only find its keys.
"""

import json
import re
from bisect import bisect_right
from typing import Any, Final

Lines = dict[tuple[str, ...], int]

_JSON_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')
_TOML_KEY_PART: Final = re.compile(r"[ \t]*(?:\"((?:[^\"\\\n]|\\.)*)\"|'([^'\n]*)'|([A-Za-z0-9_-]+))[ \t]*(\.)?")
_TOML_GAP: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
# The longest quotes first: three of them begin a text of several lines.
_TOML_STRING: Final = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}|\'\'\'(?:[^\']|\'(?!\'\'))*\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL
)
_TOML_PLAIN: Final = re.compile(r"[^\s,\[\]{}#\"']+")


class _Counter:
    """Tells the line of a position."""

    def __init__(self, text: str) -> None:
        self._ends = [match.start() for match in re.finditer("\n", text)]

    def line_at(self, position: int) -> int:
        return bisect_right(self._ends, position - 1) + 1


def find_toml_lines(text: str) -> Lines:
    r"""
    Find the lines of a TOML document's keys.

    Example:
        >>> find_toml_lines('debug = true\n[server]\nport = 1\n')
        {('debug',): 1, ('server',): 2, ('server', 'port'): 3}
    """
    return _TomlReader(text).read()


class _TomlReader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._counter = _Counter(text)
        self._lines: Lines = {}

    def read(self) -> Lines:
        table: tuple[str, ...] = ()
        while self._skip_gap():
            if self._peek() == "[":
                line = self._counter.line_at(self._position)
                while self._peek() == "[":
                    self._position += 1
                table = self._read_key()
                while self._peek() == "]":
                    self._position += 1
                self._note(table, line)
            elif not self._read_assignment(table):
                break
        return self._lines

    def _peek(self) -> str:
        return self._text[self._position : self._position + 1]

    def _skip_gap(self) -> bool:
        gap = _TOML_GAP.match(self._text, self._position)
        self._position = self._position if gap is None else gap.end()
        return self._position < len(self._text)

    def _note(self, path: tuple[str, ...], line: int) -> None:
        self._lines.setdefault(path, line)

    def _read_key(self) -> tuple[str, ...]:
        parts = []
        while (part := _TOML_KEY_PART.match(self._text, self._position)) is not None:
            double, single, bare, dot = part.groups()
            parts.append(_unquote(double) if double is not None else bare if single is None else single)
            self._position = part.end()
            if dot is None:
                break
        return tuple(parts)

    def _read_assignment(self, table: tuple[str, ...]) -> bool:
        line = self._counter.line_at(self._position)
        key = self._read_key()
        if not key or self._peek() != "=":
            return False
        self._position += 1
        self._note((*table, *key), line)
        self._skip_value((*table, *key))
        return True

    def _skip_value(self, path: tuple[str, ...]) -> None:
        self._skip_gap()
        opening = self._peek()
        if opening in {"[", "{"}:
            self._position += 1
            self._skip_items(path, opening)
            return
        token = _TOML_STRING.match(self._text, self._position) or _TOML_PLAIN.match(self._text, self._position)
        self._position = len(self._text) if token is None else token.end()
        # A date and a time may have a space between them.
        rest = re.compile(r" [0-9:.+Z-]+").match(self._text, self._position)
        self._position = self._position if rest is None else rest.end()

    def _skip_items(self, path: tuple[str, ...], opening: str) -> None:
        closing = "]" if opening == "[" else "}"
        while self._skip_gap():
            if self._peek() == closing:
                self._position += 1
                return
            if self._peek() == ",":
                self._position += 1
            elif opening == "[":
                self._skip_value((*path, "[]"))
            elif not self._read_assignment(path):
                return


def find_json_lines(text: str) -> Lines:
    r"""
    Find the lines of a JSON document's keys.

    Example:
        >>> find_json_lines('{"server": {\n  "port": 1}}')
        {('server',): 1, ('server', 'port'): 2}
    """
    counter, lines = _Counter(text), Lines()
    path: list[str] = []
    tokens = list(_JSON_TOKEN.finditer(text))
    for index, token in enumerate(tokens):
        word = token.group()
        if word == "{":
            path.append("")
        elif word == "[":
            path.append("[]")
        elif word in {"}", "]"}:
            path.pop()
        elif word.startswith('"') and index + 1 < len(tokens) and tokens[index + 1].group() == ":" and path:
            path[-1] = json.loads(word)
            lines.setdefault(tuple(path), counter.line_at(token.start()))
    return lines


# Any: the nodes of the YAML library, which is optional.
def find_yaml_lines(node: Any) -> Lines:
    """Find the lines of a YAML document's keys in the tree that the library composed of it."""
    lines, seen = Lines(), set[int]()

    def visit(node: Any, path: tuple[str, ...]) -> None:
        # An alias may lead back to what contains it.
        if getattr(node, "id", None) != "mapping" or id(node) in seen:
            return
        seen.add(id(node))
        for key, value in node.value:
            place = (*path, str(key.value))
            lines.setdefault(place, key.start_mark.line + 1)
            visit(value, place)

    visit(node, ())
    return lines


def _unquote(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"'))
    except ValueError:  # TOML has escapes that JSON lacks
        return text

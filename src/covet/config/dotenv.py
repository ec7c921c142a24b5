"""
Files of variables: `.env`, as shells and containers write them.

It must never change the environment of the process.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_NAME: Final = re.compile(r"(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.]*)[ \t]*=[ \t]*")
_BLANK: Final = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|$)")
_DOUBLE: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_SINGLE: Final = re.compile(r"'([^'\n]*)'")
_BARE: Final = re.compile(r"[^\n]*")
_COMMENT: Final = re.compile(r"(?:^|[ \t])#.*")
_ESCAPE: Final = re.compile(r"\\(\$\{|.)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "\n": ""}


@dataclass(frozen=True, slots=True)
class Assignment:
    """
    One variable of the file.

    Attributes:
        name: The variable.
        value: Its text; references are still in it.
        line: The line that the assignment begins on, from 1.
        is_literal: Whether it stands in single quotes: it has no references.
    """

    name: str
    value: str = field(repr=False)
    line: int
    is_literal: bool = False


class DotenvError(ValueError):
    """
    A line is no assignment. The text never repeats it, since it may hold a secret.

    Attributes:
        line: The line, from 1.
    """

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def parse_dotenv(text: str) -> Iterator[Assignment]:
    r"""
    Read the assignments of a file, one after the other.

    `NAME=value`, with `export` before it or spaces around `=` if you like. A value in double quotes may have several
    lines and the escapes `\n`, `\t`, `\r`, `\"`, `\\` and `\$`; one in single quotes is taken as it is. A `#` begins
    a comment at the beginning of a line or after a space.

    Raises:
        DotenvError: If a line is no assignment; names it.

    Example:
        >>> found = parse_dotenv('# mail\nexport HOST=localhost # here\nTEXT="a\\nb"\n')
        >>> [(item.name, item.value, item.line) for item in found]
        [('HOST', 'localhost', 2), ('TEXT', 'a\nb', 3)]
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    position, line = 0, 1
    while position < len(text):
        blank = _BLANK.match(text, position)
        if blank is not None:
            line, position = line + blank.group().count("\n"), blank.end()
            continue
        while text[position] in " \t":
            position += 1
        name = _NAME.match(text, position)
        if name is None:
            raise DotenvError("is no assignment: write NAME=value", line)
        assignment, end = _read_value(text, name, line)
        yield assignment
        line += text.count("\n", position, end)
        position = end


def _read_value(text: str, name: re.Match[str], line: int) -> tuple[Assignment, int]:
    start = name.end()
    quote = text[start : start + 1]
    if quote in {'"', "'"}:
        quoted = (_DOUBLE if quote == '"' else _SINGLE).match(text, start)
        if quoted is None:
            raise DotenvError(f"opens a quote {quote} that is never closed", line)
        rest = _BLANK.match(text, quoted.end())
        if rest is None:
            raise DotenvError("has something behind the closing quote", line)
        value = quoted.group(1)
        if quote == '"':
            value = _ESCAPE.sub(_unescape, value)
        return Assignment(name.group(1), value, line, is_literal=quote == "'"), rest.end()
    bare = _BARE.match(text, start)
    found = "" if bare is None else bare.group()
    end = start + len(found)
    return Assignment(name.group(1), _COMMENT.sub("", found).strip(), line), min(end + 1, len(text))


def _unescape(match: re.Match[str]) -> str:
    character = match.group(1)
    if character == "${":
        # Still escaped for whoever follows the references.
        return "$${"
    return _ESCAPES.get(character, character if character in {'"', "\\", "'", "$"} else match.group())

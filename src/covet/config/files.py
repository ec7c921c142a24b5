"""
Configuration files: found, read as one consistent snapshot, and parsed, with the line of every key.
"""

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from covet._extras import require_extra
from covet.config.lines import Lines, find_json_lines, find_toml_lines, find_yaml_lines
from covet.exceptions import ConfigurationError

SUFFIXES: Final = (".toml", ".yaml", ".yml", ".json")
"""The formats, by the endings of the names, in the order in which they are looked for."""

MAX_BYTES: Final = 1024 * 1024
"""How large a file may be: nobody writes more by hand."""

_ATTEMPTS: Final = 5
_AT_LINE: Final = re.compile(r" ?\(at line (\d+), column \d+\)| ?\(at end of document\)")

Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """
    The content of a configuration file.

    Attributes:
        file: The file.
        data: Its tables and values.
        lines: The line of each key.
    """

    file: Path
    data: Mapping[str, object] = field(repr=False)
    lines: Lines

    def line_of(self, path: tuple[str, ...]) -> int | None:
        """Tell the line of a key, or of the nearest table around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)


class FileFailedError(ConfigurationError):
    """
    A configuration file cannot be read. The text never repeats what is in it, since that may be a secret.

    Attributes:
        file: The file.
        line: The line, from 1, if one is known.
    """

    def __init__(self, message: str, file: Path, line: int | None = None, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.file = file
        self.line = line


def find_stamp(file: Path) -> Stamp | None:
    """Tell one state of a file from another; `None` if it is not there."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def read_text(file: Path) -> str:
    """
    Read a file as it was at one moment: again, if it was written to meanwhile.

    Raises:
        FileFailedError: If it is not there, cannot be read, is too large, or is no UTF-8.

    Example:
        >>> read_text(Path("nowhere.toml"))
        Traceback (most recent call last):
            ...
        covet.config.files.FileFailedError: cannot be read: No such file or directory
    """
    for _ in range(_ATTEMPTS):
        before = find_stamp(file)
        try:
            with file.open("rb") as opened:
                content = opened.read(MAX_BYTES + 1)
        except OSError as exc:
            raise FileFailedError(f"cannot be read: {exc.strerror or type(exc).__name__}", file) from exc
        if find_stamp(file) == before:
            break
    else:
        raise FileFailedError("changes all the time while it is read", file)
    if len(content) > MAX_BYTES:
        raise FileFailedError(f"is larger than {MAX_BYTES} bytes", file)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise FileFailedError("is no UTF-8 text", file, content.count(b"\n", 0, exc.start) + 1) from exc


def parse_file(file: Path) -> ParsedFile:
    """
    Read a configuration file in the format that its name ends with.

    Raises:
        FileFailedError: If it cannot be read, or is not of that format.
        MissingDependencyError: If it is YAML, and the library for it is not installed.
    """
    parse = _FORMATS.get(file.suffix.lower())
    if parse is None:
        raise FileFailedError(f"has an unknown format: its name must end with one of {', '.join(SUFFIXES)}", file)
    text = read_text(file)
    try:
        data, lines = parse(text, file)
    except RecursionError as exc:
        raise FileFailedError("is nested too deeply", file) from exc
    if not isinstance(data, Mapping):
        raise FileFailedError("holds no table of names and values", file)
    return ParsedFile(file, data, lines)


def find_config_files(directory: Path, stem: str = "config") -> list[Path]:
    """
    List the configuration files of a directory, the one to use first.

    Example:
        >>> find_config_files(Path("nowhere"))
        []
    """
    return [file for suffix in SUFFIXES if os.path.isfile(file := directory / f"{stem}{suffix}")]  # noqa: PTH113


def _parse_toml(text: str, file: Path) -> tuple[object, Lines]:
    import tomllib

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        place = _AT_LINE.search(str(exc))
        line = int(place.group(1)) if place and place.group(1) else text.count("\n") + 1
        reason = _AT_LINE.sub("", str(exc)).strip().rstrip(".")
        # Most reasons are fixed words; one that quotes the text may quote a secret.
        reason = reason.partition(":")[0] if "'" not in reason and '"' not in reason else "a value or key is malformed"
        raise FileFailedError(f"is no TOML: {reason}", file, line) from None
    return data, find_toml_lines(text.replace("\r\n", "\n"))


def _parse_json(text: str, file: Path) -> tuple[object, Lines]:
    def make_table(pairs: list[tuple[str, object]]) -> dict[str, object]:
        _refuse_twice([name for name, _ in pairs], file)
        return dict(pairs)

    try:
        return json.loads(text, object_pairs_hook=make_table), find_json_lines(text)
    except json.JSONDecodeError as exc:
        raise FileFailedError(f"is no JSON: {exc.msg}", file, exc.lineno) from None


def _parse_yaml(text: str, file: Path) -> tuple[object, Lines]:
    yaml: Any = require_extra("yaml", extra="yaml", needed_for=f"reading {file.name}", library="PyYAML")
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        # What the library found wrong may quote the text; what it was doing does not.
        doing = getattr(exc, "context", None)
        reason = f": {doing}" if isinstance(doing, str) and doing.startswith("while ") else ""
        raise FileFailedError(f"is no YAML{reason}", file, None if mark is None else mark.line + 1) from None
    _check_yaml(node, file, set())
    return {} if data is None else data, find_yaml_lines(node)


# Any: the nodes of the YAML library, which is optional.
def _check_yaml(node: Any, file: Path, seen: set[int]) -> None:
    if id(node) in seen or not isinstance(getattr(node, "value", None), list):
        return
    seen.add(id(node))
    is_table = node.id == "mapping"
    if is_table:
        _refuse_twice([str(key.value) for key, _ in node.value], file, node.start_mark.line + 1)
    for item in node.value:
        _check_yaml(item[1] if is_table else item, file, seen)


def _refuse_twice(names: list[str], file: Path, line: int | None = None) -> None:
    """Refuse what TOML refuses by itself: of two equal keys, one would silently not count."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise FileFailedError(f"has the key {name!r} twice in one table", file, line)
        seen.add(name)


_FORMATS: dict[str, Callable[[str, Path], tuple[object, Lines]]] = {
    ".toml": _parse_toml,
    ".yaml": _parse_yaml,
    ".yml": _parse_yaml,
    ".json": _parse_json,
}

"""
The files of templates: read as a whole, in a thread, so that rendering never touches the disk.

A name is looked up among what was read, and no path is ever made of it: nothing outside of the
directories can be named.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from covet.exceptions import ConfigurationError
from covet.templating.errors import TemplateSyntaxError

SUFFIXES: Final = frozenset({".html", ".htm", ".xml", ".svg", ".txt", ".j2", ".jinja", ".jinja2"})


class TemplateFile(NamedTuple):
    """
    A template as it was read.

    Attributes:
        path: Where it is.
        source: Its text.
        stamp: What changes when the file does.
    """

    path: str
    source: str
    stamp: tuple[int, int]


class TemplateFiles:
    """
    What is in some directories.

    Args:
        directories: The directories; of two files with the same name the first one counts.
    """

    def __init__(self, directories: Sequence[Path]) -> None:
        self._directories = tuple(directories)

    def read(self, known: Mapping[str, TemplateFile]) -> dict[str, TemplateFile]:
        """
        Read what is there; call it in a thread.

        Args:
            known: What was read before: a file that did not change stays the same object.

        Raises:
            ConfigurationError: If a directory is not there.
            TemplateSyntaxError: If a file is not in UTF-8.
        """
        found: dict[str, TemplateFile] = {}
        for directory in self._directories:
            if not directory.is_dir():
                raise ConfigurationError(
                    f"There is no directory {str(directory)!r} for templates.",
                    hint="Create it, or name another: a relative path begins where the process was started.",
                )
            root = directory.resolve()
            for path in _walk(root):
                name = path.relative_to(root).as_posix()
                if name not in found:
                    found[name] = _read(path, known.get(name))
        return found


def _walk(root: Path) -> Iterator[Path]:
    for directory, children, names in os.walk(root):
        children[:] = sorted(child for child in children if not child.startswith("."))
        for name in sorted(names):
            path = Path(directory, name)
            # A link may lead out of the directory, where nobody put templates.
            is_inside = not path.is_symlink() or path.resolve().is_relative_to(root)
            if path.suffix in SUFFIXES and not name.startswith(".") and is_inside:
                yield path


def _read(path: Path, known: TemplateFile | None) -> TemplateFile:
    status = path.stat()
    stamp = (status.st_mtime_ns, status.st_size)
    if known is not None and known.stamp == stamp and known.path == str(path):
        return known
    try:
        return TemplateFile(str(path), path.read_text("utf-8"), stamp)
    except UnicodeDecodeError as exc:
        raise TemplateSyntaxError("It is not in UTF-8.", file=str(path), hint="Save it in UTF-8.") from exc

"""
Which file a path of a client leads to. Everything in here blocks: it runs in a thread.
"""

from collections.abc import Sequence
from enum import Enum
from typing import Final, NamedTuple

from covet.http.content_codings import is_compressible
from covet.http.file_types import guess_media_type
from covet.responses.file_root import FileRoot
from covet.responses.snapshot import FileSnapshot

# The codings of files that stand beside others, the preferred one first.
CODINGS: Final = {"br": ".br", "zstd": ".zst", "gzip": ".gz"}
_INDEX: Final = "index.html"


class Missing(Enum):
    """What a path lacks that leads to no file."""

    FILE = "file"
    # It is a directory with a page: with a slash at its end it would lead there.
    SLASH = "slash"


class Wanted(NamedTuple):
    """
    What a client asks for.

    Attributes:
        path: The path below the prefix, decoded.
        codings: The codings that the client takes, the best first.
        is_directory: Whether the whole path ends with a slash.
        takes_pages: Whether a page may answer in place of a file that is not there.
    """

    path: str
    codings: Sequence[str] = ()
    is_directory: bool = False
    takes_pages: bool = False


class Found(NamedTuple):
    """
    A file that a path leads to.

    Attributes:
        file: The file.
        parts: The parts of its path below the directory, without the ending of a coding.
        media_type: Its type.
        is_page: It stands for another path than its own.
    """

    file: FileSnapshot
    parts: Sequence[str]
    media_type: str
    is_page: bool


class FileLookup:
    """
    Find the files of a directory.

    Args:
        root: The directory.
        html: Whether a directory is its `index.html`.
        spa: The parts of the path of the page that answers where there is no file.
    """

    __slots__ = ("_html", "_spa", "root")

    def __init__(self, root: FileRoot, *, html: bool, spa: list[str] | None) -> None:
        self.root = root
        self._html = html
        self._spa = spa

    def find(self, wanted: Wanted) -> Found | Missing:
        """Find the file that a path leads to."""
        path = wanted.path.removesuffix("/")
        parts = self.root.split(path) if wanted.path else []
        if parts is None:
            # No page answers for what no client asks for in good faith.
            return Missing.FILE
        try:
            if not wanted.is_directory and parts:
                return self._open(parts, wanted.codings, is_page=False)
            if wanted.is_directory and self._html:
                return self._open([*parts, _INDEX], wanted.codings, is_page=True)
            is_directory = not wanted.is_directory
        except FileNotFoundError:
            is_directory = False
        except IsADirectoryError:
            is_directory = True
        try:
            if is_directory and self._html and not wanted.is_directory:
                self.root.open([*parts, _INDEX]).close()
                return Missing.SLASH
        except OSError:
            pass
        return self._open_page(wanted)

    def _open_page(self, wanted: Wanted) -> Found | Missing:
        if self._spa is None or not wanted.takes_pages:
            return Missing.FILE
        try:
            return self._open(self._spa, wanted.codings, is_page=True)
        except OSError:
            return Missing.FILE

    def _open(self, parts: list[str], codings: Sequence[str], *, is_page: bool) -> Found:
        media_type = guess_media_type(parts[-1])
        if codings and is_compressible(media_type):
            for coding in codings:
                try:
                    file = self.root.open(parts, ending=CODINGS[coding], coding=coding)
                except (FileNotFoundError, IsADirectoryError):
                    continue
                return Found(FileSnapshot.take(file), parts, media_type, is_page)
        return Found(FileSnapshot.take(self.root.open(parts)), parts, media_type, is_page)


def wants_page(path: str, accept: str | None) -> bool:
    """
    Tell whether a client would show a page, rather than wonder about it where it expects a script or a picture.

    Args:
        path: The path that leads to no file.
        accept: The client's `Accept`.

    Example:
        >>> wants_page("users/7", "*/*"), wants_page("app.js", "*/*"), wants_page("v1.2", "text/html")
        (True, False, True)
    """
    if accept is not None and "text/html" in accept.lower():
        return True
    return (accept is None or "*/*" in accept) and "." not in path.rpartition("/")[2]

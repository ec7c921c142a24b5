"""
Which file a path of a client leads to. Everything in here blocks: it runs in a thread.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from covet.http.content_codings import is_compressible
from covet.http.file_types import guess_media_type
from covet.responses.file_root import FileRoot
from covet.responses.open_file import OpenFile

# The codings of files that stand beside others, the preferred one first.
CODINGS: Final = {"br": ".br", "zstd": ".zst", "gzip": ".gz"}
_INDEX: Final = "index.html"


class SlashMissing(Exception):  # noqa: N818 - no error: a redirect answers it
    """
    A directory with an `index.html` was asked for without the slash at its end.

    Example:
        >>> raise SlashMissing
        Traceback (most recent call last):
            ...
        covet.staticfiles.lookup.SlashMissing
    """


class Found(NamedTuple):
    """
    A file that a path leads to.

    Attributes:
        file: The file, opened.
        name: The name that it goes by, without the ending of a coding.
        media_type: Its type.
        is_page: It stands for another path than its own.
    """

    file: OpenFile
    name: str
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

    def find(self, path: str, codings: Sequence[str], accept: str | None, *, is_directory: bool) -> Found:
        """
        Find the file that a path leads to.

        Args:
            path: The path below the prefix, decoded.
            codings: The codings that the client takes, the best first.
            accept: The client's `Accept`.
            is_directory: Whether the whole path ends with a slash.

        Raises:
            FileNotFoundError: If it leads to none.
            SlashMissing: If it leads to a page once a slash is added.
        """
        parts = self._split(path)
        try:
            if is_directory:
                if not self._html:
                    raise FileNotFoundError(path)
                return self._open([*parts, _INDEX], codings, is_page=True)
            if not parts:
                raise IsADirectoryError(path)
            return self._open(parts, codings, is_page=False)
        except IsADirectoryError as exc:
            if self._html and self._has_index(parts):
                raise SlashMissing from None
            error: OSError = exc
        except FileNotFoundError as exc:
            error = exc
        if self._spa is None or not _wants_page(path, accept):
            raise FileNotFoundError(path) from error
        return self._open(self._spa, codings, is_page=True)

    def _split(self, path: str) -> list[str]:
        path = path.removesuffix("/")
        if not path:
            return []
        parts = self.root.split(path)
        if parts is None:
            # No page answers for what no client asks for in good faith.
            raise FileNotFoundError(path)
        return parts

    def _open(self, parts: list[str], codings: Sequence[str], *, is_page: bool) -> Found:
        name = parts[-1]
        media_type = guess_media_type(name)
        if codings and is_compressible(media_type):
            for coding in codings:
                try:
                    file = self.root.open(parts, ending=CODINGS[coding], coding=coding)
                except (FileNotFoundError, IsADirectoryError):
                    continue
                return Found(file, name, media_type, is_page)
        return Found(self.root.open(parts), name, media_type, is_page)

    def _has_index(self, parts: list[str]) -> bool:
        try:
            self.root.open([*parts, _INDEX]).close()
        except OSError:
            return False
        return True


def _wants_page(path: str, accept: str | None) -> bool:
    """Tell whether a client would show a page, rather than wonder about it where it expects a script or a picture."""
    if accept is not None and "text/html" in accept.lower():
        return True
    return (accept is None or "*/*" in accept) and "." not in path.rpartition("/")[2]

"""
The response of a static file: a `FileResponse` whose file is found and opened in the same turn of a thread.
"""

from collections.abc import Sequence
from typing import Protocol

from covet.http.content_codings import is_compressible
from covet.http.response import Response
from covet.http.response_headers import MutableHeaders
from covet.responses.file import FileResponse
from covet.responses.open_file import OpenFile
from covet.staticfiles.lookup import FileLookup


class FileSource(Protocol):
    """What a response needs to know of the files."""

    @property
    def lookup(self) -> FileLookup:
        """What finds the files."""
        ...

    @property
    def varies(self) -> bool:
        """Whether a client has a choice of codings."""
        ...

    def set_headers(self, headers: MutableHeaders, name: str, *, is_page: bool) -> None:
        """Set the headers of a file that was found."""


class StaticFileResponse(FileResponse):
    """
    The file that a path leads to.

    Args:
        source: Where the files are.
        path: The path below the prefix, decoded.
        codings: The codings that the client takes, the best first.
        accept: The client's `Accept`.
        is_directory: Whether the whole path ends with a slash.
    """

    __slots__ = ("_accept", "_codings", "_is_directory", "_source")

    def __init__(
        self, source: FileSource, path: str, codings: Sequence[str], accept: str | None, *, is_directory: bool
    ) -> None:
        super().__init__(path or "/")
        self._path = path
        self._source = source
        self._codings = codings
        self._accept = accept
        self._is_directory = is_directory

    def open_file(self) -> OpenFile:
        """Find the file and set the headers that depend on which one it is."""
        source, headers = self._source, self.headers
        found = source.lookup.find(self._path, self._codings, self._accept, is_directory=self._is_directory)
        headers["content-type"] = found.media_type
        source.set_headers(headers, found.name, is_page=found.is_page)
        if source.varies and is_compressible(found.media_type):
            headers.add_vary("Accept-Encoding")
        if found.file.coding is not None:
            headers["content-encoding"] = found.file.coding
        return found.file

    def as_plain(self) -> Response:
        """Return the same as a response with a body, if the file is small: there is nothing left to stream."""
        whole = self.whole
        if whole is None:
            return self
        plain = Response(None, self.status_code)
        del self.headers["content-length"]
        plain.headers = self.headers
        plain.body = whole
        return plain

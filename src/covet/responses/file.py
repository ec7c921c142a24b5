"""
Files as responses: whole or in part, and only if the client has not got them already.

What is sent is decided in a thread, when the response is about to leave the handler: the file is opened, the
conditions of the request are looked at, a small file is read at once. It must never look into a file to find out what
it is.
"""

import os
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Final

from covet.exceptions import NotFoundError, ResponseError
from covet.http.byte_ranges import MultipartRanges, Span, parse_range
from covet.http.content_disposition import Disposition, make_content_disposition
from covet.http.dates import format_http_date
from covet.http.entity_tags import check_etag
from covet.http.file_types import guess_media_type
from covet.http.preconditions import Outcome, PreconditionFailedError, Preconditions, is_range_current
from covet.http.request import Request
from covet.http.response import HeaderSource
from covet.http.streamed_response import FileSpan, StreamedResponse
from covet.options import refuse_unknown
from covet.responses.file_root import FileRoot
from covet.responses.open_file import OpenFile
from covet.tasks import BackgroundTasks
from covet.threads import run_in_thread

# What is read in the turn in which a file is opened; a larger one is sent in pieces, or by the server.
SMALL_SIZE: Final = 64 * 1024
# PERF: each piece costs a turn of a thread; larger ones make no difference any more (benchmarks/static.py, 1 MiB).
PIECE_SIZE: Final = 256 * 1024


class FileResponse(StreamedResponse):
    """
    A file, with everything that HTTP has for files.

    A `GET` or `HEAD` that names the state it has gets 304; `Range` gets parts (206), one that lies outside 416;
    a precondition that fails 412; a file that is not there 404.

    Args:
        path: The file; with `root` a path below it, as it came from a client.
        status_code: The status of a whole file.
        headers: Further headers.
        media_type: The `Content-Type`; by default what the file's name says.
        background: What runs after it was sent.
        filename: The name that a browser stores it under.
        content_disposition: `"attachment"` to store it, which is the default beside `filename`, or `"inline"` to show
            it.
        root: The directory that the path must not leave; symbolic links that lead out and dotfiles are not found.
        etag: Its entity tag; by default made of the time of change and the size, `False` for none.
        last_modified: When it was changed; by default what the file system says, `False` for nothing.

    Raises:
        ResponseError: If an option is wrong.

    Example:
        >>> response = FileResponse("/srv/reports/2026.pdf", filename="report.pdf")
        >>> response.headers["content-type"], response.headers["content-disposition"]
        ('application/pdf', 'attachment; filename="report.pdf"')
    """

    __slots__ = ("_etag", "_file", "_is_prepared", "_last_modified", "_path", "_root", "_spans", "_whole")

    @refuse_unknown
    def __init__(
        self,
        path: str | os.PathLike[str],
        status_code: int = 200,
        headers: HeaderSource | None = None,
        media_type: str | None = None,
        background: BackgroundTasks | None = None,
        *,
        filename: str | None = None,
        content_disposition: Disposition | None = None,
        root: str | os.PathLike[str] | FileRoot | None = None,
        etag: str | bool = True,
        last_modified: datetime | float | bool = True,
    ) -> None:
        self._path = _check_path(path)
        self._root = root if root is None or isinstance(root, FileRoot) else FileRoot(root)
        self._etag = check_etag(etag) if isinstance(etag, str) else etag
        if isinstance(last_modified, datetime):
            last_modified = last_modified.timestamp()
        self._last_modified = last_modified
        self._file: OpenFile | None = None
        self._is_prepared = False
        self._spans: tuple[Span, ...] | MultipartRanges = ()
        self._whole: bytes | None = None
        super().__init__((), status_code, headers, media_type or guess_media_type(self._path), background)
        if not (200 <= self.status_code < 300 or self.status_code >= 400):
            raise ResponseError(f"A file's status is a success or an error, got {status_code!r}.")
        self.headers.setdefault("x-content-type-options", "nosniff")
        if content_disposition is not None or filename is not None:
            disposition = make_content_disposition(content_disposition or "attachment", filename)
            self.headers["content-disposition"] = disposition

    # ── Deciding ─────────────────────────────────────────────────────────────

    async def prepare(self, request: Request | None = None) -> None:
        """
        Open the file and decide what is sent of it.

        Args:
            request: What is answered; without one it is the whole file.

        Raises:
            NotFoundError: If there is no such file.
            PreconditionFailedError: If the client expects another state.
            RangeNotSatisfiableError: If the client asks for what is not there.
        """
        if self._is_prepared:
            return
        if request is None:
            await run_in_thread(self._decide, "GET", Preconditions(), None, None)
        else:
            headers = request.headers
            conditions, wanted, if_range = Preconditions.of(headers), headers.get("range"), headers.get("if-range")
            await run_in_thread(self._decide, request.method, conditions, wanted, if_range)
        self._is_prepared = True

    def open_file(self) -> OpenFile:
        """
        Open the file; a subclass may find another one. It blocks.

        Raises:
            OSError: If it cannot be.
        """
        if self._root is None:
            return OpenFile(self._path)
        parts = self._root.split(self._path)
        if parts is None:
            raise FileNotFoundError(self._path)
        return self._root.open(parts)

    def _decide(self, method: str, conditions: Preconditions, wanted: str | None, if_range: str | None) -> None:
        try:
            file = self.open_file()
        except (OSError, ValueError) as exc:
            raise NotFoundError from exc
        try:
            is_sent = self._set_headers(file, method, conditions, wanted, if_range)
        except BaseException:
            file.close()
            raise
        if not is_sent:
            file.close()
        elif file.size <= SMALL_SIZE and not isinstance(self._spans, MultipartRanges):
            self._read_whole(file)
        else:
            self._file = file
            self._chunks = self._make_pieces(file)

    def _set_headers(
        self, file: OpenFile, method: str, conditions: Preconditions, wanted: str | None, if_range: str | None
    ) -> bool:
        """Set status and headers; returns whether there is a body to send."""
        etag, last_modified = self._name_state(file)
        headers = self.headers
        if etag is not None:
            headers["etag"] = etag
        if last_modified is not None:
            headers["last-modified"] = format_http_date(last_modified)
        if 200 <= self.status_code < 300:
            outcome = conditions.evaluate(method, etag, last_modified)
            if outcome is Outcome.FAILED:
                raise PreconditionFailedError
            if outcome is Outcome.NOT_MODIFIED:
                self.status_code = 304
                return False
        self._spans = (Span(0, file.size),)
        length = file.size
        if self.status_code == 200:
            headers["accept-ranges"] = "bytes"
            # RFC 9110 §14.2: a range is for GET alone, and comes after the conditions.
            if wanted is not None and method == "GET":
                length = self._set_range(file.size, wanted, if_range, etag, last_modified)
        headers["content-length"] = str(length)
        return method != "HEAD"

    def _name_state(self, file: OpenFile) -> tuple[str | None, float | None]:
        # What a handler or a middleware set goes before what the file says.
        etag = self.headers.get("etag") or (file.etag if self._etag is True else self._etag or None)
        moment = self._last_modified
        if moment is True:
            # RFC 9110 §8.8.2.1: never later than now, whatever the file system says, is the client's business here.
            moment = max(0.0, file.last_modified)
        return etag, None if moment is False else moment

    def _set_range(
        self, size: int, wanted: str, if_range: str | None, etag: str | None, last_modified: float | None
    ) -> int:
        """Set what is sent of the file; returns its length."""
        if if_range is not None and not is_range_current(if_range, etag, last_modified):
            return size
        spans = parse_range(wanted, size)
        if spans is None:
            return size
        self.status_code = 206
        if len(spans) == 1:
            self._spans = spans
            self.headers["content-range"] = spans[0].describe(size)
            return spans[0].size
        self._spans = parts = MultipartRanges(spans, size, self.headers.get("content-type"))
        self.headers["content-type"] = parts.media_type
        return parts.length

    # ── Sending ──────────────────────────────────────────────────────────────

    def _read_whole(self, file: OpenFile) -> None:
        span = self._spans[0] if isinstance(self._spans, tuple) else Span(0, 0)
        try:
            content = file.read(span.start, span.size) if span.size else b""
        finally:
            file.close()
        # It shrank in this moment: what was read is all there is.
        self.headers["content-length"] = str(len(content))
        self._whole = content
        self._chunks = (content,)

    async def _make_pieces(self, file: OpenFile) -> AsyncGenerator[bytes, None]:
        spans = self._spans
        if isinstance(spans, tuple):
            async for piece in _read_span(file, spans[0]):
                yield piece
            return
        for head, span in zip(spans.heads, spans.spans, strict=True):
            yield head
            async for piece in _read_span(file, span):
                yield piece
        yield spans.tail

    async def begin(self) -> None:
        """Read the first piece."""
        await self.prepare()
        await super().begin()

    @property
    def whole(self) -> bytes | None:
        """The body, if the file is small."""
        return self._whole

    @property
    def file_span(self) -> FileSpan | None:
        """What the server may send by itself: a part of a larger file."""
        file, spans = self._file, self._spans
        if file is None or isinstance(spans, MultipartRanges) or self._begun is not None:
            return None
        return FileSpan(file.path, spans[0].start, spans[0].end, is_whole=spans[0].size == file.size)

    async def aclose(self) -> None:
        """Close the file, whatever was sent of it; again is no error."""
        try:
            await super().aclose()
        finally:
            file, self._file = self._file, None
            if file is not None:
                file.close()


async def _read_span(file: OpenFile, span: Span) -> AsyncGenerator[bytes, None]:
    position = span.start
    while position < span.end:
        piece = await run_in_thread(file.read, position, min(PIECE_SIZE, span.end - position))
        if not piece:
            # The file shrank: whoever counts the pieces notices, and cuts the connection.
            return
        position += len(piece)
        yield piece


def _check_path(path: str | os.PathLike[str]) -> str:
    text = os.fspath(path) if isinstance(path, str | os.PathLike) else path
    if not isinstance(text, str) or not text:
        raise ResponseError(f"A file's path is a text or a Path, got {path!r}.")
    return text

"""
Files as responses: whole or in part, and only if the client has not got them already.

The file is looked at in a thread, when the response is about to leave the handler; then it is decided what is sent of
it. It must never look into a file to find out what it is.
"""

import os
from collections.abc import AsyncGenerator
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Final, Self

from covet.exceptions import NotFoundError, ResponseError, ServiceUnavailableError
from covet.http.byte_ranges import MultipartRanges, Span, parse_range
from covet.http.content_disposition import Disposition, make_content_disposition
from covet.http.dates import format_http_date
from covet.http.entity_tags import check_etag
from covet.http.file_types import guess_media_type
from covet.http.headers import Headers
from covet.http.preconditions import Outcome, PreconditionFailedError, Preconditions, is_range_current
from covet.http.request import Request
from covet.http.response import HeaderSource
from covet.http.response_headers import MutableHeaders
from covet.http.streamed_response import FileSpan, StreamedResponse
from covet.options import refuse_unknown
from covet.responses.file_root import FileRoot
from covet.responses.open_file import Identity, OpenFile, Opening, identify
from covet.responses.snapshot import FileSnapshot
from covet.tasks import BackgroundTasks
from covet.threads import run_in_thread

# Each piece costs a turn of a thread; it is held for as long as the client does not take it.
PIECE_SIZE: Final = 256 * 1024
# For how long a look at a file leaves it in the kernel's cache, on every file system that has one; most keep it longer.
FRESH_SECONDS: Final = 0.05
# Elsewhere a path and an open file may have different numbers.
_IS_POSIX: Final = os.name == "posix"


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

    __slots__ = ("_etag", "_last_modified", "_path", "_root", "_snapshot", "_spans")

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
        self._begin_with(
            _check_path(path),
            root,
            check_etag(etag) if isinstance(etag, str) else etag,
            last_modified.timestamp() if isinstance(last_modified, datetime) else last_modified,
        )
        super().__init__((), status_code, headers, media_type or guess_media_type(self._path), background)
        if not (200 <= self.status_code < 300 or self.status_code >= 400):
            raise ResponseError(f"A file's status is a success or an error, got {status_code!r}.")
        self.headers.setdefault("x-content-type-options", "nosniff")
        # RFC 9111 §4.2.2: what says when it was changed, and nothing else, any cache may keep for as long as it likes.
        self.headers.setdefault("cache-control", "private, no-cache")
        if content_disposition is not None or filename is not None:
            disposition = make_content_disposition(content_disposition or "attachment", filename)
            self.headers["content-disposition"] = disposition

    @classmethod
    def of(cls, snapshot: FileSnapshot, headers: MutableHeaders, request: Request) -> Self:
        """
        Make the response of a file that was looked at already.

        Args:
            snapshot: The file.
            headers: Its headers, those of its state included; the response takes them over.
            request: What is answered.

        Raises:
            PreconditionFailedError: If the client expects another state.
            RangeNotSatisfiableError: If the client asks for what is not there.
        """
        # PERF: there is nothing to check, and nothing to guess (benchmarks/static.py, large file).
        response = cls.__new__(cls)
        super(FileResponse, response).__init__(())
        response._begin_with(snapshot.path)  # noqa: SLF001 - a constructor
        response.headers = headers
        response._decide(snapshot, request.method, request.headers)  # noqa: SLF001
        return response

    def _begin_with(
        self,
        path: str,
        root: str | os.PathLike[str] | FileRoot | None = None,
        etag: str | bool = True,
        last_modified: float | bool = True,
    ) -> None:
        self._path = path
        self._root = root
        self._etag = etag
        self._last_modified = last_modified
        self._snapshot: FileSnapshot | None = None
        self._spans: tuple[Span, ...] | MultipartRanges = ()

    # ── Deciding ─────────────────────────────────────────────────────────────

    async def prepare(self, request: Request | None = None) -> None:
        """
        Look at the file and decide what is sent of it.

        Args:
            request: What is answered; without one it is the whole file.

        Raises:
            NotFoundError: If there is no such file.
            PreconditionFailedError: If the client expects another state.
            RangeNotSatisfiableError: If the client asks for what is not there.
            ConfigurationError: If there is no such root.
        """
        if self._snapshot is not None:
            return
        snapshot = await run_in_thread(self._look)
        if request is None:
            self._decide(snapshot, "GET", Headers())
        else:
            self._decide(snapshot, request.method, request.headers)

    def _look(self) -> FileSnapshot:
        try:
            if self._root is None:
                return FileSnapshot.take(OpenFile(self._path))
            # Looking at the directory blocks as well.
            root = self._root if isinstance(self._root, FileRoot) else FileRoot(self._root)
            parts = root.split(self._path)
            if parts is not None:
                return FileSnapshot.take(root.open(parts))
        except (OSError, ValueError) as exc:
            raise NotFoundError from exc
        raise NotFoundError

    def _decide(self, snapshot: FileSnapshot, method: str, asked: Headers) -> None:
        """Set status and headers, and what is sent."""
        etag, last_modified = self._name_state(snapshot)
        headers = self.headers
        if etag is not None:
            headers["etag"] = etag
        if last_modified is not None:
            headers["last-modified"] = format_http_date(last_modified)
        self._snapshot = snapshot
        if 200 <= self.status_code < 300:
            outcome = Preconditions.of(asked).evaluate(method, etag, last_modified)
            if outcome is Outcome.FAILED:
                raise PreconditionFailedError
            if outcome is Outcome.NOT_MODIFIED:
                self.status_code = 304
                return
        self._spans = (Span(0, snapshot.size),)
        length = snapshot.size
        if self.status_code == 200:
            headers["accept-ranges"] = "bytes"
            wanted, if_range = asked.get("range"), asked.get("if-range")
            # RFC 9110 §14.2: a range is for GET alone, and comes after the conditions.
            is_current = if_range is None or is_range_current(if_range, etag, last_modified)
            if wanted is not None and method == "GET" and is_current:
                length = self._take_range(wanted, snapshot.size)
        headers["content-length"] = str(length)
        self._chunks = self._make_pieces(snapshot)

    def _name_state(self, snapshot: FileSnapshot) -> tuple[str | None, float | None]:
        # What a handler or a middleware set goes before what the file says.
        etag = self.headers.get("etag") or (snapshot.etag if self._etag is True else self._etag or None)
        moment = snapshot.last_modified if self._last_modified is True else self._last_modified
        return etag, None if moment is False else moment

    def _take_range(self, wanted: str, size: int) -> int:
        """Set what is sent of the file; returns its length."""
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

    @property
    def whole(self) -> bytes | None:
        """The body, if the file is small, and is sent in one piece."""
        snapshot, spans = self._snapshot, self._spans
        if snapshot is None or snapshot.content is None or not spans or isinstance(spans, MultipartRanges):
            return None
        start, end = spans[0]
        return snapshot.content[start:end]

    @property
    def file_span(self) -> FileSpan | None:
        """What the server may send by itself: a part of a larger file."""
        snapshot, spans = self._snapshot, self._spans
        if snapshot is None or not spans or isinstance(spans, MultipartRanges) or self._begun is not None:
            return None
        if snapshot.content is not None:
            return None
        return FileSpan(snapshot.path, spans[0].start, spans[0].end, is_whole=spans[0].size == snapshot.size)

    async def confirm_span(self) -> None:
        """
        Look once more whether the file is the one that the headers speak of.

        Raises:
            NotFoundError: If there is none any more.
            ServiceUnavailableError: If it is another one.
        """
        snapshot = self._snapshot
        if snapshot is None:
            return
        if _IS_POSIX and monotonic() - snapshot.taken_at < FRESH_SECONDS:
            # PERF: what was looked at a moment ago stands in the kernel's cache: nothing blocks, and a turn of a thread
            # costs fifty times as much (benchmarks/static.py, large file).
            _compare(_ask_kernel(snapshot), snapshot)
        else:
            await run_in_thread(_confirm, snapshot)

    async def begin(self) -> None:
        """Read the first piece."""
        await self.prepare()
        await super().begin()

    async def _make_pieces(self, snapshot: FileSnapshot) -> AsyncGenerator[bytes, None]:
        spans = self._spans
        opening = Opening(partial(_reopen, snapshot))
        try:
            source = snapshot.content if snapshot.content is not None else await opening.open()
            if isinstance(spans, tuple):
                async for piece in _read_span(source, spans[0]):
                    yield piece
                return
            for head, span in zip(spans.heads, spans.spans, strict=True):
                yield head
                async for piece in _read_span(source, span):
                    yield piece
            yield spans.tail
        finally:
            opening.close()


async def _read_span(source: OpenFile | bytes, span: Span) -> AsyncGenerator[bytes, None]:
    if isinstance(source, bytes):
        yield source[span.start : span.end]
        return
    position = span.start
    while position < span.end:
        piece = await run_in_thread(source.read, position, min(PIECE_SIZE, span.end - position))
        if not piece:
            # The file shrank: whoever counts the pieces notices, and cuts the connection.
            return
        position += len(piece)
        yield piece


def _reopen(snapshot: FileSnapshot) -> OpenFile:
    """Open a file once more, if it is still the one that was looked at."""
    try:
        file = OpenFile(snapshot.path, coding=snapshot.coding)
    except OSError as exc:
        raise NotFoundError from exc
    try:
        _compare(file.identity, snapshot)
    except ServiceUnavailableError:
        file.close()
        raise
    return file


def _confirm(snapshot: FileSnapshot) -> None:
    _reopen(snapshot).close()


def _ask_kernel(snapshot: FileSnapshot) -> Identity:
    try:
        return identify(os.stat(snapshot.path))  # noqa: PTH116 - a text
    except OSError as exc:
        raise NotFoundError from exc


def _compare(identity: Identity, snapshot: FileSnapshot) -> None:
    # It is another one as well if a link took its place, or that of a directory above.
    if identity != snapshot.identity:
        # Nothing was sent yet: who asks again gets the new one.
        raise ServiceUnavailableError("The file was replaced in this very moment.", headers={"retry-after": "0"})


def _check_path(path: str | os.PathLike[str]) -> str:
    text = os.fspath(path) if isinstance(path, str | os.PathLike) else path
    if not isinstance(text, str) or not text:
        raise ResponseError(f"A file's path is a text or a Path, got {path!r}.")
    return text

"""
A response whose body comes in pieces: the base of all streams.
"""

import re
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Mapping
from contextlib import aclosing
from typing import Final, NamedTuple

from covet.exceptions import ResponseError
from covet.http.chunks import close_source, encode_chunks
from covet.http.request import Request
from covet.http.response import BYTES, HeaderSource, Response
from covet.tasks import BackgroundTasks

_LENGTH: Final = re.compile(r"[0-9]{1,19}")
# Iterable, but nobody means them to be sent piece by piece.
_WHOLE: Final = (str, bytes, bytearray, memoryview, Mapping)


class FileSpan(NamedTuple):
    """
    A part of a file, for a server that sends it by itself.

    Attributes:
        path: Where the file is.
        start: The first byte.
        end: The one behind the last.
        is_whole: Whether it is the whole file.
    """

    path: str
    start: int
    end: int
    is_whole: bool


class StreamedResponse(Response):
    """
    A response whose body comes in pieces.

    Its length is not known, so none is sent unless it is set as `Content-Length`; then the pieces must add up to it.

    Args:
        content: An iterable, asynchronous or not, of `bytes` or `str`.
        status_code: The status.
        headers: Further headers.
        media_type: The `Content-Type`.

    Raises:
        ResponseError: If the content is no iterable of pieces.
    """

    __slots__ = ("_begun", "_chunks", "_opened")

    def __init__(
        self,
        content: AsyncIterable[bytes | str] | Iterable[bytes | str],
        status_code: int = 200,
        headers: HeaderSource | None = None,
        media_type: str | None = None,
        background: BackgroundTasks | None = None,
    ) -> None:
        if isinstance(content, _WHOLE) or not isinstance(content, (AsyncIterable, Iterable)):
            raise ResponseError(
                f"A stream takes an iterable of bytes or str, got {type(content).__name__}.",
                hint="Pass a generator, or use Response for a body that is there already.",
            )
        self._chunks = content
        self._begun: tuple[AsyncGenerator[bytes, None], bytes | None] | None = None
        self._opened: AsyncGenerator[bytes, None] | None = None
        super().__init__(None, status_code, headers, media_type, background)

    def render(self, content: None) -> tuple[bytes, str | None]:  # noqa: ARG002 - the pieces come later
        """Return no body, and the media type of pieces that say nothing about themselves."""
        return b"", BYTES

    @property
    def body(self) -> bytes:
        """Nothing: the body is not there yet."""
        return b""

    @body.setter
    def body(self, value: bytes) -> None:  # noqa: ARG002
        raise ResponseError("The body of a stream cannot be set.", hint="Return another response in its stead.")

    async def prepare(self, request: Request) -> None:
        """
        Decide what there is to decide before anything is sent: status and headers are final after it.

        Args:
            request: What is answered.
        """

    @property
    def whole(self) -> bytes | None:
        """The body, if it is there as a whole after all."""
        return None

    @property
    def file_span(self) -> FileSpan | None:
        """The part of a file that is the body, if it is one and nothing else must see it."""
        return None

    async def confirm_span(self) -> None:
        """
        Look once more at the file of `file_span`, before a server is told to send it.

        Raises:
            HTTPError: If it is not the one that the headers speak of.
        """

    async def begin(self) -> None:
        """Make the first piece, so that an error in it can still be answered as one."""
        if self._begun is None:
            chunks = encode_chunks(self._chunks)
            self._begun = (chunks, await anext(chunks, None))

    def stream(self) -> AsyncGenerator[bytes, None]:
        """
        Give the pieces; a plain iterator runs in a thread, piece by piece.

        Raises:
            ResponseError: While they are made, if they do not add up to the `Content-Length` that was set.
        """
        self._opened = opened = self._stream()
        return opened

    async def _stream(self) -> AsyncGenerator[bytes, None]:
        await self.begin()
        missing = self.declared_length
        if self._begun is None:
            return
        chunks, first = self._begun
        async with aclosing(chunks):
            chunk = first
            while chunk is not None:
                if missing is not None:
                    missing -= len(chunk)
                    if missing < 0:
                        raise ResponseError("The stream has more bytes than its Content-Length says.")
                yield chunk
                chunk = await anext(chunks, None)
        if missing:
            raise ResponseError(f"The stream ended {missing} bytes before its Content-Length.")

    async def aclose(self) -> None:
        """Close the stream and what its pieces come from, whether it was begun or not; again is no error."""
        opened, begun, source = self._opened, self._begun, self._chunks
        self._opened, self._begun, self._chunks = None, None, ()
        if opened is not None:
            await opened.aclose()
        if begun is not None:
            await begun[0].aclose()
        else:
            await close_source(source)

    @property
    def declared_length(self) -> int | None:
        """What `Content-Length` says, if somebody set it."""
        self.check_length()
        declared = self.headers.get("content-length")
        return None if declared is None else int(declared)

    def check_length(self) -> None:
        """
        Refuse a `Content-Length` that is no number; whether it is true shows while the pieces are made.

        Raises:
            ResponseError: If it is none.
        """
        declared = self.headers.get("content-length")
        if declared is not None and _LENGTH.fullmatch(declared) is None:
            raise ResponseError(
                f"Content-Length must be one number, got {declared!r}.",
                hint="Leave it out if the length is not known: the framework frames the body.",
            )

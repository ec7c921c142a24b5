"""
A response whose body comes in pieces: the base of all streams.
"""

from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Mapping
from contextlib import aclosing
from typing import Final

from covet.exceptions import ResponseError
from covet.http.chunks import encode_chunks
from covet.http.response import BYTES, HeaderSource, Response
from covet.tasks import BackgroundTasks

# Iterable, but nobody means them to be sent piece by piece.
_WHOLE: Final = (str, bytes, bytearray, memoryview, Mapping)


class StreamedResponse(Response):
    """
    A response whose body comes in pieces.

    Its length is not known, so none is sent.

    Args:
        content: An iterable, asynchronous or not, of `bytes` or `str`.
        status_code: The status.
        headers: Further headers.
        media_type: The `Content-Type`.

    Raises:
        ResponseError: If the content is no iterable of pieces.
    """

    __slots__ = ("_begun", "_chunks")

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

    async def begin(self) -> None:
        """Make the first piece, so that an error in it can still be answered as one."""
        if self._begun is None:
            chunks = encode_chunks(self._chunks)
            self._begun = (chunks, await anext(chunks, None))

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """Yield the pieces; a plain iterator runs in a thread, piece by piece."""
        if self._begun is None:
            await self.begin()
        if self._begun is None:
            return
        chunks, first = self._begun
        async with aclosing(chunks):
            if first is not None:
                yield first
            async for chunk in chunks:
                yield chunk

    def check_length(self) -> None:
        """
        Refuse a `Content-Length`: the length of a stream is not known.

        Raises:
            ResponseError: If one was set.
        """
        if "content-length" in self.headers:
            raise ResponseError(
                "A stream cannot carry Content-Length.", hint="Leave it out: the framework frames the body."
            )

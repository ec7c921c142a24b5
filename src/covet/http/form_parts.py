"""
The parts of a multipart body one after the other, as they come: nothing is kept, nothing touches the disk.

The next piece is asked of the client when somebody wants it, so who reads slowly is sent no more than a network holds.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final, Self

from covet.exceptions import ContentTooLargeError
from covet.http.file_names import clean_file_name
from covet.http.form_limits import FormLimits
from covet.http.headers import Headers
from covet.http.multipart import Event, MultipartParser
from covet.http.part_headers import PartHead

# Waits for the next piece of the body; None is its end.
ReadChunk = Callable[[], Awaitable[bytes | None]]

# What the parser is given at once: what it makes of it stands in memory, and nobody else has a turn meanwhile.
_PIECE_SIZE: Final = 256 * 1024


class FormPart:
    """
    One part of a form, while it comes: iterate over it for its bytes, or read it whole.

    Only the latest part can be read; what of it nobody read is skipped when the next one is asked for.

    Attributes:
        name: The field that it is.
        filename: The last part of the client's name for the file; `None` for a field that is no file.
        content_type: What the client says that it holds; `None` if it says nothing.
        headers: All of its headers.
    """

    __slots__ = ("_reader", "charset", "content_type", "filename", "headers", "name")

    def __init__(self, head: PartHead, reader: "FormParts") -> None:
        self.name = head.name
        self.filename = None if head.filename is None else clean_file_name(head.filename)
        self.content_type = head.content_type
        self.charset = head.charset
        self.headers: Headers = head.headers
        self._reader = reader

    @property
    def is_file(self) -> bool:
        """Whether the client sent it as a file."""
        return self.filename is not None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        chunk = await self._reader.read_part(self)
        if chunk is None:
            raise StopAsyncIteration
        return chunk

    async def read(self, *, max_size: int | None = None) -> bytes:
        """
        Read all that is left of it.

        Args:
            max_size: How many bytes are allowed; the form's `max_field_size` by default.

        Raises:
            ContentTooLargeError: If it is larger.
        """
        limit = self._reader.limits.max_field_size if max_size is None else max_size
        chunks = []
        size = 0
        async for chunk in self:
            size += len(chunk)
            if size > limit:
                raise ContentTooLargeError(f"A part of the form is larger than {limit} bytes.", limit=limit)
            chunks.append(chunk)
        return b"".join(chunks)

    def __repr__(self) -> str:
        return f"<FormPart {self.name!r}>"


class FormParts:
    r"""
    Iterate over the parts of a body.

    Args:
        read_chunk: Waits for the next piece of the body.
        boundary: What parts them.
        limits: How much the form may bring. Parts without a file's name are fields, and have a field's limits.

    Raises:
        BadRequestError: If the boundary is malformed; while iterating, if the body is.
        ContentTooLargeError: While iterating, if a limit is passed.

    Example:
        >>> chunks = iter([b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n', None])
        >>> async def read_chunk():
        ...     return next(chunks)
        >>> [(part.name, await part.read()) async for part in FormParts(read_chunk, "b", FormLimits())]
        [('a', b'1')]
    """

    def __init__(self, read_chunk: ReadChunk, boundary: str | None, limits: FormLimits) -> None:
        self.limits = limits
        self._read_chunk = read_chunk
        self._parser = MultipartParser(boundary, limits)
        # The latest piece of the body, and how much of it was parsed.
        self._chunk = b""
        self._parsed = 0
        self._events: deque[Event] = deque()
        self._part: FormPart | None = None
        self._size = 0
        self._fields = 0
        self._fields_size = 0
        self._files = 0
        self._is_over = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> FormPart:
        """Skip what is left of the latest part, and wait for the next one."""
        while self._part is not None:
            await self.read_part(self._part)
        event = await self._next_event()
        if event is None:
            raise StopAsyncIteration
        if isinstance(event, bytes):
            raise TypeError("The parser gave bytes outside of a part.")
        self._count(event)
        self._size = 0
        self._part = FormPart(event, self)
        return self._part

    async def read_part(self, part: FormPart) -> bytes | None:
        """
        Wait for the next bytes of the latest part; `None` is its end.

        Args:
            part: The part.

        Raises:
            RuntimeError: If it is not the latest, and not at its end.
            ContentTooLargeError: If the part, or all fields together, are larger than allowed.
        """
        if part is not self._part:
            return None
        event = await self._next_event()
        if event is None:
            self._part = None
            return None
        if not isinstance(event, bytes):
            raise TypeError("The parser began a part inside of another one.")
        self._measure(part, len(event))
        return event

    def _count(self, head: PartHead) -> None:
        # APPSEC: docs/security.md, row 1: unlimited parts.
        limits = self.limits
        if head.filename is None:
            self._fields += 1
            if self._fields > limits.max_fields:
                raise ContentTooLargeError(f"The form has more than {limits.max_fields} fields.")
        else:
            self._files += 1
            if self._files > limits.max_files:
                raise ContentTooLargeError(f"The form has more than {limits.max_files} files.")

    def _measure(self, part: FormPart, size: int) -> None:
        limits = self.limits
        self._size += size
        if part.is_file:
            most = limits.max_file_size
            if most is not None and self._size > most:
                raise ContentTooLargeError(f"A file of the form is larger than {most} bytes.", limit=most)
            return
        # APPSEC: docs/security.md, rows 2 and 4: fields stand in memory.
        self._fields_size += size
        if self._size > limits.max_field_size:
            raise ContentTooLargeError(
                f"A field of the form is larger than {limits.max_field_size} bytes.", limit=limits.max_field_size
            )
        if self._fields_size > limits.max_fields_size:
            raise ContentTooLargeError(
                f"The fields of the form are larger than {limits.max_fields_size} bytes in all.",
                limit=limits.max_fields_size,
            )

    async def _next_event(self) -> Event:
        """Wait for what the parser makes next; between two parts, `None` is the end of the form."""
        while not self._events:
            if self._is_over:
                return None
            if self._parsed < len(self._chunk):
                # A whole body may have come at once, and others wait for their turn.
                await asyncio.sleep(0)
            else:
                chunk = await self._read_chunk()
                if chunk is None:
                    self._parser.finish()
                    self._is_over = True
                    return None
                self._chunk, self._parsed = chunk, 0
            piece = self._chunk[self._parsed : self._parsed + _PIECE_SIZE]
            self._parsed += len(piece)
            # What lies behind the last boundary is read, so that it counts, and dropped.
            self._events.extend(self._parser.feed(piece))
        return self._events.popleft()


__all__ = ["FormPart", "FormParts", "ReadChunk"]

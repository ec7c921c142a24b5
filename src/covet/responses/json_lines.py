"""
JSON lines: one value per line, for results that are too many for one document.
"""

from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable
from typing import Final

from covet.http.chunks import close_source, open_chunks
from covet.http.response import HeaderSource
from covet.http.streamed_response import StreamedResponse
from covet.serialization import encode_json
from covet.tasks import BackgroundTasks

JSON_LINES: Final = "application/jsonl"
NDJSON: Final = "application/x-ndjson"


class JSONLines(StreamedResponse):
    r"""
    A response of values, each of them a line of JSON.

    A handler that yields models and says so, `-> AsyncIterator[Item]`, needs none.

    Args:
        content: An iterable, asynchronous or not, of values. A plain one runs in a thread.
        status_code: The status.
        headers: Further headers.
        media_type: `application/jsonl` by default.
        background: What runs after it was sent.
        encode: Writes a value as JSON; the framework's own by default.

    Raises:
        ResponseError: If the content is no iterable.

    Example:
        >>> lines = JSONLines([{"id": 1}, {"id": 2}])
        >>> [line async for line in lines.stream()]
        [b'{"id":1}\n', b'{"id":2}\n']
    """

    __slots__ = ("_items",)

    def __init__(
        self,
        content: AsyncIterable[object] | Iterable[object],
        status_code: int = 200,
        headers: HeaderSource | None = None,
        media_type: str | None = None,
        background: BackgroundTasks | None = None,
        *,
        encode: Callable[[object], bytes] = encode_json,
    ) -> None:
        self._items = content
        # The base class checks what it gets; the items of this one are no pieces yet.
        super().__init__(content, status_code, headers, media_type or JSON_LINES, background)  # type: ignore[arg-type]
        self._chunks = _encode_lines(content, encode)

    async def aclose(self) -> None:
        """Close the stream and what its values come from; again is no error."""
        is_begun, items = self._begun is not None, self._items
        self._items = ()
        await super().aclose()
        if not is_begun:
            await close_source(items)  # type: ignore[arg-type]


async def _encode_lines(
    content: AsyncIterable[object] | Iterable[object], encode: Callable[[object], bytes]
) -> AsyncGenerator[bytes, None]:
    source = open_chunks(content)
    try:
        async for item in source:
            yield encode(item) + b"\n"
    finally:
        close = getattr(source, "aclose", None)
        if close is not None:
            await close()

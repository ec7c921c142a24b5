"""
The pieces of a streamed body, from whatever iterable an application has.

It must never read ahead: the next piece is asked for when the last one was taken.
"""

from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Iterator
from threading import Lock

from covet.exceptions import ResponseError
from covet.threads import run_in_thread


async def encode_chunks(chunks: AsyncIterable[bytes | str] | Iterable[bytes | str]) -> AsyncGenerator[bytes, None]:
    """
    Yield the pieces as bytes; empty ones are skipped, text becomes UTF-8.

    A plain iterator runs in a thread, piece by piece, because it may block. Whatever ends the
    iteration closes the source.

    Args:
        chunks: Where the pieces come from.

    Raises:
        ResponseError: If a piece is neither `bytes` nor `str`.

    Example:
        >>> [chunk async for chunk in encode_chunks(["a", b"", b"b"])]
        [b'a', b'b']
    """
    source = aiter(chunks) if isinstance(chunks, AsyncIterable) else _iterate_in_thread(iter(chunks))
    try:
        async for chunk in source:
            if isinstance(chunk, bytes):
                data = chunk
            elif isinstance(chunk, str):
                data = chunk.encode("utf-8", "replace")
            elif isinstance(chunk, (bytearray, memoryview)):
                data = bytes(chunk)
            else:
                raise ResponseError(f"A stream's piece must be bytes or str, got {type(chunk).__name__}.")
            if data:
                yield data
    finally:
        close = getattr(source, "aclose", None)
        if close is not None:
            await close()


async def close_source(chunks: AsyncIterable[bytes | str] | Iterable[bytes | str]) -> None:
    """
    Close where pieces would have come from, if nobody asks it for any; what need not be closed is left alone.

    Example:
        >>> pieces = (piece for piece in "ab")
        >>> await close_source(pieces)
        >>> list(pieces)
        []
    """
    close_async = getattr(chunks, "aclose", None)
    if close_async is not None:
        await close_async()
        return
    close = getattr(chunks, "close", None)
    if close is not None:
        await run_in_thread(close)


async def _iterate_in_thread(iterator: Iterator[bytes | str]) -> AsyncGenerator[bytes | str, None]:
    # A cancelled `next` runs on in its thread; a generator that is running cannot be closed, so closing waits.
    lock = Lock()
    close = getattr(iterator, "close", None)
    end = object()

    def step() -> object:
        with lock:
            return next(iterator, end)

    def finish() -> None:
        with lock:
            if close is not None:
                close()

    try:
        while (chunk := await run_in_thread(step)) is not end:
            yield chunk  # type: ignore[misc] # everything but the sentinel is a piece
    finally:
        if close is not None:
            await run_in_thread(finish)

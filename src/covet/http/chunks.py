"""
The pieces of a streamed body, from whatever iterable an application has.

It must never read ahead: the next piece is asked for when the last one was taken.
"""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from inspect import iscoroutinefunction
from threading import Lock
from typing import Any, Final, TypeVar, cast

from covet.exceptions import ResponseError
from covet.threads import run_in_thread

T = TypeVar("T")

# How much of a file is read at once.
_PIECE: Final = 65_536


def open_chunks(chunks: AsyncIterable[T] | Iterable[T]) -> AsyncIterator[T]:
    r"""
    Iterate over whatever an application has, without blocking the event loop.

    A plain iterator runs in a thread, item by item, because it may block. A file that is open for reading gives pieces
    of 64 KiB, not lines, and is closed at the end.

    Args:
        chunks: Where the items come from.

    Example:
        >>> import io
        >>> [piece async for piece in open_chunks(io.BytesIO(b"one\ntwo"))]
        [b'one\ntwo']
    """
    read = getattr(chunks, "read", None)
    if callable(read):
        if iscoroutinefunction(read):
            return cast("AsyncIterator[T]", _read_async(chunks, read))
        return cast("AsyncIterator[T]", _iterate_in_thread(_read_all(read), getattr(chunks, "close", None)))
    if isinstance(chunks, AsyncIterable):
        return aiter(chunks)
    iterator = iter(chunks)
    return cast("AsyncIterator[T]", _iterate_in_thread(iterator, getattr(iterator, "close", None)))


async def encode_chunks(chunks: AsyncIterable[bytes | str] | Iterable[bytes | str]) -> AsyncGenerator[bytes, None]:
    """
    Yield the pieces as bytes; empty ones are skipped, text becomes UTF-8.

    See `open_chunks` for plain iterators and files. Whatever ends the iteration closes the source.

    Args:
        chunks: Where the pieces come from.

    Raises:
        ResponseError: If a piece is neither `bytes` nor `str`.

    Example:
        >>> [chunk async for chunk in encode_chunks(["a", b"", b"b"])]
        [b'a', b'b']
    """
    source = open_chunks(chunks)
    try:
        async for chunk in source:
            if isinstance(chunk, bytes):
                data = chunk
            elif isinstance(chunk, str):
                data = chunk.encode("utf-8", "replace")
            elif isinstance(chunk, (bytearray, memoryview)):
                data = bytes(chunk)
            else:
                raise ResponseError(
                    f"A stream's piece must be bytes or str, got {type(chunk).__name__}.",
                    hint="Annotate the handler, -> AsyncIterator[Item] or AsyncIterator[ServerSentEvent], "
                    "or use EventStream or JSONLines.",
                )
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


# Any: what an application's own iterator gives and what closes it.
async def _iterate_in_thread(iterator: Iterator[Any], close: Callable[[], Any] | None) -> AsyncGenerator[Any, None]:
    # A cancelled `next` runs on in its thread; a generator that is running cannot be closed, so closing waits.
    lock = Lock()
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
            yield chunk
    finally:
        if close is not None:
            await run_in_thread(finish)


# Any: as above, for files.
def _read_all(read: Callable[[int], Any]) -> Iterator[Any]:
    while piece := read(_PIECE):
        yield piece


async def _read_async(file: Any, read: Callable[[int], Any]) -> AsyncGenerator[Any, None]:
    try:
        while piece := await read(_PIECE):
            yield piece
    finally:
        close = getattr(file, "aclose", None) or getattr(file, "close", None)
        if close is not None:
            result = close()
            if hasattr(result, "__await__"):
                await result

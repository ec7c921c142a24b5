"""
Tests of the pieces of a streamed body.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from covet.exceptions import ResponseError
from covet.http.chunks import close_source, encode_chunks


async def test_every_kind_of_piece_becomes_bytes() -> None:
    """Text is UTF-8, buffers are copied, empty pieces are skipped, lone surrogates replaced."""
    pieces = ["\u00e9", b"", "", bytearray(b"a"), memoryview(b"b"), "\ud800"]

    chunks = [chunk async for chunk in encode_chunks(pieces)]  # type: ignore[arg-type]

    assert chunks == ["\u00e9".encode(), b"a", b"b", b"?"]


async def test_another_piece_is_refused() -> None:
    """A number is no piece of a body."""
    with pytest.raises(ResponseError, match=r"A stream's piece must be bytes or str, got int."):
        [chunk async for chunk in encode_chunks([1])]  # type: ignore[list-item]


async def test_a_plain_iterator_runs_in_a_thread_and_is_closed() -> None:
    """It may block; whatever ends the iteration ends the generator."""
    log: list[object] = []

    def pieces() -> Iterator[str]:
        try:
            while True:
                log.append(threading.current_thread() is threading.main_thread())
                yield "piece"
        finally:
            log.append("closed")

    chunks = encode_chunks(pieces())
    await anext(chunks)
    await chunks.aclose()

    assert log == [False, "closed"]


async def test_an_async_source_is_closed() -> None:
    """The `finally` of the generator runs when nobody wants more."""
    log: list[str] = []

    async def pieces() -> AsyncIterator[str]:
        try:
            yield "a"
            yield "b"
        finally:
            log.append("closed")

    chunks = encode_chunks(pieces())
    await anext(chunks)
    await chunks.aclose()

    assert log == ["closed"]


async def test_a_source_that_is_not_used_is_closed_off_the_loop() -> None:
    """What a plain iterator does in `close` may block; an asynchronous one is awaited."""
    log: list[object] = []

    class Plain:
        def __iter__(self) -> Iterator[bytes]:
            return iter(())

        def close(self) -> None:
            log.append(threading.current_thread() is threading.main_thread())

    class Asynchronous:
        def __aiter__(self) -> AsyncIterator[bytes]:
            raise NotImplementedError

        async def aclose(self) -> None:
            log.append("aclose")

    for source in (Plain(), Asynchronous(), [b"a"]):
        await close_source(source)

    assert log == [False, "aclose"]


class AsyncFile:
    """A file as libraries for asynchronous files have it."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.is_closed = False

    async def read(self, size: int) -> bytes:
        """Give the next piece."""
        piece, self._data = self._data[:size], self._data[size:]
        return piece

    async def close(self) -> None:
        """Note it."""
        self.is_closed = True


async def test_file_comes_in_pieces_and_is_closed(tmp_path: Path) -> None:
    """Not in lines, of which it may have millions or none; it is read in a thread."""
    path = tmp_path / "data.bin"
    path.write_bytes(b"x\n" * 50_000)
    file = await asyncio.to_thread(path.open, "rb")

    pieces = [len(piece) async for piece in encode_chunks(file)]

    assert pieces == [65_536, 34_464]
    assert file.closed


async def test_asynchronous_file_comes_in_pieces_and_is_closed() -> None:
    """It is read where it is."""
    file = AsyncFile(b"x" * 70_000)

    pieces = [len(piece) async for piece in encode_chunks(file)]  # type: ignore[arg-type]

    assert (pieces, file.is_closed) == ([65_536, 4_464], True)


async def test_file_that_is_left_early_is_closed(tmp_path: Path) -> None:
    """A client that leaves keeps no descriptor open."""
    path = tmp_path / "data.bin"
    path.write_bytes(bytes(200_000))
    file = await asyncio.to_thread(path.open, "rb")
    pieces = encode_chunks(file)

    await anext(pieces)
    await pieces.aclose()

    assert file.closed

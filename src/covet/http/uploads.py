"""
Files that a form brought: in memory while they are small, else in a temporary file without a name.

It must never touch the disk on the event loop, and never leave a file behind: on POSIX systems the file has no name
from the start, and its descriptor is closed at the end of the request.
"""

from collections.abc import Sequence
from io import BytesIO
from threading import Lock
from typing import IO, Any, Final

from covet.http.headers import Headers
from covet.threads import run_in_thread

_WRITE_SIZE: Final = 512 * 1024


class UploadFile:
    """
    A file that a client sent, read from its beginning.

    It is closed at the end of the request, after deferred work. One task reads or writes it at a time.

    Args:
        filename: The name that the client gave it.
        headers: The headers of its part.
        content: What it holds.

    Attributes:
        filename: The last part of the client's name for it, without control characters: to show, not to store by.
        content_type: What the client says that it holds; nobody has looked.
        headers: All headers of its part.
        size: Its bytes.

    Example:
        >>> file = UploadFile("../tea.txt", content=b"Green tea")
        >>> file.filename, file.size, await file.read(5), await file.read()
        ('tea.txt', 9, b'Green', b' tea')
        >>> await file.close()
    """

    __slots__ = ("_disk", "_memory", "_pending", "_pending_size", "filename", "headers", "size")

    def __init__(self, filename: str = "", headers: Headers | None = None, content: bytes = b"") -> None:
        # Loaded here: most applications take no files.
        from covet.http.file_names import clean_file_name

        self.filename = clean_file_name(filename)
        self.headers = Headers() if headers is None else headers
        self.size = len(content)
        # The one or the other; None once it was closed.
        self._memory: BytesIO | None = BytesIO(content)
        self._disk: _DiskFile | None = None
        self._pending: list[bytes] = []
        self._pending_size = 0

    @property
    def content_type(self) -> str:
        """What the client says that it holds; `application/octet-stream` if it says nothing."""
        return self.headers.get("content-type") or "application/octet-stream"

    @property
    def is_in_memory(self) -> bool:
        """Whether it is small enough to have stayed in memory."""
        return self._disk is None

    @property
    def is_closed(self) -> bool:
        """Whether it can be used no more."""
        return self._disk is None and self._memory is None

    async def read(self, size: int = -1) -> bytes:
        """
        Read on from where the last call ended.

        Args:
            size: How many bytes at most; all that are left by default.

        Raises:
            ValueError: If it is closed.
        """
        if self._disk is not None:
            return await run_in_thread(self._disk.read, size)
        return self._open_memory().read(size)

    async def seek(self, offset: int, whence: int = 0) -> int:
        """
        Go to another place, and return it.

        Args:
            offset: Bytes from the beginning; from here if `whence` is 1, from the end if it is 2.
            whence: What the offset counts from.

        Raises:
            ValueError: If it is closed, or the place is before the beginning.
        """
        if self._disk is not None:
            return await run_in_thread(self._disk.seek, offset, whence)
        return self._open_memory().seek(offset, whence)

    async def write(self, data: bytes) -> int:
        """
        Write at the place where the last call ended, and return how many bytes that were.

        Raises:
            ValueError: If it is closed.
        """
        if self._disk is not None:
            self.size = await run_in_thread(self._disk.write, data)
            return len(data)
        memory = self._open_memory()
        written = memory.write(data)
        self.size = memory.getbuffer().nbytes
        return written

    async def close(self) -> None:
        """Let go of what it holds; it is nothing to close it again."""
        disk = self._let_go()
        if disk is not None:
            try:
                await run_in_thread(disk.close)
            except BaseException:
                # Cancelled, perhaps before a thread was free for it.
                disk.close_soon()
                raise

    def close_at_once(self) -> None:
        """Let go without waiting, where nothing can be awaited any more."""
        disk = self._let_go()
        if disk is not None:
            disk.close_soon()

    def _let_go(self) -> "_DiskFile | None":
        disk, self._disk, self._memory = self._disk, None, None
        self._pending.clear()
        return disk

    def _open_memory(self) -> BytesIO:
        if self._memory is None:
            raise ValueError(f"The file {self.filename!r} is closed: files last as long as their request.")
        return self._memory

    # ── While it comes ───────────────────────────────────────────────────────

    async def append(self, chunk: bytes, *, keeps_in_memory: bool) -> None:
        """
        Take a further piece, for whoever receives the file.

        Args:
            chunk: The piece.
            keeps_in_memory: Whether all of it may stay in memory.
        """
        self.size += len(chunk)
        if keeps_in_memory and self._disk is None:
            self._open_memory().write(chunk)
            return
        if self._disk is None:
            self._pending = [self._open_memory().getvalue()]
            self._pending_size = len(self._pending[0])
            self._disk, self._memory = _DiskFile(), None
        self._pending.append(chunk)
        self._pending_size += len(chunk)
        if self._pending_size >= _WRITE_SIZE:
            await self._flush()

    async def rewind(self) -> None:
        """Go back to the beginning, once all of it has come."""
        if self._pending:
            await self._flush()
        await self.seek(0)

    async def _flush(self) -> None:
        disk = self._disk
        pending, self._pending, self._pending_size = self._pending, [], 0
        if disk is not None:
            await run_in_thread(disk.append, pending)

    def __repr__(self) -> str:
        return f"<UploadFile {self.filename!r}: {self.size} bytes>"


class _DiskFile:
    """
    A temporary file, used in threads alone.

    A thread cannot be cancelled, but who waits for it can: whoever comes to close the file then finds it in use. The
    lock keeps a descriptor that a thread writes to from being closed, and given to somebody else, under its hands.
    """

    __slots__ = ("_file", "_is_closing", "_lock")

    def __init__(self) -> None:
        # Any: what tempfile gives is one class or another.
        self._file: IO[bytes] | Any = None
        self._lock = Lock()
        self._is_closing = False

    def append(self, chunks: Sequence[bytes]) -> None:
        self._use(lambda file: file.writelines(chunks))

    def read(self, size: int) -> bytes:
        data: bytes = self._use(lambda file: file.read(size))
        return data

    def seek(self, offset: int, whence: int) -> int:
        position: int = self._use(lambda file: file.seek(offset, whence))
        return position

    def write(self, data: bytes) -> int:
        """Write, and return the size of the whole."""

        def write(file: IO[bytes]) -> int:
            file.write(data)
            here = file.tell()
            size = file.seek(0, 2)
            file.seek(here)
            return size

        size: int = self._use(write)
        return size

    def close(self) -> None:
        self._is_closing = True
        with self._lock:
            self._close_file()

    def close_soon(self) -> None:
        """Close without waiting: a thread that uses the file closes it when it is done."""
        self._is_closing = True
        self._close_if_free()

    # Any: what the operation gives.
    def _use(self, operation: Any) -> Any:
        try:
            with self._lock:
                if self._is_closing:
                    raise ValueError("The file is closed: files last as long as their request.")
                if self._file is None:
                    # Loaded here: nobody else needs it.
                    from tempfile import TemporaryFile

                    self._file = TemporaryFile(prefix="covet-upload-")  # noqa: SIM115 - closed by `close`
                return operation(self._file)
        finally:
            # Whoever wanted to close it while the lock was held has left it to us.
            if self._is_closing:
                self._close_if_free()

    def _close_if_free(self) -> None:
        if self._lock.acquire(blocking=False):
            try:
                self._close_file()
            finally:
                self._lock.release()

    def _close_file(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()


async def close_uploads(uploads: Sequence[UploadFile]) -> None:
    """Close files, all of them, also if this is cancelled meanwhile."""
    remaining = list(uploads)
    try:
        while remaining:
            await remaining.pop().close()
    finally:
        for upload in remaining:
            upload.close_at_once()


__all__ = ["UploadFile", "close_uploads"]

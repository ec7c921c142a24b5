"""
Files that are being sent: opened once, read in pieces, surely closed.

Everything in here blocks: it runs in a thread, all but closing.
"""

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import Final

from covet.threads import run_in_thread

# A device or a pipe must not stop the thread that opens it; a descriptor is not for child processes.
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
NO_FOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)

# Device and inode, time of change, size.
Identity = tuple[int, int, int, int]


class OpenFile:
    """
    A regular file, opened for reading.

    Attributes:
        path: Where it was found.
        size: Its size in bytes when it was opened.
        last_modified: When it was changed, in seconds since 1970.
        etag: Its entity tag: made of the time of change and the size.
        coding: The coding that its content has, such as `"gzip"`; `None` for none.
        identity: What tells it from a file that took its place, and from itself after a change.

    Example:
        >>> import sys
        >>> file = OpenFile(sys.executable)
        >>> len(file.read(0, 3)), file.is_closed
        (3, False)
        >>> file.close()
    """

    __slots__ = ("_descriptor", "_lock", "coding", "etag", "identity", "last_modified", "path", "size")

    def __init__(self, path: str, *, flags: int = 0, coding: str | None = None) -> None:
        self._descriptor = -1
        self._descriptor = descriptor = os.open(path, _FLAGS | flags)
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            self.close()
            raise (IsADirectoryError if stat.S_ISDIR(status.st_mode) else FileNotFoundError)(path)
        self.path = path
        self.size = status.st_size
        self.last_modified = status.st_mtime
        self.coding = coding
        self.identity = identify(status)
        # What is compressed is another content than what it was made of.
        self.etag = f'"{status.st_mtime_ns:x}-{status.st_size:x}{f"-{coding}" if coding else ""}"'
        self._lock = None if hasattr(os, "pread") else Lock()

    def read(self, start: int, size: int) -> bytes:
        """
        Read bytes from a place; fewer at the end of the file.

        Args:
            start: The place.
            size: How many.
        """
        # A read whose caller was cancelled goes on after the file was closed. With `pread` it moves no position that
        # whoever got the descriptor's number meanwhile relies on; what it reads is thrown away.
        if self._lock is None:
            return os.pread(self._descriptor, size, start)
        with self._lock:
            os.lseek(self._descriptor, start, os.SEEK_SET)
            return os.read(self._descriptor, size)

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return self._descriptor < 0

    def close(self) -> None:
        """Close it; again is no error. It does not block: nothing was written."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __del__(self) -> None:
        # Should anybody lose it.
        self.close()


class Opening:
    """
    The opening of a file in a thread, for somebody who may be cancelled meanwhile.

    The thread goes on then, and what it opens is lost to whoever waited for it; it is closed all the same.

    Args:
        make: Opens the file. It may block.

    Example:
        >>> import sys
        >>> opening = Opening(lambda: OpenFile(sys.executable))
        >>> file = await opening.open()
        >>> opening.close()
        >>> file.is_closed
        True
    """

    __slots__ = ("_held", "_is_over", "_make")

    def __init__(self, make: Callable[[], OpenFile]) -> None:
        self._make = make
        self._held: list[OpenFile] = []
        self._is_over = False

    async def open(self) -> OpenFile:
        """
        Open the file, once.

        Raises:
            Exception: What opening it raised.
        """
        return await run_in_thread(self._open)

    def _open(self) -> OpenFile:
        file = self._make()
        self._held.append(file)
        if self._is_over:
            self._close_held()
        return file

    def close(self) -> None:
        """Close the file, whether somebody got it, nobody did, or a thread is about to open it."""
        self._is_over = True
        self._close_held()

    def _close_held(self) -> None:
        # Both sides may come here; what one of them takes out the other does not find.
        with suppress(IndexError):
            self._held.pop().close()


def identify(status: os.stat_result) -> Identity:
    """
    Tell a file from others, and from itself after a change.

    Example:
        >>> identify(os.stat(".")) == identify(os.stat("."))
        True
    """
    return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size

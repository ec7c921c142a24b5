"""
A thread of a store's own, with its connection to the store's file; the event loop never waits for the disk.

A process that was forked has neither: the thread does not run there, and SQLite forbids the use of a connection.
"""

import asyncio
import os
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from covet.exceptions import ConfigurationError
from covet.sqlite_files import FileFormat, open_sqlite

P = ParamSpec("P")
T = TypeVar("T")

# Any: connections and threads of the parent. While they stand here nobody closes them: that would take its locks.
_PARENTS: Final[list[Any]] = []


class ForkGuard:
    """
    Notice that this is another process than the one that opened something.

    Example:
        >>> ForkGuard().has_forked()
        False
    """

    def __init__(self) -> None:
        self._process = os.getpid()

    def has_forked(self, *left: object) -> bool:
        """
        Tell whether this process was forked since this was last asked.

        Args:
            *left: What belongs to the parent: it is kept and left alone, if so.
        """
        process = os.getpid()
        if process == self._process:
            return False
        self._process = process
        _PARENTS.extend(left)
        return True


class SQLiteThread:
    """
    Do a store's work in a thread of its own, one piece after the other, over one connection.

    Both begin with the first piece, end with `aclose()`, and begin again with the next piece: in a forked process, too.

    Args:
        path: The file.
        file_format: What it is like.
        owner: The store's class, for errors.
        alternative: The class of the store that needs no file, for errors.
        fail: Makes the store's errors, of a message and `hint=`.
        busy_timeout: Seconds to wait for other processes.
        is_durable: Whether what is written survives a loss of power.

    Raises:
        ConfigurationError: If the path is none of a file.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> cups = FileFormat("cups", 0x43757073, [["CREATE TABLE cups (tea TEXT)"]])
        >>> def count(connection, tea):
        ...     return connection.execute("SELECT count(*) FROM cups WHERE tea = ?", (tea,)).fetchone()[0]
        >>> with TemporaryDirectory() as folder:
        ...     thread = SQLiteThread(f"{folder}/cups.db", cups, owner="Cups", alternative="Table", fail=ValueError)
        ...     print(await thread.run(count, "green"))
        ...     await thread.aclose()
        0
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        file_format: FileFormat,
        *,
        owner: str,
        alternative: str,
        fail: Callable[..., Exception],
        busy_timeout: float = 5.0,
        is_durable: bool = False,
    ) -> None:
        self.path = os.fspath(path)
        if self.path in {"", ":memory:"}:
            raise ConfigurationError(
                f"The path of a store of {file_format.name} is a file, got {self.path!r}.",
                hint=f"{alternative}() needs none.",
            )
        self._format = file_format
        self._owner = owner
        self._fail = fail
        self._busy_timeout = busy_timeout
        self._is_durable = is_durable
        self._connection = _Connection()
        self._thread: ThreadPoolExecutor | None = None
        self._fork = ForkGuard()

    # Any: the connection, whose module is loaded by those who use it, here and below.
    async def run(self, work: Callable[Concatenate[Any, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """
        Call a function with the connection, in the thread.

        Args:
            work: The function.
            *args: Its further arguments.
            **kwargs: Its further arguments by name.

        Raises:
            Exception: What `fail` makes, if SQLite or the file fails.
        """
        self._leave_fork()
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"covet-{self._format.name}".replace(" ", "-"))
        connection = self._connection

        def call() -> T:
            return self._guard(connection, lambda opened: work(opened, *args, **kwargs))

        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    async def aclose(self) -> None:
        """Close the file and end the thread, after what was asked before; the next call opens it again."""
        self._leave_fork()
        thread, self._thread = self._thread, None
        if thread is None:
            return
        # Whoever asks meanwhile opens the file again, in a thread of its own.
        connection, self._connection = self._connection, _Connection()
        try:
            await asyncio.get_running_loop().run_in_executor(thread, connection.close)
        finally:
            thread.shutdown(wait=False)

    def __repr__(self) -> str:
        return f"<{self._owner} {self.path!r}>"

    def __del__(self) -> None:
        if getattr(self, "_thread", None) is not None and not self._fork.has_forked(self._connection, self._thread):
            warnings.warn(f"{self!r} was never closed: await its aclose().", ResourceWarning, stacklevel=1)

    def _leave_fork(self) -> None:
        if self._fork.has_forked(self._connection, self._thread):
            self._connection, self._thread = _Connection(), None

    # ── In the thread ────────────────────────────────────────────────────────

    def _guard(self, connection: "_Connection", work: Callable[[Any], T]) -> T:
        import sqlite3

        try:
            if connection.opened is None:
                connection.opened = open_sqlite(
                    self.path,
                    self._format,
                    busy_timeout=self._busy_timeout,
                    fail=self._fail,
                    is_durable=self._is_durable,
                )
            return work(connection.opened)
        except (sqlite3.Error, OSError) as exc:
            name = self._format.name
            raise self._fail(
                f"The store of {name} {self.path!r} failed: {exc}.",
                hint=f"See that its folder is there, that both may be written, and that it is a store of {name}.",
            ) from exc


class _Connection:
    """The connection, once it is opened; only the thread comes here."""

    def __init__(self) -> None:
        # Any: as above.
        self.opened: Any = None

    def close(self) -> None:
        opened, self.opened = self.opened, None
        if opened is not None:
            opened.close()


__all__ = ["ForkGuard", "SQLiteThread"]

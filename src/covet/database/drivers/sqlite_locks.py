"""
Waiting for the lock of another writer, in a connection's thread, until somebody gives up.

SQLite's own way to wait cannot be interrupted: whoever cancelled a statement would wait along.
"""

import sqlite3
from collections.abc import Callable
from threading import Event
from time import monotonic
from typing import Concatenate, Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_FIRST_PAUSE: Final = 0.001
_LONGEST_PAUSE: Final = 0.025
# What ends by itself; a snapshot that is too old (SQLITE_BUSY_SNAPSHOT) stays so.
_WAITED_FOR: Final = frozenset({"SQLITE_BUSY", "SQLITE_BUSY_RECOVERY"})


class LockPatience:
    """
    How long a connection waits for another one that writes.

    Args:
        seconds: How long.

    Example:
        >>> connection = sqlite3.connect(":memory:", isolation_level=None)
        >>> LockPatience(5).call(sqlite3.Connection.execute, connection, "SELECT 1").fetchone()
        (1,)
        >>> connection.close()
    """

    __slots__ = ("_given_up", "_seconds")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._given_up = Event()

    def give_up(self) -> None:
        """Let what waits raise, and nothing else wait, up to `renew()`."""
        self._given_up.set()

    def renew(self) -> None:
        """Wait again from now on."""
        self._given_up.clear()

    def call(
        self,
        function: Callable[Concatenate[sqlite3.Connection, P], T],
        connection: sqlite3.Connection,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """
        Call a function, again and again while another connection has the lock.

        Args:
            function: The function; what it did is undone when it is refused the lock.
            connection: The connection.
            *args: Its further arguments.
            **kwargs: Its further arguments by name.

        Raises:
            sqlite3.OperationalError: If the lock was not to be had in time, or somebody gave up.
        """
        try:
            return function(connection, *args, **kwargs)
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorname not in _WAITED_FOR:
                raise
        is_inside, end, pause = connection.in_transaction, monotonic() + self._seconds, _FIRST_PAUSE
        while True:
            left = end - monotonic()
            is_over = left <= 0 or self._given_up.wait(min(pause, left))
            try:
                return function(connection, *args, **kwargs)
            except sqlite3.OperationalError as exc:
                # A transaction that was undone meanwhile would go on without its beginning.
                if is_over or exc.sqlite_errorname not in _WAITED_FOR or connection.in_transaction is not is_inside:
                    raise
            pause = min(pause * 2, _LONGEST_PAUSE)


__all__ = ["LockPatience"]

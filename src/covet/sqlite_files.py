"""
Files of SQLite that belong to one store: made, checked and brought to the present version when they are opened.

A file of another program, or with other tables, is left alone. Nothing here may run on an event loop.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic, sleep
from typing import Any, NamedTuple


class FileFormat(NamedTuple):
    """
    What a store's file is like.

    Attributes:
        name: What is kept in it, for errors: `"sessions"`.
        application_id: Four bytes that tell the store's files from others.
        migrations: The statements that lead from each version, which is their index, to the next one.
        newer_hint: What to do about a file of a version to come.
    """

    name: str
    application_id: int
    migrations: Sequence[Sequence[str]]
    newer_hint: str = "Use the CovetPy that wrote it, or a newer one."


# Any: the connection, whose module is loaded by those who use it.
def open_sqlite(
    path: str,
    file_format: FileFormat,
    *,
    busy_timeout: float,
    fail: Callable[..., Exception],
    is_durable: bool = False,
    check_same_thread: bool = True,
) -> Any:
    """
    Open a store's file, and make it if it is not there: for its owner alone; SQLite gives its other files that mode.

    Args:
        path: The file.
        file_format: What it is like.
        busy_timeout: Seconds to wait for other processes.
        fail: Makes the store's errors, of a message and `hint=`.
        is_durable: Whether what is written survives a loss of power, and not only the end of the process.
        check_same_thread: Whether only this thread may use the connection.

    Raises:
        Exception: What `fail` makes, if it is the file of somebody else or of a version to come.
        sqlite3.Error: If SQLite cannot use it.
        OSError: If it cannot be made.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> cups = FileFormat("cups", 0x43757073, [["CREATE TABLE cups (tea TEXT)"]])
        >>> with TemporaryDirectory() as folder:
        ...     connection = open_sqlite(f"{folder}/cups.db", cups, busy_timeout=5, fail=ValueError)
        ...     connection.execute("SELECT count(*) FROM cups").fetchone()
        ...     connection.close()
        (0,)
    """
    import sqlite3

    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(path, timeout=busy_timeout, isolation_level=None, check_same_thread=check_same_thread)
    try:
        _refuse_strangers(connection, path, file_format, fail)
        _write_ahead(connection, busy_timeout)
        connection.execute(f"PRAGMA synchronous = {'FULL' if is_durable else 'NORMAL'}")
        if _ask(connection, "user_version") != len(file_format.migrations) or _ask(connection, "application_id") == 0:
            _migrate(connection, path, file_format, fail)
    except BaseException:
        connection.close()
        raise
    return connection


# Any: as above.
def roll_back(connection: Any) -> None:
    """Undo what was begun; a failed COMMIT may have done so already, and the first error is the one to tell."""
    if connection.in_transaction:
        with suppress(Exception):
            connection.execute("ROLLBACK")


def _ask(connection: Any, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


# Any: as above.
def _refuse_strangers(connection: Any, path: str, file_format: FileFormat, fail: Callable[..., Exception]) -> None:
    if _ask(connection, "application_id") not in {0, file_format.application_id}:
        raise fail(f"{path!r} belongs to another program.", hint="Choose another file.")


# Any: as above.
def _migrate(connection: Any, path: str, file_format: FileFormat, fail: Callable[..., Exception]) -> None:
    """Bring the file to the present version; of two processes that start at once, one finds it done."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _find_version(connection, path, file_format, fail)
        for migration in file_format.migrations[version:]:
            for statement in migration:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {file_format.application_id}")
        connection.execute(f"PRAGMA user_version = {len(file_format.migrations)}")
        connection.execute("COMMIT")
    except BaseException:
        roll_back(connection)
        raise


# Any: as above.
def _find_version(connection: Any, path: str, file_format: FileFormat, fail: Callable[..., Exception]) -> int:
    """Tell how far a file has come; 0 if there is nothing in it."""
    known = len(file_format.migrations)
    if _ask(connection, "application_id") == 0:
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise fail(f"{path!r} is a database with other tables.", hint="Choose a file of its own.")
        return 0
    version = _ask(connection, "user_version")
    if version > known:
        raise fail(
            f"{path!r} has version {version} of the store of {file_format.name}, and this CovetPy knows {known}.",
            hint=file_format.newer_hint,
        )
    return version


# Any: as above.
def _write_ahead(connection: Any, busy_timeout: float) -> None:
    """Let the file be written ahead, so that readers and a writer do not wait for each other."""
    import sqlite3

    end = monotonic() + busy_timeout
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            # SQLite does not wait here: of two processes that change the mode at once, one is refused on the spot.
            if monotonic() >= end:
                raise
            sleep(0.01)
        else:
            return

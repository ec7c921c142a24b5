"""
Tests of `covet.database.drivers.sqlite_locks`.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import monotonic

import pytest

from covet.database.drivers.sqlite_locks import LockPatience


def connect(path: Path) -> sqlite3.Connection:
    """Open a connection that does not wait by itself."""
    return sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[sqlite3.Connection, sqlite3.Connection]]:
    """Two connections to a file, the first of which has the lock."""
    with closing(connect(tmp_path / "tea.db")) as first, closing(connect(tmp_path / "tea.db")) as second:
        first.execute("CREATE TABLE tea (name)")
        first.execute("BEGIN IMMEDIATE")
        yield first, second


def write(connection: sqlite3.Connection, name: str) -> int:
    """Put a row in."""
    return connection.execute("INSERT INTO tea VALUES (?)", (name,)).rowcount


def test_it_waits_for_as_long_as_was_said(two: tuple[sqlite3.Connection, sqlite3.Connection]) -> None:
    """Then the error is SQLite's own."""
    began = monotonic()

    with pytest.raises(sqlite3.OperationalError) as caught:
        LockPatience(0.1).call(write, two[1], "a")

    assert caught.value.sqlite_errorname == "SQLITE_BUSY"
    assert 0.1 <= monotonic() - began < 2


def test_it_goes_on_when_the_other_has_ended(two: tuple[sqlite3.Connection, sqlite3.Connection]) -> None:
    """What was refused is done again."""
    timer = threading.Timer(0.05, two[0].execute, ("COMMIT",))
    timer.start()

    assert LockPatience(30).call(write, two[1], "a") == 1
    timer.join()


def test_whoever_gives_up_waits_no_longer(two: tuple[sqlite3.Connection, sqlite3.Connection]) -> None:
    """Up to the renewal, nothing waits."""
    patience = LockPatience(30)
    timer = threading.Timer(0.05, patience.give_up)
    timer.start()
    began = monotonic()

    for _ in range(2):
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            patience.call(write, two[1], "a")
    assert monotonic() - began < 5
    timer.join()

    patience.renew()
    threading.Timer(0.05, two[0].execute, ("COMMIT",)).start()
    assert patience.call(write, two[1], "a") == 1


def test_a_snapshot_that_is_too_old_is_not_waited_for(two: tuple[sqlite3.Connection, sqlite3.Connection]) -> None:
    """It stays so; other errors are raised as they are."""
    first, second = two
    first.execute("COMMIT")
    first.execute("PRAGMA journal_mode = WAL")
    second.execute("BEGIN")
    second.execute("SELECT * FROM tea").fetchall()
    write(first, "a")
    began = monotonic()

    for function, name in (
        (write, "SQLITE_BUSY_SNAPSHOT"),
        (lambda connection, _: connection.execute("?"), "SQLITE_ERROR"),
    ):
        with pytest.raises(sqlite3.OperationalError) as caught:
            LockPatience(30).call(function, second, "b")
        assert caught.value.sqlite_errorname == name
    assert monotonic() - began < 5

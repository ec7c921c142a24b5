"""
Tests of `covet.sqlite_files`.
"""

import multiprocessing
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from covet.exceptions import ConfigurationError
from covet.sqlite_files import FileFormat, open_sqlite, roll_back

CUPS = FileFormat("cups", 0x43757073, [["CREATE TABLE cups (tea TEXT)", "INSERT INTO cups VALUES ('oolong')"]])
LARGER_CUPS = FileFormat("cups", 0x43757073, [*CUPS.migrations, ["ALTER TABLE cups ADD COLUMN size INTEGER DEFAULT 3"]])


def open_cups(path: Path, file_format: FileFormat = CUPS, *, is_durable: bool = False) -> sqlite3.Connection:
    """Open the file, whose errors are `ConfigurationError`s."""
    connection = open_sqlite(
        str(path), file_format, busy_timeout=5, fail=ConfigurationError, is_durable=is_durable, check_same_thread=False
    )
    assert isinstance(connection, sqlite3.Connection)
    return connection


@contextmanager
def plain(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a file as any program would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def test_a_new_file_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    """What strangers of the same machine may not read, its side files included."""
    path = tmp_path / "cups.db"

    with closing(open_cups(path)) as connection:
        connection.execute("INSERT INTO cups VALUES ('sencha')")
        modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
        names = {file.name for file in tmp_path.iterdir()}

    assert names == {"cups.db", "cups.db-wal", "cups.db-shm"}
    assert modes == {0o600}


def test_a_file_is_migrated_from_the_version_that_it_has(tmp_path: Path) -> None:
    """Each migration runs once."""
    path = tmp_path / "cups.db"
    open_cups(path).close()

    for _ in range(2):
        with closing(open_cups(path, LARGER_CUPS)) as connection:
            rows = connection.execute("SELECT tea, size FROM cups").fetchall()

    assert rows == [("oolong", 3)]


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    """Neither its first statements nor a version."""
    path = tmp_path / "cups.db"
    broken = FileFormat("cups", CUPS.application_id, [["CREATE TABLE cups (tea TEXT)", "CREATE NONSENSE"]])

    with pytest.raises(sqlite3.OperationalError, match="NONSENSE"):
        open_cups(path, broken)

    with closing(open_cups(path)) as connection:
        assert connection.execute("SELECT tea FROM cups").fetchall() == [("oolong",)]


@pytest.mark.parametrize(
    ("statement", "message", "hint"),
    [
        ("PRAGMA application_id = 77", "belongs to another program", "Choose another file."),
        ("CREATE TABLE pots (tea TEXT)", "is a database with other tables", "Choose a file of its own."),
    ],
)
def test_a_file_of_somebody_else_is_left_alone(tmp_path: Path, statement: str, message: str, hint: str) -> None:
    """Nothing is written into it."""
    path = tmp_path / "other.db"
    with plain(path) as connection:
        connection.execute(statement)

    with pytest.raises(ConfigurationError, match=message) as caught:
        open_cups(path)

    assert caught.value.hint == hint
    with plain(path) as connection:
        assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'cups'").fetchall()


def test_a_file_of_a_version_to_come_is_left_alone(tmp_path: Path) -> None:
    """The error says which versions, and what to do."""
    path = tmp_path / "cups.db"
    open_cups(path, LARGER_CUPS).close()

    with pytest.raises(
        ConfigurationError, match=r"has version 2 of the store of cups, and this CovetPy knows 1\."
    ) as caught:
        open_cups(path)

    assert caught.value.hint == "Use the CovetPy that wrote it, or a newer one."


@pytest.mark.parametrize(("is_durable", "level"), [(False, 1), (True, 2)])
def test_durability_is_what_was_asked_for(tmp_path: Path, is_durable: bool, level: int) -> None:
    """`synchronous` is NORMAL or FULL."""
    with closing(open_cups(tmp_path / "cups.db", is_durable=is_durable)) as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (level,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_threads_that_open_a_new_file_at_once_all_have_it(tmp_path: Path) -> None:
    """SQLite does not wait when the mode of the journal changes: the opening does."""
    for attempt in range(10):
        path = tmp_path / f"{attempt}.db"
        found: list[object] = []
        barrier = threading.Barrier(8)

        def use(path: Path = path, barrier: threading.Barrier = barrier, found: list[object] = found) -> None:
            barrier.wait()
            with closing(open_cups(path)) as connection:
                found.append(connection.execute("SELECT count(*) FROM cups").fetchone())

        threads = [threading.Thread(target=use) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert found == [(1,)] * 8


def _open_and_close(path: Path) -> None:
    open_cups(path).close()


def test_processes_that_open_a_new_file_at_once_all_have_it(tmp_path: Path) -> None:
    """As the workers of a server do."""
    path = tmp_path / "cups.db"
    processes = [multiprocessing.get_context("spawn").Process(target=_open_and_close, args=(path,)) for _ in range(3)]

    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert [process.exitcode for process in processes] == [0, 0, 0]


def test_a_rollback_keeps_silent_about_itself(tmp_path: Path) -> None:
    """The first error is the one to tell, so a connection without a transaction is no error."""
    with closing(open_cups(tmp_path / "cups.db")) as connection:
        connection.execute("BEGIN")
        connection.execute("DELETE FROM cups")

        roll_back(connection)
        roll_back(connection)

        assert connection.execute("SELECT count(*) FROM cups").fetchone() == (1,)

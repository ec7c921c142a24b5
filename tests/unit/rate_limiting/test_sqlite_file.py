"""
The file of counters, as its thread sees it.
"""

import os
import sqlite3
from pathlib import Path

import pytest

from covet.rate_limiting import sqlite_file
from covet.rate_limiting.errors import RateLimitStoreError
from covet.rate_limiting.limit import Decision, RateLimit
from covet.rate_limiting.sqlite_file import SQLiteFile, count_calls, take_slot

LIMIT = RateLimit(1, 60)


def hit(file: SQLiteFile, key: str = "ada") -> bool:
    """Count a call, and tell whether it was allowed."""
    [decision] = file.work([count_calls(key, LIMIT, 1)])
    assert isinstance(decision, Decision)
    return decision.allowed


def make_file(path: Path, now: float = 1000.0) -> SQLiteFile:
    """Make one whose clock stands still."""
    return SQLiteFile(str(path), 5.0, lambda: now)


def test_two_connections_count_together(tmp_path: Path) -> None:
    """And so do they after both were closed."""
    one, other = make_file(tmp_path / "limits.db"), make_file(tmp_path / "limits.db")

    allowed = [hit(one), hit(other), hit(one)]
    one.close()
    other.close()
    allowed.append(hit(one))
    one.close()

    assert allowed == [True, False, False, False]


def test_a_new_start_of_the_machine_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its clock did, too: what was counted before says nothing."""
    for boot_id, expected in (("first", True), ("first", False), ("second", True), ("second", False)):
        monkeypatch.setattr(sqlite_file, "read_boot_id", lambda boot_id=boot_id: boot_id)
        file = make_file(tmp_path / "limits.db")
        allowed = hit(file)
        file.close()

        assert allowed is expected, boot_id


def test_what_is_over_is_deleted(tmp_path: Path) -> None:
    """Once a minute; what still counts stays."""
    now = [1000.0]
    file = SQLiteFile(str(tmp_path / "limits.db"), 5.0, lambda: now[0])
    hit(file, "old")
    file.work([take_slot("old", "token", 1, 1000)])
    now[0] += 50
    hit(file, "new")
    now[0] += 20
    hit(file, "newest")
    file.close()

    with sqlite3.connect(tmp_path / "limits.db") as connection:
        keys = [key for (key,) in connection.execute("SELECT key FROM covet_calls ORDER BY key")]
        slots = connection.execute("SELECT * FROM covet_slots").fetchall()
    connection.close()

    assert (keys, slots) == (["new", "newest"], [])


def test_work_that_fails_changes_nothing(tmp_path: Path) -> None:
    """All of it or nothing; and the file can be used afterwards."""
    file = make_file(tmp_path / "limits.db")

    def fail(connection: object, now: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        file.work([count_calls("ada", LIMIT, 1), fail])
    allowed = hit(file)
    file.close()

    assert allowed


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        (["CREATE TABLE users (name)"], "is a database with other tables.\n  Choose a file of its own."),
        (["PRAGMA application_id = 7"], "belongs to another program.\n  Choose another file."),
        (
            [f"PRAGMA application_id = {0x4376526C}", "PRAGMA user_version = 9"],
            "has version 9 of the store of rate limits, and this CovetPy knows 1.\n  Delete the file",
        ),
    ],
)
def test_files_of_others_are_left_alone(tmp_path: Path, statements: list[str], message: str) -> None:
    """The error says what to do."""
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()

    with pytest.raises(RateLimitStoreError) as caught:
        hit(make_file(path))

    assert message in str(caught.value)


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    """With what the system says, and what is needed."""
    with pytest.raises(RateLimitStoreError) as caught:
        hit(make_file(tmp_path / "missing" / "limits.db"))

    assert str(caught.value) == (
        f"The file '{tmp_path}/missing/limits.db' of rate limits cannot be used: [Errno 2] No such file or directory: "
        f"'{tmp_path}/missing/limits.db'.\n"
        "  Its folder must be there, and this process must be allowed to write in it."
    )


def test_a_connection_is_not_used_behind_a_fork(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The child opens its own, and leaves the parent's as it is."""
    file = make_file(tmp_path / "limits.db")
    hit(file)
    parents = file._connection
    monkeypatch.setattr(os, "getpid", lambda: -1)

    allowed = hit(file)

    assert file._connection is not parents
    assert not allowed
    file.close()
    parents.close()

"""
Tests of the store in a file beyond what every store promises.
"""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from covet.exceptions import ConfigurationError
from covet.sessions.errors import SessionStoreError
from covet.sessions.record import SessionRecord
from covet.sessions.sqlite_store import SQLiteSessionStore

RECORD = SessionRecord("key", '{"a":1}', "7", 1, 1, 100)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Name a file that is not there."""
    return tmp_path / "sessions.db"


async def test_sessions_survive_the_store(path: Path) -> None:
    """
    Another store of the same file has them, and no one else may read it.
    """
    store = SQLiteSessionStore(path)
    await store.create(RECORD)
    await store.aclose()

    other = SQLiteSessionStore(str(path))
    found = await other.load("key")
    await other.aclose()

    assert found == RECORD
    assert path.stat().st_mode & 0o077 == 0
    assert repr(other) == f"<SQLiteSessionStore {str(path)!r}>"


async def test_two_stores_share_a_file(path: Path) -> None:
    """
    Of updates of the same version by two processes, one is done.
    """
    stores = [SQLiteSessionStore(path) for _ in range(2)]
    await stores[0].create(RECORD)
    newer = SessionRecord("key", "{}", "7", 1, 1, 100, version=2)

    done = await asyncio.gather(*(store.update(newer, expected_version=1) for store in stores))
    for store in stores:
        await store.aclose()

    assert sorted(done) == [False, True]


async def test_expired_sessions_go_as_new_ones_come(path: Path) -> None:
    """
    Nobody has to purge.
    """
    store = SQLiteSessionStore(path)
    await store.create(RECORD)
    await store.create(SessionRecord("new", "{}", None, 1_000, 1_000, 2_000))
    found = await store.load("key")
    await store.aclose()

    assert found is None


async def test_only_ends_wait_for_the_disk(path: Path) -> None:
    """
    A session that was ended stays ended after a loss of power; one that is lost costs a login.
    """
    store = SQLiteSessionStore(path)
    await store.create(RECORD)
    seen: list[str] = []
    await store._thread.run(lambda connection: connection.set_trace_callback(seen.append))
    await store.delete("key")
    await store.delete_user("7")
    await store.create(RECORD)
    await store.aclose()

    levels = {"PRAGMA synchronous = FULL": "FULL", "PRAGMA synchronous = NORMAL": "NORMAL"}
    level, found = "NORMAL", []
    for statement in seen:
        level = levels.get(statement, level)
        if statement.startswith(
            ("DELETE FROM covet_sessions WHERE key =", "DELETE FROM covet_sessions WHERE user", "INS")
        ):
            found.append((statement[:6], level))
    assert found == [("DELETE", "FULL"), ("DELETE", "FULL"), ("INSERT", "NORMAL")]


@pytest.mark.parametrize("place", ["", ":memory:"])
def test_path_is_a_file(place: str) -> None:
    """
    Connections would not share what is in memory.
    """
    with pytest.raises(ConfigurationError, match=r"(?s)is a file, got .*MemorySessionStore\(\) needs none"):
        SQLiteSessionStore(place)


async def test_folder_that_is_not_there_is_said(path: Path) -> None:
    """
    The error says what to look at.
    """
    store = SQLiteSessionStore(path / "missing" / "a.db")
    with pytest.raises(SessionStoreError, match=r"(?s)failed: .*See that its folder is there"):
        await store.load("key")
    await store.aclose()


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("PRAGMA application_id = 7", "belongs to another program"),
        ("CREATE TABLE other (a)", "is a database with other tables"),
        (f"PRAGMA application_id = {0x43765373}; PRAGMA user_version = 9", "has version 9 of the store of sessions"),
    ],
)
async def test_file_of_another_program_is_left_alone(path: Path, statement: str, message: str) -> None:
    """
    The error says what the file is.
    """
    connection = sqlite3.connect(path)
    connection.executescript(statement)
    connection.close()
    store = SQLiteSessionStore(path)

    with pytest.raises(SessionStoreError, match=message):
        await store.load("key")

    await store.aclose()

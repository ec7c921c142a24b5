"""
What is revoked, in a file.
"""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from time import time

import pytest

from covet.auth import AuthStoreError, SQLiteRevocations
from covet.testing.revocation_store import RevocationStoreConformance


class TestSQLiteRevocations(RevocationStoreConformance):
    """The suite that every store passes."""

    @pytest.fixture(autouse=True)
    def _keep_folder(self, tmp_path: Path) -> None:
        self.path = tmp_path / "revoked.db"

    async def make_store(self) -> SQLiteRevocations:
        return SQLiteRevocations(self.path)


async def test_it_is_shared_and_outlives_the_process(tmp_path: Path) -> None:
    """What one store puts in another finds, and the file is its owner's alone."""
    path = tmp_path / "revoked.db"
    first, second = SQLiteRevocations(path), SQLiteRevocations(path)
    await first.add("a", time() + 60)

    assert await second.contains("a")
    assert not await second.add("a", time() + 60)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    await first.aclose()
    await second.aclose()


async def test_what_is_revoked_survives_a_loss_of_power(tmp_path: Path) -> None:
    """SQLite waits for the disk at each commit: `synchronous` is FULL."""
    store = SQLiteRevocations(tmp_path / "revoked.db")

    level = await store._thread.run(lambda connection: connection.execute("PRAGMA synchronous").fetchone()[0])

    assert level == 2
    await store.aclose()


async def test_a_file_of_another_program_is_left_alone(tmp_path: Path) -> None:
    """Revocations never become tables of somebody else's database."""
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE orders (id INTEGER)")
    store = SQLiteRevocations(path)

    with pytest.raises(AuthStoreError, match="is a database with other tables"):
        await store.add("a", time() + 60)
    await store.aclose()


async def test_what_cannot_be_opened_is_an_error_that_says_so(tmp_path: Path) -> None:
    """Nobody is let in then: whether something is revoked is not known."""
    store = SQLiteRevocations(tmp_path / "nowhere" / "revoked.db")

    with pytest.raises(AuthStoreError, match=r"(?s)failed: .*See that its folder is there"):
        await store.contains("a")
    await store.aclose()
    (tmp_path / "text.db").write_text("no database " * 100, "utf-8")
    store = SQLiteRevocations(tmp_path / "text.db")
    with pytest.raises(AuthStoreError, match="file is not a database"):
        await store.contains("a")
    await store.aclose()

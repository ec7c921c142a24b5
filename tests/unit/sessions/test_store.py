"""
Tests of the contract of stores; what it promises is tested in `tests/unit/testing/test_session_store.py`.
"""

from pathlib import Path

from covet.sessions import MemorySessionStore, SQLiteSessionStore
from covet.sessions.store import SessionStore


def test_stores_are_told_from_other_things(tmp_path: Path) -> None:
    """
    The middleware refuses what has not all methods.
    """
    assert isinstance(MemorySessionStore(), SessionStore)
    assert isinstance(SQLiteSessionStore(tmp_path / "a.db"), SessionStore)
    assert not isinstance({}, SessionStore)

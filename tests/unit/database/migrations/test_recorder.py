"""
What is noted of statements.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from covet.database.migrations.recorder import Recorder


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    """A database in memory."""
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_what_is_not_committed_is_not_kept(connection: sa.Connection) -> None:
    """What is read, and what Alembic notes, is not told at all."""
    recorder = Recorder("alembic_version")
    recorder.watch(connection)
    step: Any = object()
    steps = recorder.follow([step, step])

    connection.exec_driver_sql("CREATE TABLE before (id int)")
    next(steps)
    connection.exec_driver_sql("CREATE TABLE\n  notes (id int)")
    connection.exec_driver_sql("SELECT * FROM notes")
    connection.exec_driver_sql("CREATE TABLE alembic_version (id int)")
    assert (recorder.current, recorder.kept, recorder.applied) == (step, [], [])
    connection.commit()
    assert recorder.kept == ["CREATE TABLE notes (id int)"]
    next(steps)
    assert (recorder.kept, recorder.applied) == ([], [step])
    assert list(steps) == []
    assert recorder.current is None

"""
The statements of an engine of SQLAlchemy's: how long they may take, and who is told of them.
"""

from collections.abc import Callable
from time import monotonic
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncEngine

from covet.database.engine_errors import LateStatementError
from covet.database.observation import Observation
from covet.database.raw_connections import PING_SECONDS
from covet.deadlines import Deadline

# What a dialect calls to run a statement: with a cursor and the text first.
_STATEMENTS: Final = ("do_execute", "do_executemany", "do_execute_no_params")
_CONTROLS: Final = ("do_commit", "do_rollback")


def watch_statements(engine: AsyncEngine, *, query_timeout: float | None, observation: Observation | None) -> None:
    """
    Limit the statements of an engine, and tell of them.

    Args:
        engine: The engine.
        query_timeout: Seconds that each may take, and a commit and a rollback; `None` for no limit.
        observation: Who is told of them.

    Example:
        >>> from sqlalchemy import text
        >>> from covet.database.orm import create_engine
        >>> engine = create_engine("sqlite://", query_timeout=0.1)
        >>> endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
        >>> async with engine.connect() as connection:
        ...     try:
        ...         await connection.execute(text(endless))
        ...     except LateStatementError as error:
        ...         print(error.message)
        The database did not answer within 0.1 s.
        >>> await engine.dispose()
    """
    # Not by SQLAlchemy's events: there is none for the end of a statement that fails.
    dialect: Any = engine.sync_engine.dialect
    if query_timeout is not None:
        for name in (*_STATEMENTS, *_CONTROLS):
            setattr(dialect, name, _limit(getattr(dialect, name), query_timeout))
        dialect.do_ping = _limit(dialect.do_ping, min(query_timeout, PING_SECONDS))
    if observation is not None:
        for name in _STATEMENTS:
            setattr(dialect, name, _observe(getattr(dialect, name), observation))


# Any: whatever the dialect's function takes and gives.
def _limit(run: Callable[..., Any], seconds: float) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        deadline = Deadline(seconds)
        try:
            with deadline:
                return run(*args, **kwargs)
        except TimeoutError:
            if deadline.is_expired:
                raise LateStatementError(seconds) from None
            raise

    return call


# Any: as above.
def _observe(run: Callable[..., Any], observation: Observation) -> Callable[..., Any]:
    def call(cursor: Any, statement: str, *args: Any, **kwargs: Any) -> None:
        if not observation.is_wanted:
            run(cursor, statement, *args, **kwargs)
            return
        started, rows = monotonic(), 0
        try:
            run(cursor, statement, *args, **kwargs)
            # Of rows that were asked for, some drivers tell no number; they are there by now, if they are not streamed.
            rows = max(cursor.rowcount, len(getattr(cursor, "_rows", ())), 0)
        finally:
            # Those that take longest are those that are given up.
            observation.tell(statement, started, rows)

    return call


__all__ = ["watch_statements"]

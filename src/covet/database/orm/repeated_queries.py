"""
The query that one line sends again and again, once for each row of another one (N+1), and the line that does it.

It is for development and tests: in production it is not installed, and nothing of it runs.
"""

import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final, Literal

import greenlet
import sqlalchemy
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session, sessionmaker

from covet.database.orm.errors import RepeatedQueryError, RepeatedQueryWarning
from covet.database.orm.fields import read_fields

Reaction = Literal["warn", "raise"]

MAX_REPEATS: Final = 5
"""How often a line may send the same query in one session before it is found."""

_COUNTS: Final = "covet.repeated_queries"
_OWN: Final = (
    str(Path(__file__).parents[2]),
    str(Path(sqlalchemy.__file__).parent),
    str(Path(greenlet.__file__).parent),
)
_allowed: ContextVar[bool] = ContextVar("covet_repeated_queries_allowed", default=False)


@dataclass(frozen=True, slots=True)
class _Place:
    """A line of the application."""

    file: str
    line: int


@contextmanager
def allow_repeated_queries() -> Iterator[None]:
    """
    Let a block send the same query as often as it likes: a job that works in batches, for instance.

    Example:
        >>> with allow_repeated_queries():
        ...     pass
    """
    token = _allowed.set(True)
    try:
        yield
    finally:
        _allowed.reset(token)


def watch_repeated_queries(
    sessions: type[Session] | sessionmaker[Session], *, reaction: Reaction, limit: int = MAX_REPEATS
) -> None:
    """
    Find lines that send the same query more often than the limit within one session.

    Args:
        sessions: The class of the sessions to watch.
        reaction: Whether a `RepeatedQueryWarning` is shown, once for each line and session, or a `RepeatedQueryError`
            is raised.
        limit: How often is not too often.
    """

    def watch(state: ORMExecuteState) -> None:
        if not state.is_select or _allowed.get():
            return
        place = _find_place()
        if place is None:
            return
        # The statement alone, without the values: what repeats is the question.
        shape = state.lazy_loaded_from.mapper.class_.__name__ if state.lazy_loaded_from is not None else ""
        counts: Counter[tuple[_Place, str]] = state.session.info.setdefault(_COUNTS, Counter())
        key = (place, shape + str(state.statement))
        counts[key] += 1
        if counts[key] == limit + 1:
            _report(state, place, limit, reaction)

    event.listen(sessions, "do_orm_execute", watch)


def _report(state: ORMExecuteState, place: _Place, limit: int, reaction: Reaction) -> None:
    mapper = state.bind_mapper
    what = "rows" if mapper is None else mapper.class_.__name__
    if state.is_relationship_load and state.loader_strategy_path is not None:
        path: Any = state.loader_strategy_path  # mappers and their properties in turn
        relationship = getattr(path[-1], "key", None) or getattr(path[-2], "key", "")
        what = f"{path[0].class_.__name__}.{relationship}"
        advice = f"Load it with the rows: load=[selectinload({what})]."
    else:
        key = "id" if mapper is None else read_fields(mapper.class_).keys[0]
        advice = f"Ask once for all of them: {what}.{key}.in_(...), or a join."
    message = f"This line asks the database for {what} more than {limit} times. {advice}"
    if reaction == "raise":
        raise RepeatedQueryError(f"{place.file}:{place.line}: {message}")
    warnings.warn_explicit(message, RepeatedQueryWarning, place.file, place.line)


def _find_place() -> _Place | None:
    """Find the innermost line that is the application's: across greenlets, in which SQLAlchemy works."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - there is no other way to the frames
    current = greenlet.getcurrent()
    while True:
        while frame is not None:
            file = frame.f_code.co_filename
            if not file.startswith((*_OWN, "<")):
                return _Place(file, frame.f_lineno)
            frame = frame.f_back
        if current.parent is None:
            return None
        current = current.parent
        frame = current.gr_frame


__all__ = ["MAX_REPEATS", "Reaction", "allow_repeated_queries", "watch_repeated_queries"]

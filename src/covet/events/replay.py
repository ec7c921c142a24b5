"""
Replays: events that have happened, handed to the handlers of today.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final, Literal

from covet.events.errors import EventHistoryError
from covet.events.event import Event
from covet.events.event_filter import EventFilter
from covet.events.history import EventHistory
from covet.events.results import PublishResult
from covet.events.store import EventStore
from covet.events.stored_event import StoredEvent

Source = Literal["history", "store"]

_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Replay:
    """
    What a handler can know of the replay that it runs in.

    Attributes:
        source: Where the events come from.
    """

    source: Source


@dataclass(slots=True)
class ReplayResult:
    """
    What became of a replay.

    Attributes:
        is_dry_run: Whether it only says which handlers would have run.
        results: One for each event, in order; in a dry run every handler was skipped.

    Example:
        >>> ReplayResult(is_dry_run=True).plan
        []
    """

    is_dry_run: bool
    results: list[PublishResult] = field(default_factory=list)

    @property
    def plan(self) -> list[tuple[str, Sequence[str]]]:
        """The identifier of each event, with the names of its handlers in order."""
        return [(result.event.event_id, [outcome.handler for outcome in result.outcomes]) for result in self.results]

    @property
    def is_ok(self) -> bool:
        """Whether no handler failed."""
        return all(result.is_ok for result in self.results)


_CURRENT: Final[ContextVar[Replay | None]] = ContextVar("covet_replay", default=None)


def current_replay() -> Replay | None:
    """
    Tell a handler whether its event is replayed; `None` if it has just happened.

    Example:
        >>> current_replay() is None
        True
    """
    return _CURRENT.get()


@contextmanager
def mark_replay(replay: Replay) -> Iterator[None]:
    """Let handlers that are begun in the block know that they run in a replay."""
    token = _CURRENT.set(replay)
    try:
        yield
    finally:
        _CURRENT.reset(token)


async def read_page(
    source: str, history: EventHistory | None, store: EventStore | None, wanted: EventFilter, after: int
) -> tuple[Sequence[Event | StoredEvent], int]:
    """
    Read a part of what is replayed.

    Args:
        source: `"history"` or `"store"`.
        history: The history, if there is one.
        store: The store, if there is one.
        wanted: Which events.
        after: The position behind which the part begins.

    Returns:
        The events, and the position behind which the next part begins; 0 if this was the last.

    Raises:
        EventHistoryError: If the source is not there.
    """
    if source == "history" and history is not None:
        return history.select(wanted), 0
    if source == "store" and store is not None:
        page = await store.read(wanted, after=after, limit=_PAGE)
        return [record.event for record in page], page[-1].position if len(page) == _PAGE else 0
    raise EventHistoryError(
        f"There is no {source!r} to replay from.",
        hint="Make the bus with EventBus(store=...) or EventBus(enable_history=True).",
    )

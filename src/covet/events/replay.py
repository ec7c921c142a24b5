"""
Replays: events that have happened, handed to the handlers of today.
"""

from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
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
# A store may hold millions of events.
_KEPT: Final = 1000


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
        count: How many events there were.
        failed: How many of them a handler failed for.
        results: One for each event, in order, of the last thousand; in a dry run every handler was skipped.

    Example:
        >>> ReplayResult(is_dry_run=True).plan
        []
    """

    is_dry_run: bool
    count: int = 0
    failed: int = 0
    results: deque[PublishResult] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def add(self, result: PublishResult) -> None:
        """Count an event, and keep what became of it while it is among the last."""
        self.count += 1
        self.failed += not result.is_ok
        self.results.append(result)

    @property
    def plan(self) -> list[tuple[str, Sequence[str]]]:
        """The identifier of each event in `results`, with the names of its handlers in order."""
        return [(result.event.event_id, [outcome.handler for outcome in result.outcomes]) for result in self.results]

    @property
    def is_ok(self) -> bool:
        """Whether no handler failed."""
        return not self.failed


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


async def read_events(
    source: str, history: EventHistory | None, store: EventStore | None, wanted: EventFilter
) -> AsyncIterator[Event | StoredEvent]:
    """
    Read what is replayed, up to what had happened by the beginning: handlers may publish meanwhile.

    Args:
        source: `"history"` or `"store"`.
        history: The history, if there is one.
        store: The store, if there is one.
        wanted: Which events.

    Raises:
        EventHistoryError: If the source is not there.
    """
    if source == "history" and history is not None:
        for event in history.select(wanted):
            yield event
    elif source == "store" and store is not None:
        after, last = 0, await store.last_position()
        while after < last:
            page = await store.read(wanted, after=after, limit=_PAGE)
            for record in page:
                if record.position <= last:
                    yield record.event
            after = page[-1].position if len(page) == _PAGE else last
    else:
        raise EventHistoryError(
            f"There is no {source!r} to replay from.",
            hint="Make the bus with EventBus(store=...) or EventBus(enable_history=True).",
        )

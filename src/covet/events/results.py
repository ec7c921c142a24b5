"""
What became of an event: one outcome for each handler.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from covet.events.event import Event
from covet.events.stored_event import StoredEvent

Status = Literal["succeeded", "failed", "cancelled", "skipped"]
DeliveryState = Literal["delivered", "held", "replayed"]


@dataclass(frozen=True, slots=True)
class HandlerOutcome:
    """
    What became of one handler.

    Attributes:
        handler: Its name.
        status: `"succeeded"`, `"failed"`, `"cancelled"`, or `"skipped"` if it was not called: in a dry run, after it
            was unsubscribed, or when the bus was closed before its turn.
        value: What it returned.
        error: What it raised.
        duration: Seconds that it took.
    """

    handler: str
    status: Status
    # Any: a handler may return anything.
    value: Any = None
    error: BaseException | None = None
    duration: float = 0.0


class PublishResult:
    """
    What became of a published event.

    Attributes:
        event: The event.
        outcomes: One for each handler, in the order of their priorities.
        state: `"delivered"`; `"held"` if it waits for the end of `hold_events()` and no handler has run; or
            `"replayed"` if it was published before.
        store_error: Why the store did not keep it, if it did not.

    Example:
        >>> result = PublishResult(Event(), [HandlerOutcome("greet", "succeeded", value="hello")])
        >>> result.is_ok, result.values
        (True, ['hello'])
    """

    __slots__ = ("event", "outcomes", "state", "store_error")

    def __init__(
        self,
        event: Event | StoredEvent,
        outcomes: Sequence[HandlerOutcome] = (),
        state: DeliveryState = "delivered",
        store_error: Exception | None = None,
    ) -> None:
        self.event = event
        self.outcomes = outcomes
        self.state = state
        self.store_error = store_error

    @property
    def is_held(self) -> bool:
        """Whether it waits."""
        return self.state == "held"

    @property
    def is_replay(self) -> bool:
        """Whether it was published before."""
        return self.state == "replayed"

    @property
    def failures(self) -> list[HandlerOutcome]:
        """The outcomes of the handlers that failed or were cancelled."""
        return [outcome for outcome in self.outcomes if outcome.status in {"failed", "cancelled"}]

    @property
    # Any: a handler may return anything.
    def values(self) -> list[Any]:
        """What the handlers returned that succeeded."""
        return [outcome.value for outcome in self.outcomes if outcome.status == "succeeded"]

    @property
    def is_ok(self) -> bool:
        """Whether nothing failed, the store included."""
        return self.store_error is None and not self.failures

    def __repr__(self) -> str:
        counts: dict[str, int] = {}
        for outcome in self.outcomes:
            counts[outcome.status] = counts.get(outcome.status, 0) + 1
        said = ", ".join(f"{count} {status}" for status, count in counts.items()) or "no handler"
        return f"<PublishResult of {self.event.event_type} {self.event.event_id}, {self.state}: {said}>"

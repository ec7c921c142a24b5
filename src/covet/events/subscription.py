"""
Subscriptions: who wants which events, and in which order they are served.
"""

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Final, Self

from covet.events.errors import SubscriptionError
from covet.events.event_filter import Target
from covet.events.event_types import matches_pattern
from covet.events.handlers import BoundHandler, Handler

DEFAULT_PRIORITY: Final = 100


class Subscription:
    """
    A handler's claim on some events, until it is given up.

    It is a context manager, which gives it up at the end of its block.

    Attributes:
        target: The class, type or pattern.
        handler: The handler, as it was given.
        priority: Lower is earlier.
        is_active: Whether it holds still.

    Example:
        >>> from covet.events.bus import EventBus
        >>> bus = EventBus()
        >>> async def greet(event): ...
        >>> with bus.subscribe("user.created", greet) as subscription:
        ...     subscription.is_active
        True
        >>> subscription.is_active
        False
    """

    __slots__ = ("_drop", "bound", "handler", "is_active", "priority", "target")

    def __init__(
        self,
        target: Target,
        handler: Handler,
        bound: BoundHandler,
        priority: int,
        drop: Callable[["Subscription"], None],
    ) -> None:
        self.target = target
        self.handler = handler
        self.bound = bound
        self.priority = priority
        self.is_active = True
        self._drop = drop

    def unsubscribe(self) -> None:
        """Give it up; the handler is not called any more, for an event neither that is on its way. Once is enough."""
        if self.is_active:
            self.is_active = False
            self._drop(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.unsubscribe()

    def __repr__(self) -> str:
        target = self.target if isinstance(self.target, str) else self.target.__name__
        state = "" if self.is_active else ", given up"
        return f"<Subscription of {self.bound.name} to {target!r}, priority {self.priority}{state}>"

    def wants(self, event_type: str, cls: type) -> bool:
        """Tell whether it is for events of a type and class."""
        if isinstance(self.target, str):
            return matches_pattern(self.target, event_type)
        return issubclass(cls, self.target)


Groups = tuple[tuple[Subscription, ...], ...]


def check_priority(priority: object) -> int:
    """
    Refuse what is no priority.

    Raises:
        SubscriptionError: If it is no integer.
    """
    if not isinstance(priority, int) or isinstance(priority, bool):
        raise SubscriptionError(
            f"The priority of a handler must be an integer, got {priority!r}.",
            hint=f"Lower comes first; {DEFAULT_PRIORITY} is the default.",
        )
    return priority


def group_by_priority(subscriptions: Iterable[Subscription]) -> Groups:
    """Put subscriptions in order: a group for each priority, its members as they were subscribed."""
    ordered = sorted(subscriptions, key=_priority_of)
    return tuple(tuple(group) for _, group in groupby(ordered, key=_priority_of))


def _priority_of(subscription: Subscription) -> int:
    return subscription.priority

"""
The bus: who publishes knows nobody who listens.

Handlers are found once for each class of events, and again when subscriptions change. An event that nobody wants
costs a look into a set.
"""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar, overload

from covet.events.delivery import CHAIN, Delivery, RunningDeliveries
from covet.events.errors import EventDepthError, EventError, EventHistoryError, SubscriptionError
from covet.events.event import Event
from covet.events.event_filter import Target, check_target, make_filter
from covet.events.handlers import Handler, ServiceSource, bind_handler, describe_handler
from covet.events.held_events import HeldEvents, find_held
from covet.events.history import EventHistory
from covet.events.replay import Replay, ReplayResult, Source, mark_replay, read_events
from covet.events.results import PublishResult
from covet.events.store import EventStore
from covet.events.stored_event import StoredEvent
from covet.events.subscription import DEFAULT_PRIORITY, Groups, Subscription, check_priority, group_by_priority
from covet.exceptions import ConfigurationError
from covet.options import refuse_unknown

HandlerT = TypeVar("HandlerT", bound=Callable[..., Any])


class EventBus:
    """
    Deliver events to those who subscribed to them.

    Handlers of one priority run at once, priorities one after the other. A failure is logged and touches nobody else.
    A bus belongs to one application, or to one test.

    Args:
        enable_history: Keep the last events in memory, for `get_history()` and `replay()`.
        history_size: How many.
        store: Where every event is kept before its handlers see it.
        container: Where handlers' further parameters come from.
        max_depth: How deep handlers may publish events whose handlers publish events.

    Raises:
        ConfigurationError: If an option is wrong.

    Example:
        >>> class UserCreated(Event):
        ...     event_type: str = "user.created"
        ...     name: str
        >>> bus = EventBus()
        >>> @bus.subscribe("user.*")
        ... async def greet(event):
        ...     return f"Hello, {event.name}!"
        >>> result = await bus.publish(UserCreated(name="Ada"))
        >>> result.values
        ['Hello, Ada!']
    """

    @refuse_unknown
    def __init__(
        self,
        enable_history: bool = False,
        history_size: int = 1000,
        *,
        store: EventStore | None = None,
        container: ServiceSource | None = None,
        max_depth: int = 32,
    ) -> None:
        if type(max_depth) is not int or max_depth < 1:
            raise ConfigurationError(f"max_depth must be a positive number, got {max_depth!r}.")
        if store is not None and not isinstance(store, EventStore):
            raise ConfigurationError(
                f"store must be an event store, got {store!r}.",
                hint="Pass MemoryEventStore(), SQLiteEventStore(path), or your own with the methods of EventStore.",
            )
        if container is not None and not container.knows(Event):
            container.declare(Event)
        history = EventHistory(history_size)
        self._history = history if enable_history else None
        self._store = store
        self._container = container
        self._max_depth = max_depth
        self._subscriptions: list[Subscription] = []
        self._listeners: list[Callable[[], object]] = []
        self._running = RunningDeliveries()
        # Found when a class is first published, and anew after a change. In `_idle` are those that nobody wants.
        self._idle: set[type[Event]] = set()
        self._plans: dict[type[Event], Groups] = {}

    # ── Subscribing ──────────────────────────────────────────────────────────

    @overload
    def subscribe(self, event_type: Target, handler: Handler, priority: int = DEFAULT_PRIORITY) -> Subscription: ...

    @overload
    def subscribe(
        self, event_type: Target, handler: None = None, priority: int = DEFAULT_PRIORITY
    ) -> Callable[[HandlerT], HandlerT]: ...

    @refuse_unknown
    def subscribe(
        self, event_type: Target, handler: Handler | None = None, priority: int = DEFAULT_PRIORITY
    ) -> Subscription | Callable[[HandlerT], HandlerT]:
        """
        Let a handler be called with events; a call, or a decorator, which gives the function back as it is.

        Args:
            event_type: A class, whose subclasses are meant too; a type, such as `"user.created"`; a beginning with
                one or more words to follow, `"user.*"`; or `"*"` for all.
            handler: A coroutine function, a function, which runs in a thread, or anything else that can be called.
            priority: Lower is earlier; equal ones run at once.

        Returns:
            What gives it up again, as `unsubscribe(handler)` does.

        Raises:
            SubscriptionError: If one of them is wrong; the text says how to mend it.
        """
        target = check_target(event_type)
        check_priority(priority)
        if handler is not None:
            return self._subscribe(target, handler, priority)

        def decorate(function: HandlerT) -> HandlerT:
            self._subscribe(target, function, priority)
            return function

        return decorate

    def _subscribe(self, target: Target, handler: Handler, priority: int) -> Subscription:
        bound = bind_handler(handler, target, self._container)
        subscription = Subscription(target, handler, bound, priority, self._drop)
        self._subscriptions = [*self._subscriptions, subscription]
        self._change(subscription)
        return subscription

    def _drop(self, subscription: Subscription) -> None:
        self._subscriptions = [other for other in self._subscriptions if other is not subscription]
        if self._container is not None and subscription.bound.injection is not None:
            self._container.forget(subscription.bound.injection)
        self._change(subscription)

    def unsubscribe(self, handler: Handler, event_type: Target | None = None) -> None:
        """
        Give up what a handler is subscribed to.

        Args:
            handler: The handler, as it was subscribed; of a bound method any that is equal.
            event_type: What it shall not be called for any more; by default all.

        Raises:
            SubscriptionError: If it is not subscribed.
        """
        target = None if event_type is None else check_target(event_type)
        found = [item for item in self._subscriptions if item.handler == handler and target in {None, item.target}]
        if not found:
            to = "" if event_type is None else f" to {event_type!r}"
            raise SubscriptionError(
                f"{describe_handler(handler)} is not subscribed{to}.",
                hint="A lambda or a partial is found by the object that was subscribed: keep what subscribe() gave.",
            )
        for subscription in found:
            subscription.unsubscribe()

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """Who listens, in the order of priorities."""
        return tuple(item for group in group_by_priority(self._subscriptions) for item in group)

    def on_change(self, listener: Callable[[], object]) -> Callable[[], None]:
        """Let something be called whenever subscriptions have changed; what is given ends that, and is called once."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _change(self, subscription: Subscription) -> None:
        """Forget what was found for the classes that a subscription is for; thousands of others stay as they are."""
        for cls in [*self._plans, *self._idle]:
            if subscription.wants(cls.event_type, cls):
                self._plans.pop(cls, None)
                self._idle.discard(cls)
        for listener in self._listeners:
            listener()

    # ── Publishing ───────────────────────────────────────────────────────────

    def wants(self, event_class: type[Event]) -> bool:
        """
        Tell whether anybody wants events of a class: handlers, the history or the store.

        Whoever publishes often asks this first, and need not even make the event.
        """
        return event_class not in self._idle and self._find_plan(event_class) is not None

    async def publish(self, event: Event) -> PublishResult:
        """
        Deliver an event, and wait until its handlers have ended.

        Whoever is cancelled while it waits takes no handler with it: they run on, and `drain()` waits for them.

        Args:
            event: The event.

        Returns:
            What became of it. A handler's failure is in there, and is not raised.

        Raises:
            EventDepthError: If handlers publish events whose handlers publish events, without an end.
            EventError: If it is no event.
        """
        # PERF: a look into a set is all that an event without subscribers costs (benchmarks/events.py).
        if event.__class__ in self._idle:
            return PublishResult(event)
        plan = self._find_plan(event.__class__)
        if plan is None:
            return PublishResult(event)
        held = find_held(self)
        if held is not None:
            held.add(event)
            return PublishResult(event, state="held")
        return await self._deliver(self._begin(event, plan), event)

    def publish_nowait(self, event: Event) -> None:
        """
        Deliver an event without waiting for its handlers; `drain()` waits for them.

        Args:
            event: The event.

        Raises:
            EventDepthError: As `publish()` does.
            EventError: If it is no event, or in a thread without an event loop.
        """
        plan = self._find_plan(event.__class__)
        if plan is None:
            return
        held = find_held(self)
        if held is not None:
            held.add(event)
            return
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            raise EventError(
                f"publish_nowait({event.__class__.__name__}) is for the event loop, and none runs in this thread.",
                hint="Let an async function publish, or call loop.call_soon_threadsafe(bus.publish_nowait, event).",
            ) from None
        self._start(self._begin(event, plan), event)

    def hold_events(self) -> HeldEvents:
        """
        Let events wait that are published inside an `async with` block.

        They are delivered in order when the block has succeeded, and forgotten if it raises. Blocks may be nested:
        the outermost delivers. A database transaction holds its events like this until it is committed.

        Example:
            >>> bus = EventBus()
            >>> bus.subscribe("*", lambda event: print("delivered"))
            <Subscription of ...>
            >>> async with bus.hold_events() as held:
            ...     (await bus.publish(Event())).is_held
            True
            delivered
        """
        return HeldEvents(self)

    def _find_plan(self, cls: type[Event]) -> Groups | None:
        plan = self._plans.get(cls)
        if plan is not None or cls in self._idle:
            return plan
        if not (isinstance(cls, type) and issubclass(cls, Event)):
            raise EventError(
                f"Events are published, not an object of the class {cls.__name__!r}.",
                hint="Make a subclass of covet.events.Event, and publish an instance of it.",
            )
        plan = self._select(cls.event_type, cls)
        if not plan and self._history is None and self._store is None:
            self._idle.add(cls)
            return None
        self._plans[cls] = plan
        return plan

    def _select(self, event_type: str, cls: type) -> Groups:
        return group_by_priority(item for item in self._subscriptions if item.wants(event_type, cls))

    def _begin(self, event: Event, plan: Groups) -> Delivery:
        chain = CHAIN.get()
        if len(chain) >= self._max_depth:
            raise EventDepthError((*chain, event.event_type), self._max_depth)
        if self._history is not None:
            self._history.add(event)
        return Delivery(event, plan, keep=None if self._store is None else self._store.append)

    def _start(self, delivery: Delivery, event: Event | StoredEvent) -> None:
        self._running.start(delivery, f"covet-event {event.event_type}")

    async def _deliver(self, delivery: Delivery, event: Event | StoredEvent) -> PublishResult:
        self._start(delivery, event)
        await delivery.wait()
        return delivery.make_result()

    # ── What happened ────────────────────────────────────────────────────────

    def get_history(self, event_type: Target | None = None) -> list[Event]:
        """
        List the last events, the oldest first.

        Args:
            event_type: A class, a type or a pattern; by default all.

        Raises:
            EventHistoryError: If no history is kept.
        """
        wanted = make_filter(event_type)
        if self._history is None:
            raise EventHistoryError(
                "The history of events is not kept.", hint="Make the bus with EventBus(enable_history=True)."
            )
        return self._history.select(wanted)

    def clear_history(self) -> None:
        """Forget the history."""
        if self._history is not None:
            self._history.clear()

    @refuse_unknown
    async def replay(
        self,
        event_type: Target | None = None,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        event_ids: Iterable[str] | None = None,
        source: Source | None = None,
        dry_run: bool = False,
    ) -> ReplayResult:
        """
        Hand events that have happened to the handlers of today, one event after the other.

        Handlers see the events as they were, and `current_replay()` tells them. Nothing is stored or remembered
        anew, and what is published meanwhile is not replayed. An event whose class is not known any more comes as a
        `StoredEvent`, to those who subscribed to its type or a pattern.

        Args:
            event_type: A class, a type or a pattern; by default all.
            since: The earliest moment, included.
            until: The latest moment, excluded.
            event_ids: The identifiers.
            source: `"store"` or `"history"`; by default the store if there is one.
            dry_run: Only say which handlers would run.

        Raises:
            EventHistoryError: If the source is not there.
        """
        wanted = make_filter(event_type, since=since, until=until, event_ids=event_ids)
        chosen: Source = source or ("history" if self._store is None else "store")
        result = ReplayResult(is_dry_run=dry_run)
        async for event in read_events(chosen, self._history, self._store, wanted):
            delivery = Delivery(event, self._select(event.event_type, type(event)), is_replay=True)
            if dry_run:
                result.add(delivery.make_result())
                continue
            with mark_replay(Replay(chosen)):
                result.add(await self._deliver(delivery, event))
        return result

    # ── The end ──────────────────────────────────────────────────────────────

    async def drain(self, timeout: float | None = None) -> bool:  # noqa: ASYNC109 - it cancels nothing
        """
        Wait until every handler has ended that is at work, those of `publish_nowait()` included.

        Args:
            timeout: Seconds to wait at most.

        Returns:
            Whether all have ended.
        """
        return await self._running.drain(timeout)

    async def aclose(self, timeout: float | None = 5.0) -> None:  # noqa: ASYNC109 - it cancels others
        """
        Wait for the handlers that are at work, cancel those that are too slow, and close the store.

        Who does not end when it is cancelled is left behind, and the log says so. The bus can be used again, as an
        application can be started again.

        Args:
            timeout: Seconds to wait; `None` waits as long as it takes.
        """
        if not await self._running.drain(timeout):
            await self._running.cancel()
        if self._store is not None:
            await self._store.aclose()

    def __repr__(self) -> str:
        return f"<EventBus: {len(self._subscriptions)} subscriptions, {len(self._running)} at work>"

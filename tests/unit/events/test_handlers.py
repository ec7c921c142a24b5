"""
Tests of handlers: what they may take, how they are called, and what is refused.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from functools import partial, wraps
from typing import Annotated, Any

import pytest

from covet.di import DependencyContainer, Lifetime
from covet.events.errors import SubscriptionError
from covet.events.event import Event
from covet.events.handlers import bind_handler, describe_handler


class Ordered(Event):
    """An event."""

    number: int = 1


class Paid(Event):
    """Another event."""


class Mailer:
    """Something that is injected."""


BACKUP = Mailer()


def make_container() -> DependencyContainer:
    """Make a container with mailers."""
    container = DependencyContainer()
    container.declare(Event)
    container.register(Mailer, lifetime=Lifetime.SCOPED)
    container.register_instance(Mailer, BACKUP, qualifier="backup")
    return container


async def coroutine(event: Event) -> object:
    """A coroutine function."""
    return event


def function(event: Event) -> object:
    """A function."""
    return event if threading.current_thread() is not threading.main_thread() else "on the loop"


class Callables:
    """Methods and callable objects."""

    async def method(self, event: Event) -> object:
        """A method."""
        return event

    async def __call__(self, event: Event) -> object:
        """Be called."""
        return event


async def two(prefix: str, event: Event) -> object:
    """A function for a partial."""
    return event if prefix == "a" else None


@wraps(coroutine)
def decorated(*args: Any, **options: Any) -> Any:
    """A plain function around a coroutine function."""
    return coroutine(*args, **options)


async def by_name(*, event: Event) -> object:
    """A function that takes the event by name."""
    return event


async def anything(*args: object) -> object:
    """A function that takes whatever comes."""
    return args[0]


async def later(retries: int = 3, *, event: Event, **options: object) -> object:
    """A function whose event is not its first parameter."""
    return event if retries == 3 else None


@pytest.mark.parametrize(
    "handler",
    [
        coroutine,
        function,
        Callables().method,
        Callables(),
        partial(two, "a"),
        partial(two, prefix="a"),
        decorated,
        by_name,
        anything,
        later,
        lambda event: event,
        lambda message: coroutine(message),
    ],
    ids=lambda handler: describe_handler(handler).rpartition(".")[2],
)
async def test_whatever_can_be_called_is_called_with_the_event(handler: Callable[..., Any]) -> None:
    """Coroutine functions on the loop, plain ones in a thread, and what gives an awaitable is awaited."""
    event = Ordered()

    bound = bind_handler(handler, Ordered)

    assert await bound.call(event) is event
    assert bound.injection is None


async def test_parameters_are_injected_in_a_scope_of_the_call() -> None:
    """The scope knows the event, and is closed after the handler."""
    container = make_container()

    class Audit:
        def __init__(self, event: Event, mailer: Mailer) -> None:
            self.event, self.mailer = event, mailer

    container.register(Audit)

    async def send(
        mailer: Mailer, event: Ordered, backup: Annotated[Mailer, "backup"], audit: Audit, retries: int = 3
    ) -> object:
        assert container.open_scopes == 1
        return (backup, event, audit.event, audit.mailer is mailer, retries)

    event = Ordered()
    bound = bind_handler(send, Ordered, container)

    assert await bound.call(event) == (BACKUP, event, event, True, 3)
    assert container.open_scopes == 0


async def test_what_waits_is_made_at_the_same_time() -> None:
    """Independent services of a handler are made as those of a route are."""
    container, both = make_container(), asyncio.Barrier(2)

    class First: ...

    class Second: ...

    async def make_first() -> First:
        await both.wait()
        return First()

    async def make_second() -> Second:
        await both.wait()
        return Second()

    container.register(First, factory=make_first)
    container.register(Second, factory=make_second)

    async def handle(event: Ordered, first: First, second: Second) -> object:
        return (type(first), type(second))

    bound = bind_handler(handle, Ordered, container)

    assert await asyncio.wait_for(bound.call(Ordered()), 5) == (First, Second)


async def test_a_function_in_a_thread_is_injected_too() -> None:
    """What blocks may have dependencies."""

    def send(event: Ordered, mailer: Annotated[Mailer, "backup"]) -> object:
        return mailer, threading.current_thread() is threading.main_thread()

    bound = bind_handler(send, Ordered, make_container())

    assert await bound.call(Ordered()) == (BACKUP, False)


async def test_a_handler_of_the_event_alone_opens_no_scope() -> None:
    """It costs nothing that it does not use: the container is not even built."""
    container = make_container()

    await bind_handler(coroutine, Ordered, container).call(Ordered())

    assert not container.is_built


async def test_a_scope_is_closed_when_the_handler_fails() -> None:
    """Nothing is left open."""
    container = make_container()

    async def fail(event: Ordered, mailer: Mailer) -> None:
        raise ValueError

    with pytest.raises(ValueError):
        await bind_handler(fail, Ordered, container).call(Ordered())

    assert container.open_scopes == 0


def test_what_a_built_container_cannot_give_is_refused() -> None:
    """The text has the handler and the container's own words, and nothing of it is kept."""
    container = make_container()
    container.build()

    def pay(event: Ordered, number: Paid) -> None: ...

    with pytest.raises(SubscriptionError) as caught:
        bind_handler(pay, Ordered, container)

    assert "pay cannot be given what it takes." in str(caught.value)
    assert "Paid is not registered" in str(caught.value)
    assert "the event handler tests.unit.events.test_handlers" in str(caught.value)
    assert "pay" not in container.graph().to_text()


def nothing() -> None:
    """Take nothing."""


def only_names(*, mailer: Mailer) -> None:
    """Take no event."""


def needs(event: Ordered, mailer: Mailer) -> None:
    """Take more."""


def untyped(event: Ordered, mailer) -> None:  # type: ignore[no-untyped-def]
    """Take more without a type."""


def positional(event: Ordered, mailer: Mailer, /) -> None:
    """Take more by position."""


def unresolvable(event: "Ordred") -> None:  # type: ignore[name-defined] # noqa: F821
    """Name what is not there."""


def pay(event: Paid) -> None:
    """Take another event."""


async def generate(event: Ordered) -> AsyncIterator[int]:
    """Yield."""
    yield 1


@pytest.mark.parametrize(
    ("handler", "has_container", "message", "hint"),
    [
        (7, False, "A handler is called with the event: 7 cannot be called.", None),
        (nothing, False, "nothing takes no event.", "Write def nothing(event)."),
        (only_names, True, "only_names takes no event.", "Write def only_names(event, *, mailer)."),
        (
            needs,
            False,
            "needs takes 'mailer' besides the event, and its bus has no container that could give it.",
            "Give it a default, use EventBus(container=...), or subscribe it to app.events.",
        ),
        (
            untyped,
            True,
            "untyped takes 'mailer' without a type: nobody knows what to inject.",
            "Write mailer: SomeType, or give it a default.",
        ),
        (
            positional,
            True,
            "positional takes 'mailer' by position only, and injected parameters are given by name.",
            "Move the '/' before 'mailer', after 'event'.",
        ),
        (unresolvable, False, "unresolvable, parameter 'event': unresolvable annotates it with 'Ordred'", "Import"),
        (
            pay,
            False,
            "pay takes Paid as 'event', and is subscribed to Ordered, which is none.",
            "Subscribe it to Paid, or write event: Ordered.",
        ),
        (generate, False, "generate is a generator, which nobody would iterate over.", "Return what it yields"),
    ],
)
def test_wrong_handlers_are_refused_when_they_are_subscribed(
    handler: Any, has_container: bool, message: str, hint: str | None
) -> None:
    """The text has the handler, the parameter and the way out."""
    with pytest.raises(SubscriptionError) as caught:
        bind_handler(handler, Ordered, make_container() if has_container else None)

    assert message in str(caught.value)
    assert (hint or "") in str(caught.value)


def test_a_handler_of_a_family_may_take_its_member() -> None:
    """What fits in either direction is let through: a base of the class, or a class below it."""

    def member(event: Ordered) -> None: ...

    def union(event: Ordered | Paid) -> None: ...

    assert bind_handler(member, Event).name.endswith("member")
    assert bind_handler(union, Paid).name.endswith("union")


def test_names_hide_what_a_partial_has_bound() -> None:
    """It may be a secret."""
    assert describe_handler(partial(partial(two, "secret"))) == f"{__name__}.two"
    assert describe_handler(Callables()) == f"{__name__}.Callables"

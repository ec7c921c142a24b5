"""
Tests of handlers: what they may take, how they are called, and what is refused.
"""

import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial, wraps
from typing import Annotated, Any

import pytest

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


class Container:
    """A container that gives what it was made with, and remembers its scopes."""

    def __init__(self, values: Mapping[Any, object]) -> None:
        self.values = values
        self.scopes: list[Mapping[Any, object]] = []
        self.closed = 0

    @asynccontextmanager
    async def scope(self, *, values: Mapping[Any, object]) -> AsyncIterator["Container"]:
        """Open a scope."""
        self.scopes.append(values)
        try:
            yield self
        finally:
            self.closed += 1

    async def resolve(self, interface: Any, /) -> Any:
        """Give what was asked for."""
        return self.values[interface]


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
    assert bound.injected == {}


async def test_parameters_are_injected_in_a_scope_of_the_call() -> None:
    """The scope knows the event, and is closed after the handler."""
    mailer, other = Mailer(), Mailer()
    container = Container({Mailer: mailer, Annotated[Mailer, "backup"]: other})

    async def send(mailer: Mailer, event: Ordered, backup: Annotated[Mailer, "backup"], retries: int = 3) -> object:
        assert container.closed == 0
        return (mailer, event, backup, retries)

    event = Ordered()
    bound = bind_handler(send, Ordered, container)

    assert await bound.call(event) == (mailer, event, other, 3)
    assert container.scopes == [{Event: event}]
    assert container.closed == 1
    assert bound.injected == {"mailer": Mailer, "backup": Annotated[Mailer, "backup"]}


async def test_a_function_in_a_thread_is_injected_too() -> None:
    """What blocks may have dependencies."""
    mailer = Mailer()
    container = Container({Mailer: mailer})

    def send(event: Ordered, mailer: Mailer) -> object:
        return mailer

    assert await bind_handler(send, Ordered, container).call(Ordered()) is mailer


async def test_a_handler_of_the_event_alone_opens_no_scope() -> None:
    """It costs nothing that it does not use."""
    container = Container({})

    await bind_handler(coroutine, Ordered, container).call(Ordered())

    assert container.scopes == []


async def test_a_scope_is_closed_when_the_handler_fails() -> None:
    """Nothing is left open."""
    container = Container({Mailer: Mailer()})

    async def fail(event: Ordered, mailer: Mailer) -> None:
        raise ValueError

    with pytest.raises(ValueError):
        await bind_handler(fail, Ordered, container).call(Ordered())

    assert container.closed == 1


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
        bind_handler(handler, Ordered, Container({}) if has_container else None)

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

"""
Handlers, analysed when they are subscribed: what they take, and how they are called.

It must never inspect anything while an event is delivered.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Protocol, get_args

from covet.events.errors import SubscriptionError
from covet.events.event import Event
from covet.exceptions import RouteError
from covet.introspection import (
    KEYWORD_ONLY,
    POSITIONAL_ONLY,
    VAR_KEYWORD,
    VAR_POSITIONAL,
    CallableInfo,
    ParameterInfo,
    inspect_callable,
    type_name,
)
from covet.threads import run_in_thread

# Any: a handler takes an event and what it asks for, and returns anything.
Handler = Callable[..., Any]


class HandlerScope(Protocol):
    """What a handler's parameters are taken from: a scope of the container, closed after the handler."""

    # Any: what is resolved has the type that was asked for.
    async def resolve(self, interface: Any, /) -> Any:
        """Give what a type stands for."""


class ScopeSource(Protocol):
    """What opens scopes for handlers: a dependency container."""

    # Any: the values stand under their types.
    def scope(self, *, values: Mapping[Any, object]) -> AbstractAsyncContextManager[HandlerScope]:
        """
        Open a scope.

        Args:
            values: What is known in it, by type: the event.
        """


@dataclass(frozen=True, slots=True)
class BoundHandler:
    """
    A handler, ready to be called with an event.

    Attributes:
        name: Its name.
        call: Calls it, and gives what must be awaited.
        injected: The types of its further parameters, by name.
    """

    name: str
    call: Callable[[Any], Awaitable[Any]]
    # Any: an annotation may be any object.
    injected: Mapping[str, Any]


def bind_handler(handler: Handler, target: type[Event] | str, container: ScopeSource | None = None) -> BoundHandler:
    """
    Check a handler and say how it is called.

    Its event is the parameter that is annotated with a class of events, else the one named `event`, else the first.
    Further parameters without a default are injected, each call in a scope of its own; without such parameters no
    scope is opened.

    Args:
        handler: A coroutine function, a function, which runs in a thread, or anything else that can be called.
        target: What it is subscribed to.
        container: Where further parameters come from.

    Raises:
        SubscriptionError: If it takes no event, or something that nobody gives; the text says how to mend it.

    Example:
        >>> async def greet(event: Event) -> None: ...
        >>> bind_handler(greet, "*").name.endswith("greet")
        True
        >>> def forgetful() -> None: ...
        >>> bind_handler(forgetful, "*")
        Traceback (most recent call last):
            ...
        covet.events.errors.SubscriptionError: ...forgetful takes no event.
          Write def forgetful(event).
    """
    if not callable(handler):
        raise SubscriptionError(f"A handler is called with the event: {handler!r} cannot be called.")
    name = describe_handler(handler)
    try:
        info = inspect_callable(handler)
    except RouteError as exc:
        place = f", parameter {exc.parameter!r}" if exc.parameter else ""
        raise SubscriptionError(f"{name}{place}: {exc.message}", hint=exc.hint) from exc
    if info.is_generator or info.is_async_generator:
        raise SubscriptionError(
            f"{name} is a generator, which nobody would iterate over.", hint="Return what it yields, or nothing."
        )
    parameter = _find_event(info, name)
    _check_event_class(parameter, target, name)
    injected = {item.name: _whole(item) for item in info.parameters if item.is_required and item is not parameter}
    _check_injected(info, injected, parameter, name, container)
    call = _make_call(handler, info, parameter)
    if injected and container is not None:
        call = partial(_call_in_scope, call, container, injected)
    return BoundHandler(name, call, injected)


def describe_handler(handler: object) -> str:
    """
    Name a handler, without what a partial has bound to it.

    Example:
        >>> describe_handler(partial(print, "secret"))
        'builtins.print'
    """
    while isinstance(handler, partial):
        handler = handler.func
    cls = type(handler)
    module = getattr(handler, "__module__", None) or cls.__module__
    return f"{module}.{getattr(handler, '__qualname__', cls.__qualname__)}"


def _find_event(info: CallableInfo, name: str) -> ParameterInfo:
    able = [item for item in info.parameters if item.kind != VAR_KEYWORD]
    for item in able:
        if _event_classes(item.annotation):
            return item
    for item in able:
        if item.name == "event":
            return item
    for item in able:
        if item.kind != KEYWORD_ONLY:
            return item
    short = info.name.rpartition(".")[2]
    others = "".join(f", {item.name}" for item in info.parameters if item.kind == KEYWORD_ONLY)
    raise SubscriptionError(
        f"{name} takes no event.", hint=f"Write def {short}(event{', *' if others else ''}{others})."
    )


# Any: an annotation may be any object.
def _event_classes(annotation: Any) -> list[type[Event]]:
    candidates = get_args(annotation) or (annotation,)
    return [cls for cls in candidates if isinstance(cls, type) and issubclass(cls, Event)]


def _check_event_class(parameter: ParameterInfo, target: type[Event] | str, name: str) -> None:
    """Refuse a handler of another class than the one that it is subscribed to."""
    expected = _event_classes(parameter.annotation)
    if isinstance(target, str) or not expected:
        return
    if not any(issubclass(target, cls) or issubclass(cls, target) for cls in expected):
        raise SubscriptionError(
            f"{name} takes {type_name(parameter.annotation)} as {parameter.name!r}, and is subscribed to "
            f"{target.__name__}, which is none.",
            hint=f"Subscribe it to {expected[0].__name__}, or write {parameter.name}: {target.__name__}.",
        )


# Any: an annotation may be any object.
def _whole(item: ParameterInfo) -> Any:
    """Put the metadata of `Annotated` back, which may be a qualifier."""
    return Annotated[(item.annotation, *item.metadata)] if item.metadata else item.annotation


def _check_injected(
    info: CallableInfo,
    injected: Mapping[str, Any],
    parameter: ParameterInfo,
    name: str,
    container: ScopeSource | None,
) -> None:
    for item in info.parameters:
        if item.name not in injected:
            continue
        if container is None:
            raise SubscriptionError(
                f"{name} takes {item.name!r} besides the event, and its bus has no container that could give it.",
                hint="Give it a default, use EventBus(container=...), or subscribe it to app.events.",
            )
        if not item.has_annotation:
            raise SubscriptionError(
                f"{name} takes {item.name!r} without a type: nobody knows what to inject.",
                hint=f"Write {item.name}: SomeType, or give it a default.",
            )
        if item.kind == POSITIONAL_ONLY:
            raise SubscriptionError(
                f"{name} takes {item.name!r} by position only, and injected parameters are given by name.",
                hint=f"Move the '/' before {item.name!r}, after {parameter.name!r}.",
            )


def _make_call(handler: Handler, info: CallableInfo, parameter: ParameterInfo) -> Callable[..., Awaitable[Any]]:
    """Make the call that takes the event by position and what is injected by name."""
    by_name = parameter.kind == KEYWORD_ONLY or (
        parameter.kind != VAR_POSITIONAL and parameter is not info.parameters[0]
    )
    call: Handler = partial(_call_by_name, handler, parameter.name) if by_name else handler
    if info.is_async:
        return call
    if info.wraps_async:
        return partial(_call_here, call)
    return partial(_call_in_thread, call)


def _call_by_name(handler: Handler, name: str, event: object, /, **injected: object) -> Any:
    return handler(**{name: event}, **injected)


async def _call_here(call: Handler, event: object, /, **injected: object) -> Any:
    result = call(event, **injected)
    return await result if hasattr(result, "__await__") else result


async def _call_in_thread(call: Handler, event: object, /, **injected: object) -> Any:
    result = await run_in_thread(partial(call, event, **injected))
    return await result if hasattr(result, "__await__") else result


async def _call_in_scope(
    call: Callable[..., Awaitable[Any]], container: ScopeSource, injected: Mapping[str, Any], event: object, /
) -> Any:
    async with container.scope(values={Event: event}) as scope:
        values = {name: await scope.resolve(annotation) for name, annotation in injected.items()}
        return await call(event, **values)

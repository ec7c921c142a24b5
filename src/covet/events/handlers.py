"""
Handlers, analysed when they are subscribed: what they take, and how they are called.

It must never inspect anything while an event is delivered.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, Protocol, get_args

from covet.events.errors import SubscriptionError
from covet.events.event import Event
from covet.exceptions import ConfigurationError, RouteError
from covet.introspection import (
    KEYWORD_ONLY,
    POSITIONAL_ONLY,
    VAR_KEYWORD,
    VAR_POSITIONAL,
    CallableInfo,
    ParameterInfo,
    find_place,
    inspect_callable,
    type_name,
)
from covet.threads import call_anywhere, call_here

# Any: a handler takes an event and what it asks for, and returns anything.
Handler = Callable[..., Any]


class HandlerInjection(Protocol):
    """What gives a handler its further parameters."""

    # Any: the scope is the container's own, and what is resolved has the types that were asked for.
    async def resolve(self, scope: Any, /) -> Mapping[str, Any]:
        """Resolve them in a scope, by name."""


class ServiceSource(Protocol):
    """What gives handlers their further parameters: a dependency container."""

    # Any: an annotation may be any object.
    def knows(self, annotation: Any) -> bool:
        """Tell whether a parameter of that annotation would be injected."""

    def declare(self, interface: Any) -> None:
        """Learn that whoever opens a scope gives a value of this type."""

    def inject(self, name: str, parameters: Sequence[ParameterInfo], *, where: str) -> HandlerInjection:
        """
        Prepare the further parameters of a handler; once the container is built, they are checked at once.

        Args:
            name: The name for messages.
            parameters: The parameters.
            where: The handler's place, as `path:line`.
        """

    def forget(self, injection: Any) -> None:
        """Let go of what `inject` prepared, for a handler that is subscribed no more."""

    def scope(self, values: Mapping[Any, object]) -> AbstractAsyncContextManager[object]:
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
        injection: What gives its further parameters; `None` if it takes none.
        injected: The types of those parameters, by name.
    """

    name: str
    call: Callable[[Any], Awaitable[Any]]
    injection: HandlerInjection | None = None
    # Any: an annotation may be any object.
    injected: Mapping[str, Any] = field(default_factory=dict)


def bind_handler(handler: Handler, target: type[Event] | str, container: ServiceSource | None = None) -> BoundHandler:
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
    needed = [item for item in info.parameters if item.is_required and item is not parameter]
    _check_injected(needed, parameter, name, container)
    # What has a default gets a service all the same, if there is one.
    injected = [item for item in info.parameters if item in needed or _may_be_injected(item, parameter)]
    call = _make_call(handler, info, parameter)
    if not injected or container is None or not (needed or any(_is_known(container, item) for item in injected)):
        return BoundHandler(name, call)
    try:
        injection = container.inject(f"the event handler {name}", injected, where=find_place(handler))
    except ConfigurationError as exc:
        raise SubscriptionError(f"{name} cannot be given what it takes.\n{exc}") from exc
    types = {item.name: item.annotation for item in injected}
    return BoundHandler(name, partial(_call_in_scope, call, container, injection), injection, types)


def _may_be_injected(item: ParameterInfo, event: ParameterInfo) -> bool:
    return item is not event and item.has_annotation and item.kind not in {POSITIONAL_ONLY, VAR_POSITIONAL, VAR_KEYWORD}


def _is_known(container: ServiceSource, item: ParameterInfo) -> bool:
    qualifier = next((data for data in item.metadata if isinstance(data, str)), None)
    return container.knows(item.annotation if qualifier is None else Annotated[item.annotation, qualifier])


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


def _check_injected(
    injected: Sequence[ParameterInfo], parameter: ParameterInfo, name: str, container: ServiceSource | None
) -> None:
    for item in injected:
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
    return partial(call_here if info.wraps_async else call_anywhere, call)


def _call_by_name(handler: Handler, name: str, event: object, /, **injected: object) -> Any:
    return handler(**{name: event}, **injected)


async def _call_in_scope(
    call: Callable[..., Awaitable[Any]], container: ServiceSource, injection: HandlerInjection, event: object, /
) -> Any:
    async with container.scope({Event: event}) as scope:
        return await call(event, **await injection.resolve(scope))

"""
What runs at the start and the stop: handlers of `startup` and `shutdown`, declared one by one.
"""

from collections.abc import Callable
from functools import partial
from inspect import Parameter, isawaitable, signature
from typing import TYPE_CHECKING, Any, Final, TypeVar

from covet.core.lifecycle import Lifecycle
from covet.core.lifespan import Step
from covet.error_text import describe_callable, name_callable
from covet.exceptions import ConfigurationError, RouteError, suggest

if TYPE_CHECKING:
    from covet.di import DependencyContainer, Injection

# What a handler takes is bound already; what it returns is awaited if it can be.
EventHandler = Callable[[], object]

HandlerT = TypeVar("HandlerT", bound=Callable[..., object])

_EVENTS: Final = ("startup", "shutdown")


class EventHandlers(Lifecycle):
    """
    Declare what runs at the start and the stop of an application.

    Startup handlers run in order; shutdown handlers in reverse, once every startup handler has run.
    """

    def __init__(self, on_change: Callable[[], object]) -> None:
        super().__init__(on_change)
        # Each as it was declared, and as it is called.
        self._startup: list[tuple[Callable[..., object], EventHandler]] = []
        self._shutdown: list[tuple[Callable[..., object], EventHandler]] = []

    def on_event(self, event: str) -> Callable[[HandlerT], HandlerT]:
        """
        Declare a handler of `"startup"` or `"shutdown"`; it may be a coroutine function.

        Parameters without a default are injected, in a scope of its own, which is closed when it has run.

        Raises:
            ConfigurationError: If there is no such event, the handler takes what nobody gives, or the application has
                begun to start already.
        """
        if event not in _EVENTS:
            raise ConfigurationError(f"There is no event {event!r}.", hint=suggest(event, _EVENTS))

        def decorate(handler: HandlerT) -> HandlerT:
            if not callable(handler):
                raise ConfigurationError(f"The handler of the event {event!r} cannot be called: {handler!r}.")
            self.refuse_late(f"The handler {describe_callable(handler)} of the event {event!r}")
            (self._startup if event == "startup" else self._shutdown).append((handler, self._bind(handler, event)))
            return handler

        return decorate

    def on_startup(self, handler: HandlerT) -> HandlerT:
        """Declare a handler of the start."""
        return self.on_event("startup")(handler)

    def on_shutdown(self, handler: HandlerT) -> HandlerT:
        """Declare a handler of the stop."""
        return self.on_event("shutdown")(handler)

    def _bind(self, handler: Callable[..., object], event: str) -> EventHandler:
        """Let a handler be called without arguments: what it takes is injected."""
        if not _takes_something(handler):
            return handler
        # Loaded here: most handlers take nothing.
        from covet.introspection import find_place, inspect_callable

        name = f"the handler {name_callable(handler)} of the event {event!r}"
        try:
            needed = [item for item in inspect_callable(handler).parameters if item.is_required]
        except RouteError as exc:
            raise ConfigurationError(f"T{name[1:]}, parameter {exc.parameter!r}: {exc.message}", hint=exc.hint) from exc
        for item in needed:
            if not item.has_annotation or item.kind is Parameter.POSITIONAL_ONLY:
                raise ConfigurationError(
                    f"T{name[1:]} takes {item.name!r}, which nobody gives.",
                    hint=f"Annotate what is injected, such as {item.name}: Mailer, or app: CovetPy.",
                )
        container = self._services.container
        injection = container.inject(name, needed, where=find_place(handler))
        return partial(_call_in_scope, handler, container, injection)

    def _get_handler_steps(self) -> list[Step]:
        """Name the handlers as steps: those of the start in order, then those of the stop."""
        starts: list[Step] = [
            (f"on_startup {name_callable(handler)}", partial(_run, call), None) for handler, call in self._startup
        ]
        # Armed only once every startup handler has run: a shutdown handler undoes a start that succeeded.
        stops: list[Step] = [
            (f"on_shutdown {name_callable(handler)}", _do_nothing, partial(_run, call))
            for handler, call in self._shutdown
        ]
        return starts + stops


def _takes_something(handler: Callable[..., object]) -> bool:
    try:
        parameters = signature(handler).parameters.values()
    except ValueError:
        # Some functions of C have none to show.
        return False
    return any(
        item.default is Parameter.empty and item.kind not in {Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD}
        for item in parameters
    )


async def _call_in_scope(
    handler: Callable[..., object], container: "DependencyContainer", injection: "Injection"
) -> None:
    async with container.scope() as scope:
        arguments: dict[str, Any] = await injection.resolve(scope)  # Any: whatever it takes
        result = handler(**arguments)
        if isawaitable(result):
            await result


async def _run(handler: EventHandler) -> None:
    result = handler()
    if isawaitable(result):
        await result


async def _do_nothing() -> None:
    """Begin nothing: a shutdown handler only ends."""

"""
What runs at the start and the stop: handlers of `startup` and `shutdown`, declared one by one.
"""

from collections.abc import Callable
from functools import partial
from inspect import isawaitable
from typing import Final, TypeVar

from covet.core.lifecycle import Lifecycle
from covet.core.lifespan import Step, check_call
from covet.error_text import describe_callable, name_callable
from covet.exceptions import ConfigurationError, suggest

# A handler of an event takes nothing; what it returns is awaited if it can be.
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
        self._startup: list[EventHandler] = []
        self._shutdown: list[EventHandler] = []

    def on_event(self, event: str) -> Callable[[HandlerT], HandlerT]:
        """
        Declare a handler of `"startup"` or `"shutdown"`; it takes nothing and may be a coroutine function.

        Raises:
            ConfigurationError: If there is no such event, or the application has begun to start already.
        """
        if event not in _EVENTS:
            raise ConfigurationError(f"There is no event {event!r}.", hint=suggest(event, _EVENTS))

        def decorate(handler: HandlerT) -> HandlerT:
            _check_handler(handler, event)
            self.refuse_late(f"The handler {describe_callable(handler)} of the event {event!r}")
            (self._startup if event == "startup" else self._shutdown).append(handler)
            return handler

        return decorate

    def on_startup(self, handler: HandlerT) -> HandlerT:
        """Declare a handler of the start."""
        return self.on_event("startup")(handler)

    def on_shutdown(self, handler: HandlerT) -> HandlerT:
        """Declare a handler of the stop."""
        return self.on_event("shutdown")(handler)

    def _get_handler_steps(self) -> list[Step]:
        """Name the handlers as steps: those of the start in order, then those of the stop."""
        starts: list[Step] = [
            (f"on_startup {name_callable(handler)}", partial(_run, handler), None) for handler in self._startup
        ]
        # Armed only once every startup handler has run: a shutdown handler undoes a start that succeeded.
        stops: list[Step] = [
            (f"on_shutdown {name_callable(handler)}", _do_nothing, partial(_run, handler)) for handler in self._shutdown
        ]
        return starts + stops


def _check_handler(handler: object, event: str) -> None:
    if not callable(handler):
        raise ConfigurationError(f"The handler of the event {event!r} cannot be called: {handler!r}.")
    hint = "It takes nothing; a lifespan= takes the application."
    check_call(handler, (), f"The handler {name_callable(handler)} of the event {event!r}", hint)


async def _run(handler: EventHandler) -> None:
    result = handler()
    if isawaitable(result):
        await result


async def _do_nothing() -> None:
    """Begin nothing: a shutdown handler only ends."""

"""
What an application tells its bus: that it starts and stops, and what becomes of its requests.

Nobody pays for what nobody hears: the bus is made when it is first asked for, and routes contain what publishes a
request's events only while somebody wants them.
"""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import TYPE_CHECKING
from weakref import WeakMethod

from covet.core.lazy_services import LazyServices
from covet.core.lifespan import Lifespan, Phase, Step
from covet.exceptions import ConfigurationError
from covet.types import UNSET

if TYPE_CHECKING:
    from covet.events import EventBus, Subscription


class EventWiring:
    """
    Connect an application with its bus.

    Args:
        on_change: Called when `layers` has changed: routes have to be compiled again.
        services: Where the further parameters of handlers come from.

    Attributes:
        layers: What publishes the events of requests, around all middleware; empty if nobody wants them.
    """

    def __init__(self, on_change: Callable[[], object], services: LazyServices) -> None:
        self.layers: tuple[object, ...] = ()
        self._bus: EventBus | None = None
        self._on_change = on_change
        self._services = services
        # A compiling again does not ask for the same twice.
        self._checked: set[Subscription] = set()

    @property
    def bus(self) -> "EventBus":
        """The bus; it is made when it is first asked for."""
        if self._bus is None:
            from covet.events import EventBus

            bus = EventBus(container=self._services)
            self.attach(bus)
            return bus
        return self._bus

    def attach(self, bus: "EventBus") -> None:
        """
        Take a bus.

        Raises:
            ConfigurationError: If it is none.
        """
        from covet.events import EventBus

        if not isinstance(bus, EventBus):
            raise ConfigurationError(
                f"The bus of an application is an EventBus, got {bus!r}.", hint="Write app.events = EventBus(...)."
            )
        self._bus = bus
        # A bus may outlive the application: it must not keep it alive.
        update = WeakMethod(self._update)

        def listen() -> None:
            method = update()
            if method is not None:
                method()

        bus.on_change(listen)
        self._update()

    def _update(self) -> None:
        if self._bus is None:
            return
        # Loaded here, as the bus was.
        from covet.core.request_events import make_layers

        layers = make_layers(self._bus)
        if [type(layer) for layer in layers] != [type(layer) for layer in self.layers] or self._is_foreign():
            self.layers = layers
            self._on_change()

    def _is_foreign(self) -> bool:
        return any(getattr(layer, "bus", None) is not self._bus for layer in self.layers)

    def demand_services(self) -> None:
        """Have what handlers take besides their events checked with everything else, when the container is built."""
        from covet.introspection import KEYWORD_ONLY, ParameterInfo

        for subscription in () if self._bus is None else self._bus.subscriptions:
            bound = subscription.bound
            if bound.injected and subscription not in self._checked:
                self._checked.add(subscription)
                parameters = [
                    ParameterInfo(name, annotation, UNSET, KEYWORD_ONLY) for name, annotation in bound.injected.items()
                ]
                self._services.container.inject(f"the event handler {bound.name}", parameters)

    async def start(self, lifespan: Lifespan, steps: Sequence[Step]) -> None:
        """
        Start the application, and tell the bus when it is ready.

        Args:
            lifespan: What runs the steps.
            steps: The steps.

        Raises:
            Exception: What a step raised.
        """
        began = perf_counter()
        try:
            await lifespan.start(steps)
        except BaseException:
            await self._close()
            raise
        if self._bus is not None:
            from covet.events import ApplicationStartedEvent

            if self._bus.wants(ApplicationStartedEvent):
                await self._bus.publish(ApplicationStartedEvent(duration_ms=(perf_counter() - began) * 1000))

    async def stop(self, lifespan: Lifespan) -> None:
        """
        Tell the bus that the application stops, stop it, and let the bus come to its end.

        Args:
            lifespan: What undoes the steps.

        Raises:
            ExceptionGroup: With every failure of a step, if there was one.
        """
        try:
            if self._bus is not None and lifespan.phase in {Phase.READY, Phase.DRAINING}:
                from covet.events import ApplicationStoppingEvent

                if self._bus.wants(ApplicationStoppingEvent):
                    await self._bus.publish(ApplicationStoppingEvent())
        finally:
            try:
                await lifespan.stop()
            finally:
                await self._close()

    async def _close(self) -> None:
        if self._bus is not None:
            await self._bus.aclose()

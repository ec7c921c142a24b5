"""
What an application tells its bus: that it starts and stops, and what becomes of its requests.

Nobody pays for what nobody hears: the bus is made when it is first asked for, and routes contain what publishes a
request's events only while somebody wants them.
"""

import logging
from asyncio import timeout
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Final
from weakref import WeakMethod

from covet.core.lazy_services import LazyServices
from covet.core.lifespan import Lifespan, Phase, Step
from covet.exceptions import ConfigurationError

if TYPE_CHECKING:
    from covet.di import Injection, Scope
    from covet.events import EventBus
    from covet.introspection import Annotation, ParameterInfo

logger = logging.getLogger("covet.events")

STOPPING_TIMEOUT: Final = 5.0
"""Seconds that the handlers of the stop may keep it waiting."""


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
        self._is_running = False

    @property
    def bus(self) -> "EventBus":
        """The bus; it is made when it is first asked for."""
        if self._bus is None:
            from covet.events import EventBus

            bus = EventBus(container=_HandlerServices(self._services))
            self._take(bus)
            return bus
        return self._bus

    @property
    def current(self) -> "EventBus | None":
        """The bus, if somebody has asked for it."""
        return self._bus

    def attach(self, bus: "EventBus") -> None:
        """
        Take a bus.

        Raises:
            ConfigurationError: If it is none, or somebody has subscribed to the former one, or it comes too late.
        """
        from covet.events import EventBus

        if not isinstance(bus, EventBus):
            raise ConfigurationError(
                f"The bus of an application is an EventBus, got {bus!r}.", hint="Write app.events = EventBus(...)."
            )
        if bus is self._bus:
            return
        if self._is_running:
            raise ConfigurationError(
                f"{bus!r} comes too late: the application has started with another bus.",
                hint="Write app.events = EventBus(...) before the application starts.",
            )
        if self._bus is not None and self._bus.subscriptions:
            raise ConfigurationError(
                f"{bus!r} cannot take the place of {self._bus!r}: its handlers would hear nothing any more.",
                hint="Write app.events = EventBus(...) before anything subscribes, plugins included.",
            )
        self._take(bus)

    def _take(self, bus: "EventBus") -> None:
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
        was_running, self._is_running = self._is_running, True
        try:
            await lifespan.start(steps)
        except BaseException:
            # One that runs already is not started again, and goes on.
            self._is_running = was_running
            if not was_running:
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
            if lifespan.phase in {Phase.READY, Phase.DRAINING}:
                # Whatever the handlers take their time for: the application is not ready any more.
                lifespan.begin_drain()
                await self._tell_stopping()
        finally:
            try:
                await lifespan.stop()
            finally:
                self._is_running = False
                await self._close()

    async def _tell_stopping(self) -> None:
        if self._bus is None:
            return
        from covet.events import ApplicationStoppingEvent

        if not self._bus.wants(ApplicationStoppingEvent):
            return
        try:
            async with timeout(STOPPING_TIMEOUT):
                await self._bus.publish(ApplicationStoppingEvent())
        except TimeoutError:
            # They run on beside the stop, and are cancelled when the bus is closed.
            logger.error(  # noqa: TRY400 - its trace says nothing
                "The handlers of application.stopping have not ended after %g s: the stop goes on without them",
                STOPPING_TIMEOUT,
            )

    async def _close(self) -> None:
        if self._bus is not None:
            await self._bus.aclose()


class _HandlerServices:
    """What the handlers of an application's bus take besides their events: its container, made when one does."""

    def __init__(self, services: LazyServices) -> None:
        self._services = services

    def knows(self, annotation: "Annotation") -> bool:
        # Events are declared when the container is made: nobody needs it yet.
        from covet.events import Event

        return annotation is Event or self._services.knows(annotation)

    def declare(self, interface: "Annotation") -> None:
        self._services.container.declare(interface)

    def inject(self, name: str, parameters: "Sequence[ParameterInfo]", *, where: str) -> "Injection":
        container = self._services.container
        if self._services.is_checked:
            # Who subscribes in an application that runs is refused there, not with the next request.
            container.build()
        return container.inject(name, parameters, where=where)

    def forget(self, injection: "Injection") -> None:
        self._services.container.forget(injection)

    def scope(self, values: Mapping["Annotation", object]) -> "Scope":
        return self._services.container.scope(values)

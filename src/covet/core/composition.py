"""
What an application is composed with: the container of its services, and the bus of its events.

Both are made when somebody asks for them, and their packages are loaded no earlier.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from covet.core.event_wiring import EventWiring
from covet.core.lazy_services import LazyServices
from covet.http.request import Request

if TYPE_CHECKING:
    from covet.di import DependencyContainer, Scope
    from covet.events import EventBus


class Composition:
    """
    The services and the events of an application.

    Args:
        on_change: Called when routes have to be compiled again.
    """

    def __init__(self, on_change: Callable[[], object]) -> None:
        self._services = LazyServices(self._offer)
        self._wiring = EventWiring(on_change, self._services)

    # ── Services ─────────────────────────────────────────────────────────────

    @property
    def container(self) -> "DependencyContainer":
        """The container: what handlers and services get by their annotations is registered here."""
        return self._services.container

    def scope(self) -> "Scope":
        """
        Open a scope outside of requests: `async with app.scope() as scope: await scope.resolve(T)`.

        Raises:
            DependencyGraphError: If the container was not built, and cannot be.
        """
        return self._services.container.scope()

    # Any: what a function takes and gives is its own.
    async def call(self, func: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """
        Call a function, and inject the parameters that are not given and that the container knows.

        A coroutine function is awaited, another runs in a thread. What is injected lives in a scope of its own.

        Args:
            func: The function.
            *args: What is given by position.
            **kwargs: What is given by name.

        Raises:
            DependencyError: If a service cannot be made.
            Exception: What the function raises.
        """
        return await self._services.call(func, *args, **kwargs)

    def _build_services(self) -> None:
        """
        Check and compile the services, with all that anybody asks of them.

        Raises:
            DependencyGraphError: With everything that is wrong.
        """
        self._services.build()

    def open_services(self, request: Request) -> "Scope":
        """Open the scope of a request; `request.resolve` does it."""
        return self._services.open(request)

    def _offer(self, container: "DependencyContainer") -> None:
        """Register what the application itself offers."""
        from covet.events import Event, EventBus

        for cls in type(self).__mro__:
            if issubclass(cls, Composition):
                container.register_instance(cls, self)
        # Any other bus may take its place until the application starts.
        container.register(EventBus, factory=lambda: self.events)
        container.declare(Event)

    # ── Events ───────────────────────────────────────────────────────────────

    @property
    def events(self) -> "EventBus":
        """
        The application's bus, made when it is first asked for.

        Setting another one takes its place. At the stop of the application it waits for its handlers and closes its
        store.
        """
        return self._wiring.bus

    @events.setter
    def events(self, bus: "EventBus") -> None:
        self._wiring.attach(bus)

    @property
    def has_events(self) -> bool:
        """Whether somebody has asked for the bus: without one there is nobody to tell anything."""
        return self._wiring.current is not None

"""
The life of an application: compiled, started, draining, stopped.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol

from covet.core.composition import Composition
from covet.core.deferred_work import DeferredWork
from covet.core.lifespan import Lifespan, Phase, Step
from covet.core.open_streams import OpenStreams


class Connections(Protocol):
    """Connections that last, and end by themselves when the drain has begun."""

    def __len__(self) -> int: ...

    async def wait_ended(self) -> None:
        """Wait until they have ended."""


class Lifecycle(Composition, ABC):
    """
    Start an application and stop it.

    Args:
        on_change: Called when routes have to be compiled again.

    Attributes:
        deferred_work: What runs after responses; the stop waits for it.
        open_streams: The streams that are sent; the stop waits until those that were cancelled have cleaned up.
        drain_timeout: Seconds that what is under way gets at the stop; a server sets its own.
        worker_count: How many processes serve the application; a server says so.
    """

    drain_timeout: float = 30.0
    worker_count: int = 1

    def __init__(self, on_change: Callable[[], object]) -> None:
        super().__init__(on_change)
        self._lifespan = Lifespan()
        self.deferred_work = DeferredWork()
        self.open_streams = OpenStreams()
        self._connections: list[Connections] = []

    @abstractmethod
    def compile(self) -> None:
        """Check and compile everything."""

    def _get_steps(self) -> list[Step]:
        """Name what happens at start; the application adds its own steps."""
        # The first to be begun is the last to end: what other steps use is there until they have ended.
        return [("services", _do_nothing, self._services.aclose), *self._get_plugin_steps()]

    def _get_plugin_steps(self) -> list[Step]:
        """Name what plugins do at start; the application knows whether it has any."""
        return []

    def refuse_late(self, what: str) -> None:
        """
        Refuse what takes part in start or stop once the start has begun: it would be ignored in silence.

        Args:
            what: What comes too late, for the message.

        Raises:
            ConfigurationError: If the application has begun to start and has not stopped since.
        """
        self._lifespan.refuse_late(what)

    @property
    def is_ready(self) -> bool:
        """Whether the application has started and is not stopping."""
        return self._lifespan.phase is Phase.READY

    @property
    def is_draining(self) -> bool:
        """Whether the server stops: a stream without an end should come to one."""
        return self._lifespan.drain.is_set

    def begin_drain(self) -> None:
        """
        Learn that the server stops; servers call it when they are told to.

        The application is not ready any more and `wait_draining()` returns. Requests are answered as before.
        """
        self.deferred_work.begin_drain(self.drain_timeout)
        self._lifespan.begin_drain()

    async def wait_draining(self) -> None:
        """Wait until the server stops, as a stream does that would have no end otherwise."""
        await self._lifespan.drain.wait()

    def call_at_drain(self, callback: Callable[[], object]) -> Callable[[], object]:
        """
        Call something on the event loop when the server stops; at once, if it does already.

        Args:
            callback: What is called; it must not raise.

        Returns:
            What takes it back.
        """
        return self._lifespan.drain.call(callback)

    def wait_at_stop(self, connections: Connections) -> None:
        """
        Have connections end before anything that they may use is stopped.

        Args:
            connections: What knows them; the drain has begun by the time it is asked to wait.
        """
        self._connections.append(connections)

    @property
    def has_connections(self) -> bool:
        """Whether there are connections, such as WebSockets, that a server does not know as requests."""
        return any(len(connections) for connections in self._connections)

    async def wait_connections(self) -> None:
        """Wait until they have ended, once the drain has begun."""
        for connections in self._connections:
            await connections.wait_ended()

    async def startup(self) -> None:
        """
        Check everything, then start; what was started is rolled back if a step fails.

        Raises:
            ConfigurationError: If a route, a handler or a middleware is wrong.
        """
        self.compile()
        await self._wiring.start(self._lifespan, self._get_steps())

    async def shutdown(self) -> None:
        """
        Stop, in reverse.

        Raises:
            ExceptionGroup: With every failure of a step, if there was one.
        """
        if self._lifespan.phase in {Phase.READY, Phase.DRAINING}:
            self.begin_drain()
        if self.is_draining:
            await self.wait_connections()
            await self.open_streams.wait_ended()
            await self.deferred_work.finish()
        await self._wiring.stop(self._lifespan)


async def _do_nothing() -> None:
    """Begin nothing: what ends is begun by whoever uses it."""

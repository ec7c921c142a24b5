"""
Start and stop, in order and in reverse: what was started is stopped, whatever fails in between.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from enum import Enum
from functools import partial
from inspect import isawaitable
from typing import Any, Final

from covet.exceptions import ConfigurationError, LifespanError
from covet.types import ASGIApp, Message

logger = logging.getLogger("covet.lifespan")

# A handler of an event takes nothing; what it returns is awaited if it can be.
EventHandler = Callable[[], object]


class Phase(Enum):
    """Where an application stands in its life."""

    NEW = "new"
    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


# What may follow what: the whole behaviour in one table.
_NEXT: Final[dict[Phase, frozenset[Phase]]] = {
    Phase.NEW: frozenset({Phase.STARTING}),
    Phase.STARTING: frozenset({Phase.READY, Phase.FAILED}),
    Phase.READY: frozenset({Phase.STOPPING}),
    Phase.STOPPING: frozenset({Phase.STOPPED}),
    # An application can be started again: a test does so.
    Phase.STOPPED: frozenset({Phase.STARTING}),
    Phase.FAILED: frozenset({Phase.STARTING}),
}

Step = tuple[str, Callable[[], Awaitable[None]], Callable[[], Awaitable[None]] | None]


class Lifespan:
    """
    Run steps in order at start, and undo those that ran in reverse at stop.

    Attributes:
        phase: Where it stands.
        timings: Seconds that each step of the last start and stop took.
    """

    def __init__(self) -> None:
        self.phase = Phase.NEW
        self.timings: dict[str, float] = {}
        self._undo: list[tuple[str, Callable[[], Awaitable[None]]]] = []

    def _move(self, phase: Phase) -> None:
        if phase not in _NEXT[self.phase]:
            raise LifespanError(
                f"The application is {self.phase.value}, it cannot become {phase.value}.", step=phase.value
            )
        self.phase = phase

    async def start(self, steps: Sequence[Step]) -> None:
        """
        Run the steps; undo what ran if one fails.

        Raises:
            Exception: What the step raised; failures of the undoing come with it as an `ExceptionGroup`.
        """
        self._move(Phase.STARTING)
        self.timings = {}
        try:
            for name, begin, end in steps:
                started = time.perf_counter()
                try:
                    await begin()
                except Exception as exc:
                    exc.add_note(f"while starting: {name}")
                    raise
                self.timings[name] = time.perf_counter() - started
                if end is not None:
                    self._undo.append((name, end))
        except BaseException as exc:
            self._move(Phase.FAILED)
            failures = await self._run_undo()
            if failures and isinstance(exc, Exception):
                raise ExceptionGroup("The start failed, and so did its rollback.", [exc, *failures]) from exc
            raise
        self._move(Phase.READY)

    async def stop(self) -> None:
        """
        Undo in reverse what was started; every step runs, whatever the others do.

        Raises:
            ExceptionGroup: With every failure, if there was one.
        """
        if self.phase is not Phase.READY:
            return
        self._move(Phase.STOPPING)
        failures = await self._run_undo()
        self._move(Phase.STOPPED)
        if failures:
            raise ExceptionGroup("The stop had failures.", failures)

    async def _run_undo(self) -> list[Exception]:
        failures: list[Exception] = []
        while self._undo:
            name, end = self._undo.pop()
            started = time.perf_counter()
            try:
                await end()
            except Exception as exc:  # noqa: BLE001 - each is kept and raised at the end
                exc.add_note(f"while stopping: {name}")
                failures.append(exc)
            self.timings[f"stop {name}"] = time.perf_counter() - started
        return failures


def make_context_step(name: str, context: AbstractAsyncContextManager[Any]) -> Step:
    """Make a step of a context manager: entered at start, left at stop."""

    async def begin() -> None:
        await context.__aenter__()

    async def end() -> None:
        await context.__aexit__(None, None, None)

    return name, begin, end


def make_handler_steps(startup: Sequence[EventHandler], shutdown: Sequence[EventHandler]) -> list[Step]:
    """Make the steps of the `startup` and `shutdown` handlers; shutdown handlers run in reverse."""

    async def nothing() -> None:
        return

    steps: list[Step] = [(f"on_startup {_name(handler)}", partial(_call, handler), None) for handler in startup]
    # Armed only once every startup handler has run: a shutdown handler undoes a start that succeeded.
    steps += [(f"on_shutdown {_name(handler)}", nothing, partial(_call, handler)) for handler in shutdown]
    return steps


async def _call(handler: EventHandler) -> None:
    result = handler()
    if isawaitable(result):
        await result


def _name(handler: EventHandler) -> str:
    return getattr(handler, "__qualname__", type(handler).__qualname__)


def check_lifespan(lifespan: object) -> None:
    """
    Refuse what is no lifespan.

    Raises:
        ConfigurationError: If it is not callable.
    """
    if not callable(lifespan):
        raise ConfigurationError(
            f"lifespan must be a callable, got {type(lifespan).__name__}.",
            hint="Decorate an async generator of the application with contextlib.asynccontextmanager.",
        )


class MountedLifespan:
    """
    The lifespan of a mounted ASGI application, driven by the protocol's messages.

    An application that knows no lifespan is left alone, as the specification says.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._outbox: asyncio.Queue[Message] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(self._run())
        await self._exchange("startup")

    async def __aexit__(self, *exc_info: object) -> None:
        if self._task is None:
            return
        if not self._task.done():
            await self._exchange("shutdown")
            await self._task
        self._task = None

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
        await self._app(scope, self._inbox.get, self._outbox.put)

    async def _exchange(self, event: str) -> None:
        task = self._task
        if task is None:
            return
        await self._inbox.put({"type": f"lifespan.{event}"})
        answer = asyncio.create_task(self._outbox.get())
        await asyncio.wait({answer, task}, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            answer.cancel()
            if task.exception() is not None and event == "startup":
                logger.debug("A mounted application knows no lifespan", exc_info=task.exception())
            return
        message = answer.result()
        if message["type"] == f"lifespan.{event}.failed":
            await asyncio.gather(task, return_exceptions=True)
            raise LifespanError(message.get("message", "") or f"A mounted application failed its {event}.", step=event)

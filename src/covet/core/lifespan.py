"""
Start and stop, in order and in reverse: what was started is stopped, whatever fails in between.

Between the two lies the drain: the server has been told to stop and serves what it has accepted.
"""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from enum import Enum
from inspect import iscoroutine, signature
from typing import Any, Final

from covet.core.drain_signal import DrainSignal
from covet.exceptions import ConfigurationError, LifespanError
from covet.types import Receive, Send

logger = logging.getLogger("covet.lifespan")


class Phase(Enum):
    """Where an application stands in its life."""

    NEW = "new"
    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


# What may follow what: the whole behaviour in one table.
_NEXT: Final[dict[Phase, frozenset[Phase]]] = {
    Phase.NEW: frozenset({Phase.STARTING}),
    Phase.STARTING: frozenset({Phase.READY, Phase.FAILED}),
    Phase.READY: frozenset({Phase.DRAINING, Phase.STOPPING}),
    Phase.DRAINING: frozenset({Phase.STOPPING}),
    Phase.STOPPING: frozenset({Phase.STOPPED}),
    # An application can be started again: a test does so.
    Phase.STOPPED: frozenset({Phase.STARTING}),
    Phase.FAILED: frozenset({Phase.STARTING}),
}

_BEFORE_START: Final = frozenset({Phase.NEW, Phase.STOPPED, Phase.FAILED})

Step = tuple[str, Callable[[], Awaitable[None]], Callable[[], Awaitable[None]] | None]


class Lifespan:
    """
    Run steps in order at start, and undo those that ran in reverse at stop.

    Both happen in one task of its own: what a step opened in it, such as a task group, can be closed only there,
    and a server may start and stop in different ones.

    Attributes:
        phase: Where it stands.
        drain: The news that the server stops: whoever works without an end should come to one.
        timings: Seconds that each step of the last start and stop took.
    """

    def __init__(self) -> None:
        self.phase = Phase.NEW
        self.drain = DrainSignal()
        self.timings: dict[str, float] = {}
        self._undo: list[tuple[str, Callable[[], Awaitable[None]]]] = []
        self._keeper: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    def _move(self, phase: Phase) -> None:
        if phase not in _NEXT[self.phase]:
            raise LifespanError(
                f"The application is {self.phase.value}, it cannot become {phase.value}.", step=phase.value
            )
        self.phase = phase

    def refuse_late(self, what: str) -> None:
        """
        Refuse what takes part in start or stop once the start has begun: it would be ignored in silence.

        Raises:
            ConfigurationError: If the application has begun to start and has not stopped since.
        """
        if self.phase not in _BEFORE_START:
            raise ConfigurationError(
                f"{what} comes too late: the application is {self.phase.value}, and would not run it.",
                hint="Declare it before the application starts.",
            )

    async def start(self, steps: Sequence[Step]) -> None:
        """
        Run the steps; undo what ran if one fails.

        Raises:
            LifespanError: If it has started already.
            Exception: What the step raised; failures of the undoing come with it as an `ExceptionGroup`.
        """
        self._move(Phase.STARTING)
        self.timings = {}
        self.drain.reset()
        self._stopping = asyncio.Event()
        started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        keeper = self._keeper = asyncio.create_task(self._keep(steps, started), name="covet-lifespan")
        try:
            await started
        except asyncio.CancelledError:
            # Once only, though the server may have cancelled both tasks: a second time would strike the rollback.
            if not keeper.cancelling():
                keeper.cancel()
            await asyncio.wait({keeper})
            raise

    async def stop(self) -> None:
        """
        Undo in reverse what was started; every step runs, whatever the others do.

        Raises:
            ExceptionGroup: With every failure, if there was one.
        """
        if self._keeper is None or self.phase not in {Phase.READY, Phase.DRAINING}:
            return
        self.begin_drain()
        self._move(Phase.STOPPING)
        self._stopping.set()
        await self._keeper

    # ── The drain ────────────────────────────────────────────────────────────

    def begin_drain(self) -> None:
        """Say that the server stops: not ready any more, and whoever waits for it is woken. Once is enough."""
        if self.phase is Phase.READY:
            self._move(Phase.DRAINING)
        self.drain.set()

    # ── In the task of its own ───────────────────────────────────────────────

    async def _keep(self, steps: Sequence[Step], started: "asyncio.Future[None]") -> None:
        try:
            await self._run(steps)
        except asyncio.CancelledError:
            started.cancel()
            raise
        except BaseException as exc:  # noqa: BLE001 - it is raised where somebody waits for it
            if not started.done():
                started.set_exception(exc)
            return
        self._move(Phase.READY)
        logger.info("Ready (process %d).", os.getpid())
        if not started.done():
            started.set_result(None)
        try:
            await self._stopping.wait()
        except asyncio.CancelledError:
            # The loop ends without a stop: what was started is stopped all the same.
            self.begin_drain()
            self._move(Phase.STOPPING)
            await self._finish()
            raise
        await self._finish()

    async def _run(self, steps: Sequence[Step]) -> None:
        try:
            for name, begin, end in steps:
                began = time.perf_counter()
                try:
                    await begin()
                except Exception as exc:
                    exc.add_note(f"while starting: {name}")
                    raise
                self._time(name, began)
                if end is not None:
                    self._undo.append((name, end))
        except BaseException as exc:
            failures = await self._run_undo()
            self._move(Phase.FAILED)
            if failures and isinstance(exc, Exception):
                raise ExceptionGroup("The start failed, and so did its rollback.", [exc, *failures]) from exc
            _log(failures)
            raise

    def _time(self, name: str, began: float) -> None:
        self.timings[name] = seconds = time.perf_counter() - began
        logger.debug("%s took %.3f s", name, seconds)

    async def _finish(self) -> None:
        try:
            failures = await self._run_undo()
        finally:
            self._move(Phase.STOPPED)
        if failures:
            raise ExceptionGroup("The stop had failures.", failures)

    async def _run_undo(self) -> list[Exception]:
        failures: list[Exception] = []
        interruption: BaseException | None = None
        while self._undo:
            name, end = self._undo.pop()
            began = time.perf_counter()
            try:
                await end()
            except Exception as exc:  # noqa: BLE001 - each is kept and raised at the end
                exc.add_note(f"while stopping: {name}")
                failures.append(exc)
            except BaseException as exc:  # noqa: BLE001 - the other steps run before it is raised again
                interruption = exc
            self._time(f"stop {name}", began)
        if interruption is not None:
            _log(failures)
            raise interruption
        return failures


def _log(failures: Sequence[Exception]) -> None:
    """Log failures that nothing else can carry: something that is no `Exception` is on its way."""
    for failure in failures:
        logger.error("%s", describe_failure(failure), exc_info=failure)


def describe_failure(exc: BaseException) -> str:
    """
    Write an error with its notes, and everything that a group holds, one to a line.

    Example:
        >>> print(describe_failure(ExceptionGroup("two", [KeyError("a"), ValueError("b")])))
        ExceptionGroup: two (2 sub-exceptions)
          KeyError: 'a'
          ValueError: b
    """
    lines = [f"{type(exc).__name__}: {exc}", *getattr(exc, "__notes__", ())]
    if isinstance(exc, BaseExceptionGroup):
        for inner in exc.exceptions:
            lines += [f"  {line}" for line in describe_failure(inner).splitlines()]
    return "\n".join(lines)


def make_context_step(
    name: str, context: AbstractAsyncContextManager[Any], *, keep: Callable[[object], None] | None = None
) -> Step:
    """
    Make a step of a context manager: entered at start, left at stop.

    Args:
        name: What to call it.
        context: The context manager.
        keep: What gets the value that it was entered with.

    Raises:
        ConfigurationError: If it is no asynchronous context manager.
    """
    if not hasattr(context, "__aenter__") or not hasattr(context, "__aexit__"):
        if iscoroutine(context):
            # It would be reported as never awaited, beside the error that says what is wrong.
            context.close()
        raise ConfigurationError(
            f"{name} must give an asynchronous context manager, got {type(context).__name__}.",
            hint="Decorate the function with contextlib.asynccontextmanager.",
        )

    async def begin() -> None:
        value = await context.__aenter__()
        try:
            if keep is not None:
                keep(value)
        except BaseException:
            await end()
            raise

    async def end() -> None:
        await context.__aexit__(None, None, None)

    return name, begin, end


def check_lifespan(lifespan: object) -> None:
    """
    Refuse what is no lifespan.

    Raises:
        ConfigurationError: If it cannot be called with the application.
    """
    if not callable(lifespan):
        raise ConfigurationError(
            f"lifespan must be a callable, got {type(lifespan).__name__}.",
            hint="Decorate an async generator of the application with contextlib.asynccontextmanager.",
        )
    check_call(lifespan, ("app",), "lifespan", "Its parameter is the application.")


def check_call(function: Callable[..., object], arguments: Sequence[str], name: str, hint: str) -> None:
    """
    Refuse a function that cannot be called with some arguments.

    Args:
        function: The function.
        arguments: What it will be called with.
        name: What the error calls it.
        hint: What to do about it.

    Raises:
        ConfigurationError: If it cannot.
    """
    try:
        parameters = signature(function)
    except ValueError:
        # Some functions of C have none to show.
        return
    try:
        parameters.bind(*arguments)
    except TypeError as exc:
        raise ConfigurationError(f"{name} cannot be called: {exc}.", hint=hint) from exc


async def serve_lifespan(
    start: Callable[[], Awaitable[None]], stop: Callable[[], Awaitable[None]], receive: Receive, send: Send
) -> None:
    """
    Answer an ASGI server's lifespan messages.

    Args:
        start: Starts the application.
        stop: Stops it.
        receive: The server's.
        send: The server's.

    Raises:
        Exception: What the start or the stop raised; the server has been told, too.
    """
    while True:
        message = await receive()
        event = message["type"].removeprefix("lifespan.")
        try:
            await (start() if event == "startup" else stop())
        except BaseException as exc:
            await send({"type": f"lifespan.{event}.failed", "message": describe_failure(exc)})
            raise
        await send({"type": f"lifespan.{event}.complete"})
        if event == "shutdown":
            return

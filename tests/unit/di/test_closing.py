"""
Closing: nothing keeps it from being done, and nothing of it is lost.
"""

import asyncio
import contextvars
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from covet.di import DependencyContainer, DisposalError, Lifetime
from covet.di import closing as closing_module
from covet.di.closing import Exit, close_exits, report_failures
from tests.unit.di.services import Database, Repository
from tests.unit.eager_tasks import eager_tasks

VALUE: contextvars.ContextVar[str] = contextvars.ContextVar("value", default="outside")


def noting(events: list[str], name: str, wait: Callable[[], Awaitable[object]] | None = None) -> Exit:
    """
    Make an exit that notes when it begins and ends.
    """

    async def close(error: BaseException | None) -> None:
        events.append(f"begin {name}")
        if wait is not None:
            await wait()
        events.append(f"end {name}")

    return Exit(name, close, is_async=True)


async def test_cancellation_does_not_reach_what_is_closed() -> None:
    """Whoever is cancelled while closing ends cancelled, when everything is closed."""
    events: list[str] = []
    begun, go = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        begun.set()
        await go.wait()

    task = asyncio.create_task(close_exits([noting(events, "a"), noting(events, "b", wait)], None, seconds=10))
    await begun.wait()
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    still_open = not task.done()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert still_open
    assert events == ["begin b", "end b", "begin a", "end a"]


async def test_scope_of_a_closed_coroutine_is_closed() -> None:
    """A coroutine that is closed cannot wait: what it has opened is closed in a task, soon."""
    container = DependencyContainer()
    events: list[str] = []

    async def session() -> AsyncIterator[Database]:
        try:
            yield Database()
        finally:
            await asyncio.sleep(0)
            events.append("closed")

    container.register(Database, factory=session, lifetime=Lifetime.SCOPED)

    async def handle() -> None:
        async with container.scope() as scope:
            await scope.resolve(Database)
            await asyncio.sleep(0)

    coroutine = handle()
    coroutine.send(None)
    coroutine.close()
    for _ in range(3):
        await asyncio.sleep(0)

    assert events == ["closed"]
    assert container.open_scopes == 0


async def test_what_is_late_is_cancelled_and_the_rest_gets_its_turn(caplog: pytest.LogCaptureFixture) -> None:
    """The time is for all; after it each is begun, and cancelled at its first wait."""
    events: list[str] = []
    never = asyncio.Event()
    exits = [noting(events, "quick"), noting(events, "slow", never.wait), noting(events, "stuck", never.wait)]

    failures = await close_exits(exits, None, seconds=0.01)

    assert events == ["begin stuck", "begin slow", "begin quick", "end quick"]
    assert [(name, str(error)) for name, error in failures] == [
        ("stuck", "closing took longer than 0.01 s and was cancelled"),
        ("slow", "closing took longer than 0.01 s and was cancelled"),
    ]
    assert caplog.messages == ["Closing stuck failed", "Closing slow failed"]


async def test_what_does_not_end_is_left_behind(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A closing that ignores its cancellation does not hold the others up for ever."""
    monkeypatch.setattr(closing_module, "_GRACE", 0.01)
    go = asyncio.Event()
    ended = asyncio.Event()

    async def stubborn(error: BaseException | None) -> None:
        while not go.is_set():
            try:
                await go.wait()
            except asyncio.CancelledError:
                continue
        ended.set()

    exits = [Exit("first", stubborn, is_async=True), Exit("second", stubborn, is_async=True)]

    failures = await close_exits(exits, None, seconds=0.01)
    go.set()
    await ended.wait()

    assert [name for name, _ in failures] == ["second", "first"]
    assert "Closing does not end, and is left behind: second, first" in caplog.messages


async def test_timeouts_of_what_is_closed_work() -> None:
    """A deadline inside of what is closed is its own affair."""
    events: list[str] = []

    async def close(error: BaseException | None) -> None:
        try:
            async with asyncio.timeout(0.001):
                await asyncio.Event().wait()
        except TimeoutError:
            events.append("timed out")

    failures = await close_exits([Exit("a", close, is_async=True)], None, seconds=10)

    assert (events, failures) == (["timed out"], [])


async def test_cancelled_inside_is_a_failure() -> None:
    """A closing that raises CancelledError by itself has failed, and the others go on."""
    events: list[str] = []

    async def close(error: BaseException | None) -> None:
        raise asyncio.CancelledError

    failures = await close_exits([noting(events, "a"), Exit("b", close, is_async=True)], None, seconds=10)

    assert [name for name, _ in failures] == ["b"]
    assert events == ["begin a", "end a"]


async def test_what_needs_no_waiting_is_closed_without_a_task() -> None:
    """Plain exits are called at once, in the task of the caller."""
    tasks: list[Any] = []

    def close(error: BaseException | None) -> None:
        tasks.append(asyncio.current_task())

    await close_exits([Exit("a", close, is_async=False)] * 2, None, seconds=10)

    assert tasks == [asyncio.current_task()] * 2


async def test_own_context_is_used() -> None:
    """An exit with context variables of its own sees those, plain or not."""
    context = contextvars.copy_context()
    context.run(VALUE.set, "inside")
    seen: list[str] = []

    async def later(error: BaseException | None) -> None:
        seen.append(VALUE.get())

    def now(error: BaseException | None) -> None:
        seen.append(VALUE.get())

    exits = [Exit("a", now, False, context), Exit("b", later, True, context), Exit("c", now, False, context)]
    await close_exits(exits, None, seconds=10)

    assert seen == ["inside"] * 3


async def test_error_that_passes_through_is_no_failure() -> None:
    """A generator that raises the scope's own error again has not failed."""
    error = LookupError()

    def close(given: BaseException | None) -> None:
        if given is not None:
            raise given

    assert await close_exits([Exit("a", close, is_async=False)], error, seconds=10) == []


async def test_exits_of_the_system_wait_until_all_is_closed() -> None:
    """Even SystemExit keeps nobody from being closed."""
    events: list[str] = []

    def leave(error: BaseException | None) -> None:
        raise SystemExit

    failures = await close_exits([noting(events, "a"), Exit("b", leave, is_async=False)], None, seconds=10)

    assert [type(error) for _, error in failures] == [SystemExit]
    assert events == ["begin a", "end a"]


def test_failures_are_raised_or_noted() -> None:
    """Without another error they are raised, with one they are its notes."""
    error = LookupError()
    failures: list[tuple[str, BaseException]] = [("a", OSError("gone"))]

    with pytest.raises(DisposalError):
        report_failures(failures, None)
    report_failures(failures, error)
    report_failures([], None)

    assert error.__notes__ == ["Closing a failed, too: OSError: gone"]


async def test_group_of_tasks_may_stand_around_a_yield() -> None:
    """A factory may keep a task group open for the scope."""
    container = DependencyContainer()
    events: list[str] = []

    @asynccontextmanager
    async def group() -> AsyncIterator[asyncio.TaskGroup]:
        async with asyncio.TaskGroup() as tasks:
            yield tasks

    async def work() -> None:
        await asyncio.sleep(0)
        events.append("worked")

    container.register(asyncio.TaskGroup, factory=group, lifetime=Lifetime.SCOPED)

    async with container.scope() as scope:
        tasks = await scope.resolve(asyncio.TaskGroup)
        tasks.create_task(work())

    assert events == ["worked"]


async def test_failures_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Each failure is in the log with its traceback, whoever hears of it otherwise."""
    container = DependencyContainer()

    async def failing() -> AsyncIterator[Repository]:
        yield Repository(Database())
        raise OSError("gone")

    container.register(Repository, factory=failing, lifetime=Lifetime.SCOPED)

    with pytest.raises(DisposalError):
        async with container.scope() as scope:
            await scope.resolve(Repository)

    (record,) = caplog.records
    assert (record.levelno, record.message) == (logging.ERROR, "Closing Repository failed")
    assert record.exc_info is not None


async def test_what_is_late_begins_to_close_all_the_same() -> None:
    """Behind one that takes too long the others begin, and are cancelled at their first wait."""
    container = DependencyContainer(close_timeout=0.01)
    events: list[str] = []

    class Waiting:
        async def aclose(self) -> None:
            events.append(f"begin {type(self).__name__}")
            await asyncio.Event().wait()

    class First(Waiting): ...

    class Second(Waiting): ...

    for cls in (First, Second):
        container.register(cls, lifetime=Lifetime.SINGLETON, close="aclose")
    for cls in (First, Second):
        await container.resolve(cls)

    with pytest.raises(DisposalError) as caught:
        await container.aclose()

    assert events == ["begin Second", "begin First"]
    assert [type(error) for error in caught.value.errors] == [TimeoutError, TimeoutError]


async def test_no_time_is_time_to_begin() -> None:
    """Closing that may take no time is begun before it is cancelled."""
    events: list[str] = []

    failures = await close_exits([noting(events, "a", asyncio.Event().wait)], None, seconds=0)

    assert events == ["begin a"]
    assert [name for name, _ in failures] == ["a"]


@pytest.mark.parametrize("lifetime", [Lifetime.SCOPED, Lifetime.SINGLETON])
async def test_an_eager_task_factory_changes_nothing(lifetime: Lifetime) -> None:
    """What is made and closed in tasks is so where tasks run at once when they are made."""
    container = DependencyContainer()
    events: list[str] = []

    async def open_database() -> AsyncIterator[Database]:
        events.append("open")
        yield Database()
        events.append("close")

    container.register(Database, factory=open_database, lifetime=lifetime)

    with eager_tasks():
        for _ in range(2):
            async with container.scope() as scope:
                await scope.resolve(Database)
            await container.aclose()

    assert events == ["open", "close"] * 2

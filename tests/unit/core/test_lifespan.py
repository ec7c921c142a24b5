"""
Tests of start and stop.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

import pytest

from covet import CovetPy, Request, State
from covet.core.lifespan import Lifespan, Phase, Step, describe_failure, serve_lifespan
from covet.exceptions import ConfigurationError, LifespanError
from covet.testing import TestClient
from covet.types import Message

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])


def make_app(log: list[str], *, fails: str = "") -> CovetPy:
    """Make an application that notes each step, one of which may fail."""

    def step(name: str) -> None:
        log.append(name)
        if name == fails:
            raise RuntimeError(name)

    @asynccontextmanager
    async def lifespan(app: CovetPy) -> AsyncIterator[None]:
        step("enter")
        yield
        step("leave")

    app = CovetPy(lifespan=lifespan)

    @app.on_event("startup")
    async def first() -> None:
        step("first")

    @app.on_startup
    def second() -> None:
        step("second")

    @app.on_event("shutdown")
    async def third() -> None:
        step("third")

    @app.on_shutdown
    async def fourth() -> None:
        step("fourth")

    return app


@Protocols
async def test_start_goes_in_order_and_stop_in_reverse(protocol: Any) -> None:
    """Lifespan, startup handlers; then shutdown handlers in reverse, and the lifespan's end."""
    log: list[str] = []
    app = make_app(log)

    async with TestClient(app, protocol=protocol):
        assert app.is_ready

    assert not app.is_ready
    assert log == ["enter", "first", "second", "fourth", "third", "leave"]


@Protocols
async def test_a_failed_start_is_rolled_back(protocol: Any) -> None:
    """What was started is stopped, what was not is left alone; the error names the step."""
    log: list[str] = []

    with pytest.raises(RuntimeError, match=r"second") as caught:
        async with TestClient(make_app(log, fails="second"), protocol=protocol):
            pass

    assert log == ["enter", "first", "second", "leave"]
    assert "second" in "".join(caught.value.__notes__)


async def test_failures_of_the_stop_are_never_lost() -> None:
    """Every step runs, and every failure is in the group."""
    log: list[str] = []
    app = make_app(log, fails="third")
    await app.startup()

    with pytest.raises(ExceptionGroup) as caught:
        await app.shutdown()

    assert [str(exc) for exc in caught.value.exceptions] == ["third"]
    assert log[-1] == "leave"


async def test_what_may_follow_what() -> None:
    """An application starts once at a time, stops only when it runs, and can start again."""
    lifespan = Lifespan()
    await lifespan.stop()
    await lifespan.start([])

    with pytest.raises(LifespanError, match=r"The application is ready, it cannot become starting."):
        await lifespan.start([])

    await lifespan.stop()
    phases = [lifespan.phase]
    await lifespan.start([])
    phases.append(lifespan.phase)

    await lifespan.stop()
    assert phases == [Phase.STOPPED, Phase.READY]


def test_wrong_events_and_lifespans_are_refused() -> None:
    """The error suggests the event that was meant."""
    with pytest.raises(ConfigurationError, match=r"There is no event 'start'.\n  Did you mean 'startup'\?"):
        CovetPy().on_event("start")
    with pytest.raises(ConfigurationError, match=r"lifespan must be a callable, got int."):
        CovetPy(lifespan=7)  # type: ignore[arg-type]


@Protocols
async def test_wrong_routes_stop_the_start(protocol: Any) -> None:
    """All of them are named at once, and nothing was started."""
    log: list[str] = []
    app = make_app(log)
    app.add_route("/a", lambda page: None, name="a")
    app.add_route("/b", lambda one, two: None, name="b")

    with pytest.raises(Exception, match=r"routes cannot be served|It has no annotation"):
        async with TestClient(app, protocol=protocol):
            pass

    assert log == []


@pytest.mark.parametrize("event", ["startup", "shutdown"])
@Protocols
async def test_a_handler_of_a_start_that_has_begun_is_refused(protocol: Any, event: str) -> None:
    """It would never run, declared in the start or behind it; after the stop it is early again."""
    app = CovetPy()
    refusals: list[str] = []
    log: list[str] = []

    def late() -> None:
        log.append("late")

    @app.on_startup
    def first() -> None:
        try:
            app.on_event(event)(late)
        except ConfigurationError as exc:
            refusals.append(str(exc))

    async with TestClient(app, protocol=protocol):
        with pytest.raises(ConfigurationError, match=r"comes too late: the application is ready, and would not run it"):
            getattr(app, f"on_{event}")(late)
    app.on_event(event)(late)
    async with TestClient(app, protocol=protocol):
        pass

    name = f"{__name__}.test_a_handler_of_a_start_that_has_begun_is_refused.<locals>.late"
    assert refusals[0] == (
        f"The handler {name} of the event {event!r} comes too late: "
        "the application is starting, and would not run it.\n  Declare it before the application starts."
    )
    assert log == ["late"]


# ── Steps ────────────────────────────────────────────────────────────────────


def make_step(
    log: list[str], name: str, *, begin: BaseException | None = None, end: BaseException | None = None
) -> Step:
    """Make a step that notes its start and its stop, each of which may fail."""

    def act(what: str, failure: BaseException | None) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            log.append(f"{what} {name}")
            if failure is not None:
                raise failure

        return run

    return name, act("start", begin), act("stop", end)


async def test_each_step_is_timed(caplog: pytest.LogCaptureFixture) -> None:
    """Its start and its stop, under names of their own, and logged for who wants to know; a start begins anew."""
    lifespan = Lifespan()
    caplog.set_level(logging.DEBUG, "covet.lifespan")

    async def wait() -> None:
        await asyncio.sleep(0.01)

    await lifespan.start([("pool", wait, wait), ("cache", wait, None)])
    started = dict(lifespan.timings)
    await lifespan.stop()
    stopped = dict(lifespan.timings)
    await lifespan.start([])
    await lifespan.stop()

    assert list(started) == ["pool", "cache"]
    assert list(stopped) == ["pool", "cache", "stop pool"]
    assert all(seconds >= 0.009 for seconds in stopped.values())
    assert lifespan.timings == {}
    messages = [record.getMessage() for record in caplog.records]
    assert [text.rpartition(" took ")[0] for text in messages if " took " in text] == list(stopped)


async def test_failures_of_the_rollback_come_with_that_of_the_start() -> None:
    """Every step that ran is undone, and every failure is in the group with the step's name."""
    log: list[str] = []
    steps = [
        make_step(log, "a", end=ValueError("a")),
        make_step(log, "b"),
        make_step(log, "c", end=KeyError("c")),
        make_step(log, "d", begin=RuntimeError("d")),
        make_step(log, "e"),
    ]
    lifespan = Lifespan()

    with pytest.raises(ExceptionGroup, match=r"^The start failed, and so did its rollback\.") as caught:
        await lifespan.start(steps)

    assert log == ["start a", "start b", "start c", "start d", "stop c", "stop b", "stop a"]
    assert describe_failure(caught.value).splitlines()[1:] == [
        "  RuntimeError: d",
        "  while starting: d",
        "  KeyError: 'c'",
        "  while stopping: c",
        "  ValueError: a",
        "  while stopping: a",
    ]
    assert lifespan.phase is Phase.FAILED


async def test_every_step_of_the_stop_runs_whatever_one_of_them_raises(caplog: pytest.LogCaptureFixture) -> None:
    """Also where it is no `Exception`: that is raised at the end, and what it leaves no room for is logged."""
    log: list[str] = []
    lifespan = Lifespan()
    await lifespan.start(
        [
            make_step(log, "a", end=ValueError("a")),
            make_step(log, "b", end=asyncio.CancelledError()),
            make_step(log, "c", end=KeyError("c")),
        ]
    )

    with caplog.at_level(logging.ERROR, "covet.lifespan"), pytest.raises(asyncio.CancelledError):
        await lifespan.stop()

    assert log[3:] == ["stop c", "stop b", "stop a"]
    assert [record.getMessage().splitlines()[0] for record in caplog.records] == ["KeyError: 'c'", "ValueError: a"]
    assert lifespan.phase is Phase.STOPPED


async def test_a_start_that_is_cancelled_is_rolled_back() -> None:
    """Once, in the order that a failure has, before the cancellation goes on."""
    log: list[str] = []
    lifespan = Lifespan()

    async def for_ever() -> None:
        log.append("start slow")
        await asyncio.Event().wait()

    starting = asyncio.ensure_future(lifespan.start([make_step(log, "a"), ("slow", for_ever, None)]))
    for _ in range(5):
        await asyncio.sleep(0)
    starting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await starting
    assert log == ["start a", "start slow", "stop a"]
    assert lifespan.phase is Phase.FAILED


async def test_start_and_stop_run_in_one_task() -> None:
    """A task group of the lifespan can be closed, though the server starts and stops in different tasks."""
    log: list[str] = []

    @asynccontextmanager
    async def lifespan(_app: CovetPy) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            worker = group.create_task(asyncio.sleep(60))
            yield
            worker.cancel()
        log.append("closed")

    app = CovetPy(lifespan=lifespan)

    await asyncio.create_task(app.startup())
    await asyncio.create_task(app.shutdown())

    assert log == ["closed"]


@Protocols
async def test_the_drain_is_told_before_anything_stops(protocol: Any) -> None:
    """Not ready any more, whoever waits for it goes on, and requests are still answered; it is told once."""
    log: list[str] = []
    app = make_app(log)

    @app.get("/")
    async def index() -> dict[str, bool]:
        return {"ready": app.is_ready, "draining": app.is_draining}

    async with TestClient(app, protocol=protocol) as client:
        waiting = [asyncio.ensure_future(app.wait_draining()) for _ in range(2)]
        before = await client.get("/")
        app.begin_drain()
        app.begin_drain()
        await asyncio.gather(*waiting, app.wait_draining())
        during = await client.get("/")
        still = list(log)

    assert before.json() == {"ready": True, "draining": False}
    assert during.json() == {"ready": False, "draining": True}
    assert still == ["enter", "first", "second"]
    assert log[-1] == "leave"


@pytest.mark.parametrize("kind", ["coroutine", "generator"])
async def test_a_lifespan_that_gives_no_context_manager_is_refused(kind: str) -> None:
    """The error says which decorator was forgotten, and nothing is left that was never awaited."""

    async def coroutine(_app: CovetPy) -> None: ...

    async def generator(_app: CovetPy) -> AsyncIterator[None]:
        yield

    lifespan: Any = coroutine if kind == "coroutine" else generator
    name = "coroutine" if kind == "coroutine" else "async_generator"

    with pytest.raises(ConfigurationError) as caught:
        await CovetPy(lifespan=lifespan).startup()

    assert str(caught.value) == (
        f"lifespan must give an asynchronous context manager, got {name}.\n"
        "  Decorate the function with contextlib.asynccontextmanager."
    )


# ── The messages of an ASGI server ───────────────────────────────────────────


async def exchange(start: Callable[[], Awaitable[None]], stop: Callable[[], Awaitable[None]]) -> list[Message]:
    """Go through a whole lifespan; what it raises is left to the caller."""
    inbox: list[Message] = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[Message] = []

    async def receive() -> Message:
        return inbox.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    try:
        await serve_lifespan(start, stop, receive, send)
    except Exception as exc:
        sent.append({"type": "raised", "error": exc})
    return sent


async def succeed() -> None:
    """Do nothing."""


async def fail() -> None:
    """Fail in two ways at once."""
    error = KeyError("pool")
    error.add_note("while starting: pool")
    raise ExceptionGroup("The start failed, and so did its rollback.", [error, ValueError("cache")])


async def test_a_server_is_told_that_start_and_stop_are_complete() -> None:
    """One message each, and an end."""
    assert await exchange(succeed, succeed) == [
        {"type": "lifespan.startup.complete"},
        {"type": "lifespan.shutdown.complete"},
    ]


@pytest.mark.parametrize("event", ["startup", "shutdown"])
async def test_a_server_is_told_why_it_failed(event: str) -> None:
    """With every error and note of a group; the error itself comes out as well."""
    sent = await exchange(fail, succeed) if event == "startup" else await exchange(succeed, fail)

    assert [message["type"] for message in sent[-2:]] == [f"lifespan.{event}.failed", "raised"]
    assert sent[-2]["message"] == (
        "ExceptionGroup: The start failed, and so did its rollback. (2 sub-exceptions)\n"
        "  KeyError: 'pool'\n"
        "  while starting: pool\n"
        "  ValueError: cache"
    )
    assert isinstance(sent[-1]["error"], ExceptionGroup)


@Protocols
@pytest.mark.parametrize("yielded", [{"db": ["a"]}, {}, None, object()])
async def test_what_a_lifespan_yields_is_the_state_of_each_request(protocol: Any, yielded: object) -> None:
    """Each request gets attributes of its own for the values of a mapping; anything else says nothing."""

    @asynccontextmanager
    async def lifespan(app: CovetPy) -> AsyncIterator[object]:
        yield yielded

    app = CovetPy(lifespan=lifespan)

    @app.get("/")
    async def show(request: Request) -> list[str]:
        seen = sorted(vars(request.state))
        request.state.own = 1
        return seen

    async with TestClient(app, protocol=protocol) as client:
        answers = [(await client.get("/")).json() for _ in range(2)]

    assert answers == [sorted(yielded)] * 2 if isinstance(yielded, dict) else [[]] * 2


async def test_what_a_lifespan_yields_is_copied_but_not_deeply() -> None:
    """A name that a request sets is its own; an object that it changes is everybody's."""

    @asynccontextmanager
    async def lifespan(app: CovetPy) -> AsyncIterator[dict[str, object]]:
        yield {"names": ["a"], "count": 0}

    app = CovetPy(lifespan=lifespan)

    @app.get("/")
    async def show(request: Request) -> tuple[list[object], int]:
        request.state.names.append("b")
        request.state.count += 1
        return [len(request.state.names), request.state.count], 200

    async with TestClient(app) as client:
        answers = [(await client.get("/")).json() for _ in range(2)]

    assert answers == [[2, 1], [3, 1]]


async def test_what_a_lifespan_yields_can_be_injected() -> None:
    """`State` asks the request first."""

    @asynccontextmanager
    async def lifespan(app: CovetPy) -> AsyncIterator[dict[str, str]]:
        yield {"db": "pool"}

    app = CovetPy(lifespan=lifespan)

    @app.get("/")
    async def show(db: Annotated[str, State()]) -> str:
        return db

    async with TestClient(app) as client:
        response = await client.get("/")

    assert response.text == "pool"


async def test_a_yielded_mapping_has_names_for_keys() -> None:
    """A start that fails there closes what the lifespan opened."""
    closed: list[str] = []

    @asynccontextmanager
    async def lifespan(app: CovetPy) -> AsyncIterator[dict[int, str]]:
        yield {7: "pool"}
        closed.append("closed")

    app = CovetPy(lifespan=lifespan)

    with pytest.raises(ConfigurationError, match=r"becomes request\.state: its keys are names, got 7"):
        await app.startup()

    assert closed == ["closed"]

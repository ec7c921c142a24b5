"""
The drain, on a loop of its own and without a server.
"""

import asyncio
import inspect
import logging
import signal
import socket
from collections.abc import Iterator
from types import CodeType

import pytest

from covet.deadlines import DRAIN_IS_OVER
from covet.server import drain as drain_module
from covet.server.drain import Drain, begin_drain, tell_application


class Listening:
    """An application that counts how often it is told."""

    def __init__(self) -> None:
        self.told = 0

    def begin_drain(self) -> None:
        """Count."""
        self.told += 1


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """Put the signal handlers back as they were."""
    previous = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in previous.items():
        signal.signal(number, handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, previous)


def make_drain(app: object, *, timeout: float = 30.0) -> Drain:
    """Make a drain for the running loop."""
    return Drain(app, asyncio.get_running_loop(), timeout=timeout, listening_on=1)


def install(drain: Drain, stops: list[str]) -> None:
    """Install a drain as a worker does: the server installs its own handlers right after it."""
    drain.install_soon()
    for number in (signal.SIGINT, signal.SIGTERM):
        drain.loop.add_signal_handler(number, stops.append, "stop")


async def _main() -> None:
    # The name by which the worker's service is known.
    await asyncio.sleep(30)


async def future_watcher(outcome: list[str]) -> None:
    """Pretend to be a request, by the name that Granian gives them."""
    try:
        await asyncio.sleep(30)
    except asyncio.CancelledError as exc:
        outcome.append(str(exc))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_tells_the_application_and_the_server(number: signal.Signals) -> None:
    """Either signal reaches the application and the server."""
    app, stops = Listening(), list[str]()
    service = asyncio.create_task(_main())
    install(make_drain(app), stops)
    await asyncio.sleep(0)

    signal.raise_signal(number)
    await asyncio.sleep(0.01)

    assert app.told == 1
    assert stops == ["stop"]
    service.cancel()


async def test_a_signal_before_the_first_turn_is_not_lost() -> None:
    """Until the handlers are installed, a signal waits in the kernel."""
    app, stops = Listening(), list[str]()
    service = asyncio.create_task(_main())
    install(make_drain(app), stops)

    signal.raise_signal(signal.SIGTERM)
    await asyncio.sleep(0.01)

    assert stops == ["stop"]
    service.cancel()


async def test_the_server_is_told_once() -> None:
    """Granian deadlocks when it is told to stop twice: however many signals come, it hears of one."""
    app, stops = Listening(), list[str]()
    service = asyncio.create_task(_main())
    install(make_drain(app), stops)
    await asyncio.sleep(0)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGINT):
        signal.raise_signal(number)
    await asyncio.sleep(0.01)
    signal.raise_signal(signal.SIGTERM)
    await asyncio.sleep(0.01)

    assert stops == ["stop"]
    assert app.told == 1
    service.cancel()


async def test_a_server_that_handles_signals_otherwise_keeps_doing_so(caplog: pytest.LogCaptureFixture) -> None:
    """If the server installs no handler on the loop, its signals are left to it, with a warning."""
    before = signal.getsignal(signal.SIGTERM)
    make_drain(Listening()).install_soon()

    await asyncio.sleep(0.01)

    assert signal.getsignal(signal.SIGTERM) is before
    assert "The server handles its signals in an unknown way" in caplog.text


async def test_a_start_is_cancelled() -> None:
    """Before there is a service, the start's tasks are cancelled and nobody is told."""
    app = Listening()
    starting = asyncio.create_task(asyncio.sleep(30))
    drain = make_drain(app)
    await asyncio.sleep(0)

    # The test's own task is one of the loop's, so the call is made from outside of it.
    with pytest.raises(asyncio.CancelledError):
        drain.begin()
        await asyncio.sleep(1)

    assert app.told == 0
    with pytest.raises(asyncio.CancelledError, match="the server was stopped while it started"):
        await starting


async def test_a_start_that_was_just_over_is_stopped_when_it_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal between the end of the start and the beginning of service stops the service."""
    app, stops = Listening(), list[str]()
    drain = make_drain(app)
    install(drain, stops)
    await asyncio.sleep(0)
    # All tasks of the start are done at that moment.
    monkeypatch.setattr(asyncio, "all_tasks", lambda _loop: set())
    drain.begin()
    monkeypatch.undo()
    service = asyncio.create_task(_main())

    await asyncio.sleep(0.1)

    assert app.told == 1
    assert stops == ["stop"]
    service.cancel()


class Ready(Listening):
    """An application that says whether it has started."""

    is_ready = True


async def test_a_service_of_an_unknown_name_is_not_cancelled_but_stopped(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """If the server's coroutines are renamed, an application that is ready loses nothing and the server stops."""
    monkeypatch.setattr(drain_module, "START_POLL_LIMIT_SECONDS", 0.05)
    app, stops = Ready(), list[str]()
    service = asyncio.create_task(asyncio.sleep(30))
    drain = make_drain(app)
    install(drain, stops)
    await asyncio.sleep(0)

    drain.begin()
    await asyncio.sleep(0.2)

    assert not service.cancelling()
    assert app.told == 1
    assert stops == ["stop"]
    assert "No service of the server was found; it is stopped all the same." in caplog.text
    service.cancel()


async def test_a_start_that_does_not_end_does_not_keep_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """A start that swallows its cancellation is not waited for without end: the server is told to stop."""
    monkeypatch.setattr(drain_module, "START_POLL_LIMIT_SECONDS", 0.05)
    app, stops = Listening(), list[str]()
    drain = make_drain(app)
    install(drain, stops)
    await asyncio.sleep(0)
    # No task of the start takes notice.
    monkeypatch.setattr(asyncio, "all_tasks", lambda _loop: set())

    drain.begin()
    await asyncio.sleep(0.2)

    assert stops == ["stop"]


@pytest.mark.parametrize("spawner", ["_spawn_rsgi_worker", "_spawn_asgi_lifespan_worker"])
def test_granian_has_the_names_that_the_drain_knows(spawner: str) -> None:
    """The coroutines of the installed Granian have the names by which a service and its requests are found."""
    servers, futures = pytest.importorskip("granian.server"), pytest.importorskip("granian._futures")

    service = list_functions(inspect.unwrap(getattr(servers.MPServer, spawner)).__code__)
    request = list_functions(futures._future_watcher_wrapper.__code__)

    assert not drain_module._SERVING.isdisjoint(service)
    assert drain_module._REQUEST in request


def list_functions(code: CodeType) -> set[str]:
    """List the names of the functions within a function."""
    return {constant.co_name for constant in code.co_consts if isinstance(constant, CodeType)}


async def test_requests_beyond_the_deadline_are_cancelled(caplog: pytest.LogCaptureFixture) -> None:
    """After the timeout, requests are cancelled with a reason, and counted in the log."""
    outcome: list[str] = []
    tasks = [asyncio.create_task(_main()), asyncio.create_task(future_watcher(outcome))]
    await asyncio.sleep(0)

    with caplog.at_level(logging.WARNING, "covet.server"):
        make_drain(object(), timeout=0.02).begin()
        await asyncio.sleep(0.1)

    assert outcome == ["the server stops and the drain timeout is over"]
    assert "1 request(s) did not finish within 0.02 s and are cancelled." in caplog.text
    tasks[0].cancel()


async def test_only_connections_to_our_own_port_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the end the clients' connections are shut down; listeners and our own clients' sockets are not."""
    monkeypatch.setattr(drain_module, "LAST_BYTES_SECONDS", 0.01)
    with (
        socket.create_server(("127.0.0.1", 0)) as ours,
        socket.create_server(("127.0.0.1", 0)) as other,
        socket.create_connection(ours.getsockname(), timeout=1) as client,
        socket.create_connection(other.getsockname(), timeout=0.05) as database,
        ours.accept()[0],
        other.accept()[0],
    ):
        service = asyncio.create_task(_main())
        await asyncio.sleep(0)
        drain = Drain(object(), asyncio.get_running_loop(), timeout=0.01, listening_on=ours.getsockname()[1])

        drain.begin()
        await asyncio.sleep(0.1)

        assert client.recv(1) == b""
        with pytest.raises(TimeoutError):
            database.recv(1)
        with socket.create_connection(ours.getsockname(), timeout=1), ours.accept()[0]:
            service.cancel()


def test_an_application_without_begin_drain_is_left_alone() -> None:
    """An application need not know about draining."""
    tell_application(object())


def test_a_broken_begin_drain_does_not_stop_the_stop(caplog: pytest.LogCaptureFixture) -> None:
    """An error in the application's own drain is logged, and the server stops all the same."""

    class Broken:
        def begin_drain(self) -> None:
            raise RuntimeError("no")

    tell_application(Broken())

    assert "begin_drain() of the application failed." in caplog.text
    assert "RuntimeError: no" in caplog.text


@pytest.mark.parametrize("ends", [True, False])
async def test_connections_are_closed_before_the_server_stops(ends: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Granian forgets its WebSockets when it is told to stop; those that do not end do not keep it for ever.
    """
    monkeypatch.setattr("covet.server.drain.CONNECTIONS_SECONDS", 0.01)
    order: list[str] = []
    stopped = asyncio.Event()

    class Application:
        is_ready = has_connections = True

        def begin_drain(self) -> None:
            order.append("told")

        async def wait_connections(self) -> None:
            if not ends:
                await asyncio.Event().wait()
            order.append("closed")

    def stop() -> None:
        order.append("stopped")
        stopped.set()

    drain = Drain(Application(), asyncio.get_running_loop(), timeout=1000, listening_on=0)
    drain._stop_server = stop
    monkeypatch.setattr(drain, "_is_serving", lambda: True)

    drain.begin()
    await stopped.wait()

    assert order == (["told", "closed", "stopped"] if ends else ["told", "stopped"])


async def test_late_requests_are_told_before_their_server_cancels_them() -> None:
    """Those alone that run a request, and with the reason by which they are answered."""
    app = Listening()
    seen: list[object] = []

    async def serve_request() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError as exc:
            seen.append(exc.args)

    async def wait_else() -> None:
        await asyncio.Event().wait()

    request, other = asyncio.create_task(serve_request()), asyncio.create_task(wait_else())
    await asyncio.sleep(0)

    begin_drain(app, asyncio.get_running_loop(), request="serve_request", timeout=0.01)
    await request

    assert app.told == 1
    assert seen == [(DRAIN_IS_OVER,)]
    assert not other.done()
    other.cancel()
    await asyncio.wait({other})

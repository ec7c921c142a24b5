"""
How a real server stops: what was accepted is answered, what hangs is cut, hooks run.
"""

import asyncio
import http.client
import os
import signal
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.e2e.server_process import ServerProcess, members_of, serve

APPLICATIONS = "tests.e2e.server_applications"
ROOT = Path(__file__).parents[2]
# Half of what everything takes that must not be waited for: a bound for a machine with other things to do.
LONG = 15
SERVERS = [("granian", "rsgi"), ("granian", "asgi"), ("uvicorn", "asgi"), ("hypercorn", "asgi")]


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """The file in which the application notes what happens to it."""
    path = tmp_path / "record.txt"
    path.touch()
    return path


def start(application: str, record: Path, **options: object) -> ServerProcess:
    """Prepare a server for one of the small applications."""
    target = f"{APPLICATIONS}:{application}"
    return serve(target, env={"RECORD": str(record)}, directory=ROOT, **options)  # type: ignore[arg-type]


class Fetch(threading.Thread):
    """A request in a thread of its own; `outcome` is the body or the error."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url = url
        self.outcome: bytes | Exception | None = None
        self.start()

    def run(self) -> None:
        """Send the request."""
        address, _, path = self.url.removeprefix("http://").partition("/")
        connection = http.client.HTTPConnection(address, timeout=20)
        try:
            connection.request("GET", f"/{path}")
            response = connection.getresponse()
            body = response.read()
            self.outcome = body if response.status == 200 else RuntimeError(f"status {response.status}")
        except (OSError, http.client.HTTPException) as exc:
            self.outcome = exc
        finally:
            connection.close()

    def result(self) -> bytes | Exception | None:
        """Wait for the outcome."""
        self.join(20)
        return self.outcome


def wait_for(record: Path, line: str, timeout: float = 10.0) -> None:
    """Wait until the application has noted a line."""
    deadline = time.monotonic() + timeout
    while line not in record.read_text():
        assert time.monotonic() < deadline, f"{line!r} was not recorded: {record.read_text()!r}"
        time.sleep(0.02)


# ── Under load ───────────────────────────────────────────────────────────────


@dataclass
class Outcome:
    """What the clients of a loaded server have seen."""

    answered: set[str] = field(default_factory=set)
    torn: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)


async def load(server: ServerProcess, outcome: Outcome, *, clients: int, stop_after: float) -> int:
    """Send requests over kept-alive connections without a pause, stop the server, return its status."""

    async def client(number: int) -> None:
        sent = 0
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            except OSError:
                return
            try:
                while True:
                    sent += 1
                    await ask(reader, writer, f"{number}-{sent}", outcome)
            except (OSError, EOFError):
                continue
            finally:
                writer.close()

    tasks = [asyncio.create_task(client(number)) for number in range(clients)]
    await asyncio.sleep(stop_after)
    server.send_signal(signal.SIGTERM)
    await asyncio.wait_for(asyncio.gather(*tasks), 30)
    return await asyncio.to_thread(server.wait, 30)


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str, outcome: Outcome) -> None:
    """Send one request and read all of its answer, or note how it failed."""
    received = b""
    try:
        writer.write(f"GET /load?{name} HTTP/1.1\r\nhost: test\r\n\r\n".encode())
        received = head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        received += await reader.readexactly(int(length.partition(b":")[2]))
    except (OSError, EOFError) as exc:
        partial = received + getattr(exc, "partial", b"")
        (outcome.torn if partial else outcome.unanswered).append(name)
        raise
    outcome.answered.add(name)
    if b"connection: close" in head.lower():
        raise EOFError


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("interface", ["rsgi", "asgi"])
async def test_sigterm_under_load_loses_no_accepted_request(record: Path, interface: str, workers: int) -> None:
    """Every request that reached the application before or during the stop is answered in full."""
    outcome = Outcome()

    async with start("app", record, interface=interface, workers=workers) as server:
        status = await load(server, outcome, clients=16, stop_after=0.8)

    lines = record.read_text().splitlines()
    accepted = {line.removeprefix("request ") for line in lines if line.startswith("request ")}
    assert len(outcome.answered) > 100
    assert accepted - outcome.answered == set()
    assert outcome.torn == []
    assert status == 0
    assert Counter(line.split()[0] for line in lines if not line.startswith("request")) == {
        "starting": workers,
        "started": workers,
        "draining": workers,
        "stopped": workers,
    }


# ── One by one ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("server_name", "interface"), SERVERS)
def test_a_request_in_flight_is_answered_and_a_stream_is_told(record: Path, server_name: str, interface: str) -> None:
    """SIGTERM lets a slow handler finish, tells streams to end, and runs the shutdown hooks."""
    with start("app", record, server=server_name, interface=interface) as server:
        slow, stream = Fetch(f"{server.url}/slow?1"), Fetch(f"{server.url}/stream")
        wait_for(record, "request /slow")
        time.sleep(0.2)

        status = server.stop()

        log = server.log()
    assert slow.result() == b"ok"
    assert stream.result() == b"first last"
    assert status == 0
    assert [line.split()[0] for line in record.read_text().splitlines()][-2:] == ["draining", "stopped"]
    assert "Traceback" not in log


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(("server_name", "interface"), SERVERS)
def test_a_signal_ends_an_idle_server_with_status_0(
    record: Path, server_name: str, interface: str, number: signal.Signals
) -> None:
    """Ctrl+C and SIGTERM end an idle server at once, without a trace, and its hooks run."""
    with start("app", record, server=server_name, interface=interface) as server:
        before = time.monotonic()

        status = server.stop(number)

        assert time.monotonic() - before < LONG
        assert status == 0
        assert "Traceback" not in server.log()
    assert "stopped" in record.read_text()


def test_a_handler_beyond_the_deadline_is_cancelled(record: Path) -> None:
    """The drain has an end: a handler that is too slow is cancelled, and the hooks still run."""
    with start("app", record, arguments=["--drain-timeout", "0.5"]) as server:
        slow = Fetch(f"{server.url}/slow?30")
        wait_for(record, "request /slow")
        before = time.monotonic()

        status = server.stop()

        elapsed = time.monotonic() - before
        log = server.log()
    assert 0.4 < elapsed < LONG
    assert isinstance(slow.result(), Exception)
    assert status == 0
    assert "1 request(s) did not finish within 0.5 s and are cancelled." in log
    assert record.read_text().splitlines()[-1].startswith("stopped")
    assert "cancelled /slow" in record.read_text()


@pytest.mark.parametrize(("server_name", "interface"), SERVERS)
def test_an_upload_that_has_stalled_is_answered_at_the_deadline(server_name: str, interface: str) -> None:
    """The client learns that it was the server that gave up; no server takes it for a fault of its own."""
    head = b"POST /bare HTTP/1.1\r\nhost: test\r\ncontent-length: 1000\r\n\r\n"
    options = {"server": server_name, "interface": interface, "arguments": ["--drain-timeout", "1"]}
    with (
        serve("tests.e2e.body_application:app", directory=ROOT, **options) as server,  # type: ignore[arg-type]
        socket.create_connection(("127.0.0.1", server.port), timeout=LONG) as connection,
    ):
        connection.sendall(head + b"a few bytes")
        time.sleep(0.3)

        status = server.stop()

        answer = connection.recv(4096)
        log = server.log()
    assert (answer.split()[1], status) == (b"503", 0)
    assert "1 request(s) did not finish within 1 s and are cancelled." in log
    # One entry of ours, whose trace is indented and says where it was waited; none of the server's.
    assert log.count(" ERROR ") == log.count("answered 503") == 1
    assert "\nTraceback" not in log


@pytest.mark.parametrize("path", ["/stubborn?30", "/large"])
def test_what_ignores_its_cancellation_is_cut(record: Path, path: str) -> None:
    """A handler that swallows its cancellation, or a client that never reads, cannot hold the server up."""
    with start("app", record, arguments=["--drain-timeout", "0.5"]) as server:
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(f"GET {path} HTTP/1.1\r\nhost: test\r\n\r\n".encode())
            time.sleep(0.5)
            before = time.monotonic()

            status = server.stop()

            elapsed = time.monotonic() - before
        log = server.log()
    assert elapsed < LONG
    assert status == 0
    assert "1 connection(s) were still open and are cut." in log
    assert record.read_text().splitlines()[-1].startswith("stopped")


def test_a_stream_that_ignores_the_drain_is_cancelled(record: Path) -> None:
    """A stream of an application that does not listen is cancelled at the deadline."""
    with start("deaf", record, arguments=["--drain-timeout", "0.5"]) as server:
        stream = Fetch(f"{server.url}/stream")
        time.sleep(0.5)

        status = server.stop()

    assert status == 0
    assert stream.result() is not None
    assert record.read_text().splitlines()[-1].startswith("stopped")


def test_a_stop_during_a_long_start_does_not_wait_for_it(record: Path) -> None:
    """SIGTERM while the application still starts cancels the start: there is nothing to drain."""
    with start("hesitant", record, wait_until_ready=False) as server:
        wait_for(record, "starting")
        time.sleep(0.3)
        before = time.monotonic()

        status = server.stop()

        assert time.monotonic() - before < LONG
        assert status == 0
        assert "Traceback" not in server.log()
    assert "start cancelled" in record.read_text()


@pytest.mark.parametrize("delay", [0.15, 0.2, 0.25, 0.3, 0.35])
def test_a_stop_at_any_moment_of_the_start_is_heard(record: Path, delay: float) -> None:
    """No moment of a worker's start swallows SIGTERM: it would be killed half a minute later."""
    with start("app", record, workers=2, wait_until_ready=False) as server:
        time.sleep(delay)
        before = time.monotonic()

        status = server.stop()

        assert time.monotonic() - before < LONG
        # Before the supervisor handles signals, SIGTERM ends it in the ordinary way.
        assert status in {0, -signal.SIGTERM}
        assert "Traceback" not in server.log()


def test_ctrl_c_reaches_every_process_and_is_quiet(record: Path) -> None:
    """A terminal signals the whole group, and the supervisor its workers once more: all end, without a trace."""
    with start("app", record, workers=2) as server:
        stream = Fetch(f"{server.url}/stream")
        time.sleep(0.3)
        os.killpg(server.pid, signal.SIGINT)

        status = server.wait(5)

        assert status == 0
        assert stream.result() == b"first last"
        assert "Traceback" not in server.log()
    assert record.read_text().count("stopped") == 2


def test_a_worker_that_dies_is_replaced(record: Path) -> None:
    """A worker that ends by itself is started again, and the server keeps its port."""
    with start("app", record) as server:
        [first] = server.worker_pids()
        assert isinstance(Fetch(f"{server.url}/exit").result(), Exception)

        deadline = time.monotonic() + 10
        second: bytes | Exception | None = None
        while not isinstance(second, bytes) and time.monotonic() < deadline:
            second = Fetch(f"{server.url}/pid").result()

        assert isinstance(second, bytes)
        assert int(second) != first
        assert "Unexpected exit from worker-1" in server.log()


def test_code_after_run_goes_on(record: Path, tmp_path: Path) -> None:
    """`run()` returns after the stop, so that a script can tidy up."""
    script = tmp_path / "script.py"
    script.write_text(
        "import os\n"
        "from covet.server import run\n"
        f"from {APPLICATIONS} import app\n"
        "run(app, port=int(os.environ['PORT']))\n"
        "print('tidied up')\n"
    )

    with serve(script, env={"RECORD": str(record), "PYTHONPATH": str(ROOT)}, directory=tmp_path) as server:
        status = server.stop()

        assert status == 0
        assert "tidied up" in server.log()


def test_nothing_is_left_running(record: Path) -> None:
    """No process of the server's session outlives it."""
    with start("app", record, workers=2) as server:
        session = server.pid
        server.stop()

    assert members_of(session) == []


# ── Deferred work ────────────────────────────────────────────────────────────


def start_deferring(record: Path, server: str, interface: str, **options: object) -> ServerProcess:
    """Serve the application that defers work."""
    return serve(
        "tests.e2e.deferring_application:app",
        server=server,
        interface=interface,
        env={"RECORD": str(record)},
        directory=ROOT,
        **options,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(("server", "interface"), SERVERS)
def test_deferred_work_is_done_before_the_end(record: Path, server: str, interface: str) -> None:
    """Some servers are done with a request as soon as its answer was sent; the application is not."""
    with start_deferring(record, server, interface) as process:
        assert Fetch(f"{process.url}/defer?seconds=0.5").result() == b"answered"
        wait_for(record, "first begins")
        process.send_signal(signal.SIGTERM)
        assert process.wait(LONG) == 0

    assert record.read_text().splitlines() == ["first begins", "first ends", "second begins", "second ends"]


@pytest.mark.parametrize(("server", "interface"), SERVERS)
def test_deferred_work_that_is_late_is_given_up(record: Path, server: str, interface: str) -> None:
    """The log says what was lost."""
    with start_deferring(record, server, interface, arguments=["--drain-timeout", "0.5"]) as process:
        assert Fetch(f"{process.url}/defer?seconds=60").result() == b"answered"
        wait_for(record, "first begins")
        process.send_signal(signal.SIGTERM)
        process.wait(LONG)
        log = process.log()

    assert record.read_text().splitlines() == ["first begins"]
    assert "work; never run:" in log

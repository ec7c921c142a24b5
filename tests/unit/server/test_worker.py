"""
A worker's job, without the worker: loading, pickling, and the report of a failed start.
"""

import asyncio
import os
import pickle
import signal
from collections.abc import Iterator

import pytest

from covet.exceptions import ConfigurationError
from covet.server import worker
from covet.server.drain import Drain
from covet.server.target import ImportTarget, TargetError
from covet.server.worker import SUPERVISOR_VARIABLE, Job, is_worker, supervising


async def app(scope: object, receive: object, send: object) -> None:
    """Speak ASGI, and say nothing."""


class OneFlag:
    """A lock that only one gets, as processes share it."""

    def __init__(self) -> None:
        self.taken = False

    def acquire(self, block: bool = True) -> bool:
        """Take it, if nobody has."""
        assert block is False
        first, self.taken = not self.taken, True
        return first


@pytest.fixture
def signals(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[int, int]]]:
    """What is sent to other processes; nothing is sent, and our own handlers are put back."""
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: sent.append((pid, number)))
    monkeypatch.setattr(worker, "_SECONDS_TO_BE_ENDED", 0)
    previous = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield sent
    for number, handler in previous.items():
        signal.signal(number, handler)


def make_job(**changes: object) -> Job:
    """Make a job that serves an application over ASGI."""
    given: dict[str, object] = {"app": app, "target": None, "failed": OneFlag(), **changes}
    return Job(
        interface="asgi",
        drain_timeout=1.0,
        listening_on=1,
        log_level="error",
        **given,  # type: ignore[arg-type]
    )


def fail(*arguments: object) -> None:
    """Fail, as an application's start does."""
    raise ValueError(f"out of tea {arguments}")


def test_a_job_can_be_sent_to_a_fresh_process() -> None:
    """A job that names its application survives pickling, its bound methods as well."""
    job = make_job(app=None, target=ImportTarget("main"), failed=None)

    copied = pickle.loads(pickle.dumps((job.work, job.load_for_granian, job.load_for_uvicorn)))

    assert copied[0].__self__ == job
    assert copied[0].__self__ is copied[1].__self__


def test_an_inherited_application_is_used_as_it_is() -> None:
    """What the worker inherited is not imported again."""
    assert make_job().load() is app


def test_a_named_application_is_imported() -> None:
    """What has a name is imported in the worker."""
    assert make_job(app=None, target=ImportTarget(__name__, "app")).load() is app


def test_an_application_must_speak_the_interface() -> None:
    """An application that does not speak what is served fails the start."""
    job = make_job()
    job.interface = "rsgi"

    with pytest.raises(TargetError, match=r"it does not speak RSGI"):
        job.load()


def test_the_first_failed_start_ends_the_server(
    signals: list[tuple[int, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    """One error is written, the supervisor is told, and the status is 1; other workers stay silent."""
    job = make_job()

    with pytest.raises(SystemExit) as first:
        job.work(fail, 1)
    with pytest.raises(SystemExit) as second:
        job.work(fail, 2)

    written = capsys.readouterr().err
    assert (first.value.code, second.value.code) == (1, 1)
    assert "ValueError: out of tea (1,)" in written
    assert "out of tea (2,)" not in written
    assert written.endswith("covet: The application could not be started.\n")
    assert signals == [(os.getppid(), signal.SIGTERM)]


def test_while_reloading_a_failed_start_waits_for_a_change(
    signals: list[tuple[int, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a flag the error is written and the server goes on."""
    with pytest.raises(SystemExit):
        make_job(failed=None).work(fail)

    assert "ValueError: out of tea" in capsys.readouterr().err
    assert signals == []


def test_a_configuration_error_is_written_without_a_trace(
    signals: list[tuple[int, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    """An error that is written for its reader speaks for itself."""

    def refuse() -> None:
        raise ConfigurationError("No tea.", hint="Buy some.")

    with pytest.raises(SystemExit):
        make_job().work(refuse)

    assert capsys.readouterr().err == "No tea.\n  Buy some.\ncovet: The application could not be started.\n"


def test_a_stop_during_the_start_is_no_failure(
    signals: list[tuple[int, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    """A start that was cancelled by the stop ends with status 0 and without a word."""
    job = make_job()
    loop = asyncio.new_event_loop()
    job.drain = Drain(app, loop, timeout=1, listening_on=1)
    job.drain.begun = True

    def cancelled() -> None:
        raise asyncio.CancelledError

    with pytest.raises(SystemExit) as caught:
        job.work(cancelled)

    loop.close()
    assert caught.value.code == 0
    assert capsys.readouterr().err == ""
    assert signals == []


def test_a_failing_shutdown_hook_is_reported(
    signals: list[tuple[int, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    """An error while stopping is written as such, and nobody is told to stop again."""
    job = make_job()
    loop = asyncio.new_event_loop()
    job.drain = Drain(app, loop, timeout=1, listening_on=1)
    job.drain.begun = True

    with pytest.raises(SystemExit) as caught:
        job.work(fail)

    loop.close()
    assert caught.value.code == 1
    assert capsys.readouterr().err.endswith("covet: The application failed while it stopped.\n")
    assert signals == []


def test_the_mark_of_the_supervisor_is_taken_away() -> None:
    """After the stop, children of this process are workers no longer."""
    with supervising():
        assert os.environ[SUPERVISOR_VARIABLE] == str(os.getpid())

    assert SUPERVISOR_VARIABLE not in os.environ


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_worker_ends_on_sigterm_before_it_has_loaded() -> None:
    """The supervisor's handler is not inherited: SIGTERM ends a worker that has nothing to drain."""
    previous = signal.signal(signal.SIGTERM, lambda _number, _frame: None)
    try:
        with supervising():
            child = os.fork()
            if child == 0:  # pragma: no cover - another process
                ends_by_default = signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
                unblocked = signal.SIGTERM not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
                os._exit(7 if ends_by_default and unblocked and is_worker() else 8)
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        still_unblocked = signal.SIGTERM not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    finally:
        signal.signal(signal.SIGTERM, previous)

    assert status == 7
    assert still_unblocked

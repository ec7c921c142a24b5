"""
What Granian is told, without starting it. That it works is tested in tests/e2e.
"""

import multiprocessing
from pathlib import Path
from typing import Any

import pytest

from covet.exceptions import ConfigurationError
from covet.server import granian_driver
from covet.server.options import RunOptions, make_options
from covet.server.worker import Job

granian_server = pytest.importorskip("granian.server")


class FakeServer:
    """Granian's server, as far as it is driven; notes what it is told."""

    made: "FakeServer"
    _spawn_rsgi_worker = staticmethod(lambda *_arguments: None)
    _spawn_asgi_lifespan_worker = staticmethod(lambda *_arguments: None)

    # Any: Granian has some fifty arguments.
    def __init__(self, **arguments: Any) -> None:
        self.arguments = arguments
        self.start_method: str | None = None
        self.fails = False
        FakeServer.made = self

    def serve(self, *, spawn_target: Any, target_loader: Any, wrap_loader: bool) -> None:
        """Note how workers would be started; fail, if the port says so."""
        self.start_method = multiprocessing.get_start_method(allow_none=True)
        self.loader = target_loader
        job: Job = spawn_target.func.__self__
        if self.arguments["port"] == 1 and job.failed is not None:
            job.failed.acquire(block=False)


async def app(scope: object, receive: object, send: object) -> None:
    """Speak ASGI, and say nothing."""


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the fake in Granian's place."""
    monkeypatch.setattr(granian_server, "MPServer", FakeServer)


def drive(options: RunOptions | None = None, start_method: str = "spawn") -> FakeServer:
    """Serve with the fake; returns it."""
    job = Job(app=app, target=None, interface="asgi", drain_timeout=30.0, listening_on=1, log_level="info")
    granian_driver.serve(job, make_options(options or {}), start_method=start_method)  # type: ignore[arg-type]
    return FakeServer.made


def test_the_settings_are_safe() -> None:
    """HTTP/1 only, a limit for the head's time and size, respawn, and a kill after the drain's end."""
    arguments = drive().arguments

    assert arguments["http"].value == "1"
    assert arguments["http1_settings"].header_read_timeout == 10_000
    assert arguments["http1_settings"].max_buffer_size == 64 * 1024
    assert arguments["http2_settings"].max_headers_size == 64 * 1024
    assert arguments["respawn_failed_workers"] is True
    assert arguments["workers_kill_timeout"] == 35
    assert arguments["websockets"] is True
    assert arguments["address"] == "127.0.0.1"


def test_an_unknown_granian_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the function that a worker runs is renamed, the error says so and names the versions that are known."""
    monkeypatch.delattr(FakeServer, "_spawn_asgi_lifespan_worker")

    with pytest.raises(ConfigurationError) as caught:
        drive()

    assert str(caught.value) == (
        "This version of Granian is not known: its workers have no _spawn_asgi_lifespan_worker().\n"
        '  Install a known one: pip install "granian[reload]>=2.8.7,<3".'
    )


def test_every_argument_is_granians(monkeypatch: pytest.MonkeyPatch) -> None:
    """Granian itself takes each of the arguments: a renamed one fails here, not in production."""
    monkeypatch.undo()
    arguments = drive_arguments()

    server = granian_server.MPServer(**arguments)

    assert server.workers_kill_timeout == 35


def drive_arguments() -> dict[str, Any]:
    """Collect the arguments with the fake, without leaving it in place."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(granian_server, "MPServer", FakeServer)
        return drive().arguments


def test_options_reach_granian() -> None:
    """What was chosen is what Granian is told."""
    arguments = drive(
        {
            "port": 9000,
            "workers": 3,
            "http": "auto",
            "header_timeout": 2.5,
            "drain_timeout": 4,
            "backpressure": 7,
            "backlog": 256,
            "access_log": True,
            "websockets": False,
            "log_level": "debug",
        }
    ).arguments

    assert arguments["port"] == 9000
    assert arguments["workers"] == 3
    assert arguments["http"].value == "auto"
    assert arguments["http1_settings"].header_read_timeout == 2500
    assert arguments["workers_kill_timeout"] == 9
    assert (arguments["backpressure"], arguments["backlog"]) == (7, 256)
    assert arguments["log_access"] is True
    assert arguments["websockets"] is False
    assert arguments["log_level"].value == "debug"


@pytest.mark.parametrize("start_method", ["fork", "spawn"])
def test_the_start_method_is_set_while_serving_only(start_method: str) -> None:
    """The program's own use of multiprocessing is not changed."""
    before = multiprocessing.get_start_method(allow_none=True)

    server = drive(start_method=start_method)

    assert server.start_method == start_method
    assert multiprocessing.get_start_method(allow_none=True) == before


def test_a_failed_start_is_an_exit_with_status_1() -> None:
    """When a worker has raised the flag, the process ends with status 1."""
    with pytest.raises(SystemExit) as caught:
        drive({"port": 1})

    assert caught.value.code == 1


def test_reloading_survives_a_failed_start() -> None:
    """While reloading, a module that cannot be imported waits for the next change."""
    arguments = drive({"reload": True, "port": 1}).arguments

    assert arguments["reload"] is True
    assert arguments["reload_ignore_worker_failure"] is True


def test_reloading_watches_source_files_only(tmp_path: Path) -> None:
    """A module counts as a change, a database does not."""
    watchfiles = pytest.importorskip("watchfiles")
    is_source = drive({"reload": True}).arguments["reload_filter"]()

    assert is_source(watchfiles.Change.modified, str(tmp_path / "app.py"))
    assert not is_source(watchfiles.Change.modified, str(tmp_path / "data.db"))

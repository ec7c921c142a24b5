"""
What uvicorn is told, without starting it. That it works is tested in tests/e2e.
"""

import signal
import sys
from typing import Any

import pytest

from covet.exceptions import MissingDependencyError
from covet.server import uvicorn_driver
from covet.server.options import RunOptions, make_options
from covet.server.worker import Job

uvicorn = pytest.importorskip("uvicorn")


class FakeServer:
    """uvicorn's server; notes its configuration and stops as asked."""

    config: Any
    status: int | None = None
    started = True

    # Any: uvicorn's configuration has some fifty attributes.
    def __init__(self, config: Any) -> None:
        FakeServer.config = config

    def run(self) -> None:
        """Stop, and raise the signal once more, as uvicorn does."""
        if self.status is not None:
            raise SystemExit(self.status)
        signal.raise_signal(signal.SIGTERM)


async def app(scope: object, receive: object, send: object) -> None:
    """Speak ASGI, and say nothing."""


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the fake in uvicorn's place."""
    monkeypatch.setattr(uvicorn, "Server", FakeServer)


def drive(options: RunOptions | None = None) -> Any:
    """Serve with the fake; returns the configuration."""
    job = Job(app=app, target=None, interface="asgi", drain_timeout=30.0, listening_on=1, log_level="info")
    uvicorn_driver.serve(job, make_options(options or {}), start_method="spawn")
    return FakeServer.config


def test_the_settings_are_safe() -> None:
    """Limits as with Granian, no server header, and no belief in proxy headers."""
    config = drive({"drain_timeout": 7})

    assert config.h11_max_incomplete_event_size == 64 * 1024
    assert config.timeout_keep_alive == 30
    assert config.timeout_graceful_shutdown == 7
    assert config.server_header is False
    assert config.proxy_headers is False
    assert config.ws_per_message_deflate is False
    assert config.access_log is False


def test_options_reach_uvicorn() -> None:
    """What was chosen is what uvicorn is told."""
    config = drive({"port": 9000, "keep_alive": 3, "websockets": False, "backlog": 256, "access_log": True})

    assert (config.host, config.port) == ("127.0.0.1", 9000)
    assert config.timeout_keep_alive == 3
    assert config.ws == "none"
    assert config.backlog == 256
    assert config.access_log is True


def test_compression_is_turned_on_where_it_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the library websockets, which limits what comes out; uvicorn would take wsproto in its place."""
    assert drive({"websocket_compression": True}).ws_per_message_deflate is True
    monkeypatch.setitem(sys.modules, "websockets", None)

    with pytest.raises(MissingDependencyError) as caught:
        drive({"websocket_compression": True})

    assert str(caught.value) == (
        'websockets is needed for websocket_compression=True.\n  Install it with: pip install "covetpy[uvicorn]"'
    )


def test_the_signal_that_stopped_it_does_not_kill_the_process() -> None:
    """Uvicorn raises the signal again after its stop; the program goes on all the same."""
    before = signal.getsignal(signal.SIGTERM)

    drive()

    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize(("status", "started"), [(3, False), (None, False)])
def test_a_failed_start_is_an_exit_with_status_1(
    monkeypatch: pytest.MonkeyPatch, status: int | None, started: bool
) -> None:
    """Uvicorn's own statuses become 1, as with the other servers."""
    monkeypatch.setattr(FakeServer, "status", status)
    monkeypatch.setattr(FakeServer, "started", started)

    with pytest.raises(SystemExit) as caught:
        drive()

    assert caught.value.code == 1

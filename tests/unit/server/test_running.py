"""
What `run()` refuses before anything is started.
"""

import asyncio
import socket
import sys
import threading
from pathlib import Path

import pytest

from covet.exceptions import ConfigurationError, MissingDependencyError
from covet.server import run
from covet.server.running import find_server
from covet.server.target import TargetError, loading
from covet.server.worker import is_worker, supervising


async def app(scope: object, receive: object, send: object) -> None:
    """Speak ASGI, and say nothing."""


def hide(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Make libraries look as if they were not installed."""
    for name in names:
        monkeypatch.setitem(sys.modules, name, None)


def test_the_first_installed_server_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Granian comes first, then uvicorn, then Hypercorn."""
    chosen = [find_server(None)]
    hide(monkeypatch, "granian")
    chosen.append(find_server(None))
    hide(monkeypatch, "uvicorn")
    chosen.append(find_server(None))

    assert chosen == ["granian", "uvicorn", "hypercorn"]


def test_a_server_that_is_not_installed_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each server names the extra that brings it."""
    hide(monkeypatch, "granian", "uvicorn", "hypercorn")

    with pytest.raises(MissingDependencyError, match=r"A server .* is needed for run\(\)\.\n.*covetpy\[standard\]"):
        find_server(None)
    with pytest.raises(MissingDependencyError, match=r"Hypercorn is needed for run\(\)\.\n.*covetpy\[hypercorn\]"):
        find_server("hypercorn")


def test_without_watchfiles_reload_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """`reload=True` on Granian needs watchfiles, and says so before anything starts."""
    hide(monkeypatch, "watchfiles")

    with pytest.raises(MissingDependencyError, match=r"watchfiles is needed for reload=True\.\n.*covetpy\[standard\]"):
        run(f"{__name__}:app", reload=True, port=0)


def test_a_running_loop_is_refused() -> None:
    """`run()` would block the loop that it is called in."""

    async def call() -> None:
        run(app)

    with pytest.raises(ConfigurationError, match=r"run\(\) was called inside a running event loop"):
        asyncio.run(call())


def test_another_thread_is_refused() -> None:
    """Signals reach the main thread only."""
    caught: list[BaseException] = []

    def call() -> None:
        try:
            run(app)
        except ConfigurationError as exc:
            caught.append(exc)

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()

    assert "run() serves from the main thread only" in str(caught[0])


def test_it_does_nothing_while_a_target_is_imported() -> None:
    """A script that ends with `run()` can be imported to be served."""
    with loading():
        run(app)


def test_only_children_of_the_supervisor_are_workers() -> None:
    """The mark is inherited, but only a direct child is a worker."""
    with supervising():
        assert is_worker() is False


def test_what_is_no_application_is_refused() -> None:
    """Something that neither can be called nor speaks RSGI cannot be served."""
    with pytest.raises(TargetError, match="'int' is no kind of application: it neither can be called nor has __rsgi__"):
        run(42)


def test_rsgi_is_refused_by_other_servers() -> None:
    """Only Granian speaks RSGI."""
    with pytest.raises(ConfigurationError, match=r"uvicorn speaks ASGI, not RSGI\.\n  Use server=\"granian\""):
        run(app, server="uvicorn", interface="rsgi")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"server": "uvicorn", "http": "2"}, "uvicorn cannot do http='2'."),
        ({"server": "uvicorn", "header_timeout": 5}, "uvicorn cannot do header_timeout=5."),
        ({"server": "uvicorn", "backpressure": 5}, "uvicorn cannot do backpressure=5."),
        ({"server": "hypercorn", "websockets": False}, "Hypercorn is not driven with websockets=False."),
        ({"server": "hypercorn", "header_timeout": 5}, "Hypercorn is not driven with header_timeout=5."),
        ({"server": "hypercorn", "backpressure": 5}, "Hypercorn is not driven with backpressure=5."),
        ({"server": "hypercorn", "start_method": "fork"}, "Hypercorn is not driven with start_method='fork'."),
        ({"server": "hypercorn", "websocket_compression": True}, "driven with websocket_compression=True."),
        ({"server": "granian", "websocket_compression": True}, "Granian does not compress the messages of WebSockets"),
        ({"server": "granian", "keep_alive": 60}, "keep_alive=60 cannot be different."),
    ],
)
def test_an_option_that_a_server_lacks_is_refused(options: dict[str, object], message: str) -> None:
    """Nothing is accepted and ignored: the error names the option and the server."""
    with pytest.raises(ConfigurationError) as caught:
        run(app, port=0, **options)  # type: ignore[arg-type]

    assert message in str(caught.value)


@pytest.mark.parametrize("options", [{"workers": 2}, {"reload": True}])
def test_hypercorn_serves_with_one_worker(options: dict[str, object]) -> None:
    """Several workers and reloading are refused, by name."""
    with pytest.raises(ConfigurationError, match=r"Hypercorn is not driven with (workers=2|reload=True)"):
        run(f"{__name__}:app", port=0, server="hypercorn", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"reload": True}, "With reload=True the workers each import the application"),
        ({"workers": 2, "server": "uvicorn"}, "With workers=2 the workers each import the application"),
        ({"start_method": "spawn"}, "Workers that start by 'spawn' each import the application"),
    ],
)
def test_fresh_workers_need_an_import_string(options: dict[str, object], message: str) -> None:
    """An application without a name cannot be found by a fresh process."""

    async def local(scope: object, receive: object, send: object) -> None: ...

    with pytest.raises(TargetError) as caught:
        run(local, port=0, **options)  # type: ignore[arg-type]

    assert message in str(caught.value)
    assert 'run("module:create_app", factory=True)' in str(caught.value)


def test_a_port_in_use_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """One line says what is wrong, and the status is 1."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        with pytest.raises(SystemExit) as caught:
            run(app, port=port)

    assert caught.value.code == 1
    written = capsys.readouterr().err
    assert written == f"covet: http://127.0.0.1:{port} cannot be listened on: another program uses that port.\n"


def test_a_host_that_is_not_ours_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """An address of another machine cannot be listened on."""
    with pytest.raises(SystemExit):
        run(app, host="192.0.2.1")

    assert "http://192.0.2.1:8000 cannot be listened on: Cannot assign requested address." in capsys.readouterr().err


def test_a_file_in_the_place_of_a_unix_socket_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file is not removed for a socket's sake."""
    path = tmp_path / "app.sock"
    path.write_text("precious")

    with pytest.raises(SystemExit):
        run(app, uds=path)

    assert "there is a file of that name" in capsys.readouterr().err
    assert path.read_text() == "precious"


def test_a_unix_socket_in_use_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A socket that somebody listens on is left alone."""
    path = tmp_path / "app.sock"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()

        with pytest.raises(SystemExit):
            run(app, uds=path)

    assert "another server uses it" in capsys.readouterr().err
    assert path.is_socket()


def test_a_unix_socket_that_cannot_be_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A directory that is not there is an error of ours, not a backtrace of the server's."""
    path = tmp_path / "missing" / "app.sock"

    with pytest.raises(SystemExit) as caught:
        run(app, uds=path)

    assert caught.value.code == 1
    assert capsys.readouterr().err == f"covet: unix:{path} cannot be listened on: No such file or directory.\n"

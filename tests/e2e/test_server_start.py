"""
How a real server starts: from a script, from an import string, forked or fresh, and how it fails to.
"""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest

from tests.e2e.server_process import SOURCE, ServerProcess, serve

APPLICATIONS = "tests.e2e.server_applications"
ROOT = Path(__file__).parents[2]
SERVERS = [("granian", "rsgi"), ("granian", "asgi"), ("uvicorn", "asgi"), ("hypercorn", "asgi")]

SCRIPT = """
import os
from tests.e2e.server_applications import Application, record
from covet.server import run

record(f"imported {__name__}")
app = Application()
run(app, port=int(os.environ["PORT"]), **OPTIONS)
"""


def write_script(directory: Path, options: str, *, text: str = SCRIPT) -> Path:
    """Write a script that serves, without a `__main__` guard."""
    path = directory / "script.py"
    path.write_text(text.replace("OPTIONS", options))
    return path


def start_script(path: Path, **options: object) -> ServerProcess:
    """Prepare a server for a script, which notes what happens in record.txt."""
    record = path.parent / "record.txt"
    record.touch()
    env = {"RECORD": str(record), "PYTHONPATH": str(ROOT)}
    return serve(path, env=env, directory=path.parent, **options)  # type: ignore[arg-type]


def worker_pids(server: ServerProcess, count: int) -> list[int]:
    """Wait until as many workers run as there should be."""
    deadline = time.monotonic() + 10
    while len(server.worker_pids()) < count and time.monotonic() < deadline:
        time.sleep(0.05)
    return server.worker_pids()


# ── What starts ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("server_name", "interface"), SERVERS)
def test_an_import_string_is_served(server_name: str, interface: str) -> None:
    """`covet run module:app` serves over each server, over the interface that was asked for."""
    with serve(f"{APPLICATIONS}:app", server=server_name, interface=interface, directory=ROOT) as server:
        response = httpx2.get(f"{server.url}/")

        assert response.status_code == 200
        assert response.text == "ok"
        assert response.headers["x-interface"] == interface


@pytest.mark.parametrize(
    ("server_name", "options"),
    [
        ("granian", "workers=4"),
        ("granian", "workers=2, start_method='fork'"),
        ("granian", "workers=2, start_method='spawn'"),
        ("granian", "workers=2, interface='asgi'"),
        ("uvicorn", "workers=2"),
        ("uvicorn", "workers=1"),
        ("hypercorn", "workers=1"),
    ],
)
def test_a_script_without_a_guard_is_served(tmp_path: Path, server_name: str, options: str) -> None:
    """`run()` at the end of a script serves once, however often its workers import the script."""
    count = 0 if server_name != "granian" and "workers=1" in options else int(options[8])
    script = write_script(tmp_path, f"dict(server={server_name!r}, {options})")

    with start_script(script) as server:
        pids = worker_pids(server, count)
        answered = {int(httpx2.get(f"{server.url}/pid").text) for _ in range(20)}

        assert len(pids) == count
        assert answered <= set(pids or [server.pid])
        assert server.stop() == 0
        assert "Traceback" not in server.log()
        assert server.log().count("Starting on") == 1


def test_a_forked_worker_inherits_the_application(tmp_path: Path) -> None:
    """Where workers are forked, the script runs once: what stands in it happens once."""
    script = write_script(tmp_path, "dict(workers=2)")

    with start_script(script) as server:
        httpx2.get(f"{server.url}/")

    lines = (tmp_path / "record.txt").read_text().splitlines()
    assert [line for line in lines if line.startswith("imported")] == ["imported __main__"]


def test_an_application_without_a_name_is_served_where_workers_inherit_it(tmp_path: Path) -> None:
    """An application that lives in a function can be served by several forked workers."""
    text = """
import os
from tests.e2e.server_applications import Application
from covet.server import run

def main():
    run(Application(), port=int(os.environ["PORT"]), workers=2)

main()
"""
    script = write_script(tmp_path, "", text=text)

    with start_script(script) as server:
        assert httpx2.get(f"{server.url}/").text == "ok"


def test_a_factory_is_called_in_each_worker() -> None:
    """`--factory` makes the application by a call."""
    target = f"{APPLICATIONS}:create_app"

    with serve(target, directory=ROOT, workers=2, arguments=["--factory"]) as server:
        assert httpx2.get(f"{server.url}/").text == "ok"


def test_a_module_that_ends_with_run_can_be_named(tmp_path: Path) -> None:
    """`covet run script:app` ignores the script's own `run()`."""
    write_script(tmp_path, "dict(workers=3)")
    env = {"PYTHONPATH": str(ROOT)}

    with serve("script:app", directory=tmp_path, env=env) as server:
        assert httpx2.get(f"{server.url}/").text == "ok"
        assert len(server.worker_pids()) == 1
        assert server.log().count("Starting on") == 1


@pytest.mark.parametrize(("server_name", "interface"), SERVERS)
def test_a_unix_socket_is_served(tmp_path: Path, server_name: str, interface: str) -> None:
    """A Unix socket can take the place of host and port."""
    path = tmp_path / "covet.sock"
    arguments = ["--uds", str(path)]

    with serve(
        f"{APPLICATIONS}:app",
        server=server_name,
        interface=interface,
        directory=ROOT,
        arguments=arguments,
        wait_until_ready=False,
    ) as server:
        deadline = time.monotonic() + 10
        while not path.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.2)
        with httpx2.Client(transport=httpx2.HTTPTransport(uds=str(path))) as client:
            assert client.get("http://localhost/").text == "ok"
        assert f"unix:{path}" in server.log()


def test_port_0_takes_a_free_one_and_says_which() -> None:
    """Port 0 is replaced by a free port, which is logged."""
    with serve(f"{APPLICATIONS}:app", directory=ROOT, arguments=["--port", "0"], wait_until_ready=False) as server:
        deadline = time.monotonic() + 10
        while "Starting on" not in server.log() and time.monotonic() < deadline:
            time.sleep(0.05)
        address = server.log().partition("Starting on ")[2].split()[0]
        time.sleep(0.5)

        assert httpx2.get(f"{address}/").text == "ok"


def test_a_slow_head_is_cut_off() -> None:
    """A client that does not finish its request's head within the header timeout is disconnected."""
    arguments = ["--header-timeout", "1"]

    with serve(f"{APPLICATIONS}:app", directory=ROOT, arguments=arguments) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nhost: te")
            before = time.monotonic()

            assert connection.recv(100) == b""

        assert 0.8 < time.monotonic() - before < 8


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000040000000000")
UPGRADE = (
    b"GET / HTTP/1.1\r\nhost: test\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: \r\n\r\n"
)


@pytest.mark.parametrize("server_name", ["granian", "hypercorn"])
def test_http_2_is_off_unless_asked_for(server_name: str) -> None:
    """HTTP/2 with prior knowledge is answered only when `http` allows it."""
    answers = {}
    for version in ("1", "auto"):
        arguments = ["--http", version]
        with (
            serve(f"{APPLICATIONS}:app", server=server_name, directory=ROOT, arguments=arguments) as server,
            socket.create_connection(("127.0.0.1", server.port), timeout=3) as connection,
        ):
            connection.sendall(PREFACE)
            answers[version] = connection.recv(100)

    # A server's first frame is SETTINGS, of type 4.
    assert answers["auto"][3:4] == b"\x04"
    assert answers["1"][3:4] != b"\x04"


@pytest.mark.parametrize("server_name", ["granian", "uvicorn", "hypercorn"])
def test_no_connection_is_upgraded_to_http_2(server_name: str) -> None:
    """`Upgrade: h2c` is answered as the request that it stands in."""
    with (
        serve(f"{APPLICATIONS}:app", server=server_name, directory=ROOT) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=3) as connection,
    ):
        connection.sendall(UPGRADE)

        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")


def test_the_access_log_is_written_on_demand() -> None:
    """Requests are logged by the server only with `--access-log`."""
    logs = []
    for arguments in ([], ["--access-log"]):
        with serve(f"{APPLICATIONS}:app", directory=ROOT, arguments=arguments) as server:
            httpx2.get(f"{server.url}/pid")
            server.stop()
            logs.append(server.log())

    assert "GET /pid" not in logs[0]
    assert "GET /pid" in logs[1]


# ── What fails to ────────────────────────────────────────────────────────────


def fail(target: str, directory: Path = ROOT, **options: object) -> tuple[int, str]:
    """Start what cannot start; returns status and log."""
    with serve(target, directory=directory, wait_until_ready=False, **options) as server:  # type: ignore[arg-type]
        return server.wait(15), server.log()


@pytest.mark.parametrize(("server_name", "interface"), SERVERS)
def test_a_failed_start_ends_the_server(server_name: str, interface: str) -> None:
    """An exception at start is shown, and ends the server with status 1 instead of starting it again."""
    status, log = fail(f"{APPLICATIONS}:failing", server=server_name, interface=interface)

    assert status == 1
    assert "the kettle is empty" in log


@pytest.mark.parametrize("name", ["failing", "failing_slowly"])
def test_a_failed_start_is_reported_once(name: str) -> None:
    """With several workers the error is written once, however long the start takes."""
    status, log = fail(f"{APPLICATIONS}:{name}", workers=2)

    assert status == 1
    assert log.count("RuntimeError: the kettle is empty") == 1
    assert log.count("covet: The application could not be started.") == 1
    assert "Respawning" not in log


@pytest.mark.parametrize("server_name", ["granian", "uvicorn"])
def test_several_workers_fail_together(server_name: str) -> None:
    """A target that is not there ends the server for all workers."""
    status, log = fail(f"{APPLICATIONS}:ap", server=server_name, workers=2)

    assert status == 1
    assert f"Module '{APPLICATIONS}' has no 'ap'." in log
    assert "Did you mean 'app'?" in log


@pytest.mark.parametrize(
    ("target", "text", "expected"),
    [
        ("nowhere:app", "", "There is no module 'nowhere'"),
        ("samples:app", "", "Did you mean 'sample'?"),
        ("sample:app", "app = (", "SyntaxError"),
        ("sample:app", "import nowhere_to_be_found", "No module named 'nowhere_to_be_found'"),
        ("sample:app", "raise SystemError('out of tea')", "SystemError: out of tea"),
        ("sample:app", "app = 42", "sample:app is an int, not an application."),
        ("sample:make", "def make(): ...", "--factory on the command line"),
        ("sample.py:app", "", "Write it with dots and without .py: sample:app"),
    ],
)
def test_a_wrong_target_is_explained(tmp_path: Path, target: str, text: str, expected: str) -> None:
    """What is wrong with a target is said in one text, and the status is 1."""
    (tmp_path / "sample.py").write_text(text)

    status, log = fail(target, tmp_path)

    assert status == 1
    assert expected in log
    assert "covet/server" not in log


@pytest.mark.parametrize("server_name", ["granian", "uvicorn", "hypercorn"])
def test_a_port_in_use_is_one_line(server_name: str) -> None:
    """A second server on the same port is refused with one line and status 1; the first goes on."""
    with serve(f"{APPLICATIONS}:app", directory=ROOT) as first:
        status, log = fail(f"{APPLICATIONS}:app", server=server_name, arguments=["--port", str(first.port)])

        assert httpx2.get(f"{first.url}/").text == "ok"
    assert status == 1
    expected = f"covet: http://127.0.0.1:{first.port} cannot be listened on: another program uses that port.\n"
    assert log == expected


def test_a_reload_needs_a_name(tmp_path: Path) -> None:
    """Fresh workers cannot find an application that lives in a function; the error says what to do."""
    text = """
from tests.e2e.server_applications import Application
from covet.server import run

def main():
    run(Application(), reload=True)

main()
"""
    script = write_script(tmp_path, "", text=text)

    with start_script(script, wait_until_ready=False) as server:
        assert server.wait() == 1
        assert "With reload=True the workers each import the application" in server.log()
        assert 'run("module:create_app", factory=True)' in server.log()


# ── Reloading ────────────────────────────────────────────────────────────────

RELOADED = """
class App:
    async def __rsgi__(self, scope, protocol):
        protocol.response_bytes(200, [("content-type", "text/plain")], b"ANSWER")

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"6")]})
        await send({"type": "http.response.body", "body": b"ANSWER"})

app = App()
"""


def answer_of(server: ServerProcess, expected: str) -> str:
    """Ask until the answer is the one that is expected, or give the last one."""
    deadline = time.monotonic() + 15
    text = ""
    while text != expected and time.monotonic() < deadline:
        time.sleep(0.1)
        try:
            text = httpx2.get(f"{server.url}/", timeout=2).text
        except httpx2.TransportError:
            continue
    return text


@pytest.mark.parametrize("server_name", ["granian", "uvicorn"])
def test_a_change_is_served_after_a_reload(tmp_path: Path, server_name: str) -> None:
    """`--reload` serves the changed file, and gets over a version that cannot be imported."""
    module = tmp_path / "reloaded.py"
    module.write_text(RELOADED.replace("ANSWER", "first_"))

    with serve("reloaded:app", server=server_name, directory=tmp_path, arguments=["--reload"]) as server:
        assert answer_of(server, "first_") == "first_"
        time.sleep(1)
        if server_name == "granian":
            module.write_text("app = (")
            time.sleep(1.5)
        module.write_text(RELOADED.replace("ANSWER", "second"))

        assert answer_of(server, "second") == "second"
        assert server.stop() == 0


@pytest.mark.parametrize("server_name", ["granian", "uvicorn"])
def test_a_written_file_that_is_no_source_restarts_nothing(tmp_path: Path, server_name: str) -> None:
    """A database or a log in the watched directory does not restart the server that writes it."""
    (tmp_path / "reloaded.py").write_text(RELOADED.replace("ANSWER", "first_"))

    with serve("reloaded:app", server=server_name, directory=tmp_path, arguments=["--reload"]) as server:
        assert answer_of(server, "first_") == "first_"
        before = server.worker_pids()
        for number in range(3):
            (tmp_path / "data.db").write_text(f"{number}")
            time.sleep(0.5)

        assert answer_of(server, "first_") == "first_"
        assert server.worker_pids() == before


def test_a_script_reloads(tmp_path: Path) -> None:
    """`run(app, reload=True)` in a script without a guard serves the changed script."""
    script = tmp_path / "script.py"
    ending = "import os\nfrom covet.server import run\nrun(app, port=int(os.environ['PORT']), reload=True)\n"
    script.write_text(RELOADED.replace("ANSWER", "first_") + ending)

    with start_script(script) as server:
        assert answer_of(server, "first_") == "first_"
        time.sleep(1)
        script.write_text(RELOADED.replace("ANSWER", "second") + ending)

        assert answer_of(server, "second") == "second"


# ── Without a server ────────────────────────────────────────────────────────


def test_without_a_server_the_error_says_what_to_install(tmp_path: Path) -> None:
    """Without Granian, uvicorn and Hypercorn the error names the extra that brings one."""
    program = (
        "import sys\n"
        "sys.modules.update(dict.fromkeys(['granian', 'uvicorn', 'hypercorn']))\n"
        "from covet.server import run\n"
        "run(lambda scope, receive, send: None)\n"
    )
    env = {**os.environ, "PYTHONPATH": str(SOURCE)}

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=env, check=False)

    assert ended.returncode == 1
    assert "A server (Granian, uvicorn or Hypercorn) is needed for run()." in ended.stderr
    assert 'pip install "covetpy[standard]"' in ended.stderr

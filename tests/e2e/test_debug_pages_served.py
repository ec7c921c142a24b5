"""
The debug pages under real servers: what each says about its clients, and what a browser is kept from.
"""

import http.client
import socket
import time
from pathlib import Path

import pytest

from tests.e2e.browser import CHROMIUM, open_page, serve_page
from tests.e2e.server_process import serve

SERVERS = [("granian", "rsgi"), ("granian", "asgi"), ("uvicorn", "asgi"), ("hypercorn", "asgi")]

APPLICATION = """
from covet import create_app
from covet.config import Settings, Sources
from covet.debug import DebugPlugin

settings = Settings(
    sources=Sources.none(),
    debug=True,
    app={"name": "<script>document.title = 'taken'</script>"},
    security={"cors_allow_origins": ["*"]},
)
app = create_app(settings, plugins=[DebugPlugin])
"""

FETCHING = """<!doctype html><title>Elsewhere</title><p id="read">nothing</p><script>
fetch("URL/_debug/config", {headers: {accept: "application/json"}})
  .then((response) => response.text().then((text) => `status ${response.status}, ${text.length} characters`))
  .catch((error) => "refused")
  .then((found) => { document.getElementById("read").textContent = found })
</script>"""

every_server = pytest.mark.parametrize(("server", "interface"), SERVERS, ids=["-".join(pair) for pair in SERVERS])


class UnixConnection(http.client.HTTPConnection):
    """A connection over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost")
        self.path = path

    def connect(self) -> None:
        """Connect."""
        connecting = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connecting.connect(str(self.path))
        except OSError:
            connecting.close()
            raise
        self.sock = connecting


def ask(connection: http.client.HTTPConnection, **headers: str) -> int:
    """Ask for the first page; returns the status."""
    named = {"host": "localhost", **{name.replace("_", "-"): value for name, value in headers.items()}}
    connection.request("GET", "/_debug", headers=named)
    status = connection.getresponse().status
    connection.close()
    return status


def find_own_address() -> str | None:
    """Find an address of this machine that is not loopback; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address: str = probe.getsockname()[0]
        return None if address.startswith("127.") else address


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Write the application."""
    (tmp_path / "main.py").write_text(APPLICATION)
    return tmp_path


@every_server
def test_only_this_machine_sees_them(directory: Path, server: str, interface: str) -> None:
    """By the address that the server saw: this machine's own name on the network is elsewhere already."""
    own = find_own_address()

    with serve(
        "main:app", directory=directory, server=server, interface=interface, arguments=["--host", "0.0.0.0"]
    ) as it:
        assert ask(http.client.HTTPConnection("127.0.0.1", it.port)) == 200
        assert ask(http.client.HTTPConnection("127.0.0.1", it.port), host="evil.example") == 404
        assert ask(http.client.HTTPConnection("127.0.0.1", it.port), x_forwarded_for="127.0.0.1") == 404
        if own is not None:
            assert ask(http.client.HTTPConnection(own, it.port)) == 404
            assert ask(http.client.HTTPConnection(own, it.port), x_real_ip="127.0.0.1") == 404


@every_server
def test_unix_socket_is_this_machine(directory: Path, server: str, interface: str) -> None:
    """Each server says in its own way that there is no address."""
    path = directory / "covet.sock"

    with serve(
        "main:app",
        directory=directory,
        server=server,
        interface=interface,
        arguments=["--uds", str(path)],
        wait_until_ready=False,
    ):
        deadline = time.monotonic() + 20
        while not path.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        status = 0
        while not status and time.monotonic() < deadline:
            try:
                status = ask(UnixConnection(path))
            except OSError:
                time.sleep(0.02)

        assert status == 200


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_browser_shows_the_page_and_runs_nothing(directory: Path, tmp_path: Path) -> None:
    """What looks like a script is text."""
    with serve("main:app", directory=directory) as server:
        document = open_page(f"http://localhost:{server.port}/_debug", tmp_path / "profile")

    assert "<title>Debug pages · debug</title>" in document
    assert "&lt;script&gt;document.title" in document


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_page_of_another_origin_reads_nothing(directory: Path, tmp_path: Path) -> None:
    """Though the application allows every origin to read its answers: it gets the answer of a path without route."""
    with serve("main:app", directory=directory) as server:
        page = FETCHING.replace("URL", f"http://localhost:{server.port}")
        with serve_page(page) as url:
            document = open_page(url, tmp_path / "profile")

    assert '<p id="read">status 404, 114 characters</p>' in document

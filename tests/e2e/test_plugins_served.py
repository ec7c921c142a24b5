"""
Plugins under real servers: started in each worker, stopped with it, and never served half.
"""

import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.e2e.server_process import ServerProcess, serve

SERVERS = [("granian", "rsgi"), ("granian", "asgi"), ("uvicorn", "asgi"), ("hypercorn", "asgi")]

APPLICATION = """
import os
from pathlib import Path

from covet import create_app
from covet.config import Settings, Sources
from covet.plugins import Plugin


def note(line):
    with Path(__file__).with_name("record.txt").open("a") as file:
        file.write(f"{line} {os.getpid()}\\n")


class Database(Plugin):
    name, version = "database", "1.0"

    def init_app(self, app): ...

    async def on_startup(self):
        note("start database")

    async def on_shutdown(self):
        note("stop database")


class Shop(Plugin):
    name, version, dependencies = "shop", "1.0", ["database>=1"]

    def init_app(self, app):
        app.get("/shop")(self.show)

    async def show(self) -> str:
        return "open"

    async def on_startup(self):
        note("start shop")

    async def on_shutdown(self):
        note("stop shop")


class Metrics(Shop):
    name, required = "metrics", False

    def init_app(self, app):
        app.get("/metrics")(self.show)

    async def on_startup(self):
        note("start metrics")
        raise ConnectionError("no collector at metrics.internal")


class Needed(Metrics):
    name, required = "needed", True


def create(*plugins):
    return create_app(Settings(sources=Sources.none()), plugins=plugins)


app = create(Shop, Database, Metrics)
broken = create(Shop, Database, Needed)
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory with the application."""
    (tmp_path / "main.py").write_text(APPLICATION)
    (tmp_path / "record.txt").touch()
    return tmp_path


def fetch(server: ServerProcess, path: str) -> tuple[int, str]:
    """Send a request; return status and body."""
    try:
        with urllib.request.urlopen(f"{server.url}{path}", timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def read_record(directory: Path) -> list[str]:
    """Read what the plugins noted, without their processes."""
    return [line.rpartition(" ")[0] for line in (directory / "record.txt").read_text().splitlines()]


@pytest.mark.parametrize(("server", "interface"), SERVERS)
def test_plugins_start_and_stop_with_the_server(directory: Path, server: str, interface: str) -> None:
    """In the order of need, and in reverse; one that failed answers 503, says nothing, and is not stopped."""
    with serve("main:app", server=server, interface=interface, directory=directory) as process:
        answers = [fetch(process, path) for path in ("/shop", "/metrics")]
        status = process.stop()

    assert answers[0] == (200, "open")
    assert answers[1][0] == 503
    assert "internal" not in answers[1][1]
    assert status == 0
    assert read_record(directory) == ["start database", "start shop", "start metrics", "stop shop", "stop database"]


@pytest.mark.parametrize(("server", "interface"), SERVERS)
def test_server_does_not_start_without_a_required_plugin(directory: Path, server: str, interface: str) -> None:
    """What had started is stopped again, and the log says which plugin it was."""
    with serve(
        "main:broken", server=server, interface=interface, directory=directory, wait_until_ready=False
    ) as process:
        status = process.wait()
        log = process.log()

    assert status == 1
    assert read_record(directory) == ["start database", "start shop", "start metrics", "stop shop", "stop database"]
    assert "ConnectionError: no collector at metrics.internal" in log
    assert "while starting: plugin needed" in log


def test_each_worker_has_its_own(directory: Path) -> None:
    """As many starts as workers, each stopped in the process that started it."""
    with serve("main:app", workers=2, directory=directory) as process:
        deadline = time.monotonic() + 10
        while read_record(directory).count("start metrics") < 2:
            assert time.monotonic() < deadline, read_record(directory)
            time.sleep(0.02)
        fetch(process, "/shop")
        process.stop()

    lines = (directory / "record.txt").read_text().splitlines()
    started = {line.rpartition(" ")[2] for line in lines if line.startswith("start database")}
    stopped = {line.rpartition(" ")[2] for line in lines if line.startswith("stop database")}
    assert started == stopped
    assert len(started) == 2

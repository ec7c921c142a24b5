"""
What settings say of the server and of the log, on the real servers; and a file of settings that changes meanwhile.
"""

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.e2e.server_process import ServerProcess, free_port, serve

SHOP = """
import asyncio
import logging
import os

from covet import CovetPy, create_app
from covet.events import SettingsChangedEvent

app = create_app()
app.watch_settings(interval=0.05)


@app.get("/level")
async def show_level() -> dict[str, object]:
    return {"level": app.settings.logging.level, "pid": os.getpid()}


@app.get("/say")
async def say(text: str) -> None:
    logging.getLogger("covet.shop").error("heard %s", text)


@app.get("/slow")
async def slow() -> str:
    print("slow begins", flush=True)
    await asyncio.sleep(60)
    return "done"


@app.events.subscribe(SettingsChangedEvent)
async def tell(event: SettingsChangedEvent) -> None:
    print("told", event.changed, event.needs_restart, os.getpid(), flush=True)
"""

SCRIPT = f"{SHOP}\n\napp.run()\n"


class Shop:
    """
    A directory with an application, its file of settings, and a port for it.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        (directory / "shop.py").write_text(SHOP)

    def configure(self, server: str = "", logging: str = "") -> None:
        """Write the file of settings, as an editor does: another file takes its place."""
        text = f"[server]\nport = {self.port}\n{server}\n[logging]\n{logging}\n"
        (self.directory / "config.new").write_text(text)
        (self.directory / "config.new").rename(self.directory / "config.toml")

    def serve(self, *arguments: str, script: bool = False, **options: object) -> ServerProcess:
        """Prepare the server: its port is that of the settings."""
        target: str | Path = "shop:app"
        if script:
            target = self.directory / "script.py"
            target.write_text(SCRIPT)
        given: dict[str, Any] = {"plain": True, "wait_until_ready": False, **options}
        return serve(target, directory=self.directory, arguments=arguments, **given)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """An application that is served as its settings say."""
    made = Shop(tmp_path)
    made.configure()
    return made


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline, "it did not come to it"
        time.sleep(0.05)


def start(server: ServerProcess, shop: Shop) -> str:
    """Wait until the server answers at the port of the settings; give its address."""
    url = f"http://127.0.0.1:{shop.port}"

    def answers() -> bool:
        assert server.returncode is None, server.log()
        try:
            return httpx2.get(f"{url}/level", timeout=5).status_code == 200
        except httpx2.TransportError:
            return False

    wait_for(answers)
    return url


def find_workers(url: str) -> set[int]:
    """Ask often enough that each worker has answered."""
    return {httpx2.get(f"{url}/level").json()["pid"] for _ in range(40)}


# ── The server ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("script", "server"),
    [(True, "granian"), (False, "granian"), (False, "uvicorn")],
    ids=["app.run()", "covet run", "covet run on uvicorn"],
)
def test_port_and_workers_are_those_of_the_settings(shop: Shop, script: bool, server: str) -> None:
    """Without an argument, the settings say where and with how many workers it is served."""
    shop.configure("workers = 2")

    with shop.serve(script=script, server=server) as process:
        url = start(process, shop)

        assert f"Starting on {url} " in process.log()
        assert "2 workers" in process.log()
        wait_for(lambda: len(process.worker_pids()) == 2)
        assert process.stop() == 0


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_start_either_way(shop: Shop, method: str) -> None:
    """Reading the settings first does not change how workers start."""
    shop.configure("workers = 2")

    with shop.serve("--start-method", method) as process:
        start(process, shop)

        wait_for(lambda: len(process.worker_pids()) == 2)
        assert process.stop() == 0


def test_the_command_line_is_stronger(shop: Shop) -> None:
    """What is given wins over the settings."""
    shop.configure("workers = 2")
    shop.port, said = free_port(), shop.port

    with shop.serve("--port", str(shop.port), "--workers", "1") as process:
        start(process, shop)

        assert str(said) not in process.log()
        assert "1 worker" in process.log()


def test_the_deadline_of_the_drain_is_that_of_the_settings(shop: Shop) -> None:
    """A request that takes longer is answered with 503 after it."""
    shop.configure("drain_timeout = '500ms'")

    with shop.serve() as process:
        url = start(process, shop)
        answers: list[int] = []
        slow = threading.Thread(target=lambda: answers.append(httpx2.get(f"{url}/slow", timeout=20).status_code))
        slow.start()
        wait_for(lambda: "slow begins" in process.log())

        status = process.stop()

        slow.join()
        assert (status, answers) == (0, [503])
        assert "did not finish within 0.5 s" in process.log()


def test_reload_is_that_of_the_settings(shop: Shop) -> None:
    """A changed source is served."""
    shop.configure("reload = true")

    with shop.serve() as process:
        url = start(process, shop)
        time.sleep(1)
        source = shop.directory / "shop.py"
        source.write_text(SHOP.replace('"pid": os.getpid()', '"pid": "changed"'))

        def is_changed() -> bool:
            try:
                return bool(httpx2.get(f"{url}/level", timeout=5).json()["pid"] == "changed")
            except httpx2.TransportError:
                return False

        wait_for(is_changed)
        assert process.stop() == 0


def test_settings_that_are_wrong_are_said_once(shop: Shop) -> None:
    """Before anything listens, in one report."""
    shop.configure("workers = 'many'")

    with shop.serve() as process:
        status = process.wait(15)
        log = process.log()

    assert status == 1
    assert log.count("server.workers must be an integer, got 'many'") == 1
    assert "Starting on" not in log
    assert log.endswith("covet: The application could not be started.\n")


def test_with_reload_a_broken_application_waits_for_a_change(shop: Shop) -> None:
    """Its settings are not known then: what stands on the command line holds, and the defaults."""
    source = shop.directory / "shop.py"
    source.write_text("app = (")

    with shop.serve("--reload", "--port", str(shop.port)) as process:
        wait_for(lambda: "SyntaxError" in process.log())
        time.sleep(1)
        source.write_text(SHOP)

        start(process, shop)
        assert process.stop() == 0


def test_a_stop_while_settings_are_read_ends_everything(shop: Shop) -> None:
    """Nobody is left behind who imports."""
    hanging = "import os, pathlib, time\npathlib.Path('pid').write_text(str(os.getpid()))\ntime.sleep(60)\n"
    (shop.directory / "shop.py").write_text(hanging)

    with shop.serve() as process:
        wait_for(lambda: (shop.directory / "pid").exists() and (shop.directory / "pid").read_text())

        assert process.stop(signal.SIGTERM) == 0
        with pytest.raises(ProcessLookupError):
            os.kill(int((shop.directory / "pid").read_text()), 0)


# ── The log ──────────────────────────────────────────────────────────────────


@pytest.mark.row(101)
@pytest.mark.parametrize("server", ["granian", "uvicorn", "hypercorn"])
def test_the_log_is_json_if_the_settings_say_so(shop: Shop, server: str) -> None:
    """Each line is one entry, requests included, and a client cannot forge one."""
    shop.configure("access_log = true", "format = 'json'")

    with shop.serve(server=server) as process:
        url = start(process, shop)
        httpx2.get(f"{url}/say", params={"text": "x\n2026-01-01 INFO covet: forged\x1b[31m"})
        process.stop()
        lines = [line for line in process.log().splitlines() if not line.startswith("told")]

    entries = [json.loads(line) for line in lines]
    said = [entry for entry in entries if entry["logger"] == "covet.shop"]
    assert [(entry["level"], entry["message"]) for entry in said] == [
        ("error", "heard x\n2026-01-01 INFO covet: forged\x1b[31m")
    ]
    assert any("/level" in entry["message"] for entry in entries)
    assert entries[0]["message"].startswith("Starting on")


def test_the_level_is_that_of_the_settings(shop: Shop) -> None:
    """Below it nothing is written; the command line is stronger."""
    shop.configure("access_log = false", "level = 'error'")

    logs = []
    for arguments in ((), ("--log-level", "info")):
        with shop.serve(*arguments) as process:
            start(process, shop)
            process.stop()
            logs.append(process.log())

    assert logs[0] == ""
    assert "Ready" in logs[1]


# ── A change meanwhile ───────────────────────────────────────────────────────


def test_a_change_reaches_every_worker(shop: Shop) -> None:
    """Both take it over, tell their own listeners, and write the log in the new way."""
    shop.configure("workers = 2\naccess_log = false")

    with shop.serve() as process:
        url = start(process, shop)
        wait_for(lambda: len(find_workers(url)) == 2)
        workers = find_workers(url)

        shop.configure("workers = 3\naccess_log = false", "level = 'debug'\nformat = 'json'")
        wait_for(lambda: process.log().count("told") == 2)

        answers = [httpx2.get(f"{url}/level").json() for _ in range(40)]
        log = process.log()
        assert {answer["level"] for answer in answers} == {"debug"}
        assert {answer["pid"] for answer in answers} == workers
        for pid in workers:
            assert f"told ('logging.level', 'logging.format') ('server.workers',) {pid}" in log
        entries = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
        messages = [entry["message"] for entry in entries]
        assert messages.count("Settings have changed that need a restart: server.workers.") == 2
        assert process.stop() == 0

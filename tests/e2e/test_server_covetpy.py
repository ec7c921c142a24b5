"""
A real CovetPy application on the real servers: from a script, started, failing to start, stopped.
"""

import threading
import time
from pathlib import Path

import httpx2
import pytest

from tests.e2e.server_process import serve

SCRIPT = """
import asyncio
import os

from covet import CovetPy

app = CovetPy()


@app.get("/users/{user_id:int}")
async def show_user(user_id: int) -> dict[str, int]:
    return {"user_id": user_id, "pid": os.getpid()}


@app.get("/slow")
async def slow() -> str:
    print("slow begins", flush=True)
    await asyncio.sleep(1)
    return "done"


@app.on_startup
async def connect() -> None:
    if os.environ.get("FAIL"):
        raise ConnectionError("no database")


@app.on_shutdown
async def disconnect() -> None:
    print("disconnected", flush=True)


app.run(port=int(os.environ["PORT"]), workers=int(os.environ["WORKERS"]))
"""

BROKEN = """
from covet import CovetPy

app = CovetPy()


@app.get("/users/{user_id}")
async def show_user(user_id: "Nope") -> None: ...
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A script without a `__main__` guard."""
    path = tmp_path / "shop.py"
    path.write_text(SCRIPT)
    return path


@pytest.mark.parametrize("workers", ["1", "4"])
def test_app_run_serves_from_a_plain_script(script: Path, workers: str) -> None:
    """`app.run(workers=…)` serves from a script, drains, and runs each worker's shutdown hooks."""
    with serve(script, directory=script.parent, env={"WORKERS": workers}) as server:
        assert httpx2.get(f"{server.url}/users/7").json()["user_id"] == 7
        answers: list[str] = []
        slow = threading.Thread(target=lambda: answers.append(httpx2.get(f"{server.url}/slow").text))
        slow.start()
        deadline = time.monotonic() + 30
        # A worker that was not ready has nothing to shut down.
        while (
            "slow begins" not in server.log() or server.log().count("Ready (process") < int(workers)
        ) and time.monotonic() < deadline:
            time.sleep(0.02)

        status = server.stop()

        slow.join()
        assert answers == ["done"]
        assert status == 0
        assert server.log().count("disconnected") == int(workers)
        assert "Traceback" not in server.log()


LATE = """
import asyncio
from covet import CovetPy

app = CovetPy()

@app.get("/late")
async def late() -> str:
    print("late begins", flush=True)
    await asyncio.sleep(60)
    return "done"
"""


@pytest.mark.parametrize("interface", ["rsgi", "asgi"])
def test_a_request_that_outlives_the_drain_is_answered(tmp_path: Path, interface: str) -> None:
    """Its handler is cancelled, and its client gets a problem instead of the server's bare 500."""
    (tmp_path / "late.py").write_text(LATE)

    arguments = ["--drain-timeout", "0.5"]
    with serve("late:app", interface=interface, directory=tmp_path, arguments=arguments) as server:
        answers: list[httpx2.Response] = []
        late = threading.Thread(target=lambda: answers.append(httpx2.get(f"{server.url}/late", timeout=20)))
        late.start()
        deadline = time.monotonic() + 5
        while "late begins" not in server.log() and time.monotonic() < deadline:
            time.sleep(0.02)

        status = server.stop()

        late.join()
        assert (answers[0].status_code, answers[0].json()["detail"]) == (503, "The server stops.")
        assert status == 0


def test_a_failed_startup_handler_is_the_error_that_is_shown(script: Path) -> None:
    """The trace begins in the user's file, the step is named, and the server ends with status 1."""
    env = {"WORKERS": "2", "FAIL": "1"}

    with serve(script, directory=script.parent, env=env, wait_until_ready=False) as server:
        status = server.wait(15)
        log = server.log()

    assert status == 1
    assert log.count("ConnectionError: no database") == 1
    assert "on_startup connect" in log
    assert "covet/core" not in log
    assert "Unexpected exit" not in log
    assert log.endswith("covet: The application could not be started.\n")


@pytest.mark.parametrize("server_name", ["granian", "uvicorn", "hypercorn"])
def test_a_route_that_cannot_be_built_ends_the_start(tmp_path: Path, server_name: str) -> None:
    """A wrong handler is an error at start, which names route, parameter and fix."""
    (tmp_path / "broken.py").write_text(BROKEN)

    with serve("broken:app", server=server_name, directory=tmp_path, wait_until_ready=False) as server:
        status = server.wait(15)
        log = server.log()

    assert status == 1
    assert "GET /users/{user_id}, parameter 'user_id'" in log
    assert "'Nope' is not defined there" in log


@pytest.mark.parametrize(
    ("server_name", "interface"), [("granian", "asgi"), ("uvicorn", "asgi"), ("hypercorn", "asgi")]
)
def test_the_application_is_plain_asgi(script: Path, server_name: str, interface: str) -> None:
    """The same object is served over ASGI, its `run()` ignored while it is imported."""
    env = {"PORT": "0", "WORKERS": "1"}

    with serve("shop:app", server=server_name, interface=interface, directory=script.parent, env=env) as server:
        assert httpx2.get(f"{server.url}/users/7").json()["user_id"] == 7
        assert server.stop() == 0
        assert server.log().count("disconnected") == 1

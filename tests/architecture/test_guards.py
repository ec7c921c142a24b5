"""
The guards around every test fail a test that deserves it.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

LEAKED_TASK = """
import asyncio

async def test_it():
    globals()["task"] = asyncio.create_task(asyncio.sleep(60), name="left behind")
"""
BLOCKING_CALL = """
import covet._extras

async def test_it():
    # Code that stands in covet's own file, as far as the watcher can see.
    exec(compile("import time; time.sleep(0.001)", covet._extras.__file__, "exec"))
"""
UNCLOSED_FILE = """
def test_it():
    open(__file__)
"""
WARNING = """
import warnings

def test_it():
    warnings.warn("old", DeprecationWarning)
"""
SLOW = """
import time

def test_it():
    time.sleep(60)
"""
FINE = """
import asyncio, time

async def test_it():
    await asyncio.gather(asyncio.create_task(asyncio.sleep(0)))

def test_sync():
    time.sleep(0.001)
"""


def run_test_file(path: Path, code: str, *options: str) -> subprocess.CompletedProcess[str]:
    """
    Run one test file with the configuration and the fixtures of this project.
    """
    path.write_text(code, "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", "-c", "pyproject.toml"]
    return subprocess.run(
        [*command, *options, str(path)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=50
    )


@pytest.mark.parametrize(
    ("code", "message", "options"),
    [
        pytest.param(LEAKED_TASK, "tasks left running: <coroutine object sleep", (), id="leaked task"),
        pytest.param(BLOCKING_CALL, "Blocking call to time.sleep", (), id="blocking call"),
        pytest.param(UNCLOSED_FILE, "unclosed file", (), id="unclosed file"),
        pytest.param(WARNING, "DeprecationWarning: old", (), id="warning"),
        pytest.param(SLOW, "Timeout (>0.5s)", ("--timeout", "0.5"), id="timeout"),
    ],
)
def test_guard_fails_the_test(tmp_path: Path, code: str, message: str, options: tuple[str, ...]) -> None:
    """
    The run ends with a failure that says what was wrong.
    """
    result = run_test_file(tmp_path / "test_guarded.py", code, *options)

    assert result.returncode == 1, result.stdout + result.stderr
    assert message in result.stdout


def test_guards_let_a_good_test_pass(tmp_path: Path) -> None:
    """
    An awaited task, and blocking where no loop runs, are fine.
    """
    result = run_test_file(tmp_path / "test_guarded.py", FINE)

    assert result.returncode == 0, result.stdout + result.stderr
    assert "2 passed" in result.stdout

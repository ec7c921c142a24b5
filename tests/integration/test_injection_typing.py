"""
Type checkers see what `resolve` gives: a type in, an instance of it out.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from tests.unit.di import typed_example

EXAMPLE = Path(typed_example.__file__)


async def test_example_runs() -> None:
    """The file that the type checkers read is a program."""
    await typed_example.main()


@pytest.mark.slow
def test_mypy_sees_the_types() -> None:
    """With --strict mypy agrees with every `assert_type`."""
    pytest.importorskip("mypy")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", str(EXAMPLE)]

    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=55)

    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.slow
def test_basedpyright_sees_the_types() -> None:
    """Another type checker, basedpyright, agrees with every `assert_type`, too."""
    pytest.importorskip("basedpyright")
    command = [sys.executable, "-m", "basedpyright", "--level", "error", str(EXAMPLE)]

    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=55)

    assert result.returncode == 0, result.stdout + result.stderr

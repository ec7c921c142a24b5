"""
The clock that the processes of a machine share.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from covet.rate_limiting import machine_clock
from covet.rate_limiting.machine_clock import read_boot_id, read_machine_clock

PROGRAM = "from covet.rate_limiting.machine_clock import *; print(read_machine_clock(), read_boot_id())"


def test_another_process_has_the_same_clock() -> None:
    """It stands between two looks at it from here."""
    before = read_machine_clock()

    told = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True).stdout.split()

    assert before < float(told[0]) < read_machine_clock()
    assert (told[1:] or [""]) == [read_boot_id()]


def test_a_system_that_does_not_name_its_run_has_no_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty one, as on every other start."""
    monkeypatch.setattr(machine_clock, "_BOOT_ID", tmp_path / "missing")

    assert read_boot_id() == ""

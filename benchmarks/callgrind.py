"""
Count the instructions of a driver with valgrind, per block of work between two marks.
"""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from benchmarks.environment import ROOT, python_environment

MARK = "getppid"


class CallgrindError(Exception):
    """
    Report a run that did not end well, with the last lines it printed.
    """


def is_available() -> bool:
    """
    Say whether valgrind is installed.
    """
    return shutil.which("valgrind") is not None


def per_unit(counts: list[int], sizes: list[int]) -> float:
    """
    Return the instructions of one unit from two blocks: what both blocks cost besides their units cancels.
    """
    (small, large), (first, second) = sizes, counts
    if large <= small:
        raise ValueError(f"the second block must be larger than the first, not {small} and {large}")
    return (second - first) / (large - small)


def read_blocks(directory: Path) -> list[int]:
    """
    Return the instruction counts of the dumps, the part before the first mark and after the last one left out.
    """
    counts = []
    for path in sorted(directory.glob("callgrind.out.*"), key=lambda path: int(path.suffix[1:])):
        text = path.read_text()
        trigger = re.search(r"^desc: Trigger: (.*)$", text, re.MULTILINE)
        totals = re.search(r"^(?:totals|summary): (\d+)", text, re.MULTILINE)
        if trigger and totals and MARK in trigger[1]:
            counts.append(int(totals[1]))
    return counts[1:]


def count_blocks(python: str, arguments: list[str], *, timeout: float = 600) -> list[int]:
    """
    Run `python <arguments>` under callgrind and return the instructions between each pair of marks.
    """
    with tempfile.TemporaryDirectory() as name:
        command = [
            "valgrind",
            "--tool=callgrind",
            f"--dump-before={MARK}",
            f"--callgrind-out-file={name}/callgrind.out",
            python,
            *arguments,
        ]
        result = subprocess.run(
            command,
            cwd=ROOT,
            env=python_environment(os.environ),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        counts = read_blocks(Path(name))
    if result.returncode != 0 or not counts:
        tail = "\n".join((result.stdout + result.stderr).splitlines()[-15:])
        raise CallgrindError(f"{' '.join(arguments)} ended with {result.returncode}:\n{tail}")
    return counts

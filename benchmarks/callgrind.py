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
TIMEOUT = 900.0


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
    Return the instruction counts of the dumps that end at a mark, in order.
    """
    counts = []
    for path in sorted(directory.glob("callgrind.out.*"), key=lambda path: int(path.suffix[1:])):
        text = path.read_text()
        trigger = re.search(r"^desc: Trigger: (.*)$", text, re.MULTILINE)
        totals = re.search(r"^(?:totals|summary): (\d+)", text, re.MULTILINE)
        if trigger and totals and MARK in trigger[1]:
            counts.append(int(totals[1]))
    return counts


def split_blocks(counts: list[int], blocks: int) -> list[list[int]]:
    """
    Return the counts of each measurement: before its blocks stands one dump of preparations, left out here.
    """
    if not counts or len(counts) % (blocks + 1):
        raise CallgrindError(f"expected dumps in groups of {blocks + 1}, got {len(counts)}")
    return [counts[start + 1 : start + blocks + 1] for start in range(0, len(counts), blocks + 1)]


def per_request(python: str, arguments: list[str], sizes: list[int], **variables: str) -> list[float]:
    """
    Run a driver with two blocks of these sizes and return the instructions per unit of each of its measurements.
    """
    counts = count_dumps(python, [*arguments, "--blocks", *map(str, sizes)], **variables)
    return [per_unit(group, sizes) for group in split_blocks(counts, len(sizes))]


def count_dumps(python: str, arguments: list[str], **variables: str) -> list[int]:
    """
    Run `python <arguments>` under callgrind and return the instructions up to each mark.
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
            env=python_environment({**os.environ, **variables}),
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        counts = read_blocks(Path(name))
    if result.returncode != 0 or not counts:
        tail = "\n".join((result.stdout + result.stderr).splitlines()[-15:])
        raise CallgrindError(f"{' '.join(arguments)} ended with {result.returncode}:\n{tail}")
    return counts

"""
Measure what an import costs: CPU time and memory over those of the bare interpreter, in fresh processes.
"""

import os
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass

from benchmarks.environment import ROOT, python_environment
from benchmarks.tables import markdown, ratio

BASE = "asyncio, json"
STATEMENTS = {
    "bare": "pass",
    BASE: "import asyncio, json",
    "covet": "import covet",
    "starlette": "from starlette.applications import Starlette",
    "falcon": "import falcon.asgi",
    "blacksheep": "from blacksheep import Application",
    "litestar": "from litestar import Litestar",
    "fastapi": "from fastapi import FastAPI",
}
REPORT = """
import os
usage = os.times()
try:
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[1])
except OSError:
    pages = 0
print(usage.user + usage.system, pages * os.sysconf("SC_PAGE_SIZE"))
"""


@dataclass(frozen=True)
class ImportFigure:
    """
    Hold medians over fresh processes: CPU milliseconds and MiB of the whole process.
    """

    name: str
    cpu_ms: float
    rss_mib: float


def run_once(python: str, statement: str) -> tuple[float, float]:
    """
    Return the CPU milliseconds (as the kernel counts them) and the MiB of one process that runs a statement.
    """
    with subprocess.Popen(
        [python, "-c", f"{statement}\n{REPORT}"],
        cwd=ROOT,
        env=python_environment(os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        output, errors = process.stdout.read(), process.stderr.read()
        # os.times() counts in hundredths of a second; the parent's view of an ended child is exact.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(errors.strip().splitlines()[-1] if errors.strip() else f"ended with {process.returncode}")
    return (usage.ru_utime + usage.ru_stime) * 1000, float(output.split()[1]) / 2**20


def measure_all(python: str, names: list[str], *, quick: bool) -> list[ImportFigure]:
    """
    Measure the statements in turn, many times each.
    """
    samples: dict[str, list[tuple[float, float]]] = {}
    chosen = [name for name in STATEMENTS if name in ("bare", BASE) or any(name in wanted for wanted in names)]
    for number in range(6 if quick else 31):
        for name in list(chosen):
            try:
                sample = run_once(python, STATEMENTS[name])
            except RuntimeError as exc:
                print(f"{name} is left out: {exc}", file=sys.stderr)
                chosen.remove(name)
                continue
            if number > 0:  # the first one writes the compiled files
                samples.setdefault(name, []).append(sample)
    return [
        ImportFigure(name, statistics.median(cpu for cpu, _ in pairs), statistics.median(rss for _, rss in pairs))
        for name, pairs in samples.items()
    ]


def table(figures: list[ImportFigure]) -> str:
    """
    Return CPU over the bare interpreter, against that of `import asyncio, json`, and memory over it.
    """
    by_name = {figure.name: figure for figure in figures}
    bare, base = by_name["bare"], by_name[BASE]
    rows = [
        [
            f"import {figure.name}" if figure is not bare else "bare interpreter",
            f"{figure.cpu_ms:.1f}",
            f"{figure.cpu_ms - bare.cpu_ms:.1f}",
            ratio(figure.cpu_ms - bare.cpu_ms, base.cpu_ms - bare.cpu_ms),
            ratio(figure.cpu_ms, base.cpu_ms),
            f"{figure.rss_mib - base.rss_mib:+.1f}",
        ]
        for figure in figures
    ]
    header = ["", "CPU ms", "over bare", "/ asyncio, json", "whole process", "MiB over asyncio, json"]
    return markdown("Import", header, rows, note="Medians over fresh processes, taken in turn; user and system time.")


def as_data(figures: list[ImportFigure]) -> list[dict[str, object]]:
    """
    Return the figures as they are saved.
    """
    return [asdict(figure) for figure in figures]

"""
Measure whether memory stays flat: resident size after warm-up against resident size after many requests.

Run alone as `python -m benchmarks.memory <scenario> <requests>`, it prints both sizes in bytes.
"""

import argparse
import asyncio
import gc
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.asgi import Lifespan, asgi_scope
from benchmarks.cases import CASES, Case
from benchmarks.environment import ROOT, python_environment
from benchmarks.tables import markdown

WARM_UP = 20_000
BROKEN_BODY = b'{"name":1,"price":"x","quantity":null}'

Scenario = tuple[int, Callable[[int], Case]]
SCENARIOS: dict[str, Scenario] = {
    "good, always new parameter": (200, lambda n: Case("param", "GET", f"/users/{n}", None)),
    "good body": (200, lambda _: CASES["post"]),
    "invalid body": (422, lambda _: Case("post", "POST", "/items", None, BROKEN_BODY)),
    "invalid parameter, always new": (422, lambda n: Case("param", "GET", f"/users/x{n}", None)),
    "never-seen path": (404, lambda n: Case("path", "GET", f"/never/{n}/seen", None)),
    "never-seen method": (501, lambda n: Case("method", f"M{n}", "/users/1", None)),
    "unhandled error": (500, lambda _: Case("fail", "GET", "/fail", None)),
}


@dataclass(frozen=True)
class MemoryFigure:
    """
    Hold the growth of one scenario.
    """

    scenario: str
    requests: int
    before: int
    after: int

    @property
    def slope(self) -> float:
        """
        Return the growth in MiB per 100,000 requests.
        """
        return (self.after - self.before) / 2**20 / self.requests * 100_000


def resident_bytes() -> int:
    """
    Return the resident size of this process.
    """
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def call(app: Any, case: Case, expected: int) -> None:
    """
    Send one request and look at its status.
    """
    statuses: list[int] = []
    incoming = [{"type": "http.request", "body": case.body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return incoming.pop() if incoming else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    try:
        await app(asgi_scope(case), receive, send)
    except RuntimeError:
        if expected != 500:  # an ASGI application may pass an unhandled error on to the server after answering
            raise
    if statuses != [expected]:
        raise AssertionError(f"expected {expected}, got {statuses}")


async def run(app: Any, name: str, requests: int) -> tuple[int, int]:
    """
    Send the warm-up and the requests; return the resident sizes after each.
    """
    expected, make_case = SCENARIOS[name]
    async with Lifespan(app, "asgi"):
        for number in range(WARM_UP):
            await call(app, make_case(number), expected)
        gc.collect()
        before = resident_bytes()
        for number in range(WARM_UP, WARM_UP + requests):
            await call(app, make_case(number), expected)
        gc.collect()
        return before, resident_bytes()


def measure_all(python: str, requests: int) -> list[MemoryFigure]:
    """
    Run every scenario in a process of its own.
    """
    figures = []
    for name in SCENARIOS:
        result = subprocess.run(
            [python, "-m", "benchmarks.memory", name, str(requests)],
            cwd=ROOT,
            env=python_environment(os.environ),
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            print(f"{name}: {result.stderr.strip()[-500:]}", file=sys.stderr)
            continue
        before, after = map(int, result.stdout.split())
        figures.append(MemoryFigure(name, requests, before, after))
        print(figures[-1], file=sys.stderr)
    return figures


def table(figures: list[MemoryFigure]) -> str:
    """
    Return resident size and slope of each scenario.
    """
    rows = [
        [
            figure.scenario,
            f"{figure.requests:,}",
            f"{figure.before / 2**20:.1f}",
            f"{figure.after / 2**20:.1f}",
            f"{figure.slope:+.2f}",
        ]
        for figure in figures
    ]
    header = ["covet, in process", "requests", "MiB before", "MiB after", "MiB per 100,000"]
    return markdown("Memory", header, rows, note=f"After a warm-up of {WARM_UP:,} requests.")


def as_data(figures: list[MemoryFigure]) -> list[dict[str, object]]:
    """
    Return the figures as they are saved.
    """
    return [{**asdict(figure), "slope": figure.slope} for figure in figures]


def main() -> None:
    """
    Run one scenario in this process.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("scenario", choices=list(SCENARIOS))
    parser.add_argument("requests", type=int)
    options = parser.parse_args()

    from benchmarks.apps.covet_memory_app import make_app

    logging.disable(logging.CRITICAL)  # a million tracebacks on the terminal are not what is measured
    print(*asyncio.run(run(make_app(), options.scenario, options.requests)))


if __name__ == "__main__":
    main()

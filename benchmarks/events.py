"""
Measure what publishing costs: to nobody, to one handler and to five.

Run as `python -m benchmarks.events <subject> --blocks 1000 3000` it is the driver that callgrind counts.
"""

import argparse
import asyncio
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks import callgrind
from benchmarks.driver import mark
from benchmarks.environment import ROOT, python_environment
from benchmarks.tables import markdown

SUBJECTS = {
    "loop": "the loop of the driver, with an empty coroutine",
    "wants": "wants(), which spares making the event",
    "publish-0": "publish, no subscriber",
    "publish-1": "publish, 1 handler",
    "publish-5": "publish, 5 handlers of one priority",
}
LIMIT_NS = 300


@dataclass
class EventsFigure:
    """
    Hold what one subject costs.
    """

    subject: str
    instructions: float | None = None
    nanoseconds: float | None = None
    error: str = ""


def make_subject(name: str) -> Callable[[int], Awaitable[None]]:
    """
    Return a coroutine function that does something so many times, after checking that it does what it says.
    """
    from covet.events import Event, EventBus

    class Measured(Event):
        """
        The event.
        """

        number: int = 1

    bus, calls = EventBus(), [0]

    def subscribe() -> None:
        async def handler(event: Measured) -> None:
            calls[0] += 1

        bus.subscribe(Measured, handler)

    handlers = int(name.rpartition("-")[2]) if name.startswith("publish") else 0
    for _ in range(handlers):
        subscribe()
    event = Measured()

    async def nothing(event: object) -> None: ...

    async def publish(count: int) -> None:
        call: Callable[[Any], Awaitable[object]] = nothing if name == "loop" else bus.publish
        for _ in range(count):
            await call(event)

    async def ask(count: int) -> None:
        for _ in range(count):
            bus.wants(Measured)

    async def check(count: int) -> None:
        before = calls[0]
        await (ask if name == "wants" else publish)(count)
        if calls[0] - before != count * handlers:
            raise AssertionError(f"{name}: {calls[0] - before} calls, expected {count * handlers}")

    return check


async def count_blocks(name: str, blocks: list[int]) -> None:
    """
    Do each block between two marks.
    """
    subject = make_subject(name)
    await subject(blocks[0])
    gc.collect()
    gc.freeze()
    for count in blocks:
        mark()
        await subject(count)
    mark()


async def measure_time(name: str, count: int, rounds: int) -> float:
    """
    Return the nanoseconds of CPU of the best round.
    """
    subject = make_subject(name)
    await subject(count)
    gc.collect()
    gc.freeze()
    times = []
    for _ in range(rounds):
        begin = time.process_time_ns()
        await subject(count)
        times.append((time.process_time_ns() - begin) / count)
    return min(times)


def measure_all(python: str, *, quick: bool) -> list[EventsFigure]:
    """
    Measure every subject in fresh processes: instructions if valgrind is there, and CPU time.
    """
    figures = []
    for name in SUBJECTS:
        figure = EventsFigure(name)
        arguments = ["-m", "benchmarks.events", name]
        try:
            if callgrind.is_available():
                (figure.instructions,) = callgrind.per_request(python, arguments, [200, 600] if quick else [1000, 3000])
            result = subprocess.run(
                [python, *arguments, "--time", "2000" if quick else "20000"],
                cwd=ROOT,
                env=python_environment(dict(os.environ)),
                capture_output=True,
                text=True,
                check=True,
            )
            figure.nanoseconds = json.loads(result.stdout)
        except (callgrind.CallgrindError, subprocess.SubprocessError) as exc:
            figure.error = f"{exc}\n{getattr(exc, 'stderr', '') or ''}"
        print(f"{name}: {figure.error or figure}", file=sys.stderr)
        figures.append(figure)
    return figures


def table(figures: list[EventsFigure]) -> str:
    """
    Return the figures.
    """
    rows = [
        [
            SUBJECTS[figure.subject],
            "-" if figure.instructions is None else f"{figure.instructions:,.0f}",
            "-" if figure.nanoseconds is None else f"{figure.nanoseconds:,.0f}",
        ]
        for figure in figures
    ]
    note = f"The aim of publish without subscriber is {LIMIT_NS} ns. Each figure has the driver's loop in it."
    return markdown("Events, in process", ["", "instructions", "ns CPU"], rows, note=note)


def as_data(figures: list[EventsFigure]) -> list[dict[str, object]]:
    """
    Return the figures as they are saved.
    """
    return [asdict(figure) for figure in figures]


def main() -> None:
    """
    Read the command line and run.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.events", description=__doc__)
    parser.add_argument("subject", choices=list(SUBJECTS))
    parser.add_argument("--blocks", type=int, nargs="+", default=[1000, 3000], help="calls per counted block")
    parser.add_argument("--time", type=int, default=0, help="print the nanoseconds of so many calls instead")
    options = parser.parse_args()
    if options.time:
        print(asyncio.run(measure_time(options.subject, options.time, 7)))
        return
    asyncio.run(count_blocks(options.subject, options.blocks))


if __name__ == "__main__":
    main()

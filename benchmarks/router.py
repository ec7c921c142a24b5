"""
Measure whether the number of routes matters: to a request, and to the start of the application.
"""

import os
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass, field

from benchmarks import callgrind
from benchmarks.environment import ROOT, python_environment
from benchmarks.tables import markdown, ratio
from benchmarks.variants import ROUTE_VARIANTS, Variant

CASES = ("first", "last", "missing")
START = """
import asyncio, importlib, sys, time
importlib.import_module(sys.argv[2])
from benchmarks.asgi import Lifespan
begin = time.process_time()
app = importlib.import_module(sys.argv[1]).app
async def start():
    async with Lifespan(app, "asgi"):
        print(time.process_time() - begin)
asyncio.run(start())
"""


@dataclass
class RouterFigure:
    """
    Hold instructions per request by case, and the CPU seconds of the start.
    """

    variant: str
    routes: int
    instructions: dict[str, float] = field(default_factory=dict)
    start: float | None = None
    error: str = ""


def measure(python: str, variant: Variant, routes: int, *, runs: int) -> RouterFigure:
    """
    Measure one application with so many routes.
    """
    figure = RouterFigure(variant.name, routes)
    variables = {"BENCHMARK_ROUTES": str(routes)}
    try:
        starts = []
        for _ in range(runs):
            result = subprocess.run(
                [python, "-c", START, variant.module, variant.requires],
                cwd=ROOT,
                env=python_environment({**os.environ, **variables}),
                capture_output=True,
                text=True,
                check=True,
            )
            starts.append(float(result.stdout))
        figure.start = statistics.median(starts)
        if callgrind.is_available():
            values = callgrind.per_request(
                python, ["-m", "benchmarks.driver", variant.name, *CASES], [100, 300], **variables
            )
            figure.instructions = dict(zip(CASES, values, strict=True))
    except (callgrind.CallgrindError, subprocess.SubprocessError) as exc:
        figure.error = f"{exc}\n{getattr(exc, 'stderr', '') or ''}"
    print(f"{variant.name} {routes}: {figure.error or figure}", file=sys.stderr)
    return figure


def measure_all(python: str, names: list[str], *, quick: bool) -> list[RouterFigure]:
    """
    Measure each framework that is asked for with few and with many routes.
    """
    chosen = [variant for variant in ROUTE_VARIANTS.values() if any(variant.requires in name for name in names)]
    counts = (10, 500) if quick else (10, 5000)
    return [measure(python, variant, count, runs=1 if quick else 3) for variant in chosen for count in counts]


def table(figures: list[RouterFigure]) -> str:
    """
    Return the figures; each multiple is that of the same application with the fewest routes.
    """
    rows = []
    for figure in figures:
        few = next(other for other in figures if other.variant == figure.variant)
        row = [figure.variant, str(figure.routes)]
        for case in CASES:
            value = figure.instructions.get(case)
            row += ["-" if value is None else f"{value / 1000:.1f}", ratio(value, few.instructions.get(case))]
        rows.append([*row, "-" if figure.start is None else f"{figure.start:.2f}"])
    header = ["thousand instructions", "routes", *(cell for case in CASES for cell in (case, "/ few")), "start, CPU s"]
    return markdown("Number of routes, in process", header, rows)


def as_data(figures: list[RouterFigure]) -> list[dict[str, object]]:
    """
    Return the figures as they are saved.
    """
    return [asdict(figure) for figure in figures]

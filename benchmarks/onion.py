"""
Measure what five middleware cost around the json case.
"""

import sys

from benchmarks.instructions import Figure, measure
from benchmarks.tables import markdown, ratio
from benchmarks.variants import ALL_VARIANTS

CASE = "middleware"
PAIRS = {
    "raw-asgi+5": "raw-asgi",
    "raw-asgi+5-layers": "raw-asgi",
    "covet-asgi+5": "covet-asgi",
    "covet-asgi+5-built-in": "covet-asgi",
    "starlette+5": "starlette",
}
NOTE = (
    "Request id, CORS, security headers, rate limit in memory, gzip not triggered; a cross-origin request. "
    "By hand: all in one function, and as five ASGI layers."
)


def measure_all(python: str, names: list[str], *, quick: bool) -> list[Figure]:
    """
    Count the json case with and without the five, for the variants that are asked for.
    """
    sizes, runs = ([100, 300], 1) if quick else ([200, 1200], 2)
    chosen = dict.fromkeys(name for pair in PAIRS.items() if pair[1] in names for name in pair)
    figures = [measure(python, ALL_VARIANTS[name], CASE, sizes, runs) for name in chosen]
    for figure in figures:
        print(f"{figure.variant} {figure.case}: {figure.error or figure.runs}", file=sys.stderr)
    return figures


def thousands(value: float | None) -> str:
    """
    Return a cell of the table.
    """
    return "-" if value is None else f"{value / 1000:.1f}"


def table(figures: list[Figure]) -> str:
    """
    Return the figures in thousands: without, with, and the five alone, against those written by hand.
    """
    values = {figure.variant: figure.value for figure in figures}
    raw = values.get("raw-asgi+5")
    rows = []
    for with_five, without in PAIRS.items():
        if with_five not in values:
            continue
        before, after = values[without], values[with_five]
        five = None if before is None or after is None else after - before
        rows.append([with_five, thousands(before), thousands(after), thousands(five), ratio(after, raw)])
    header = ["thousand instructions", "json alone", "with five", "the five", "with five / by hand"]
    return markdown("Five middleware, in process", header, rows, note=NOTE)

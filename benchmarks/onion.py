"""
Measure what five middleware cost around the json case.
"""

from benchmarks.instructions import Figure, measure
from benchmarks.tables import markdown, ratio
from benchmarks.variants import ALL_VARIANTS

CASE = "middleware"
PAIRS = {"raw-asgi": "raw-asgi+5", "covet-asgi": "covet-asgi+5", "starlette": "starlette+5"}


def measure_all(python: str, names: list[str], *, quick: bool) -> list[Figure]:
    """
    Count the json case with and without the five, for the variants that are asked for.
    """
    sizes, runs = ([100, 300], 1) if quick else ([200, 1200], 2)
    chosen = [name for pair in PAIRS.items() if pair[0] in names for name in pair]
    return [measure(python, ALL_VARIANTS[name], CASE, sizes, runs) for name in chosen]


def table(figures: list[Figure]) -> str:
    """
    Return the figures in thousands: without, with, and the five alone, against those written by hand.
    """
    values = {figure.variant: figure.value for figure in figures}
    raw = values.get("raw-asgi+5")
    rows = []
    for without, with_five in PAIRS.items():
        if without not in values:
            continue
        before, after = values[without], values[with_five]
        row = [
            without,
            "-" if before is None else f"{before / 1000:.1f}",
            "-" if after is None else f"{after / 1000:.1f}",
        ]
        row.append("-" if before is None or after is None else f"{(after - before) / 1000:.1f}")
        rows.append([*row, ratio(after, raw)])
    header = ["thousand instructions", "json alone", "with five", "the five", "with five / by hand"]
    note = "Request id, CORS, security headers, rate limit in memory, gzip (not triggered); origin and accept-encoding sent."
    return markdown("Five middleware, in process", header, rows, note=note)

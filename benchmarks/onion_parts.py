"""
Measure what five middleware cost in parts: what each thing that they do costs alone, and how often they do it.
"""

import sys
from typing import NamedTuple

from benchmarks.instructions import Figure, measure
from benchmarks.onion import CASE
from benchmarks.tables import markdown
from benchmarks.variants import ALL_VARIANTS

WHOLE = "covet-asgi+5"


class Part(NamedTuple):
    """
    Name one thing, the applications with it and without it, and how often the five do it.
    """

    name: str
    having: str
    lacking: str
    times: int = 1


PARTS = (
    Part("the route without middleware", "nothing", ""),
    Part("a request and a response with their headers, and the first hook", "entry", "nothing"),
    Part("a further hook", "entries", "entry", 7),
    Part("the first look into the headers, which measures all of them", "look", "entry"),
    Part("a further look", "looks", "look"),
    Part("a header that changes", "change", "exit_", 2),
    Part("one constant header", "one_constant", "exit_"),
    Part("two constant headers", "two_constants", "exit_"),
    Part("four constant headers", "four_constants", "exit_"),
    Part("the client's address", "client", "entry"),
    Part("something kept in the state, and taken out", "remember", "entry", 2),
    Part("the size of the body", "size", "exit_"),
    Part("counting the client, the count as text", "count", "entry"),
    Part("making an id", "identify", "entry"),
)


def measure_all(python: str, *, quick: bool) -> dict[str, float]:
    """
    Count the json case with each of the applications, and with the five.
    """
    sizes = [100, 300] if quick else [200, 1200]
    names = dict.fromkeys(name for part in PARTS for name in (part.having, part.lacking) if name)
    figures: dict[str, float] = {}
    for name in [*names, WHOLE]:
        variant = ALL_VARIANTS[name if name == WHOLE else f"part-{name}"]
        figure: Figure = measure(python, variant, CASE, sizes, 1)
        print(f"{figure.variant} {figure.case}: {figure.error or figure.runs}", file=sys.stderr)
        if figure.value is not None:
            figures[name] = figure.value
    return figures


def table(figures: dict[str, float]) -> str:
    """
    Return the parts in thousands, their sum, and what is left of the whole.
    """
    rows, total = [], 0.0
    for part in PARTS:
        if part.having not in figures or (part.lacking and part.lacking not in figures):
            continue
        value = figures[part.having] - figures.get(part.lacking, 0.0)
        total += value * part.times
        rows.append([part.name, f"{value / 1000:.1f}", str(part.times), f"{value * part.times / 1000:.1f}"])
    if WHOLE in figures:
        rows.append(["the rest of what the five do", "", "", f"{(figures[WHOLE] - total) / 1000:.1f}"])
        rows.append(["the json case with the five", "", "", f"{figures[WHOLE] / 1000:.1f}"])
    return markdown("Five middleware in parts", ["thousand instructions", "each", "times", "together"], rows)

"""
Measure what the middleware of a service in production costs: a bare route, and the same behind all of it.
"""

import sys

from benchmarks.instructions import Figure, measure
from benchmarks.tables import markdown, ratio
from benchmarks.variants import ALL_VARIANTS

STACKS = {
    "raw-asgi+stack": "raw-asgi",
    "covet-asgi+stack": "covet-asgi",
    "blacksheep+stack": "blacksheep",
    "starlette+stack": "starlette",
    "litestar+stack": "litestar",
}
# The case with the stack, and the one without.
CASES = {"production-get": "json", "production-post": "post"}
# What stands for each part: its application, the one without it, and how it is called.
PARTS = (
    ("the route without middleware", "nothing", ""),
    ("a request, a response, a first look into the headers: trusted hosts", "hosts", "nothing"),
    ("proxy headers", "proxies", "hosts"),
    ("request id and trace", "request_ids", "hosts"),
    ("security headers, seven of them", "security_headers", "hosts"),
    ("CORS, without an origin", "cors", "hosts"),
    ("a session of which a value is read", "sessions", "hosts"),
    ("CSRF", "csrf", "hosts"),
    ("rate limit", "rate_limit", "hosts"),
)
WHOLE = "covet-asgi+stack"
NOTE = (
    "Trusted hosts, proxy headers, request id, security headers, CORS, a session of which a value is read, CSRF, rate "
    "limit in memory; a request that a proxy passes on, with the cookie of the session, the POST with its origin."
)


def measure_all(python: str, names: list[str], *, quick: bool) -> list[Figure]:
    """
    Count both cases with and without the stack, for the variants that are asked for.
    """
    sizes, runs = ([100, 300], 1) if quick else ([200, 1200], 2)
    figures = []
    for stack, bare in STACKS.items():
        if bare not in names:
            continue
        for with_stack, without in CASES.items():
            figures += [measure(python, ALL_VARIANTS[stack], with_stack, sizes, runs)]
            figures += [measure(python, ALL_VARIANTS[bare], without, sizes, runs)]
    for figure in figures:
        print(f"{figure.variant} {figure.case}: {figure.error or figure.runs}", file=sys.stderr)
    return figures


def measure_parts(python: str, *, quick: bool) -> dict[str, float]:
    """
    Count the GET with each middleware of the stack alone, and with all.
    """
    sizes = [100, 300] if quick else [200, 1200]
    figures: dict[str, float] = {}
    for name in [*(having for _, having, _ in PARTS), WHOLE]:
        variant = ALL_VARIANTS[name if name == WHOLE else f"stack-{name}"]
        figure = measure(python, variant, "production-get", sizes, 1)
        print(f"{figure.variant} {figure.case}: {figure.error or figure.runs}", file=sys.stderr)
        if figure.value is not None:
            figures[name] = figure.value
    return figures


def parts_table(figures: dict[str, float]) -> str:
    """
    Return the parts in thousands, and what is left of the whole.
    """
    rows, total = [], 0.0
    for title, having, lacking in PARTS:
        if having not in figures or (lacking and lacking not in figures):
            continue
        value = figures[having] - figures.get(lacking, 0.0)
        total += value
        rows.append([title, thousands(value)])
    if WHOLE in figures:
        rows.append(["what they cost more or less together", thousands(figures[WHOLE] - total)])
        rows.append(["the GET with the stack", thousands(figures[WHOLE])])
    return markdown("The stack of a service in production, in parts", ["thousand instructions", "each"], rows)


def thousands(value: float | None) -> str:
    """
    Return a cell of the table.
    """
    return "-" if value is None else f"{value / 1000:.1f}"


def table(figures: list[Figure]) -> str:
    """
    Return the figures in thousands: without, with, and their ratio.
    """
    values = {(figure.variant, figure.case): figure.value for figure in figures}
    rows = []
    for stack, bare in STACKS.items():
        if not any(variant == bare for variant, _ in values):
            continue
        row = [stack]
        for with_stack, without in CASES.items():
            before, after = values.get((bare, without)), values.get((stack, with_stack))
            row += [thousands(before), thousands(after), ratio(after, before)]
        rows.append(row)
    header = ["thousand instructions"]
    for name in CASES.values():
        header += [f"{name} alone", f"{name} with the stack", "with / alone"]
    return markdown("The stack of a service in production, in process", header, rows, note=NOTE)

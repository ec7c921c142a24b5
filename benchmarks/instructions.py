"""
Measure the instructions per request in process, for every variant and case.
"""

import statistics
import sys
from dataclasses import asdict, dataclass

from benchmarks import callgrind
from benchmarks.cases import CASES
from benchmarks.tables import markdown, ratio
from benchmarks.variants import VARIANTS, Variant

SKIPPED = "valgrind is not installed: no instruction counts (Debian: apt install valgrind)."


@dataclass(frozen=True)
class Figure:
    """
    Hold the instructions per request of each run of one variant and case.
    """

    variant: str
    case: str
    runs: list[float]
    error: str = ""

    @property
    def value(self) -> float | None:
        """
        Return the median run.
        """
        return statistics.median(self.runs) if self.runs else None

    @property
    def spread(self) -> float:
        """
        Return how far the runs lie apart, as a part of the median.
        """
        return (max(self.runs) - min(self.runs)) / statistics.median(self.runs) if self.runs else 0.0


def measure(python: str, variant: Variant, case: str, sizes: list[int], runs: int) -> Figure:
    """
    Count one variant and case in fresh processes.
    """
    values: list[float] = []
    arguments = ["-m", "benchmarks.driver", variant.name, case]
    try:
        for _ in range(runs):
            values += callgrind.per_request(python, arguments, sizes)
    except callgrind.CallgrindError as exc:
        return Figure(variant.name, case, values, str(exc))
    return Figure(variant.name, case, values)


def measure_all(python: str, variants: list[Variant], cases: list[str], *, quick: bool) -> list[Figure]:
    """
    Count every variant and case, saying on standard error how far it is.
    """
    sizes, runs = ([100, 300], 1) if quick else ([200, 1200], 2)
    figures = []
    for variant in variants:
        for case in cases:
            figure = measure(python, variant, case, sizes, runs)
            figures.append(figure)
            print(f"{variant.name} {case}: {figure.error or figure.runs}", file=sys.stderr)
            if figure.error:
                break  # the other cases of an application that does not start would say the same
    return figures


def table(figures: list[Figure], *, base: str, title: str = "Instructions per request, in process") -> str:
    """
    Return the figures in thousands, each with its multiple of the base variant.
    """
    cases = [name for name in CASES if any(figure.case == name for figure in figures)]
    by_key = {(figure.variant, figure.case): figure for figure in figures}
    rows = []
    for variant in dict.fromkeys(figure.variant for figure in figures):
        row = [variant]
        for case in cases:
            figure = by_key.get((variant, case))
            reference = by_key.get((base_of(variant, base), case))
            value = figure.value if figure else None
            row.append("-" if value is None else f"{value / 1000:.1f}")
            row.append(ratio(value, reference.value if reference else None))
        rows.append(row)
    header = ["thousand instructions", *(cell for case in cases for cell in (case, f"{case} / raw"))]
    worst = max((figure.spread for figure in figures), default=0.0)
    note = f"Largest spread between runs: {worst:.2%}. The driver's own cost is in all figures."
    return markdown(title, header, rows, note=note)


def base_of(variant: str, base: str) -> str:
    """
    Return what a variant is compared to: RSGI in process has fakes of its own, so it is compared to raw RSGI.
    """
    return "raw-rsgi" if variant in VARIANTS and VARIANTS[variant].protocol == "rsgi" else base


def as_data(figures: list[Figure]) -> list[dict[str, object]]:
    """
    Return the figures as they are saved.
    """
    return [asdict(figure) for figure in figures]

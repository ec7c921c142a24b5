"""
Measure applications that answer from a database, as the benchmarks of TechEmpower do, beside those of others.

One row by its id; 20 rows, each by a statement of its own; a page of all messages, one more added, sorted, escaped by a
template; 20 rows read and changed. Each on a file of SQLite and on PostgreSQL: a server at `COVET_TEST_POSTGRESQL_URL`,
one that runs on this machine, or one that is started for it, in a database of its own. A server's own work is in no
figure.

Run alone as `python -m benchmarks.database_stacks <variant>`, it checks all answers of one application against the
database at `BENCHMARK_DATABASE`, which it lays anew.
"""

import argparse
import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

from benchmarks import callgrind, cpu, instructions
from benchmarks.apps.rows import URL_VARIABLE
from benchmarks.asgi import Lifespan, check_asgi
from benchmarks.database_cases import DATABASE_CASES, check_kept, lay_tables, provide_sqlite
from benchmarks.environment import ROOT, python_environment
from benchmarks.instructions import Figure
from benchmarks.tables import markdown, ratio
from benchmarks.variants import DATABASE_VARIANTS, Variant
from scripts.services import SERVICES, provide

BASE = "covet-adapter"
# What each needs besides its framework.
LIBRARIES = {
    "covet-adapter": ("jinja2",),
    "covet-orm": ("sqlalchemy", "jinja2"),
    "fastapi-sqlalchemy": ("sqlalchemy", "jinja2"),
    "litestar-advanced-alchemy": ("advanced_alchemy", "jinja2"),
    "django-asgi": (),
}
DRIVERS: dict[str, dict[str, tuple[str, ...]]] = {
    "sqlite": dict.fromkeys(("covet-orm", "fastapi-sqlalchemy", "litestar-advanced-alchemy"), ("aiosqlite",)),
    "postgresql": {
        **dict.fromkeys(
            ("covet-adapter", "covet-orm", "fastapi-sqlalchemy", "litestar-advanced-alchemy"), ("asyncpg",)
        ),
        "django-asgi": ("psycopg", "psycopg_pool"),
    },
}
NOTE = (
    "One row, 20 rows by 20 statements, a page of 13 messages from a template, 20 rows read and changed; without what "
    "PostgreSQL does."
)


@dataclass
class StackFigures:
    """
    Hold what was measured on one database.
    """

    database: str
    counts: list[Figure] = field(default_factory=list)
    loads: list[cpu.Figures] = field(default_factory=list)


def find_missing(python: str, variant: Variant, database: str) -> list[str]:
    """
    Name the libraries that an interpreter lacks for an application and a database.
    """
    needed = [variant.requires, *LIBRARIES[variant.name], *DRIVERS[database].get(variant.name, ())]
    code = "import sys\nfrom importlib.util import find_spec\nprint(*(n for n in sys.argv[1:] if find_spec(n) is None))"
    result = subprocess.run(
        [python, "-c", code, *needed],
        env=python_environment({}),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout.split()


@contextmanager
def provide_database(kind: str) -> Iterator[str | None]:
    """
    Give a database to the processes that are started in the block: its URL, or `None` if there is none.
    """
    if kind == "sqlite":
        with provide_sqlite() as url, announce(url):
            yield url
        return
    with provide(SERVICES[kind]) as found:
        if found.url is None:
            print(found.reason, file=sys.stderr)
            yield None
            return
        with announce(found.url):
            yield found.url


@contextmanager
def announce(url: str) -> Iterator[None]:
    """
    Let the processes that are started in the block know where the database is.
    """
    os.environ[URL_VARIABLE] = url
    try:
        yield
    finally:
        del os.environ[URL_VARIABLE]


async def check(variant: Variant, url: str) -> None:
    """
    Lay the tables, ask for every case, and look whether what was changed is kept.
    """
    await lay_tables(url)
    app = variant.load()
    async with Lifespan(app, variant.protocol):
        for case in DATABASE_CASES.values():
            answer = await check_asgi(app, case)
            kind = dict(answer.headers)["content-type"]
            if not kind.startswith("text/html" if case.name == "fortunes" else "application/json"):
                raise AssertionError(f"{variant.name}, {case.name}: {kind}")
    await check_kept(url, answer.content)


def run_check(python: str, name: str) -> str:
    """
    Check an application in a process of its own; return what is wrong.
    """
    result = subprocess.run(
        [python, "-m", "benchmarks.database_stacks", name],
        env=python_environment(os.environ),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if result.returncode == 0 else (result.stderr.strip().splitlines() or ["?"])[-1]


def choose(python: str, database: str) -> list[Variant]:
    """
    Return the applications that can run and answer rightly; name the others on standard error.
    """
    chosen = []
    for variant in DATABASE_VARIANTS.values():
        if missing := find_missing(python, variant, database):
            print(f"{variant.name} is left out on {database}: {', '.join(missing)} not installed.", file=sys.stderr)
        elif wrong := run_check(python, variant.name):
            print(f"{variant.name} is left out on {database}: {wrong}", file=sys.stderr)
        else:
            chosen.append(variant)
    return chosen


def measure_all(python: str, *, quick: bool, rounds: int, seconds: float) -> list[StackFigures]:
    """
    Count instructions on both databases, and CPU on PostgreSQL, where many write at the same time.
    """
    figures = []
    for database in ("sqlite", "postgresql"):
        with provide_database(database) as url:
            if url is None:
                continue
            mine = StackFigures(database)
            variants = choose(python, database)
            if callgrind.is_available():
                mine.counts = count(python, variants, url, quick=quick)
            if database == "postgresql" and not cpu.missing_tools(python):
                mine.loads = load(python, variants, url, rounds=rounds, seconds=seconds)
            figures.append(mine)
    return figures


def count(python: str, variants: Sequence[Variant], url: str, *, quick: bool) -> list[Figure]:
    """
    Count the instructions of each case; the changes come last, after which the tables are made anew.
    """
    sizes, runs = ([20, 60], 1) if quick else ([50, 200], 2)
    figures = []
    for variant in variants:
        asyncio.run(lay_tables(url))
        for case in DATABASE_CASES:
            figure = instructions.measure(python, variant, case, sizes, runs)
            print(f"{variant.name} {case}: {figure.error or figure.runs}", file=sys.stderr)
            figures.append(figure)
    return figures


def load(python: str, variants: Sequence[Variant], url: str, *, rounds: int, seconds: float) -> list[cpu.Figures]:
    """
    Load each application on Granian.
    """
    cases = list(DATABASE_CASES.values())
    return cpu.measure_cases(
        python, variants, cases, rounds=rounds, seconds=seconds, prepare=lambda: asyncio.run(lay_tables(url))
    )


def table(figures: list[StackFigures], *, rounds: int, seconds: float) -> str:
    """
    Return a table for each database.
    """
    parts = []
    for mine in figures:
        if mine.counts:
            parts.append(count_table(mine))
        if mine.loads:
            title = f"Answers from {mine.database}: CPU per request of the server process, on Granian"
            cases = tuple(DATABASE_CASES)
            parts.append(cpu.table(mine.loads, base=BASE, rounds=rounds, seconds=seconds, cases=cases, title=title))
    return "\n".join(parts) or "No database and no tool to measure it with.\n"


def count_table(figures: StackFigures) -> str:
    """
    Return the instructions in thousands, each with its multiple of those with CovetPy's adapter.
    """
    values = {(figure.variant, figure.case): figure.value for figure in figures.counts}
    rows = []
    for variant in dict.fromkeys(name for name, _ in values):
        row = [variant]
        for case in DATABASE_CASES:
            value = values.get((variant, case))
            row += ["-" if value is None else f"{value / 1000:,.0f}", ratio(value, values.get((BASE, case)))]
        rows.append(row)
    header = ["thousand instructions", *(cell for case in DATABASE_CASES for cell in (case, "/ adapter"))]
    return markdown(f"Answers from {figures.database}, in process", header, rows, note=NOTE)


def as_data(figures: list[StackFigures]) -> list[dict[str, object]]:
    """
    Return the figures as they are saved.
    """
    return [asdict(mine) for mine in figures]


def main() -> None:
    """
    Read the command line and check.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.database_stacks", description=__doc__)
    parser.add_argument("variant", choices=list(DATABASE_VARIANTS))
    options = parser.parse_args()
    asyncio.run(check(DATABASE_VARIANTS[options.variant], os.environ[URL_VARIABLE]))


if __name__ == "__main__":
    main()

"""
Measure static files over Granian: CovetPy's against the server's own mount, which runs no Python, and the peers.

Both sizes that the targets name: a small file of 1 KiB, which is all overhead, and a large one of 1 MiB, all copying.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from benchmarks import cpu
from benchmarks.apps.static_apps import PREFIX
from benchmarks.cases import Case
from benchmarks.variants import Variant

SIZES = {"small file": 1024, "large file": 1024 * 1024}
_MODULE = "benchmarks.apps.static_apps"
VARIANTS = {
    variant.name: variant
    for variant in (
        Variant("granian", _MODULE, "rsgi", "granian", "granian"),
        Variant("covet-rsgi", _MODULE, "rsgi", "covet", "covet"),
        Variant("covet-asgi", _MODULE, "asgi", "covet", "covet"),
        Variant("starlette", _MODULE, "asgi", "starlette", "starlette"),
        Variant("falcon", _MODULE, "asgi", "falcon", "falcon"),
    )
}
BASE = "granian"


def make_cases() -> dict[str, Case]:
    """
    Name the request of each size.
    """
    return {name: Case(name, "GET", f"{PREFIX}/{size}.bin", None) for name, size in SIZES.items()}


@contextmanager
def make_files() -> Iterator[str]:
    """
    Write the files into a directory, for as long as the block lasts.
    """
    with tempfile.TemporaryDirectory() as directory:
        for size in SIZES.values():
            Path(directory, f"{size}.bin").write_bytes(os.urandom(size))
        os.environ["BENCHMARK_FILES"] = directory
        try:
            yield directory
        finally:
            del os.environ["BENCHMARK_FILES"]


def measure_round(python: str, variant: Variant, directory: str, seconds: float) -> dict[str, float]:
    """
    Start a server, load it with each size and return the microseconds of CPU per request.
    """
    own = ["--static-path-route", PREFIX, "--static-path-mount", directory] if variant.name == BASE else []
    cases = make_cases()
    values = {}
    port = cpu.free_port()
    with cpu.serve(python, variant, port, arguments=own, probe=cases["small file"]) as group:
        for name, case in cases.items():
            cpu.check_answer(case, port)
            cpu.run_wrk(case, port, 1, Path(directory))
            before = cpu.group_seconds(group)
            served = cpu.run_wrk(case, port, seconds, Path(directory))
            values[name] = (cpu.group_seconds(group) - before) / served * 1e6
    return values


def measure_all(python: str, *, rounds: int, seconds: float) -> list[cpu.Figures]:
    """
    Measure the variants in turn, round by round; those that are not installed are left out.
    """
    figures = {variant.name: cpu.Figures(variant.name) for variant in VARIANTS.values() if find_spec(variant.requires)}
    with make_files() as directory:
        for number in range(1, rounds + 1):
            for name, mine in figures.items():
                if mine.error:
                    continue
                try:
                    values = measure_round(python, VARIANTS[name], directory, seconds)
                except (cpu.LoadError, OSError, subprocess.SubprocessError) as exc:
                    mine.error = f"{type(exc).__name__}: {exc}"
                    print(f"round {number}, {name}: {mine.error}", file=sys.stderr)
                    continue
                for size, value in values.items():
                    mine.rounds.setdefault(size, []).append(value)
                print(f"round {number}, {name}: { {k: round(v, 1) for k, v in values.items()} }", file=sys.stderr)
    return list(figures.values())


def table(figures: list[cpu.Figures], *, rounds: int, seconds: float) -> str:
    """
    Return the medians, each with its multiple of the server's own mount.
    """
    return cpu.table(figures, base=BASE, rounds=rounds, seconds=seconds, cases=list(SIZES), title="Static files")

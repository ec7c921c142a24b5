"""
Measure the CPU time that a server process spends per request, end to end on Granian.

The server is pinned to core 0 and `wrk -t1 -c64` to core 1; user and system time of the server's process group are
read from /proc before and after. Variants take turns within each round, so that a slow minute meets all of them.
"""

import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.cases import CASES, Case
from benchmarks.environment import ROOT, python_environment
from benchmarks.tables import markdown, ratio
from benchmarks.variants import Variant

CONNECTIONS = 64
START_TIMEOUT = 60.0


class LoadError(Exception):
    """
    Report a server that did not start or did not answer every request.
    """


@dataclass
class Figures:
    """
    Hold the microseconds per request of each round, by case.
    """

    variant: str
    rounds: dict[str, list[float]] = field(default_factory=dict)
    error: str = ""

    def median(self, case: str) -> float | None:
        """
        Return the median round of a case.
        """
        values = self.rounds.get(case)
        return statistics.median(values) if values else None


def missing_tools(python: str) -> list[str]:
    """
    Name what has to be installed before this can run.
    """
    missing = [name for name in ("wrk", "taskset") if shutil.which(name) is None]
    if not Path("/proc/self/stat").exists():
        missing.append("/proc (Linux)")
    if subprocess.run([python, "-c", "import granian"], capture_output=True, check=False).returncode != 0:
        missing.append("granian")
    if (os.cpu_count() or 1) < 2:
        missing.append("a second core")
    return missing


def parse_stat(text: str) -> tuple[int, int]:
    """
    Return the process group and the clock ticks (user and system) of a /proc/<pid>/stat line.
    """
    fields = text[text.rindex(")") + 2 :].split()
    return int(fields[2]), int(fields[11]) + int(fields[12])


def group_seconds(group: int) -> float:
    """
    Return the CPU time that the living processes of a group have used.
    """
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            member, used = parse_stat(path.read_text())
        except OSError:
            continue  # it ended meanwhile
        if member == group:
            ticks += used
    return ticks / os.sysconf("SC_CLK_TCK")


def parse_wrk(output: str) -> int:
    """
    Return how many requests wrk finished; raise if any of them failed.
    """
    served = re.search(r"(\d+) requests in", output)
    if served is None or "Non-2xx" in output or re.search(r"Socket errors: .*[1-9]", output):
        raise LoadError(f"wrk did not end well:\n{output.strip()}")
    return int(served[1])


def free_port() -> int:
    """
    Return a port of the loopback interface that is free now.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serve(
    python: str, variant: Variant, port: int, *, arguments: Sequence[str] = (), probe: Case = CASES["json"]
) -> Iterator[int]:
    """
    Run a variant on Granian until the block ends; yield its process group.
    """
    command = ["taskset", "-c", "0", python, "-m", "granian", "--interface", variant.protocol, "--http", "1", "--no-ws"]
    command += ["--workers", "1", "--loop", "auto", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--log-level", "warning", *arguments, variant.target]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=python_environment(os.environ),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            wait_until_ready(process, port, probe)
            yield process.pid
        except LoadError as exc:
            log.seek(0)
            raise LoadError(f"{exc}\n{log.read()[-2000:]}") from exc
        finally:
            stop(process)


def wait_until_ready(process: subprocess.Popen[bytes], port: int, probe: Case) -> None:
    """
    Wait until the server answers a case rightly.
    """
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise LoadError(f"the server ended with {process.returncode}")
        try:
            check_answer(probe, port)
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise LoadError(f"the server did not answer within {START_TIMEOUT:.0f} s")


def check_answer(case: Case, port: int) -> None:
    """
    Send one request and compare the answer.
    """
    headers = {"content-type": "application/json"} if case.body else {}
    url = f"http://127.0.0.1:{port}{case.path}"
    request = urllib.request.Request(url, case.body or None, headers, method=case.method)
    with urllib.request.urlopen(request, timeout=10) as response:
        status, content = response.status, response.read()
    if not case.matches(status, content):
        raise LoadError(f"{case.name}: got {status} {content[:200]!r}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """
    End the server's process group, by force when it does not follow.
    """
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            continue
        if number == signal.SIGTERM:
            time.sleep(0.1)  # the workers of a master that has ended follow it at once, or are ended below


def write_script(case: Case, directory: Path) -> list[str]:
    """
    Return the options that make wrk send a case with a body.
    """
    if not case.body:
        return []
    path = directory / f"{case.name}.lua"
    body = case.body.decode()
    path.write_text(
        f'wrk.method = "{case.method}"\nwrk.body = [=[{body}]=]\nwrk.headers["content-type"] = "application/json"\n'
    )
    return ["-s", str(path)]


def run_wrk(case: Case, port: int, seconds: float, directory: Path) -> int:
    """
    Load the server with a case and return the number of requests it served.
    """
    url = f"http://127.0.0.1:{port}{case.path}"
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s"]
    result = subprocess.run(
        [*command, *write_script(case, directory), url],
        capture_output=True,
        text=True,
        timeout=seconds + 30,
        check=False,
    )
    return parse_wrk(result.stdout + result.stderr)


def measure_round(python: str, variant: Variant, cases: list[Case], seconds: float) -> dict[str, float]:
    """
    Start a server, load it with each case and return the microseconds of CPU per request.
    """
    values = {}
    port = free_port()
    with tempfile.TemporaryDirectory() as name, serve(python, variant, port, probe=cases[0]) as group:
        for case in cases:
            check_answer(case, port)
            run_wrk(case, port, 1, Path(name))
            before = group_seconds(group)
            served = run_wrk(case, port, seconds, Path(name))
            values[case.name] = (group_seconds(group) - before) / served * 1e6
    return values


def measure_all(
    python: str, variants: list[Variant], cases: list[str], *, rounds: int, seconds: float
) -> list[Figures]:
    """
    Measure the variants in turn, round by round.
    """
    return measure_cases(python, variants, [CASES[name] for name in cases], rounds=rounds, seconds=seconds)


def measure_cases(
    python: str,
    variants: Sequence[Variant],
    cases: list[Case],
    *,
    rounds: int,
    seconds: float,
    prepare: Callable[[], None] = lambda: None,
) -> list[Figures]:
    """
    Measure cases of any kind; `prepare` is called before each server starts.
    """
    figures = {variant.name: Figures(variant.name) for variant in variants}
    for number in range(1, rounds + 1):
        for variant in variants:
            mine = figures[variant.name]
            if mine.error:
                continue
            prepare()
            try:
                values = measure_round(python, variant, cases, seconds)
            except (LoadError, OSError, subprocess.SubprocessError) as exc:
                mine.error = f"{type(exc).__name__}: {exc}"
                print(f"round {number}, {variant.name}: {mine.error}", file=sys.stderr)
                continue
            for case, value in values.items():
                mine.rounds.setdefault(case, []).append(value)
            print(f"round {number}, {variant.name}: { {k: round(v, 1) for k, v in values.items()} }", file=sys.stderr)
    return list(figures.values())


def table(
    figures: list[Figures],
    *,
    base: str,
    rounds: int,
    seconds: float,
    cases: Sequence[str] = tuple(CASES),
    title: str = "CPU per request of the server process, on Granian",
) -> str:
    """
    Return the medians, each with its multiple of the base variant.
    """
    cases = [name for name in cases if any(name in figure.rounds for figure in figures)]
    reference = next((figure for figure in figures if figure.variant == base), Figures(base))
    rows = []
    for figure in figures:
        row = [figure.variant]
        for case in cases:
            value = figure.median(case)
            row += ["-" if value is None else f"{value:.1f}", ratio(value, reference.median(case))]
        rows.append(row)
    header = ["µs of CPU", *(cell for case in cases for cell in (case, f"/ {base}"))]
    note = f"Median of {rounds} rounds of {seconds:.0f} s; only the ratios within one run mean something."
    return markdown(title, header, rows, note=note)

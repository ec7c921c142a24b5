"""
Print the tables: `python -m benchmarks --help` lists the choices.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from benchmarks import (
    body,
    callgrind,
    cpu,
    database,
    database_stacks,
    environment,
    event_streams,
    events,
    imports,
    injection,
    instructions,
    memory,
    onion,
    onion_parts,
    openapi,
    orm,
    production,
    router,
    startup,
    static,
    websocket,
)
from benchmarks.cases import CASES
from benchmarks.tables import describe_machine
from benchmarks.variants import VARIANTS, Variant

Section = Callable[[str, argparse.Namespace], tuple[str, object]]


def installed(python: str, names: list[str]) -> list[Variant]:
    """
    Return the variants whose library the interpreter has; name the others on standard error.
    """
    code = "from benchmarks.variants import VARIANTS\nprint(*(v.name for v in VARIANTS.values() if v.is_installed()))"
    result = subprocess.run(
        [python, "-c", code],
        env=environment.python_environment({}),
        cwd=environment.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    present = set(result.stdout.split())
    for name in names:
        if name not in present:
            print(f"{name} is left out: {VARIANTS[name].requires} is not installed.", file=sys.stderr)
    return [VARIANTS[name] for name in names if name in present]


def section_instructions(python: str, options: argparse.Namespace) -> tuple[str, object]:
    """
    Count instructions per request.
    """
    if not callgrind.is_available():
        return instructions.SKIPPED + "\n", []
    figures = instructions.measure_all(python, installed(python, options.variants), options.cases, quick=options.quick)
    return instructions.table(figures, base="raw-asgi"), instructions.as_data(figures)


def section_cpu(python: str, options: argparse.Namespace) -> tuple[str, object]:
    """
    Measure CPU per request, end to end.
    """
    if missing := cpu.missing_tools(python):
        return f"No CPU per request: {', '.join(missing)} missing.\n", []
    rounds, seconds = (1, 2.0) if options.quick else (options.rounds, options.seconds)
    figures = cpu.measure_all(
        python, installed(python, options.variants), options.cases, rounds=rounds, seconds=seconds
    )
    text = cpu.table(figures, base="raw-rsgi", rounds=rounds, seconds=seconds)
    return text, [asdict(figure) for figure in figures]


def section_static(python: str, options: argparse.Namespace) -> tuple[str, object]:
    """
    Measure static files.
    """
    if missing := cpu.missing_tools(python):
        return f"No static files: {', '.join(missing)} missing.\n", []
    rounds, seconds = (1, 2.0) if options.quick else (options.rounds, options.seconds)
    figures = static.measure_all(python, rounds=rounds, seconds=seconds)
    return static.table(figures, rounds=rounds, seconds=seconds), [asdict(figure) for figure in figures]


def section_event_streams(python: str, options: argparse.Namespace) -> tuple[str, object]:
    """
    Measure what a server-sent event costs.
    """
    figures = event_streams.measure_all(python, quick=options.quick)
    return event_streams.table(figures), [asdict(figure) for figure in figures]


def section_middleware(python: str, options: argparse.Namespace) -> tuple[str, object]:
    """
    Count what five middleware cost.
    """
    if not callgrind.is_available():
        return instructions.SKIPPED + "\n", []
    figures = onion.measure_all(python, [v.name for v in installed(python, options.variants)], quick=options.quick)
    return onion.table(figures), instructions.as_data(figures)


def section_middleware_parts(python: str, options: argparse.Namespace) -> tuple[str, object]:
    """
    Count what each thing costs that the five middleware do.
    """
    if not callgrind.is_available():
        return instructions.SKIPPED + "\n", []
    figures = onion_parts.measure_all(python, quick=options.quick)
    return onion_parts.table(figures), figures


def section_production(python: str, options: argparse.Namespace) -> tuple[str, object]:
    """
    Count what the middleware of a service in production costs.
    """
    if not callgrind.is_available():
        return instructions.SKIPPED + "\n", []
    figures = production.measure_all(python, [v.name for v in installed(python, options.variants)], quick=options.quick)
    return production.table(figures), instructions.as_data(figures)


def section_production_parts(python: str, options: argparse.Namespace) -> tuple[str, object]:
    """
    Count what each middleware of that stack costs alone.
    """
    if not callgrind.is_available():
        return instructions.SKIPPED + "\n", []
    figures = production.measure_parts(python, quick=options.quick)
    return production.parts_table(figures), figures


def section_router(python: str, options: argparse.Namespace) -> tuple[str, object]:
    """
    Measure few and many routes.
    """
    figures = router.measure_all(python, [v.name for v in installed(python, options.variants)], quick=options.quick)
    return router.table(figures), router.as_data(figures)


def section_body(python: str, options: argparse.Namespace) -> tuple[str, object]:
    """
    Count a large body.
    """
    if not callgrind.is_available():
        return instructions.SKIPPED + "\n", []
    figures = body.measure_all(python, quick=options.quick)
    return body.table(figures), figures


def section_events(python: str, options: argparse.Namespace) -> tuple[str, object]:
    """
    Measure publishing.
    """
    figures = events.measure_all(python, quick=options.quick)
    return events.table(figures), events.as_data(figures)


def section_websocket(python: str, options: argparse.Namespace) -> tuple[str, object]:
    """
    Measure an echo over a WebSocket.
    """
    rounds, seconds = (1, 2.0) if options.quick else (options.rounds, options.seconds)
    figures = websocket.measure_all(python, rounds=rounds, seconds=seconds, quick=options.quick)
    return websocket.table(figures), websocket.as_data(figures)


def section_orm(python: str, options: argparse.Namespace) -> tuple[str, object]:
    """
    Count what a repository adds to SQLAlchemy.
    """
    if not callgrind.is_available():
        return instructions.SKIPPED + "\n", []
    figures = orm.measure_all(python, quick=options.quick)
    return orm.table(figures), figures


def section_injection(python: str, options: argparse.Namespace) -> tuple[str, object]:
    """
    Count a scoped chain of three.
    """
    if not callgrind.is_available():
        return instructions.SKIPPED + "\n", []
    figures = injection.measure_all(python, quick=options.quick)
    return injection.table(figures), figures


def section_database(python: str, options: argparse.Namespace) -> tuple[str, object]:
    """
    Count a row by its id.
    """
    if not callgrind.is_available():
        return instructions.SKIPPED + "\n", []
    figures = database.measure_all(python, quick=options.quick)
    return database.table(figures), figures


def section_database_stacks(python: str, options: argparse.Namespace) -> tuple[str, object]:
    """
    Measure applications that answer from a database.
    """
    rounds, seconds = (1, 2.0) if options.quick else (options.rounds, options.seconds)
    figures = database_stacks.measure_all(python, quick=options.quick, rounds=rounds, seconds=seconds)
    return database_stacks.table(figures, rounds=rounds, seconds=seconds), database_stacks.as_data(figures)


def section_import(python: str, options: argparse.Namespace) -> tuple[str, object]:
    """
    Measure imports.
    """
    figures = imports.measure_all(python, options.variants, quick=options.quick)
    return imports.table(figures), imports.as_data(figures)


def section_startup(python: str, options: argparse.Namespace) -> tuple[str, object]:
    """
    Measure the start of a large application.
    """
    figure = startup.measure_all(python, quick=options.quick)
    return startup.table(figure), startup.as_data(figure)


def section_openapi(python: str, options: argparse.Namespace) -> tuple[str, object]:
    """
    Measure the making of an OpenAPI document.
    """
    figure = openapi.measure_all(python, quick=options.quick)
    return openapi.table(figure), openapi.as_data(figure)


def section_memory(python: str, options: argparse.Namespace) -> tuple[str, object]:
    """
    Measure the growth of memory.
    """
    if not Path("/proc/self/statm").exists():
        return "No memory figures: they are read from /proc, which is Linux only.\n", []
    figures = memory.measure_all(python, 20_000 if options.quick else options.requests)
    return memory.table(figures), memory.as_data(figures)


SECTIONS: dict[str, Section] = {
    "instructions": section_instructions,
    "cpu": section_cpu,
    "static": section_static,
    "middleware": section_middleware,
    "middleware-parts": section_middleware_parts,
    "production-stack": section_production,
    "production-parts": section_production_parts,
    "router": section_router,
    "body": section_body,
    "event-streams": section_event_streams,
    "events": section_events,
    "websocket": section_websocket,
    "injection": section_injection,
    "database": section_database,
    "database-stacks": section_database_stacks,
    "orm": section_orm,
    "import": section_import,
    "startup": section_startup,
    "openapi": section_openapi,
    "memory": section_memory,
}


def comma_list(choices: list[str]) -> Callable[[str], list[str]]:
    """
    Return a reader of comma-separated names out of the choices.
    """

    def read(text: str) -> list[str]:
        names = [name.strip() for name in text.split(",") if name.strip()]
        for name in names:
            if name not in choices:
                raise argparse.ArgumentTypeError(f"{name!r} is not one of {', '.join(choices)}")
        return names

    return read


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """
    Read the command line.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    sections, variants, cases = list(SECTIONS), list(VARIANTS), list(CASES)
    parser.add_argument("--only", type=comma_list(sections), default=sections, help=", ".join(sections))
    parser.add_argument("--variants", type=comma_list(variants), default=variants, help=", ".join(variants))
    parser.add_argument("--cases", type=comma_list(cases), default=cases, help=", ".join(cases))
    parser.add_argument("--quick", action="store_true", help="fewer requests and rounds: a first look, not a figure")
    parser.add_argument("--no-install", action="store_true", help="use what is installed, do not call pip")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of the CPU measurement (3)")
    parser.add_argument("--seconds", type=float, default=4, help="seconds of load per case and round (4)")
    parser.add_argument("--requests", type=int, default=100_000, help="requests of the memory measurement (100,000)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="save the results")
    return parser.parse_args(arguments)


def main() -> None:
    """
    Run the chosen sections and print their tables.
    """
    options = parse()
    python = environment.prepare(install=not options.no_install)
    facts = environment.describe(python)
    print("# Benchmarks\n")
    print(describe_machine(facts))
    results: dict[str, object] = {"environment": facts}
    for name in options.only:
        text, data = SECTIONS[name](python, options)
        results[name] = data
        print(text, flush=True)
    if options.json is not None:
        options.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()

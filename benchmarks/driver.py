"""
Call an application in process, N times, inside one task of a plain asyncio loop: what callgrind counts.

Run as `python -m benchmarks.driver <variant> <case>… --blocks 200 1200`. One request is checked first, so that an
application that answers the wrong thing is never measured. `os.getppid()` marks the edges of the blocks: callgrind
dumps its counters at that function (`--dump-before=getppid`), nothing else in here calls it.
"""

import argparse
import asyncio
import gc
import os
from typing import Any

from benchmarks.asgi import Lifespan, asgi_caller, check_asgi, prepare_asgi
from benchmarks.cases import ALL_CASES, Case
from benchmarks.database_cases import DATABASE_CASES
from benchmarks.rsgi import check_rsgi, rsgi_caller
from benchmarks.variants import ALL_VARIANTS, Variant


def mark() -> None:
    """
    Tell callgrind that a block begins or ends.
    """
    os.getppid()


async def measure(app: Any, protocol: str, case: Case, blocks: list[int]) -> None:
    """
    Check one answer, then send each block of requests between two marks.
    """
    check, make_caller = (check_asgi, asgi_caller) if protocol == "asgi" else (check_rsgi, rsgi_caller)
    if protocol == "asgi":
        case = await prepare_asgi(app, case)
    await check(app, case)
    call = make_caller(app, case)
    await call(blocks[0])  # the interpreter specialises its bytecode, caches fill
    gc.collect()
    gc.freeze()  # the size of the imported modules must not weigh on the collections of the run
    for count in blocks:
        mark()
        await call(count)
    mark()


async def measure_all(app: Any, protocol: str, cases: list[Case], blocks: list[int]) -> None:
    """
    Measure each case inside the application's lifespan.
    """
    async with Lifespan(app, protocol):
        for case in cases:
            await measure(app, protocol, case, blocks)


def run(variant: Variant, cases: list[Case], blocks: list[int]) -> None:
    """
    Load a variant and measure it on a fresh loop.
    """
    app = variant.load()
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        if variant.protocol == "rsgi" and hasattr(app, "__rsgi_init__"):
            app.__rsgi_init__(loop)  # as Granian does, before the loop runs
        runner.run(measure_all(app, variant.protocol, cases, blocks))
        if variant.protocol == "rsgi" and hasattr(app, "__rsgi_del__"):
            app.__rsgi_del__(loop)


def main() -> None:
    """
    Read the command line and run.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.driver", description=__doc__)
    parser.add_argument("variant", choices=list(ALL_VARIANTS))
    parser.add_argument("cases", choices=[*ALL_CASES, *DATABASE_CASES], nargs="+", metavar="case")
    parser.add_argument("--blocks", type=int, nargs="+", default=[200, 1200], help="requests per counted block")
    options = parser.parse_args()
    cases = ALL_CASES | DATABASE_CASES
    run(ALL_VARIANTS[options.variant], [cases[name] for name in options.cases], options.blocks)


if __name__ == "__main__":
    main()

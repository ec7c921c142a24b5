"""
Measure a request-scoped chain of three objects: made by hand, by CovetPy, and by others.

`covet` is what an endpoint runs for an injected argument. `covet-seen` is the same where something can see the scope,
such as a provider: there is an object for it. `covet-scope` is the public API, as a task writes it. Each resolves the
chain in a scope of its own, which is closed afterwards.

Run alone as `python -m benchmarks.injection <subject> --blocks 200 1200`, it resolves between the marks that callgrind
reads.
"""

import argparse
import asyncio
import gc
import subprocess
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from benchmarks import callgrind
from benchmarks.driver import mark
from benchmarks.tables import markdown, ratio

NOTE = "Three objects, each made with the one before, in a scope of their own that is closed afterwards."


class Connection:
    """
    Stand for what others need.
    """

    def __init__(self) -> None:
        self.queries = 0


class Repository:
    """
    Need a connection.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection


class Service:
    """
    Need a repository.
    """

    def __init__(self, repository: Repository) -> None:
        self.repository = repository


Resolve = Callable[[], Awaitable[Any]]


async def make_by_hand() -> Resolve:
    """
    Make the three as a handler would.
    """

    async def resolve() -> Service:
        return Service(Repository(Connection()))

    return resolve


def make_container() -> Any:
    """
    Register the three.
    """
    from covet.di import DependencyContainer, Lifetime

    container = DependencyContainer()
    for cls in (Connection, Repository, Service):
        container.register(cls, lifetime=Lifetime.SCOPED)
    return container


async def make_covet_endpoint(*, is_local: bool) -> Resolve:
    """
    Compile an endpoint that takes the service, as the dispatcher does.
    """
    from covet.code_writer import CodeWriter
    from covet.introspection import inspect_callable

    def handler(service: Service) -> Service:
        return service

    container = make_container()
    injection = container.inject("handler", inspect_callable(handler).parameters)
    container.build()
    writer = CodeWriter()
    with writer.block("async def endpoint():"):
        if is_local:
            (argument,) = injection.write_local_arguments(writer)
            writer.line(f"return {argument}")
        else:
            writer.line("error = None")
            injection.write_open(writer)
            with writer.block("try:"):
                (argument,) = injection.write_arguments(writer)
                writer.line(f"return {argument}")
            with writer.block("except BaseException as exc:"):
                writer.line("error = exc")
                writer.line("raise")
            with writer.block("finally:"):
                injection.write_close(writer, error="error")
    return writer.compile("endpoint")


async def make_covet_scope() -> Resolve:
    """
    Use the public API.
    """
    container = make_container()
    container.build()

    async def resolve() -> Service:
        async with container.scope() as scope:
            service: Service = await scope.resolve(Service)
            return service

    return resolve


async def make_rodi() -> Resolve:
    """
    Use rodi.
    """
    import rodi

    container = rodi.Container()
    for cls in (Connection, Repository, Service):
        container.add_scoped(cls)
    provider = container.build_provider()

    async def resolve() -> Any:
        with provider.create_scope() as scope:
            return provider.get(Service, scope)

    return resolve


async def make_dishka() -> Resolve:
    """
    Use dishka.
    """
    import dishka

    provider = dishka.Provider(scope=dishka.Scope.REQUEST)
    for cls in (Connection, Repository, Service):
        provider.provide(cls)
    container = dishka.make_async_container(provider)

    async def resolve() -> Any:
        async with container() as request:
            return await request.get(Service)

    return resolve


async def make_fastapi() -> Resolve:
    """
    Use what FastAPI does for the parameters of a handler.
    """
    from contextlib import AsyncExitStack
    from typing import Annotated

    from fastapi import Depends, Request
    from fastapi.dependencies.utils import get_dependant, solve_dependencies

    async def connection() -> Connection:
        return Connection()

    async def repository(connection: Annotated[Connection, Depends(connection)]) -> Repository:
        return Repository(connection)

    async def service(repository: Annotated[Repository, Depends(repository)]) -> Service:
        return Service(repository)

    async def handler(service: Annotated[Service, Depends(service)]) -> Service:
        return service

    dependant = get_dependant(path="/", call=handler)

    async def resolve() -> Any:
        async with AsyncExitStack() as stack:
            scope = {
                "type": "http",
                "query_string": b"",
                "headers": [],
                "fastapi_inner_astack": stack,
                "fastapi_function_astack": stack,
            }
            solved = await solve_dependencies(
                request=Request(scope), dependant=dependant, async_exit_stack=stack, embed_body_fields=False
            )
            return solved.values["service"]

    return resolve


MAKERS: dict[str, Callable[[], Awaitable[Resolve]]] = {
    "by-hand": make_by_hand,
    "covet": partial(make_covet_endpoint, is_local=True),
    "covet-seen": partial(make_covet_endpoint, is_local=False),
    "covet-scope": make_covet_scope,
    "rodi": make_rodi,
    "dishka": make_dishka,
    "fastapi": make_fastapi,
}


# What the subjects of others need.
LIBRARIES = {"rodi": "rodi", "dishka": "dishka", "fastapi": "fastapi"}


async def measure(name: str, blocks: list[int]) -> None:
    """
    Check one chain, then resolve each block of them between two marks.
    """
    resolve = await MAKERS[name]()
    first, second = await resolve(), await resolve()
    if not isinstance(first.repository.connection, Connection) or first is second:
        raise AssertionError(f"{name} does not make a chain for each request")

    async def call(count: int) -> None:
        for _ in range(count):
            await resolve()

    await call(blocks[0])
    gc.collect()
    gc.freeze()
    for count in blocks:
        mark()
        await call(count)
    mark()


def is_installed(python: str, library: str) -> bool:
    """
    Say whether an interpreter has a library.
    """
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({library!r}) is None)"
    return subprocess.run([python, "-c", code], check=False).returncode == 0


def measure_all(python: str, *, quick: bool) -> dict[str, float]:
    """
    Return the instructions per chain of each subject that is installed there.
    """
    sizes = [100, 300] if quick else [200, 1200]
    figures = {}
    for name in MAKERS:
        if (library := LIBRARIES.get(name)) is not None and not is_installed(python, library):
            print(f"{name} is left out: {library} is not installed.", file=sys.stderr)
            continue
        try:
            (figures[name],) = callgrind.per_request(python, ["-m", "benchmarks.injection", name], sizes)
        except callgrind.CallgrindError as exc:
            print(f"{name}: {exc}", file=sys.stderr)
    return figures


def table(figures: dict[str, float]) -> str:
    """
    Return the figures.
    """
    base = figures.get("by-hand")
    rows = [[name, f"{value / 1000:.1f}", ratio(value, base)] for name, value in figures.items()]
    return markdown("A scoped chain of three", ["thousand instructions", "per chain", "/ by hand"], rows, note=NOTE)


def main() -> None:
    """
    Read the command line and run.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.injection", description=__doc__)
    parser.add_argument("subject", choices=list(MAKERS))
    parser.add_argument("--blocks", type=int, nargs="+", default=[200, 1200], help="chains per counted block")
    options = parser.parse_args()
    asyncio.run(measure(options.subject, options.blocks))


if __name__ == "__main__":
    main()

"""
Measure the start of a large application: 500 registrations, 50 plugins, 100 routes that inject.

Run alone as `python -m benchmarks.startup`, it prints the CPU seconds of one process: of the imports, of declaring
everything, and of the start, in which the graph is checked and compiled.
"""

import asyncio
import os
import statistics
import subprocess
import time
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.environment import ROOT, python_environment
from benchmarks.tables import markdown

REGISTRATIONS = 500
PLUGINS = 50
ROUTES = 100
CHAIN = 5
NOTE = f"{REGISTRATIONS} scoped services in chains of {CHAIN}, {PLUGINS} plugins, {ROUTES} routes; median of processes."


@dataclass(frozen=True)
class StartFigure:
    """
    Hold CPU seconds of each part.
    """

    imports: float
    declaring: float
    starting: float

    @property
    def whole(self) -> float:
        """
        Return the CPU seconds of all parts.
        """
        return self.imports + self.declaring + self.starting


def make_services() -> list[type]:
    """
    Make classes, each of which takes the one before it, but for the first of each chain.
    """
    services: list[type] = []
    for number in range(REGISTRATIONS):
        services.append(make_service(number, services[-1] if number % CHAIN else None))
    return services


def make_service(number: int, needed: type | None) -> type:
    """
    Make one class.
    """
    if needed is None:
        return type(f"Service{number}", (), {})

    def init(self: Any, inner: Any) -> None:
        self.inner = inner

    init.__annotations__ = {"inner": needed, "return": None}
    return type(f"Service{number}", (), {"__init__": init})


def make_plugins(services: list[type]) -> list[type]:
    """
    Make plugins that register the services, each dependent on the one before it, but for every fifth.
    """
    from covet.di import Lifetime
    from covet.plugins import Plugin

    share = REGISTRATIONS // PLUGINS

    def make(number: int) -> type:
        def init_app(self: Any, app: Any) -> None:
            for service in services[number * share : (number + 1) * share]:
                app.container.register(service, lifetime=Lifetime.SCOPED)

        needs = [f"plugin_{number - 1}"] if number % CHAIN else []
        members = {"name": f"plugin_{number}", "version": "1.0.0", "dependencies": needs, "init_app": init_app}
        return type(f"Plugin{number}", (Plugin,), members)

    return [make(number) for number in range(PLUGINS)]


def make_handler(service: type) -> Any:
    """
    Make a handler that takes a service.
    """

    async def handler(service: Any) -> str:
        return type(service).__name__

    handler.__annotations__ = {"service": service, "return": str}
    return handler


async def start(app: Any) -> float:
    """
    Start an application and stop it again; return the CPU seconds of the process once it was ready.
    """
    await app.startup()
    seconds = time.process_time()
    if not (app.is_ready and app.container.is_built and len(app.plugin_manager.list_plugins()) == PLUGINS):
        raise AssertionError("the application did not start")
    await app.shutdown()
    return seconds


def run() -> StartFigure:
    """
    Start the application once, in this process.
    """
    began = time.process_time()
    from covet import CovetPy

    services = make_services()
    imported = time.process_time()
    app = CovetPy(plugins=make_plugins(services))
    for number in range(ROUTES):
        app.add_route(f"/services/{number}", make_handler(services[(number + 1) * CHAIN - 1]))
    declared = time.process_time()
    started = asyncio.run(start(app))
    return StartFigure(imported - began, declared - imported, started - declared)


def measure_all(python: str, *, quick: bool) -> StartFigure:
    """
    Return the medians of fresh processes.
    """
    samples = []
    for number in range(4 if quick else 12):
        output = subprocess.run(
            [python, "-m", "benchmarks.startup"],
            cwd=ROOT,
            env=python_environment(os.environ),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        if number > 0:  # the first one writes the compiled files
            samples.append([float(value) for value in output.split()])
    return StartFigure(*(statistics.median(column) for column in zip(*samples, strict=True)))


def table(figure: StartFigure) -> str:
    """
    Return the CPU milliseconds of each part.
    """
    parts = {"imports": figure.imports, "declaring": figure.declaring, "start": figure.starting, "all": figure.whole}
    row = [f"{value * 1000:.0f}" for value in parts.values()]
    return markdown("Start of a large application", ["", *parts], [["CPU ms", *row]], note=NOTE)


def as_data(figure: StartFigure) -> dict[str, float]:
    """
    Return the figures as they are saved.
    """
    return asdict(figure)


if __name__ == "__main__":
    print(*asdict(run()).values())

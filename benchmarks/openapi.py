"""
Measure the making of an OpenAPI document: 1,000 routes with parameters, bodies and answers of their own.

Run alone as `python -m benchmarks.openapi`, it prints the CPU seconds of one process: of the check at the start, of
making the document, and of writing it as JSON; then the bytes of that.
"""

import asyncio
import os
import statistics
import subprocess
import time
from dataclasses import asdict, dataclass, make_dataclass
from typing import Any

from benchmarks.environment import ROOT, python_environment
from benchmarks.tables import markdown

ROUTES = 1000
NOTE = (
    f"{ROUTES} routes of four kinds: a list with a query, one by its number, a new one, a removal; "
    f"{ROUTES // 4} models in twos. The application has started already. Median of processes."
)


@dataclass(frozen=True)
class DocumentFigure:
    """
    Hold CPU seconds of each part, and the size of the document.
    """

    checking: float
    making: float
    writing: float
    size: int


def make_model(number: int) -> type:
    """
    Make a model that holds another one.
    """
    inner = make_dataclass(f"Part{number}", [("name", str), ("weight", float), ("tags", list[str])])
    return make_dataclass(f"Thing{number}", [("id", int), ("name", str), ("parts", list[inner]), ("note", str | None)])  # type: ignore[valid-type]


def add_routes(app: Any, number: int) -> None:
    """
    Add the four routes of one model.
    """
    model = make_model(number)

    async def find(q: str, page: int = 1, size: int = 20, sort: str | None = None) -> Any: ...
    async def show(thing_id: int) -> Any: ...
    async def create(thing: Any) -> Any: ...
    async def remove(thing_id: int) -> None: ...

    find.__annotations__["return"] = list[model]  # type: ignore[valid-type]
    show.__annotations__["return"] = create.__annotations__["return"] = create.__annotations__["thing"] = model
    app.add_route(f"/things{number}", find, ["GET"], name=f"find_{number}", tags=["things"])
    app.add_route(f"/things{number}/{{thing_id:int}}", show, ["GET"], name=f"show_{number}", tags=["things"])
    app.add_route(f"/things{number}", create, ["POST"], name=f"create_{number}", status_code=201, tags=["things"])
    app.add_route(f"/things{number}/{{thing_id:int}}", remove, ["DELETE"], name=f"remove_{number}", tags=["things"])


async def run() -> DocumentFigure:
    """
    Start the application once, in this process, and make its document.
    """
    from covet import CovetPy
    from covet.openapi import OpenAPIPlugin
    from covet.serialization import encode_json

    plugin = OpenAPIPlugin()
    app = CovetPy(plugins=[plugin])
    for number in range(ROUTES // 4):
        add_routes(app, number)
    app.compile()
    began = time.process_time()
    await plugin.on_startup()
    checked = time.process_time()
    document = plugin.make_document()
    made = time.process_time()
    size = len(encode_json(document))
    written = time.process_time()
    operations = sum(len(item) for item in document["paths"].values())
    if operations != ROUTES:
        raise AssertionError(f"the document has {operations} operations")
    return DocumentFigure(checked - began, made - checked, written - made, size)


def measure_all(python: str, *, quick: bool) -> DocumentFigure:
    """
    Return the medians of fresh processes.
    """
    samples = []
    for number in range(4 if quick else 12):
        output = subprocess.run(
            [python, "-m", "benchmarks.openapi"],
            cwd=ROOT,
            env=python_environment(os.environ),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        if number > 0:  # the first one writes the compiled files
            samples.append([float(value) for value in output.split()])
    checking, making, writing, size = (statistics.median(column) for column in zip(*samples, strict=True))
    return DocumentFigure(checking, making, writing, int(size))


def table(figure: DocumentFigure) -> str:
    """
    Return the CPU milliseconds of each part.
    """
    parts = {"check at start": figure.checking, "making": figure.making, "JSON": figure.writing}
    row = [f"{value * 1000:.0f}" for value in parts.values()]
    heading = ["", *parts, "KiB"]
    return markdown("OpenAPI document", heading, [["CPU ms", *row, f"{figure.size / 1024:.0f}"]], note=NOTE)


def as_data(figure: DocumentFigure) -> dict[str, float]:
    """
    Return the figures as they are saved.
    """
    return asdict(figure)


if __name__ == "__main__":
    print(*asdict(asyncio.run(run())).values())

"""
`ProfileMiddleware`: what is measured, what is told, and which options are refused.
"""

import asyncio
import cProfile
import logging
import os
import pstats
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest

from covet import CovetPy
from covet.core import CovetRouter
from covet.exceptions import ConfigurationError, NotFoundError
from covet.profiling import ProfileMiddleware
from covet.responses import StreamingResponse
from covet.testing import TestClient


def add_up() -> int:
    """Do something that a profile can name."""
    return sum(range(100))


async def wait_and_add() -> int:
    """Wait between two steps."""
    await asyncio.sleep(0.02)
    return add_up()


def read_calls(profiler: ProfileMiddleware, name: str) -> int:
    """Read how often a function was called, out of the report."""
    for line in profiler.make_report().splitlines():
        if line.endswith(f"({name})"):
            return int(line.split()[0].partition("/")[0])
    return 0


async def test_the_functions_of_requests_are_in_the_report() -> None:
    """Those of the handler, with the number of their calls."""
    profiler = ProfileMiddleware(limit=1000)
    app = CovetPy(middleware=[profiler])
    app.get("/")(wait_and_add)

    async with TestClient(app) as client:
        for _ in range(3):
            response = await client.get("/")

    assert response.json() == 4950
    assert read_calls(profiler, "add_up") == 3


async def test_what_others_do_meanwhile_is_not() -> None:
    """A profiler that stayed on while a request waits would take it for the request's."""

    def work_elsewhere() -> None:
        time.sleep(0)

    async def bustle() -> None:
        while True:
            work_elsewhere()
            await asyncio.sleep(0)

    profiler = ProfileMiddleware(limit=1000)
    app = CovetPy(middleware=[profiler])
    app.get("/")(wait_and_add)

    async with TestClient(app) as client:
        other = asyncio.create_task(bustle())
        await client.get("/")
        other.cancel()

    assert read_calls(profiler, "work_elsewhere") == 0
    assert read_calls(profiler, "bustle") == 0
    assert read_calls(profiler, "add_up") == 1


async def test_requests_at_once_are_all_measured() -> None:
    """Their steps take turns, in one profile."""
    profiler = ProfileMiddleware(limit=1000)
    app = CovetPy(middleware=[profiler])
    app.get("/")(wait_and_add)

    async with TestClient(app) as client, asyncio.TaskGroup() as tasks:
        for _ in range(10):
            tasks.create_task(client.get("/"))

    assert read_calls(profiler, "add_up") == 10


async def test_other_middleware_is_inside() -> None:
    """Whatever the order of the list: what all of it costs is to be seen."""
    seen = []

    async def stamp(request, call_next):  # type: ignore[no-untyped-def]
        seen.append(request.path)
        return await call_next(request)

    profiler = ProfileMiddleware(limit=1000)
    app = CovetPy(middleware=[stamp, profiler])
    app.get("/")(wait_and_add)

    async with TestClient(app) as client:
        await client.get("/")

    assert seen == ["/"]
    assert read_calls(profiler, "stamp") >= 1


@pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
async def test_errors_and_streams_go_through(protocol: Literal["asgi", "rsgi"]) -> None:
    """A 404 of the handler is answered, and a stream arrives whole."""
    app = CovetPy(middleware=[ProfileMiddleware()])

    @app.get("/missing")
    async def miss() -> str:
        await asyncio.sleep(0)
        raise NotFoundError("no tea")

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"a"
            await asyncio.sleep(0)
            yield b"b"

        return StreamingResponse(chunks())

    async with TestClient(app, protocol=protocol) as client:
        missing = await client.get("/missing")
        streamed = await client.get("/stream")

    assert (missing.status_code, missing.json()["detail"]) == (404, "no tea")
    assert streamed.content == b"ab"


async def test_a_timeout_reaches_the_handler() -> None:
    """A cancellation is thrown into the step that waits; the handler may clean up."""
    cleaned = []
    app = CovetPy(middleware=[ProfileMiddleware()])

    @app.get("/", timeout=0.01)
    async def wait() -> str:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            cleaned.append("cleaned")
        return ""

    async with TestClient(app) as client:
        response = await client.get("/")

    assert response.status_code == 504
    assert cleaned == ["cleaned"]


async def test_a_route_may_have_its_own() -> None:
    """The others are not in it."""
    profiler = ProfileMiddleware(limit=1000)
    router = CovetRouter()
    router.get("/measured", middleware=[profiler])(wait_and_add)
    router.get("/other")(wait_and_add)
    app = CovetPy()
    app.include_router(router)

    async with TestClient(app) as client:
        await client.get("/measured")
        await client.get("/other")

    assert read_calls(profiler, "add_up") == 1


async def test_the_file_and_the_report_come_at_the_stop(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The file is one of `pstats`; the log names it, above the table."""
    file = tmp_path / "profile.prof"
    app = CovetPy(middleware=[ProfileMiddleware(file, sort_by="ncalls", limit=3)])
    app.get("/")(wait_and_add)

    with caplog.at_level(logging.INFO, "covet.profiling"):
        async with TestClient(app) as client:
            await client.get("/")
            assert not file.exists()

    (record,) = caplog.records
    assert record.getMessage().startswith(f"The profile of the requests, written to {file}:\n")
    assert "Ordered by: call count" in record.getMessage()
    assert "due to restriction <3>" in record.getMessage()
    assert pstats.Stats(str(file)).get_stats_profile().func_profiles["add_up"].ncalls == "1"


async def test_each_process_may_have_its_file(tmp_path: Path) -> None:
    """Workers would overwrite each other's."""
    app = CovetPy(middleware=[ProfileMiddleware(tmp_path / "profile-{pid}.prof")])
    app.get("/")(wait_and_add)

    async with TestClient(app) as client:
        await client.get("/")

    assert [file.name for file in tmp_path.iterdir()] == [f"profile-{os.getpid()}.prof"]


async def test_without_requests_nothing_is_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """There is no profile to write."""
    app = CovetPy(middleware=[ProfileMiddleware(tmp_path / "profile.prof")])

    with caplog.at_level(logging.INFO, "covet.profiling"):
        async with TestClient(app):
            pass

    assert caplog.messages == ["No request was profiled."]
    assert list(tmp_path.iterdir()) == []


async def test_a_new_start_begins_a_new_profile() -> None:
    """An application that is started again tells of what came since."""
    profiler = ProfileMiddleware(limit=1000)
    app = CovetPy(middleware=[profiler])
    app.get("/")(wait_and_add)

    for _ in range(2):
        async with TestClient(app) as client:
            await client.get("/")

    assert read_calls(profiler, "add_up") == 1


async def test_another_profiler_goes_first(caplog: pytest.LogCaptureFixture) -> None:
    """The one that runs is not disturbed; the log says once why there is no profile."""
    profiler = ProfileMiddleware()
    app = CovetPy(middleware=[profiler])
    app.get("/")(wait_and_add)
    other = cProfile.Profile()

    async with TestClient(app) as client:
        with caplog.at_level(logging.WARNING, "covet.profiling"):
            other.enable()
            for _ in range(2):
                await client.get("/")
            other.disable()

    assert profiler.make_report() == ""
    assert caplog.messages == ["Requests are not profiled while another profiler runs, or another ProfileMiddleware."]
    assert pstats.Stats(other).get_stats_profile().func_profiles["add_up"].ncalls == "2"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"sort_by": "cumulativ"},
            "ProfileMiddleware: sort_by is 'cumulativ', which pstats cannot sort by.\n.*'cumulative'",
        ),
        ({"sort_by": None}, "ProfileMiddleware: sort_by is None.*\n  Available: calls, cumulative"),
        ({"limit": 0}, "ProfileMiddleware: limit is 0, expected a whole number of at least 1"),
        ({"output_file": 7}, "ProfileMiddleware: output_file is 7, expected a path"),
        ({"output_file": ""}, "ProfileMiddleware: output_file is '', expected a path"),
        ({"output": "x"}, r"ProfileMiddleware\(\) has no option 'output'.\n  Did you mean 'output_file'"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, object], message: str) -> None:
    """When it is made, with what to write instead."""
    with pytest.raises(ConfigurationError, match=message):
        ProfileMiddleware(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("file", "message"),
    [("/nowhere/at/all.prof", "there is no folder '/nowhere/at'"), ("/", "output_file is '/', which is a folder")],
)
async def test_a_place_that_is_not_there_stops_the_start(file: str, message: str) -> None:
    """The profile of a day would be lost at its end."""
    app = CovetPy(middleware=[ProfileMiddleware(file)])

    with pytest.raises(ConfigurationError, match=message):
        async with TestClient(app):
            pass

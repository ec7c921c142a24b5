"""
Tests of work after the response.
"""

import gc
import logging
import threading
from typing import Any

import pytest

from covet import CovetPy, Request
from covet.tasks import BackgroundTasks
from covet.testing import TestClient

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])


async def test_tasks_run_in_order_and_alone() -> None:
    """Coroutine functions are awaited, others run in a thread, objects are called; what is added meanwhile runs too."""
    log: list[object] = []
    tasks = BackgroundTasks()

    class Callable:
        async def __call__(self) -> None:
            log.append("object")

    async def first(word: str, *, mark: str) -> None:
        log.append(word + mark)
        tasks.add_task(log.append, "late")

    tasks.add_task(first, "a", mark="!")
    tasks.add_task(lambda: log.append(threading.current_thread() is threading.main_thread()))
    tasks.add_task(Callable())

    assert len(tasks) == 3
    await tasks.run()

    assert log == ["a!", False, "object", "late"]
    assert len(tasks) == 0


async def test_a_failure_is_logged_and_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    """Known defect: one failing task stopped the rest."""
    log: list[str] = []
    tasks = BackgroundTasks()

    async def fails() -> None:
        raise RuntimeError("failed")

    tasks.add_task(fails)
    tasks.add_task(log.append, "next")
    with caplog.at_level(logging.ERROR):
        await tasks.run()

    assert log == ["next"]
    assert "fails" in caplog.text


def test_only_functions_can_be_added() -> None:
    """A coroutine that was called already cannot be deferred."""
    with pytest.raises(TypeError, match=r"add_task\(\) takes a function and its arguments, got NoneType."):
        BackgroundTasks().add_task(None)  # type: ignore[arg-type]


def test_tasks_that_never_run_are_told() -> None:
    """A list that nobody runs warns and names what was lost."""
    tasks = BackgroundTasks()
    tasks.add_task(print, "never")

    with pytest.warns(ResourceWarning, match=r"Background tasks were never run: builtins.print"):
        del tasks
        gc.collect()


@Protocols
@pytest.mark.parametrize("path", ["/parameter", "/own", "/defer"])
async def test_deferred_work_runs_after_the_response(protocol: Any, path: str) -> None:
    """Known defect: tasks made by hand were never attached to the response."""
    log: list[str] = []
    app = CovetPy()

    @app.get("/parameter")
    async def parameter(tasks: BackgroundTasks) -> str:
        tasks.add_task(log.append, "ran")
        return "sent"

    @app.get("/own")
    async def own() -> str:
        background = BackgroundTasks()
        background.add_task(log.append, "ran")
        return "sent"

    @app.get("/defer")
    async def defer(request: Request) -> str:
        request.defer(log.append, "ran")
        return "sent"

    async with TestClient(app, protocol=protocol) as client:
        response = await client.get(path)

    assert response.text == "sent"
    assert log == ["ran"]

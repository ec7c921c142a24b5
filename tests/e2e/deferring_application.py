"""
An application that defers work, which it notes in the file that the environment variable `RECORD` names.
"""

import asyncio

from covet import CovetPy
from covet.tasks import BackgroundTasks
from tests.e2e.server_applications import record

app = CovetPy()


async def work(name: str, seconds: float) -> None:
    """Take a while."""
    record(f"{name} begins")
    await asyncio.sleep(seconds)
    record(f"{name} ends")


@app.get("/defer")
async def defer(tasks: BackgroundTasks, seconds: float) -> str:
    """Answer at once, and do two things afterwards."""
    tasks.add_task(work, "first", seconds)
    tasks.add_task(work, "second", seconds)
    return "answered"

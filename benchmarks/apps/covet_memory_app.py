"""
Answer well, badly and with an unhandled error: what the memory measurement sends a million times.
"""

import logging

from benchmarks.apps.models import Item
from covet import CovetPy

# A million tracebacks on the terminal are not what is measured.
logging.disable(logging.CRITICAL)

app = CovetPy()


@app.get("/users/{id}")
async def user(id: int) -> dict[str, int]:  # noqa: A002 - the case names its parameter so
    """
    Answer with the typed path parameter.
    """
    return {"user_id": id}


@app.post("/items")
async def create(item: Item) -> Item:
    """
    Answer with the validated body.
    """
    return item


@app.get("/fail")
async def fail() -> str:
    """
    Raise what nobody handles.
    """
    raise RuntimeError("on purpose")

"""
Answer well, badly and with an unhandled error: what the memory measurement sends a million times.
"""

from benchmarks.apps.models import Item
from covet import CovetPy


async def user(id: int) -> dict[str, int]:  # noqa: A002 - as in the param case
    """
    Answer with the typed path parameter.
    """
    return {"user_id": id}


async def create(item: Item) -> Item:
    """
    Answer with the validated body.
    """
    return item


async def fail() -> str:
    """
    Raise what nobody handles.
    """
    raise RuntimeError("on purpose")


def make_app() -> CovetPy:
    """
    Return a fresh application.
    """
    app = CovetPy()
    app.get("/users/{id}")(user)
    app.post("/items")(create)
    app.get("/fail")(fail)
    return app

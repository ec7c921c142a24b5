"""
Answer the four cases with CovetPy: a default application, typed handlers, a msgspec Struct as the body.
"""

from benchmarks.apps.models import Item
from benchmarks.cases import GREETING
from covet import CovetPy

app = CovetPy()


@app.get("/")
async def plain() -> str:
    """
    Answer text.
    """
    return GREETING


@app.get("/json")
async def json_() -> dict[str, str]:
    """
    Answer a dictionary.
    """
    return {"message": GREETING}


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

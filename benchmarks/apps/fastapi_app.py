"""
Answer the four cases with FastAPI: typed handlers and a pydantic model, as its tutorial writes them.
"""

from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from benchmarks.cases import GREETING

app = FastAPI()


class Item(BaseModel):
    """
    Describe the body of the post case.
    """

    name: str
    price: float
    quantity: int
    in_stock: bool


@app.get("/", response_class=PlainTextResponse)
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

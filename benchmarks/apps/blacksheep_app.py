"""
Answer the four cases with BlackSheep: typed handlers, and a pydantic model bound from the JSON body.
"""

from blacksheep import Application, FromJSON, Response, json, text
from pydantic import BaseModel

from benchmarks.cases import GREETING

app = Application()


class Item(BaseModel):
    """
    Describe the body of the post case.
    """

    name: str
    price: float
    quantity: int
    in_stock: bool


@app.router.get("/")
async def plain() -> Response:
    """
    Answer text.
    """
    return text(GREETING)


@app.router.get("/json")
async def json_() -> Response:
    """
    Answer a dictionary.
    """
    return json({"message": GREETING})


@app.router.get("/users/{id}")
async def user(id: int) -> Response:  # noqa: A002 - the case names its parameter so
    """
    Answer with the typed path parameter.
    """
    return json({"user_id": id})


@app.router.post("/items")
async def create(data: FromJSON[Item]) -> Response:
    """
    Answer with the bound body.
    """
    return json(data.value.model_dump())

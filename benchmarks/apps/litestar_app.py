"""
Answer the four cases with Litestar: typed handlers and a msgspec Struct, which it decodes natively.
"""

from litestar import Litestar, MediaType, get, post

from benchmarks.apps.models import Item
from benchmarks.cases import GREETING


@get("/", media_type=MediaType.TEXT)
async def plain() -> str:
    """
    Answer text.
    """
    return GREETING


@get("/json")
async def json_() -> dict[str, str]:
    """
    Answer a dictionary.
    """
    return {"message": GREETING}


@get("/users/{id:int}")
async def user(id: int) -> dict[str, int]:  # noqa: A002 - the case names its parameter so
    """
    Answer with the typed path parameter.
    """
    return {"user_id": id}


@post("/items", status_code=200)
async def create(data: Item) -> Item:
    """
    Answer with the validated body.
    """
    return data


app = Litestar(route_handlers=[plain, json_, user, create])

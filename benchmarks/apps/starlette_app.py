"""
Answer the four cases with Starlette. It validates no bodies itself: msgspec, the fastest choice, does it here.
"""

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from benchmarks.apps.models import Item
from benchmarks.cases import GREETING

item_decoder = msgspec.json.Decoder(Item)


async def plain(request: Request) -> PlainTextResponse:
    """
    Answer text.
    """
    return PlainTextResponse(GREETING)


async def json_(request: Request) -> JSONResponse:
    """
    Answer a dictionary.
    """
    return JSONResponse({"message": GREETING})


async def user(request: Request) -> JSONResponse:
    """
    Answer with the path parameter, converted by the route.
    """
    return JSONResponse({"user_id": request.path_params["id"]})


async def create(request: Request) -> JSONResponse:
    """
    Answer with the validated body.
    """
    try:
        item = item_decoder.decode(await request.body())
    except msgspec.DecodeError as exc:
        raise HTTPException(422, str(exc)) from exc
    return JSONResponse(msgspec.to_builtins(item))


app = Starlette(
    routes=[
        Route("/", plain),
        Route("/json", json_),
        Route("/users/{id:int}", user),
        Route("/items", create, methods=["POST"]),
    ]
)

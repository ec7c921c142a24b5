"""
Hold a Starlette application with as many routes as BENCHMARK_ROUTES says: what a list of patterns costs.
"""

import os

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def answer(request: Request) -> JSONResponse:
    """
    Answer with the path parameter.
    """
    return JSONResponse({"user_id": request.path_params.get("id", 0)})


def make_app(count: int) -> Starlette:
    """
    Return an application with `count` routes; the first and the last have a parameter.
    """
    paths = [
        f"/group{number}/users/{{id:int}}" if number % 2 == 0 or number == count - 1 else f"/group{number}/users"
        for number in range(count)
    ]
    return Starlette(routes=[Route(path, answer) for path in paths])


app = make_app(int(os.environ.get("BENCHMARK_ROUTES", "10")))

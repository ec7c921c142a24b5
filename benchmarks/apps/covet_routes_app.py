"""
Hold an application with as many routes as BENCHMARK_ROUTES says, half of them static, half with a parameter.
"""

import os

from covet import CovetPy


def make_app(count: int) -> CovetPy:
    """
    Return an application with `count` routes; the first and the last have a parameter.
    """
    app = CovetPy()

    async def answer(id: int) -> dict[str, int]:  # noqa: A002 - as in the param case
        return {"user_id": id}

    async def static() -> dict[str, int]:
        return {"user_id": 0}

    for number in range(count):
        if number % 2 == 0 or number == count - 1:
            app.get(f"/group{number}/users/{{id}}")(answer)
        else:
            app.get(f"/group{number}/users")(static)
    return app


app = make_app(int(os.environ.get("BENCHMARK_ROUTES", "10")))

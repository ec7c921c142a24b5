"""
Tests of compiling an application: what all routes contain may change at any time.
"""

import pytest

from covet import CovetPy, Request, Response
from covet.core.compiled_application import CompiledApplication
from covet.exceptions import RouteError
from covet.testing import TestClient


async def test_a_layer_that_comes_later_is_around_all_routes() -> None:
    """Those that were compiled already are compiled again."""
    app = CovetPy()

    @app.get("/")
    async def index() -> str:
        return "index"

    def stamp(request: Request, response: Response) -> Response:
        response.headers["x-stamp"] = "1"
        return response

    async with TestClient(app) as client:
        before = await client.get("/")

        @app.middleware
        async def layer(request: Request, call_next: object) -> Response:
            return stamp(request, await call_next(request))  # type: ignore[operator]

        after = await client.get("/")

    assert ("x-stamp" in before.headers, "x-stamp" in after.headers) == (False, True)


def test_everything_that_is_wrong_with_the_routes_comes_at_once() -> None:
    """One error stays as it is, several come as a group."""
    app = CovetPy()
    assert isinstance(app, CompiledApplication)

    @app.get("/a/{x}")
    async def first(x: int, y) -> None: ...  # type: ignore[no-untyped-def]

    with pytest.raises(RouteError, match="It has no annotation"):
        app.compile()

    @app.get("/b/{x}")
    async def second(x: int, z) -> None: ...  # type: ignore[no-untyped-def]

    with pytest.raises(ExceptionGroup, match="2 routes cannot be served"):
        app.compile()

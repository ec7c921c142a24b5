"""
Tests of the application's surface.
"""

from typing import Any
from unittest.mock import patch

import pytest

from covet import CovetPy, Response
from covet.core.routing import CovetRouter
from covet.exceptions import ItemNotFoundError, RouteError
from covet.testing import TestClient


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "options"])
async def test_each_method_has_its_decorator(method: str) -> None:
    """The handler is returned unchanged, so that decorators stack."""
    app = CovetPy()

    async def handler() -> str:
        return method

    assert getattr(app, method)("/")(handler) is handler
    async with TestClient(app) as client:
        response = await client.request(method.upper(), "/")

    assert response.text == method


async def test_a_route_answers_get_unless_it_says_otherwise() -> None:
    """`methods=` names others."""
    app = CovetPy()

    @app.route("/get")
    async def index() -> str:
        return "get"

    @app.route("/put", methods=["PUT", "PATCH"])
    async def change() -> str:
        return "put"

    async with TestClient(app) as client:
        answers = [(await client.get("/get")).text, (await client.put("/put")).text, (await client.patch("/put")).text]
        refused = await client.get("/put")

    assert answers == ["get", "put", "put"]
    assert refused.headers["allow"] == "OPTIONS, PATCH, PUT"


async def test_routers_are_included_with_their_middleware() -> None:
    """Prefix, tags and layers hold for its routes, and names lead back."""
    app = CovetPy()
    router = CovetRouter()

    @router.get("/{name}")
    async def show(name: str) -> str:
        return name

    async def stamp(request: Any, call_next: Any) -> Response:
        response: Response = await call_next(request)
        response.headers["x-stamp"] = "1"
        return response

    app.include_router(router, "/users", middleware=[stamp], tags=["users"])
    app.add_route("/plain", lambda: "plain")

    async with TestClient(app) as client:
        inside, outside = await client.get("/users/ada"), await client.get("/plain")

    assert (inside.text, inside.headers["x-stamp"], "x-stamp" in outside.headers) == ("ada", "1", False)
    assert app.url_for("show", name="a b") == "/users/a%20b"
    assert app.router.routes[0].all_tags == ("users",)
    with pytest.raises((RouteError, ItemNotFoundError)):
        app.url_for("shaw", name="a")


async def test_layers_added_later_hold_for_all_routes() -> None:
    """Also while the application runs; a stack keeps its order, a priority beats it."""
    app = CovetPy()
    app.add_route("/", lambda: "")
    log: list[str] = []

    def layer(name: str) -> Any:
        async def around(request: Any, call_next: Any) -> Any:
            log.append(name)
            return await call_next(request)

        return around

    async with TestClient(app) as client:
        await client.get("/")
        app.add_middleware_stack([layer("a"), layer("b")])
        app.middleware(layer("first"), priority=1)
        await client.get("/")

    assert log == ["first", "a", "b"]


def test_run_hands_everything_to_the_server() -> None:
    """Options pass as they are; the server checks them."""
    app = CovetPy()

    with patch("covet.server.run") as run:
        app.run("0.0.0.0", 81, workers=2, log_level="info")

    run.assert_called_once_with(app, host="0.0.0.0", port=81, workers=2, reload=False, log_level="info")

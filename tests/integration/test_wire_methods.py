"""
What no route has to answer: HEAD, OPTIONS, 404, 405, redirects. Over both protocols.
"""

import pytest

from covet import CovetPy, Request, Response
from covet.core.middleware import CallNext
from covet.testing import TestClient
from tests.integration.wire import WireProtocol, assert_problem, on_both_protocols


def make_app() -> CovetPy:
    """Make an application with a few routes."""
    app = CovetPy()

    @app.get("/text")
    async def show_text() -> str:
        return "some text"

    @app.get("/json")
    async def show_json() -> dict[str, int]:
        return {"a": 1}

    @app.get("/response")
    async def show_response() -> Response:
        return Response(b"\x00\x01\x02", headers={"x-own": "1"})

    @app.get("/request")
    async def show_request(request: Request) -> str:
        return request.method

    @app.get("/items/{item_id}")
    async def show_item(item_id: int) -> dict[str, int]:
        return {"item": item_id}

    @app.put("/items/{item_id}")
    async def put_item(item_id: int) -> None:
        return None

    @app.get("/folder/")
    async def show_folder() -> str:
        return "folder"

    return app


@on_both_protocols
@pytest.mark.parametrize("path", ["/text", "/json", "/response", "/items/7"])
async def test_head_has_the_headers_of_get_and_no_body(protocol: WireProtocol, path: str) -> None:
    """HEAD answers for every GET, with the length that GET would have."""
    client = TestClient(make_app(), protocol=protocol)

    get = await client.get(path)
    head = await client.head(path)

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(get.content))
    assert head.headers == get.headers


@on_both_protocols
async def test_head_reaches_the_handler_as_head(protocol: WireProtocol) -> None:
    """A handler that looks sees the method that came."""
    client = TestClient(make_app(), protocol=protocol)

    head = await client.head("/request")

    assert head.headers["content-length"] == str(len("HEAD"))


@on_both_protocols
@pytest.mark.parametrize(
    ("path", "allow"),
    [("/text", "GET, HEAD, OPTIONS"), ("/items/7", "GET, HEAD, OPTIONS, PUT"), ("/folder/", "GET, HEAD, OPTIONS")],
)
async def test_options_lists_the_methods(protocol: WireProtocol, path: str, allow: str) -> None:
    """OPTIONS is answered by itself, with everything that the path answers."""
    client = TestClient(make_app(), protocol=protocol)

    response = await client.options(path)

    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["allow"] == allow


@on_both_protocols
async def test_options_of_a_route_wins(protocol: WireProtocol) -> None:
    """A handler of OPTIONS takes the place of the automatic answer."""
    app = make_app()

    @app.options("/text")
    async def describe() -> str:
        return "own"

    response = await TestClient(app, protocol=protocol).options("/text")

    assert response.text == "own"


@on_both_protocols
async def test_options_of_everything_lists_all_methods(protocol: WireProtocol) -> None:
    """`OPTIONS *` asks about the server, not about a path (RFC 9110 §9.3.7)."""
    response = await TestClient(make_app(), protocol=protocol).options("*")

    assert response.status_code == 204
    assert {"GET", "PUT", "OPTIONS"} <= set(response.headers["allow"].split(", "))


@on_both_protocols
@pytest.mark.parametrize("method", ["DELETE", "POST", "TRACE"])
async def test_other_method_is_405_with_allow(protocol: WireProtocol, method: str) -> None:
    """405 names every method of the path, a parameter's or not."""
    client = TestClient(make_app(), protocol=protocol)

    response = await client.request(method, "/items/7")

    assert_problem(response, 405)
    assert response.headers["allow"] == "GET, HEAD, OPTIONS, PUT"


@on_both_protocols
@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "OPTIONS", "TRACE"])
async def test_unknown_path_is_404_for_every_method(protocol: WireProtocol, method: str) -> None:
    """A path without route is 404, whatever is wanted of it."""
    response = await TestClient(make_app(), protocol=protocol).request(method, "/nowhere")

    assert response.status_code == 404


@on_both_protocols
@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/text/", "/text"),
        ("/text/?a=1&b=%20x", "/text?a=1&b=%20x"),
        ("/folder", "/folder/"),
        ("/folder?next=//evil", "/folder/?next=//evil"),
        ("/items/7/?x", "/items/7?x"),
        ("/items/a%20b/", "/items/a%20b"),
    ],
)
async def test_other_spelling_is_redirected_with_its_query(protocol: WireProtocol, target: str, location: str) -> None:
    """The redirect leads to the path that exists and keeps the query as it came."""
    response = await TestClient(make_app(), protocol=protocol).get(target)

    assert response.status_code == 308
    assert response.headers["location"] == location


@on_both_protocols
async def test_redirect_is_followed_with_method_and_body(protocol: WireProtocol) -> None:
    """308 keeps the method: a POST to the other spelling arrives."""
    app = make_app()

    @app.post("/form")
    async def take(request: Request) -> str:
        return (await request.body()).decode() + request.query_params["q"]

    client = TestClient(app, protocol=protocol, follow_redirects=True)

    response = await client.post("/form/?q=1", content=b"body")

    assert response.text == "body1"


@on_both_protocols
async def test_middleware_runs_around_what_no_route_answers(protocol: WireProtocol) -> None:
    """404, 405, OPTIONS, redirects and malformed requests pass the application's middleware, without a route."""
    app = make_app()
    seen: list[tuple[str, object, dict[str, object]]] = []

    @app.middleware
    async def stamp(request: Request, call_next: CallNext) -> Response:
        seen.append((request.path, request.route, dict(request.path_params)))
        response = await call_next(request)
        response.headers["x-stamp"] = "1"
        return response

    client = TestClient(app, protocol=protocol)

    responses = [
        await client.get("/nowhere"),
        await client.post("/text"),
        await client.options("/text"),
        await client.get("/text/"),
        await client.get("/text", headers={"host": "a b"}),
    ]

    assert [response.status_code for response in responses] == [404, 405, 204, 308, 400]
    assert all(response.headers["x-stamp"] == "1" for response in responses)
    assert [(route, params) for _, route, params in seen] == [(None, {})] * 5


@on_both_protocols
async def test_late_route_is_found(protocol: WireProtocol) -> None:
    """A route that is added while the application runs answers the next request."""
    app = make_app()

    async def late(name: str) -> str:
        return name

    async with TestClient(app, protocol=protocol) as client:
        before = await client.get("/late/x")
        app.add_route("/late/{name}", late)
        after = await client.get("/late/x")

    assert (before.status_code, after.status_code, after.text) == (404, 200, "x")


@on_both_protocols
async def test_late_middleware_of_a_router_is_around_its_routes(protocol: WireProtocol) -> None:
    """What a router gets while the application runs holds for routes that have been called."""
    app = make_app()

    async def stamp(request: Request, call_next: CallNext) -> Response:
        response = await call_next(request)
        response.headers["x-late"] = "1"
        return response

    async with TestClient(app, protocol=protocol) as client:
        await client.get("/text")
        app.router.middleware(stamp)
        response = await client.get("/text")
        parametrised = await client.get("/items/7")

    assert response.headers["x-late"] == "1"
    assert parametrised.headers["x-late"] == "1"

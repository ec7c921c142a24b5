"""
Tests of versions that headers choose, over both protocols.
"""

from typing import Any

import pytest

from covet import CovetPy, Request
from covet.core.middleware import CallNext
from covet.core.route import Resolution
from covet.core.routing import CovetRouter
from covet.core.versioning import HeaderVersioning, MediaTypeVersioning, PrefixVersioning, Versioning
from covet.exceptions import HTTPError, RouteError
from covet.http.response import Response
from covet.testing import TestClient
from tests.integration.wire import WireProtocol, assert_problem, on_both_protocols

BY_HEADER = HeaderVersioning(default="1")
BY_MEDIA_TYPE = MediaTypeVersioning(media_type="application/vnd.shop.v{version}+json")
V2 = "application/vnd.shop.v2+json"


def make_app(versioning: Versioning | None, seen: list[str] | None = None) -> CovetPy:
    """Make an application with two versions of one path, and a path that only the first has."""
    app = CovetPy(versioning=versioning)

    @app.middleware
    async def look(request: Request, call_next: CallNext) -> Response:
        (seen if seen is not None else []).append(request.path)
        return await call_next(request)

    for version in ("1", "2"):
        router = CovetRouter(version=version, prefix="/items")

        @router.get("/{number}")
        async def show_item(request: Request, number: int, version: str = version) -> dict[str, Any]:
            return {"version": version, "number": number, "url": str(request.url.path)}

        if version == "1":

            @router.post("/old")
            async def old() -> str:
                return "old"

        app.include_router(router, name_prefix=f"v{version}:")

    @app.get("/plain")
    async def plain() -> str:
        return "plain"

    return app


@on_both_protocols
@pytest.mark.parametrize("versioning", [None, PrefixVersioning(), BY_HEADER, BY_MEDIA_TYPE])
async def test_every_version_has_paths_of_its_own(protocol: WireProtocol, versioning: Versioning | None) -> None:
    """Whatever else chooses it."""
    app = make_app(versioning)

    async with TestClient(app, protocol=protocol) as client:
        answers = [await client.get(path) for path in ("/v1/items/7", "/v2/items/7", "/plain")]

    assert [answer.json()["version"] for answer in answers[:2]] == ["1", "2"]
    assert answers[2].text == "plain"
    assert app.url_for("v2:show_item", number=7) == "/v2/items/7"


@on_both_protocols
@pytest.mark.parametrize(
    ("versioning", "headers", "version"),
    [
        (BY_HEADER, {"api-version": "2"}, "2"),
        (BY_HEADER, {"API-Version": " 1 "}, "1"),
        (BY_HEADER, {}, "1"),
        (HeaderVersioning(name="X-Version"), {"x-version": "2"}, "2"),
        (BY_MEDIA_TYPE, {"accept": V2}, "2"),
        (BY_MEDIA_TYPE, {"accept": f"text/html, {V2}; q=0.9, */*;q=0.1"}, "2"),
        (BY_MEDIA_TYPE, {"accept": f"application/vnd.shop.v1+json;q=0, {V2}"}, "2"),
        (BY_MEDIA_TYPE, {"accept": f"application/vnd.shop.v1+json;q=0.5, application/vnd.shop.v9+json, {V2}"}, "2"),
        (MediaTypeVersioning(media_type="application/vnd.shop.v{version}+json", default="2"), {}, "2"),
    ],
)
async def test_headers_choose_the_version(
    protocol: WireProtocol, versioning: Versioning, headers: dict[str, str], version: str
) -> None:
    """Handlers and middleware see the path that answers, and caches learn what it depends on."""
    seen: list[str] = []
    app = make_app(versioning, seen)

    async with TestClient(app, protocol=protocol) as client:
        response = await client.get("/items/7", headers=headers)

    assert response.json() == {"version": version, "number": 7, "url": f"/v{version}/items/7"}
    assert seen == [f"/v{version}/items/7"]
    assert str(versioning.header) in response.headers["vary"].lower()
    assert response.headers["content-type"] == "application/json"


@on_both_protocols
@pytest.mark.parametrize(
    ("versioning", "headers", "status", "listed"),
    [
        (BY_HEADER, {"api-version": "3"}, 404, {"versions": ["1", "2"]}),
        (BY_HEADER, {"api-version": "../1"}, 404, {"versions": ["1", "2"]}),
        (HeaderVersioning(), {}, 404, {"versions": ["1", "2"]}),
        (
            BY_MEDIA_TYPE,
            {"accept": "application/vnd.shop.v3+json"},
            406,
            {"available": ["application/vnd.shop.v1+json", V2]},
        ),
        (BY_MEDIA_TYPE, {}, 406, {"available": ["application/vnd.shop.v1+json", V2]}),
    ],
)
async def test_version_that_does_not_have_the_path_is_refused_with_those_that_do(
    protocol: WireProtocol, versioning: Versioning, headers: dict[str, str], status: int, listed: dict[str, Any]
) -> None:
    """404 for a header, 406 for a media type; nothing of what came is repeated."""
    async with TestClient(make_app(versioning), protocol=protocol) as client:
        response = await client.get("/items/7", headers=headers)

    problem = assert_problem(response, status, echo="..")
    assert {name: problem[name] for name in listed} == listed
    assert str(versioning.header) in response.headers["vary"].lower()


@on_both_protocols
async def test_path_that_no_version_has_is_not_found(protocol: WireProtocol) -> None:
    """As without versions."""
    async with TestClient(make_app(BY_HEADER), protocol=protocol) as client:
        response = await client.get("/none", headers={"api-version": "1"})

    assert "versions" not in assert_problem(response, 404)


@on_both_protocols
async def test_method_that_the_version_lacks_is_not_allowed(protocol: WireProtocol) -> None:
    """The version is chosen by the path; the method is answered there."""
    async with TestClient(make_app(BY_HEADER), protocol=protocol) as client:
        posted = await client.post("/items/old", headers={"api-version": "1"})
        refused = await client.delete("/items/old", headers={"api-version": "1"})

    assert posted.text == "old"
    assert_problem(refused, 405)


@on_both_protocols
@pytest.mark.parametrize("versioning", [BY_HEADER, BY_MEDIA_TYPE])
@pytest.mark.parametrize(
    ("method", "path", "version", "statuses"),
    [
        ("GET", "/items/7/", "2", {308}),
        ("DELETE", "/items/7", "2", {405}),
        ("PURGE", "/items/7", "2", {501}),
        ("OPTIONS", "/items/7", "2", {204}),
        ("GET", "/items/7", "3", {404, 406}),
    ],
)
async def test_what_no_handler_answers_varies_too(
    protocol: WireProtocol, versioning: Versioning, method: str, path: str, version: str, statuses: set[int]
) -> None:
    """Where a redirect leads, and what is allowed, is another matter in another version."""
    app = make_app(versioning)

    @app.exception_handler(HTTPError)
    async def answer(request: Request, error: HTTPError) -> Response:
        return Response("sorry", error.status_code)

    accept = f"application/vnd.shop.v{version}+json"
    headers = {"api-version": version} if versioning is BY_HEADER else {"accept": accept}
    async with TestClient(app, protocol=protocol, follow_redirects=False) as client:
        response = await client.request(method, path, headers=headers)
        plain = await client.request(method, "/nowhere", headers=headers)

    assert response.status_code in statuses
    assert response.headers["vary"].lower() == versioning.header
    assert "vary" not in plain.headers


@on_both_protocols
async def test_request_looks_up_each_path_once(protocol: WireProtocol, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands before the paths of a version was made at the start, and what was found is found."""
    app = make_app(BY_HEADER)
    asked: list[str] = []
    resolve = app.router.resolve

    def note(path: str, method: str) -> Resolution:
        asked.append(path)
        return resolve(path, method)

    monkeypatch.setattr(app.router, "resolve", note)
    monkeypatch.setattr(PrefixVersioning, "make_prefix", None)
    async with TestClient(app, protocol=protocol) as client:
        chosen = await client.get("/items/7", headers={"api-version": "2"})
        plain = await client.get("/nowhere", headers={"api-version": "2"})

    assert (chosen.json()["version"], plain.status_code) == ("2", 404)
    assert asked == ["/items/7", "/v1/items/7", "/v2/items/7", "/nowhere", "/v1/nowhere", "/v2/nowhere"]


async def test_application_below_a_prefix_has_versions_too() -> None:
    """The prefix stays where it is."""
    outer = CovetPy()
    outer.mount("/shop", make_app(BY_HEADER))

    async with TestClient(outer) as client:
        response = await client.get("/shop/items/7", headers={"api-version": "2"})

    assert response.json()["version"] == "2"


async def test_versions_below_another_router_belong_to_paths_alone() -> None:
    """By header they would stand in the middle of a path, where nothing leads to them."""
    inner, outer = CovetRouter(version="1"), CovetRouter(prefix="/api")
    inner.add_route("/x", lambda: "x", name="x")
    outer.include_router(inner)
    by_path = CovetPy()
    by_path.include_router(outer)

    async with TestClient(by_path) as client:
        response = await client.get("/api/v1/x")
    with pytest.raises(RouteError) as caught:
        CovetPy(versioning=BY_HEADER).include_router(outer)

    assert response.text == "x"
    assert str(caught.value) == (
        "/: Versions that are chosen by 'api-version' are included in the application itself.\n"
        "  Include the routers with a version in the application, not in another router."
    )

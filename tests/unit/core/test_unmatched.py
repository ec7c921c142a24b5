"""
Tests of what is answered where no route answers.
"""

from typing import Any

import pytest

from covet import CovetPy, Response
from covet.core.unmatched import find_problem, is_framed
from covet.exceptions import BadRequestError, HeadersTooLargeError, URITooLongError
from covet.testing import TestClient

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])


def make_app() -> CovetPy:
    """Make an application whose middleware marks every answer."""

    async def stamp(request: Any, call_next: Any) -> Response:
        response: Response = await call_next(request)
        response.headers["x-stamp"] = "1"
        return response

    app = CovetPy(middleware=[stamp])

    @app.get("/users/{name}")
    async def user(name: str) -> str:
        return name

    @app.post("/users/{name}")
    async def rename(name: str) -> str:
        return name

    return app


async def call(protocol: Any, method: str, path: str, **options: Any) -> Any:
    """Send one request."""
    async with TestClient(make_app(), protocol=protocol) as client:
        return await client.request(method, path, **options)


@Protocols
@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/nowhere", 404, None),
        ("OPTIONS", "/nowhere", 404, None),
        ("DELETE", "/users/a", 405, "GET, HEAD, OPTIONS, POST"),
        ("TRACE", "/users/a", 405, "GET, HEAD, OPTIONS, POST"),
        ("OPTIONS", "/users/a", 204, "GET, HEAD, OPTIONS, POST"),
        ("HEAD", "/users/a", 200, None),
    ],
)
async def test_the_middleware_is_around_every_answer(
    protocol: Any, method: str, path: str, status: int, allow: str | None
) -> None:
    """404, 405 and the automatic OPTIONS included; Allow is complete."""
    response = await call(protocol, method, path)

    assert (response.status_code, response.headers.get("allow")) == (status, allow)
    assert response.headers["x-stamp"] == "1"


@Protocols
@pytest.mark.parametrize("method", ["_DO_DELETE", "__INIT__", "get", "FOO"])
async def test_row_063_methods_are_a_closed_set(protocol: Any, method: str) -> None:
    """A method that HTTP does not define is 501, in another case as well."""
    response = await call(protocol, method, "/users/a")

    assert response.status_code == 501


@Protocols
@pytest.mark.parametrize(
    "host",
    ["h/?", "h/health?x=", "h#", "h\\@e", "a@b", "", "h:99999", "myapp.com@evil.com", "a b", "a/b"],
)
async def test_row_051_and_056_a_host_that_is_none_is_refused(protocol: Any, host: str) -> None:
    """It never becomes a part of a URL; the answer does not repeat it."""
    response = await call(protocol, "GET", "/users/a", headers={"host": host})

    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert not host or host not in response.text


@Protocols
@pytest.mark.parametrize("hosts", [[], ["a", "a"], ["a", "b"]])
async def test_row_053_there_is_one_host(protocol: Any, hosts: list[str]) -> None:
    """None and two are refused, the same twice included (RFC 9112 §3.2)."""
    headers: Any = [("host", host) for host in hosts] if hosts else {"host": None}

    first = await call(protocol, "GET", "/users/a", headers=headers)

    assert first.status_code == 400


@Protocols
async def test_row_053_a_known_host_does_not_hide_a_second_one(protocol: Any) -> None:
    """The fast way counts them too."""
    async with TestClient(make_app(), protocol=protocol) as client:
        good = await client.get("/users/a", headers={"host": "a"})
        bad = await client.get("/users/a", headers=[("host", "a"), ("host", "a")])

    assert (good.status_code, bad.status_code) == (200, 400)


@Protocols
async def test_limits_of_the_head(protocol: Any) -> None:
    """More than 100 headers or 64 KiB of them are 431, a long URL is 414; the way does not matter."""
    async with TestClient(make_app(), protocol=protocol) as client:
        await client.get("/users/a")
        answers = [
            (await client.get("/users/a", headers=[(f"x-{i}", "1") for i in range(101)])).status_code,
            (await client.get("/users/a?" + "a" * 8193)).status_code,
            (await client.get("/users/" + "a" * 8193)).status_code,
        ]

    assert answers == [431, 414, 414]


def test_each_problem_has_its_error() -> None:
    """The head is checked as a whole."""
    assert find_problem(["a"], 1, 10, "GET", "/" * 10, 10) is None
    assert isinstance(find_problem(["a"], 101, 10, "GET", "/" * 10, 10), HeadersTooLargeError)
    assert isinstance(find_problem(["a"], 1, 65537, "GET", "/" * 10, 10), HeadersTooLargeError)
    assert isinstance(find_problem(["a"], 1, 10, "GET", "/" * 8193, 10), URITooLongError)
    assert isinstance(find_problem([], 1, 10, "GET", "/" * 10, 10), BadRequestError)


@pytest.mark.row(91)
@pytest.mark.parametrize(
    ("codings", "has_length", "version", "expected"),
    [
        ([], True, "1.1", True),
        ([], False, "1.0", True),
        ([], True, "2", True),
        (["chunked"], False, "1.1", True),
        ([" CHUNKED\t"], False, "1.1", True),
        (["chunked"], True, "1.1", False),
        (["chunked"], False, "1.0", False),
        (["chunked"], False, "2", False),
        (["chunked", "chunked"], False, "1.1", False),
        (["chunked, chunked"], False, "1.1", False),
        (["identity"], False, "1.1", False),
        (["\x0bchunked"], False, "1.1", False),
        (["chun\u212aed"], False, "1.1", False),
        ([""], False, "1.1", False),
    ],
)
def test_row_091_a_body_has_one_length(codings: list[str], has_length: bool, version: str, expected: bool) -> None:
    """RFC 9112 §6.1: chunked, in the version that has it, and nothing beside it."""
    assert is_framed(codings, has_length=has_length, http_version=version) is expected


@Protocols
@pytest.mark.parametrize(
    ("path", "location"),
    [("/users/a/", "/users/a"), ("/users/a/?q=1&r=%20", "/users/a?q=1&r=%20")],
)
async def test_the_other_spelling_is_a_redirect_with_the_query(protocol: Any, path: str, location: str) -> None:
    """308 keeps the method; nothing of the query is lost."""
    response = await call(protocol, "GET", path)

    assert (response.status_code, response.headers["location"]) == (308, location)


@Protocols
@pytest.mark.parametrize("path", ["//evil.example/users/a/", "//users/a/", "/\\evil/"])
async def test_row_052_a_path_never_becomes_a_host(protocol: Any, path: str) -> None:
    """A redirect never leads to another site."""
    response = await call(protocol, "GET", path)

    assert response.status_code == 404

"""
What goes wrong is described where it can happen, and nowhere else.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest

from covet import CovetPy, File, Form, Header, Query, Request, UploadFile
from covet.core.routing import CovetRouter
from covet.exceptions import ConflictError, HTTPError, NotFoundError
from covet.openapi.problems import find_declared
from covet.testing import TestClient
from tests.unit.openapi.describing import describe_operation


@dataclass
class Item:
    name: str


@dataclass
class Texts:
    a: str = ""
    b: str | None = None


class Gone(HTTPError):
    """It was there, once. Not any more."""

    status_code = 410


class Full(Exception):
    """There is no room."""


class Store:
    """
    A service.

    Raises:
        ConflictError: If two want the same.
        KeyError: Not for clients.
    """


class Shop:
    """
    A service of a service.
    """

    def __init__(self, store: Store) -> None:
        """Take the store."""


def list_statuses(app: CovetPy, method: str = "get", path: str = "/") -> set[str]:
    """List the statuses of errors of the one route."""
    return {status for status in describe_operation(app, path, method)["responses"] if status >= "4"}


@pytest.mark.parametrize(
    ("options", "annotations", "method", "statuses"),
    [
        ({}, {}, "GET", set()),
        ({}, {"return": Item}, "GET", {"406"}),
        ({}, {"return": Any}, "GET", {"406"}),
        ({"media_type": "text/csv"}, {"return": Item}, "GET", set()),
        ({}, {"return": int}, "POST", set()),
        ({}, {"return": Item}, "POST", {"406"}),
        ({}, {"x": Annotated[str, Query()]}, "GET", {"400", "422"}),
        ({}, {"x": Annotated[int | None, Query(default=None)]}, "GET", {"400", "422"}),
        ({}, {"x": Annotated[str, Header(default="")]}, "GET", {"400"}),
        ({}, {"x": Item}, "POST", {"400", "413", "415", "422"}),
        ({"body_limit": None}, {"x": Item}, "POST", {"400", "415", "422"}),
        ({}, {"x": Annotated[str, Form()]}, "POST", {"400", "413", "415", "422"}),
        ({}, {"x": Annotated[UploadFile | None, File(default=None)]}, "POST", {"400", "413", "415", "422"}),
        ({}, {"x": Annotated[Texts, Form()]}, "POST", {"400", "413", "415", "422"}),
        ({}, {"x": Annotated[Texts, Query()]}, "GET", {"400"}),
        ({}, {"x": Annotated[Texts, Query(extra="forbid")]}, "GET", {"400", "422"}),
        ({}, {"x": Annotated[Item, Query()]}, "GET", {"400", "422"}),
        ({}, {"x": Annotated[dict[str, str], Query(default={}, style="deepObject")]}, "GET", {"400", "422"}),
        ({"timeout": 3}, {}, "GET", {"504"}),
        ({"security": ["key"]}, {}, "GET", {"401", "403"}),
        ({"security": []}, {}, "GET", set()),
        ({"raises": [Gone, NotFoundError]}, {}, "GET", {"404", "410"}),
        ({"raises": [Full]}, {}, "GET", {"500"}),
    ],
)
def test_a_status_is_there_if_it_can_happen(
    options: dict[str, Any], annotations: dict[str, Any], method: str, statuses: set[str]
) -> None:
    """
    By what the handler takes and returns, and by what its route says.
    """
    app = CovetPy()

    async def with_argument(x: Any) -> Any: ...
    async def without() -> Any: ...

    handler = with_argument if "x" in annotations else without
    handler.__annotations__.update({"return": None, **annotations})
    app.add_route("/", handler, [method], **options)

    found = describe_operation(
        app, "/", method.lower(), security_schemes={"key": {"type": "apiKey", "in": "header", "name": "x-key"}}
    )
    assert {status for status in found["responses"] if status >= "4"} == statuses


@pytest.mark.parametrize(("path", "is_there"), [("/{x:int}", True), ("/{x:date}", True), ("/{x}", False)])
def test_a_path_may_not_be_there(path: str, is_there: bool) -> None:
    """
    A converter refuses texts, and then there is no such path.
    """
    app = CovetPy()

    @app.get(path)
    async def show(x: str) -> None: ...

    assert ("404" in list_statuses(app, path="/{x}")) is is_there


def test_errors_of_services_are_described() -> None:
    """
    Those that the docstrings of all services behind the handler name, if they have a status of their own.
    """
    app = CovetPy()
    app.container.register(Store)
    app.container.register(Shop)

    @app.get("/")
    async def show(shop: Shop) -> None: ...

    response = describe_operation(app, "/")["responses"]["409"]
    assert response["description"] == "If two want the same."
    assert find_declared(app.list_compiled()[0]) == {ConflictError: "If two want the same."}


def test_a_docstring_says_what_an_error_means() -> None:
    """
    Its words stand in the document; several of one status are joined, a class of one's own describes itself.
    """
    app = CovetPy()

    @app.get("/{number:int}", raises=[Gone])
    async def show(number: int) -> None:
        """
        Show.

        Raises:
            NotFoundError: If there is no such number.
        """

    responses = describe_operation(app, "/{number}")["responses"]
    assert responses["404"]["description"] == "If there is no such number."
    assert responses["410"]["description"] == "It was there, once. Not any more."


async def test_an_exception_handler_says_how_it_answers() -> None:
    """
    Its return annotation takes the place of the framework's own answer.
    """
    router = CovetRouter()

    @router.get("/", raises=[Full])
    async def show() -> None:
        raise Full

    @router.exception_handler(Full)
    async def answer(request: Request, exc: Full) -> tuple[dict[str, int], Literal[507]]:
        return {"left": 0}, 507

    app = CovetPy()
    app.include_router(router)

    described = describe_operation(app, "/")["responses"]
    async with TestClient(app) as client:
        response = await client.get("/")

    assert set(described) == {"204", str(response.status_code)}
    assert described["507"]["description"] == "There is no room."
    assert described["507"]["content"]["application/json"]["schema"] == {
        "type": "object",
        "additionalProperties": {"type": "integer"},
    }


def test_an_exception_handler_of_many_errors_answers_each_with_its_status() -> None:
    """
    One that gives the status as a number answers no error with a success.
    """
    app = CovetPy()

    @app.get("/", raises=[ConflictError])
    async def show(number: int) -> None:
        raise ConflictError

    @app.exception_handler(HTTPError)
    async def answer(request: Request, exc: HTTPError) -> tuple[dict[str, str], int, dict[str, str]]:
        return {"error": exc.title}, exc.status_code, exc.headers

    described = describe_operation(app, "/")["responses"]

    assert set(described) == {"204", "400", "409", "422"}
    assert list(described["409"]["content"]) == list(described["422"]["content"])
    assert described["422"]["content"]["application/json"]["schema"]["type"] == "object"


def test_problems_refer_to_their_schemas() -> None:
    """
    That of 422 lists the errors.
    """
    app = CovetPy()

    @app.get("/")
    async def show(number: int) -> None: ...

    responses = describe_operation(app, "/")["responses"]
    names = {
        status: response["content"]["application/problem+json"]["schema"]["$ref"].rpartition("/")[2]
        for status, response in responses.items()
        if status != "204"
    }
    assert names == {"400": "Problem", "422": "ValidationProblem"}

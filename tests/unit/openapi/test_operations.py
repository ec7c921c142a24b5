"""
An operation says everything about a route and a method.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from covet import CovetPy
from covet.core.controller import Controller, get
from covet.core.routing import CovetRouter
from covet.openapi import OpenAPIError, operation
from covet.openapi.operations import write_link, write_server
from tests.unit.openapi.describing import describe, describe_operation

SCHEMES = {"key": {"type": "apiKey", "in": "header", "name": "x-key"}}


@dataclass
class Item:
    name: str


def test_words_come_from_the_docstring() -> None:
    """
    Its first paragraph is the summary, the rest the description, and what it returns describes the response.
    """
    app = CovetPy()

    @app.get("/")
    async def show() -> str:
        """
        Show all of it.

        There is **much**.

        Returns:
            A text.
        """
        return ""

    found = describe_operation(app, "/")

    assert (found["summary"], found["description"]) == ("Show all of it", "There is **much**.")
    assert found["responses"]["200"]["description"] == "A text."


def test_options_of_the_route_win() -> None:
    """
    An empty description says that there is none.
    """
    app = CovetPy()

    @app.get("/", summary="Short", description="", deprecated=True, tags=["a", "b"])
    async def show() -> None:
        """
        Show.

        Long.
        """

    found = describe_operation(app, "/")

    assert (found["summary"], found.get("description"), found["deprecated"]) == ("Short", None, True)
    assert found["tags"] == ["a", "b"]


def test_routes_of_a_deprecated_router_are_deprecated() -> None:
    """
    A route may say otherwise.
    """
    app, router = CovetPy(), CovetRouter(prefix="/v1", deprecated=date(2026, 1, 1))
    router.add_route("/old", lambda: None)
    router.add_route("/kept", lambda: None, deprecated=False)
    app.include_router(router)

    paths = describe(app)["paths"]

    assert paths["/v1/old"]["get"]["deprecated"] is True
    assert "deprecated" not in paths["/v1/kept"]["get"]


def test_a_name_is_better_than_nothing() -> None:
    """
    A handler without a docstring is named in words.
    """
    app = CovetPy()

    @app.get("/")
    async def show_all_items() -> None: ...

    assert describe_operation(app, "/")["summary"] == "Show all items"


def test_tags_of_routers_and_controllers_come_first() -> None:
    """
    The outermost is the first, and each comes once.
    """

    class Users(Controller):
        path = "/users"
        tags = ("users", "api")

        @get("", tags=["list"])
        async def show(self) -> None: ...

    router = CovetRouter(tags=["api"])
    router.add_controller(Users)
    app = CovetPy()
    app.include_router(router, tags=["all"])

    assert describe_operation(app, "/users")["tags"] == ["all", "api", "users", "list"]


@pytest.mark.parametrize(
    ("outer", "inner", "own", "expected"),
    [
        (["key"], None, None, [{"key": []}]),
        (["key"], [], None, []),
        (None, ["key"], [{"key": ["a"]}], [{"key": ["a"]}]),
        (["key"], None, [], []),
        (None, None, None, None),
    ],
)
def test_the_nearest_level_says_who_may_call(outer: Any, inner: Any, own: Any, expected: Any) -> None:
    """
    An empty list says that anybody may.
    """
    router = CovetRouter(security=inner)

    @router.get("/", security=own)
    async def show() -> None: ...

    app = CovetPy()
    app.include_router(router, security=outer)

    found = describe_operation(app, "/", security_schemes=SCHEMES)

    assert found.get("security") == expected
    assert ("401" in found["responses"]) is bool(expected)


def test_a_controller_says_who_may_call() -> None:
    """
    Its attribute is that of a router.
    """

    class Users(Controller):
        security = ("key",)

        @get("/")
        async def show(self) -> None: ...

    app = CovetPy()
    app.add_controller(Users)

    assert describe_operation(app, "/", security_schemes=SCHEMES)["security"] == [{"key": []}]


def test_declared_responses_add_to_what_is_known() -> None:
    """
    A text describes, a type has content, both do both, an object is taken as it is.
    """
    app = CovetPy()

    @app.get("/")
    @operation(
        responses={
            200: "The item.",
            202: Item,
            409: (Item, "Another one."),
            "5XX": {"description": "Broken.", "headers": {"retry-after": {"schema": {"type": "integer"}}}},
            302: None,
        }
    )
    async def show() -> Item:
        return Item("tea")

    responses = describe_operation(app, "/")["responses"]

    reference = {"schema": {"$ref": "#/components/schemas/Item"}}
    assert responses["200"]["description"] == "The item."
    assert responses["200"]["content"]["application/json"] == reference
    assert (responses["202"]["description"], responses["202"]["content"]["application/json"]) == ("Accepted", reference)
    assert responses["409"]["description"] == "Another one."
    assert responses["5XX"]["headers"] == {"retry-after": {"schema": {"type": "integer"}}}
    assert responses["302"] == {"description": "Found"}


def test_a_declared_response_that_is_no_type_is_an_error() -> None:
    """
    It names the route.
    """
    app = CovetPy()

    @app.get("/")
    @operation(responses={404: complex})
    async def show() -> None: ...

    with pytest.raises(OpenAPIError) as caught:
        describe(app)

    assert str(caught.value).startswith("GET /: Its response 404 cannot be described: Values of type complex cannot be")


def test_servers_documents_and_members_of_ones_own_are_written() -> None:
    """
    Addresses are enough for servers and further documentation.
    """
    app = CovetPy()

    @app.get("/")
    @operation(servers=["https://a.example"], external_docs="https://b.example", extensions={"x-cost": 3})
    async def show() -> None: ...

    found = describe_operation(app, "/")

    assert found["servers"] == [{"url": "https://a.example"}]
    assert (found["externalDocs"], found["x-cost"]) == ({"url": "https://b.example"}, 3)


async def shipped(number: int, item: Item) -> None:
    """Tell that it has left."""


async def broken(number: complex) -> None:
    """Tell nothing."""


def test_a_callback_is_described_by_its_function() -> None:
    """
    It says what is sent to the client's address, and not what this application would answer.
    """
    app = CovetPy()

    @app.post("/")
    @operation(callbacks={"shipped": {"{$request.query.tell}": shipped}})
    async def order(tell: str) -> None: ...

    found = describe_operation(app, "/", "post")["callbacks"]["shipped"]["{$request.query.tell}"]["post"]

    assert found["summary"] == "Tell that it has left"
    assert [parameter["name"] for parameter in found["parameters"]] == ["number"]
    assert found["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Item"}
    assert list(found["responses"]) == ["204"]


def test_a_callback_that_cannot_be_is_an_error() -> None:
    """
    It names the route and the callback.
    """
    app = CovetPy()

    @app.post("/")
    @operation(callbacks={"shipped": {"{$request.query.tell}": broken}})
    async def order(tell: str) -> None: ...

    with pytest.raises(OpenAPIError) as caught:
        describe(app)

    assert str(caught.value).startswith(f"POST /: Its callback 'shipped': {__name__}.broken cannot be described: ")


def test_objects_are_written_as_they_are() -> None:
    """
    A server or a link may be an object.
    """
    assert write_server({"url": "/", "description": "Here"}) == {"url": "/", "description": "Here"}
    assert write_link({"url": "/", "description": "More"}) == {"url": "/", "description": "More"}

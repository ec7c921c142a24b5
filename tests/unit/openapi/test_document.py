"""
The document as a whole: an independent validator accepts it.
"""

import importlib
from dataclasses import dataclass
from typing import Any

import pytest
from openapi_spec_validator import validate

from covet import CovetPy
from covet.openapi import OpenAPIConfig, OpenAPIError, Outline, find_documents, make_document
from covet.openapi.document import check_declarations, list_operations
from covet.serialization import SerializerTable
from tests.unit.openapi.describing import describe

APPLICATIONS = ["examples.todo.app", "tests.integration.described_library", "tests.integration.described_shop"]


@dataclass
class Item:
    name: str


@pytest.mark.parametrize("module", APPLICATIONS)
def test_every_document_is_valid(module: str) -> None:
    """
    `openapi-spec-validator` finds nothing, and every reference leads somewhere.
    """
    app = importlib.import_module(module).app
    for plugin in find_documents(app).values():
        document = plugin.make_document()

        validate(document)
        known = {f"#/components/schemas/{name}" for name in document.get("components", {}).get("schemas", {})}
        assert set(list_references(document)) <= known


def list_references(part: Any) -> list[str]:
    """List every reference, at any depth."""
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [found for value in part.values() for found in list_references(value)]
    return [found for item in part for found in list_references(item)] if isinstance(part, list) else []


def test_an_empty_application_has_a_document() -> None:
    """
    It has a title, a version and no path; nothing that is not needed is in it.
    """
    document = describe(CovetPy())

    validate(document)
    assert document == {
        "openapi": "3.1.0",
        "info": {"title": "CovetPy application", "version": "1.0.0"},
        "paths": {},
    }


def test_what_is_hidden_is_not_there() -> None:
    """
    Neither a route that says so, nor one that the filter leaves out, nor the pages themselves.
    """
    app = CovetPy()

    @app.get("/shown")
    async def show() -> None: ...

    @app.get("/hidden", include_in_schema=False)
    async def hide() -> None: ...

    @app.get("/other")
    async def other() -> None: ...

    assert list(describe(app, include=lambda route: route.path != "/other")["paths"]) == ["/shown"]


def test_methods_that_openapi_does_not_know_are_left_out() -> None:
    """
    A path item has no place for them.
    """
    app = CovetPy()
    app.router.register_method("PURGE")

    @app.route("/", methods=["GET", "PURGE"])
    async def show() -> None: ...

    assert list(describe(app)["paths"]["/"]) == ["get"]


def test_two_routes_of_one_path_share_it() -> None:
    """
    Whatever their parameters are called.
    """
    app = CovetPy()

    @app.get("/users/{user_id}")
    async def show(user_id: int) -> None: ...

    @app.delete("/users/{number}")
    async def remove(number: int) -> None: ...

    document = describe(app)

    validate(document)
    assert {
        method: item["parameters"][0]["name"] for method, item in document["paths"]["/users/{user_id}"].items()
    } == {
        "get": "user_id",
        "delete": "user_id",
    }


async def low(item: Item) -> None:
    """Tell that there is little left."""


async def broken(number: complex) -> None:
    """Tell nothing."""


def test_webhooks_are_described_by_functions() -> None:
    """
    They say what the API sends by itself.
    """
    document = describe(CovetPy(), webhooks={"stock_low": low})

    validate(document)
    assert document["webhooks"]["stock_low"]["post"]["summary"] == "Tell that there is little left"
    assert list(document["components"]["schemas"]) == ["Item"]


def test_tags_are_listed_with_their_descriptions() -> None:
    """
    Those that are described come first, those that are just used after them.
    """
    app = CovetPy()

    @app.get("/", tags=["b", "a"])
    async def show() -> None: ...

    assert describe(app, tags={"a": "The first."})["tags"] == [
        {"name": "a", "description": "The first."},
        {"name": "b"},
    ]


def test_all_of_the_info_is_written() -> None:
    """
    Each setting has its place.
    """
    document = describe(
        CovetPy(),
        title="T",
        version="2",
        summary="S",
        description="D",
        terms_of_service="https://a.example/terms",
        contact={"name": "Ada", "url": "https://a.example", "email": "ada@example.org"},
        license={"name": "MIT", "identifier": "MIT"},
        servers=["https://a.example"],
        external_docs="https://a.example/more",
    )

    validate(document)
    assert document["info"] == {
        "title": "T",
        "summary": "S",
        "description": "D",
        "termsOfService": "https://a.example/terms",
        "contact": {"name": "Ada", "url": "https://a.example", "email": "ada@example.org"},
        "license": {"name": "MIT", "identifier": "MIT"},
        "version": "2",
    }
    assert (document["servers"], document["externalDocs"]) == (
        [{"url": "https://a.example"}],
        {"url": "https://a.example/more"},
    )


def test_security_of_the_document_holds_for_its_routes() -> None:
    """
    They can answer 401 and 403, but for those that say that anybody may call them.
    """
    app = CovetPy()

    @app.get("/closed")
    async def closed() -> None: ...

    @app.get("/open", security=[])
    async def open_to_all() -> None: ...

    document = describe(app, security_schemes={"b": {"type": "http", "scheme": "bearer"}}, security=["b"])

    validate(document)
    assert document["security"] == [{"b": []}]
    assert set(document["paths"]["/closed"]["get"]["responses"]) == {"204", "401", "403"}
    assert set(document["paths"]["/open"]["get"]["responses"]) == {"204"}


@pytest.mark.parametrize(
    ("outline", "message"),
    [
        ({"config": OpenAPIConfig(security=("key",))}, "It asks for the security scheme 'key'"),
        ({"config": OpenAPIConfig(security_schemes={"a": {}})}, "The security scheme 'a' has the type None."),
        ({"webhooks": {"low": broken}}, "The webhook 'low' cannot be described: "),
    ],
)
def test_the_check_finds_what_the_document_would(outline: dict[str, Any], message: str) -> None:
    """
    It comes before anybody asks for the document.
    """
    app = CovetPy()

    @app.get("/")
    async def show() -> None: ...

    compiled = app.list_compiled()
    made = Outline(title="T", version="1", **outline)

    with pytest.raises(OpenAPIError) as early:
        check_declarations(made, compiled)
    with pytest.raises(OpenAPIError) as late:
        make_document(made, compiled, SerializerTable(app.serializers))

    assert str(early.value).startswith(message)
    assert str(late.value) == str(early.value)


def test_operations_are_listed_in_the_order_of_their_routes() -> None:
    """
    With their methods, paths and identifiers.
    """
    app = CovetPy()

    @app.route("/a/{b}", methods=["GET", "PUT"])
    async def show(b: str) -> None: ...

    found = list_operations(Outline(title="T", version="1"), app.list_compiled())

    assert [item[1:] for item in found] == [
        ("GET", "/a/{b}", "show_get", {"b": "b"}),
        ("PUT", "/a/{b}", "show_put", {"b": "b"}),
    ]

"""
Bodies are described in every format that is read, and forms by their fields.
"""

import sys
from dataclasses import dataclass, field
from typing import Annotated, Any

import pytest

from covet import Body, CovetPy, File, Form, UploadFile
from covet.http.form_reading import MULTIPART, URLENCODED
from covet.openapi.bodies import takes_body
from covet.serialization import JSONSerializer
from tests.unit.openapi.describing import describe_operation


@dataclass
class Item:
    """An item."""

    name: str
    price: float = 1.0


def describe_body(app: CovetPy) -> Any:
    """Describe the body of the one route."""
    return describe_operation(app, "/", "post").get("requestBody")


class Lines(JSONSerializer):
    """
    A format of one's own.
    """

    @property
    def media_type(self) -> str:
        """Its media type."""
        return "application/x-own"

    @property
    def aliases(self) -> tuple[str, ...]:
        """None."""
        return ()


def test_a_model_is_read_in_every_format_on_offer() -> None:
    """
    Those that the application registers itself as well.
    """
    app = CovetPy()
    app.serializers.register("application/x-own", Lines())

    @app.post("/")
    async def create(item: Item) -> None:
        """
        Create.

        Args:
            item: What is new.
        """

    schema = {"schema": {"$ref": "#/components/schemas/Item"}}
    assert describe_body(app) == {
        "description": "What is new.",
        "content": {"application/json": schema, "application/x-own": schema, "application/msgpack": schema},
        "required": True,
    }


def test_an_optional_body_is_not_required() -> None:
    """
    Its default may come in its stead.
    """
    app = CovetPy()

    @app.post("/")
    async def create(item: Item | None = None) -> None: ...

    assert "required" not in describe_body(app)


def test_examples_and_bounds_are_shown() -> None:
    """
    Examples stand beside the schema, which others may use as well.
    """
    app = CovetPy()

    @app.post("/")
    async def create(
        numbers: Annotated[list[int], Body(max_length=3, description="Some.", examples=([1], [2]))],
    ) -> None: ...

    body = describe_body(app)
    media = body["content"]["application/json"]
    assert body["description"] == "Some."
    assert media["schema"]["maxItems"] == 3
    assert media["examples"] == {"example1": {"value": [1]}, "example2": {"value": [2]}}


def test_a_form_has_its_fields() -> None:
    """
    Each with its bounds, its words and whether it is required.
    """
    app = CovetPy()

    @app.post("/")
    async def send(
        email: Annotated[str, Form(min_length=3, description="Whose.")],
        copies: Annotated[int | None, Form(deprecated=True)] = None,
        tag: Annotated[list[str], Form()] = [],  # noqa: B006 - copied for each request
    ) -> None: ...

    schema = {
        "type": "object",
        "properties": {
            "email": {"type": "string", "minLength": 3, "description": "Whose."},
            "copies": {"type": "integer", "deprecated": True},
            "tag": {"type": "array", "items": {"type": "string"}, "default": []},
        },
        "required": ["email"],
    }
    assert describe_body(app) == {
        "content": {URLENCODED: {"schema": schema}, MULTIPART: {"schema": schema}},
        "required": True,
    }


def test_a_handler_without_a_body_has_none() -> None:
    """
    There is nothing to describe.
    """
    app = CovetPy()

    @app.post("/")
    async def create(name: str) -> None: ...

    assert describe_body(app) is None
    assert not takes_body(app.list_compiled()[0].plan)


@dataclass
class Address:
    city: str
    number: int | None = None


@dataclass
class Order:
    """
    What somebody buys.

    Attributes:
        home: Where it goes.
    """

    name: str
    home: Address
    others: list[Address] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


DEEP = {"style": "deepObject", "explode": True}


def test_a_form_that_is_a_model_is_that_model() -> None:
    """
    Nested forms have names in brackets.
    """
    app = CovetPy()

    @app.post("/")
    async def send(order: Annotated[Order, Form(description="All of it.", examples=({"name": "tea"},))]) -> None: ...

    media = {
        "schema": {"$ref": "#/components/schemas/OrderText"},
        "examples": {"example1": {"value": {"name": "tea"}}},
        "encoding": {"home": DEEP, "others": DEEP, "counts": DEEP},
    }
    assert describe_body(app) == {
        "description": "All of it.",
        "content": {URLENCODED: media, MULTIPART: media},
        "required": True,
    }


def test_a_model_beside_files_brings_its_fields() -> None:
    """
    Files come in the one kind of form alone; how many, says the marker.
    """
    app = CovetPy()

    @app.post("/")
    async def send(
        order: Annotated[Order, Form(extra="forbid")],
        photos: Annotated[list[UploadFile], File(alias="photo", min_length=2, max_length=5, deprecated=True)],
        plans: list[UploadFile],
        sketches: Annotated[list[UploadFile] | None, File()] = None,
        cover: Annotated[UploadFile | None, File(description="On top.")] = None,
    ) -> None: ...

    binary = {"type": "string", "format": "binary"}
    (media_type, media), *more = describe_body(app)["content"].items()
    properties = media["schema"].pop("properties")

    assert (media_type, more) == (MULTIPART, [])
    assert media["schema"] == {
        "type": "object",
        "required": ["name", "home", "photo", "plans"],
        "additionalProperties": False,
    }
    assert media["encoding"] == {"home": DEEP, "others": DEEP, "counts": DEEP}
    assert properties["home"] == {"$ref": "#/components/schemas/AddressClosedText", "description": "Where it goes."}
    assert properties["photo"] == {"type": "array", "items": binary, "minItems": 2, "maxItems": 5, "deprecated": True}
    assert properties["plans"] == {"type": "array", "items": binary, "minItems": 1}
    assert properties["sketches"] == {"type": "array", "items": binary}
    assert properties["cover"] == {**binary, "description": "On top."}


def test_a_model_that_need_not_come_says_what_comes_together() -> None:
    """
    Whoever sends one of its fields sends all that it must have.
    """
    app = CovetPy()

    @app.post("/")
    async def send(
        home: Annotated[Address | None, Form()] = None, item: Annotated[Item | None, Form()] = None
    ) -> None: ...

    body = describe_body(app)
    schema = body["content"][URLENCODED]["schema"]

    assert "required" not in body
    assert "required" not in schema
    assert schema["dependentRequired"] == {"number": ["city"], "price": ["name"]}


def test_a_form_whose_fields_may_all_be_absent_need_not_come() -> None:
    """
    No body at all is a form without fields.
    """
    app = CovetPy()

    @app.post("/")
    async def send(copies: Annotated[int, Form()] = 1) -> None: ...

    assert "required" not in describe_body(app)


def test_without_the_library_only_one_kind_of_form_is_described(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The other one would be refused.
    """
    monkeypatch.setitem(sys.modules, "multipart", None)
    monkeypatch.delitem(sys.modules, "covet.http.multipart", raising=False)
    app = CovetPy()

    @app.post("/")
    async def send(name: Annotated[str, Form()]) -> None: ...

    assert list(describe_body(app)["content"]) == [URLENCODED]


def test_a_title_stands_beside_a_reference() -> None:
    """
    It is that of the body, not of the model.
    """
    app = CovetPy()

    @app.post("/")
    async def create(item: Annotated[Item, Body(title="New")]) -> None: ...

    schema = describe_body(app)["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/Item", "title": "New"}

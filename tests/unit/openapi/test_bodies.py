"""
Bodies are described in every format that is read, and forms by their fields.
"""

from dataclasses import dataclass
from typing import Annotated, Any

from covet import Body, CovetPy, Form
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

    assert describe_body(app) == {
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "email": {"type": "string", "minLength": 3, "description": "Whose."},
                        "copies": {"type": "integer", "deprecated": True},
                        "tag": {"type": "array", "items": {"type": "string"}, "default": []},
                    },
                    "required": ["email"],
                }
            }
        },
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

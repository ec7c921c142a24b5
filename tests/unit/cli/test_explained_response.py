"""
What a signature says about the answer.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from covet import CovetPy, Response
from covet.cli.explained_response import explain_response
from covet.responses import JSONResponse


@dataclass
class User:
    """A model."""

    name: str


class Strange:
    """A class that nothing can write."""


# Any: an annotation is any object.
def returning(annotation: Any) -> Callable[[], Any]:
    """Make a handler that says it returns something."""

    def handler():  # type: ignore[no-untyped-def]
        """Return nothing."""

    handler.__annotations__ = {"return": annotation}
    return handler


def generated() -> Iterator[str]:
    """Yield."""
    yield "a"


# Any: as above.
def explain(handler: Callable[[], Any], **options: Any) -> dict[str, Any]:
    """Explain the response of a handler."""
    app = CovetPy()
    app.add_route("/", handler, **options)
    compiled, _, _ = app.find_endpoint("GET", "/")
    return explain_response(compiled, app.serializers)


@pytest.mark.parametrize(
    ("handler", "status", "media_types", "note"),
    [
        (returning(None), 204, [], "there is no body"),
        (returning(str), 200, ["text/plain; charset=utf-8"], "text as it is"),
        (returning(bytes), 200, ["application/octet-stream"], "bytes as they are"),
        (returning(JSONResponse), 200, [], "the handler makes the response"),
        (returning(Response), 200, [], "the handler makes the response"),
        (returning(AsyncIterator[str]), 200, [], "it is streamed"),
        (generated, 200, [], "what the generator yields is streamed"),
    ],
)
def test_kind_of_answer_follows_the_type(
    handler: Callable[[], Any], status: int, media_types: list[str], note: str
) -> None:
    """As results become responses."""
    explained = explain(handler)

    assert (explained["status"], explained["media_types"], explained["note"]) == (status, media_types, note)
    assert explained["schema"] is None


def test_model_has_a_schema() -> None:
    """In the formats on offer, JSON first."""
    explained = explain(returning(list[User]), status_code=201)

    assert explained["status"] == 201
    assert explained["media_types"][0] == "application/json"
    assert explained["type"] == "list[User]"
    assert explained["schema"]["items"] == {"$ref": "#/$defs/User"}
    assert explained["schema"]["$defs"]["User"]["properties"] == {"name": {"type": "string"}}


def test_unannotated_handler_says_nothing() -> None:
    """Then nothing is known."""

    def unannotated(): ...  # type: ignore[no-untyped-def]

    explained = explain(unannotated)

    assert (explained["type"], explained["note"]) == (None, "the handler does not say what it returns")


def test_type_without_schema_says_why() -> None:
    """Instead of failing."""
    explained = explain(returning(Strange))

    assert explained["schema"] is None
    assert explained["note"].startswith("there is no schema of it: ")


def test_media_type_of_the_route_is_the_only_one() -> None:
    """It says so."""
    assert explain(returning(str), media_type="text/csv")["media_types"] == ["text/csv"]


def test_status_without_body_has_no_body() -> None:
    """Whatever the handler returns."""
    assert explain(returning(str), status_code=204)["note"] == "there is no body"

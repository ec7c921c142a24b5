"""
Return annotations say what handlers answer, by the rules that make responses of results.
"""

from collections.abc import AsyncIterator, Awaitable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal, NamedTuple, NewType

import pytest

from covet import CovetPy, Response
from covet.openapi.components import Components
from covet.openapi.responses import describe_status, list_outcomes, write_responses
from covet.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, StreamingResponse
from covet.testing import TestClient
from covet.types import UNSET
from covet.validation import Constraints
from tests.unit.openapi.describing import describe_operation


@dataclass
class Item:
    name: str


class Word(StrEnum):
    YES = "yes"


class Point(NamedTuple):
    x: int
    y: int


Name = NewType("Name", str)


class Page(HTMLResponse):
    """
    A page of one's own.
    """


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (None, [("204", "")]),
        (str, [("200", "text/plain")]),
        (Name, [("200", "text/plain")]),
        (Word, [("200", "text/plain")]),
        (Literal["a", "b"], [("200", "text/plain")]),
        (Literal["a", 1], [("200", None)]),
        (bytes, [("200", "application/octet-stream")]),
        (bytearray, [("200", "application/octet-stream")]),
        (int, [("200", None)]),
        (Item, [("200", None)]),
        (list[Item], [("200", None)]),
        (Item | None, [("200", None), ("204", "")]),
        (Awaitable[Item], [("200", None)]),
        (Annotated[str, "note"], [("200", "text/plain")]),
        (UNSET, [("2XX", "")]),
        (Any, [("2XX", "")]),
        (tuple[Item, int], [("2XX", None)]),
        (tuple[Item, Literal[201]], [("201", None)]),
        (tuple[Item, Literal[200, 201], dict[str, str]], [("200", None), ("201", None)]),
        (tuple[Item, Literal[201], dict[str, str] | None], [("201", None)]),
        (tuple[Item, Literal[201]] | tuple[str, Literal[409]], [("201", None), ("409", "text/plain")]),
        (tuple[None, Literal[202]], [("202", "")]),
        (tuple[int, int], [("200", None)]),
        (tuple[int, Literal[201]], [("201", None)]),
        (tuple[str, str], [("200", None)]),
        (tuple[str, int, str], [("200", None)]),
        (Point, [("200", None)]),
        (Iterator[str], [("200", "application/octet-stream")]),
        (AsyncIterator[bytes], [("200", "application/octet-stream")]),
        (Response, [("default", "")]),
        (JSONResponse, [("200", "application/json")]),
        (PlainTextResponse, [("200", "text/plain")]),
        (Page, [("200", "text/html")]),
        (RedirectResponse, [("3XX", "")]),
        (StreamingResponse, [("200", "application/octet-stream")]),
        (tuple[Response, Literal[202]], [("202", "")]),
    ],
)
def test_an_annotation_says_status_and_media_type(annotation: Any, expected: list[tuple[str, str | None]]) -> None:
    """
    `None` stands for every format on offer, an empty text for no body.
    """
    found = list_outcomes(annotation)

    assert [(outcome.status, outcome.media_type) for outcome in found] == expected


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [(None, "201"), (Item, "201"), (UNSET, "201"), (tuple[Item, Literal[202]], "202"), (Item | None, "201")],
)
def test_the_routes_status_holds_where_none_is_named(annotation: Any, expected: str) -> None:
    """
    It is that of results without one.
    """
    assert {outcome.status for outcome in list_outcomes(annotation, status_code=201)} == {expected}


def test_a_status_without_a_body_has_no_content() -> None:
    """
    Whatever the handler returns is not sent.
    """
    assert [outcome.media_type for outcome in list_outcomes(Item, status_code=204)] == [""]


def test_the_routes_media_type_takes_the_place_of_the_formats() -> None:
    """
    Texts have it, too.
    """
    assert [outcome.media_type for outcome in list_outcomes(Item | str, media_type="text/csv")] == ["text/csv"] * 2


def test_metadata_stays_in_the_schema() -> None:
    """
    Bounds of a result are shown.
    """
    outcomes = list_outcomes(Annotated[list[int], Constraints(max_length=3)])

    written = write_responses(outcomes, ["application/json"], Components())

    assert written["200"]["content"]["application/json"]["schema"]["maxItems"] == 3


def test_what_shares_a_status_is_joined() -> None:
    """
    One media type may carry one of several types.
    """
    written = write_responses(list_outcomes(int | list[str] | str), ["application/json"], Components(), "Some.")

    assert written == {
        "200": {
            "description": "Some.",
            "content": {
                "application/json": {
                    "schema": {"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "string"}}]}
                },
                "text/plain": {"schema": {"type": "string"}},
            },
        }
    }


def test_a_status_says_what_it_means() -> None:
    """
    A range is named, too.
    """
    assert describe_status("201") == "Created"
    assert describe_status("3XX") == "Redirection"


@pytest.mark.parametrize("value", [None, "text", b"bytes", {"a": 1}, [1], Item("tea"), 7, 1.5, True])
async def test_what_is_described_is_what_is_answered(value: object) -> None:
    """
    Status and media type of the document are those of the response.
    """
    app = CovetPy()

    async def show() -> Any:
        return value

    show.__annotations__["return"] = type(value)
    app.add_route("/", show)
    described = describe_operation(app, "/")["responses"]

    async with TestClient(app) as client:
        response = await client.get("/")

    content = described[str(response.status_code)].get("content", {"": None})
    assert response.headers.get("content-type", "").partition(";")[0] in content

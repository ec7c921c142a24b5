"""
Return annotations say what handlers answer, by the rules that make responses of results.
"""

from collections.abc import AsyncIterator, Awaitable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, NewType

import pytest

from covet import CovetPy, Response
from covet.openapi.components import Components
from covet.openapi.responses import describe_status, list_outcomes, write_responses
from covet.responses import (
    FileResponse,
    HTMLResponse,
    JSONLines,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    ServerSentEvent,
    StreamingResponse,
)
from covet.testing import TestClient
from covet.types import UNSET
from covet.validation import Constraints
from tests.unit.openapi.describing import describe, describe_operation


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
        (AsyncIterator[Item], [("200", "application/jsonl"), ("200", "application/x-ndjson")]),
        (Iterator[Item | dict[str, int]], [("200", "application/jsonl"), ("200", "application/x-ndjson")]),
        (AsyncIterator[ServerSentEvent], [("200", "text/event-stream")]),
        (JSONLines, [("200", "application/jsonl")]),
        (FileResponse, [("200", "*/*"), ("206", "*/*"), ("304", "")]),
        (tuple[FileResponse, Literal[201]], [("201", "*/*")]),
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


@pytest.mark.parametrize("annotation", [FileResponse, StreamingResponse, Response, AsyncIterator[bytes], JSONLines])
def test_the_routes_media_type_says_what_only_its_author_knows(annotation: Any) -> None:
    """
    What is in a file or a stream; a response whose kind is known keeps its own.
    """
    (first, *_) = list_outcomes(annotation, media_type="text/csv")

    assert first.media_type == ("application/jsonl" if annotation is JSONLines else "text/csv")
    assert [outcome.media_type for outcome in list_outcomes(HTMLResponse, media_type="text/csv")] == ["text/html"]


async def test_streams_are_described_as_they_are_answered() -> None:
    """
    Lines in both of their forms, or in that of the route; a client that accepts none is told so.
    """
    app = CovetPy()

    @app.get("/lines")
    async def follow() -> AsyncIterator[Item]:
        yield Item("tea")

    @app.get("/own", media_type="application/x-ndjson")
    async def follow_own() -> AsyncIterator[Item]:
        yield Item("tea")

    @app.get("/events", status_code=202)
    async def follow_events() -> AsyncIterator[ServerSentEvent]:
        yield ServerSentEvent("tea")

    document = describe(app)
    client = TestClient(app)
    lines, own, events = (document["paths"][path]["get"]["responses"] for path in ("/lines", "/own", "/events"))
    schema = {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}}

    assert lines["200"]["content"] == {"application/jsonl": schema, "application/x-ndjson": schema}
    assert own["200"]["content"] == {"application/x-ndjson": schema}
    assert events["200"]["content"] == {"text/event-stream": {"schema": {"type": "string"}}}
    assert [list(responses) for responses in (lines, own, events)] == [["200", "406"], ["200"], ["200", "406"]]
    for path, described in (("/lines", lines), ("/own", own), ("/events", events)):
        answer = await client.get(path)
        refused = await client.get(path, headers={"accept": "image/png"})
        assert answer.headers["content-type"].partition(";")[0] in described[str(answer.status_code)]["content"]
        assert str(refused.status_code) in described


async def test_files_are_described_with_their_conditions(tmp_path: Path) -> None:
    """
    Parts, what has not changed, and what goes wrong.
    """
    (tmp_path / "tea.txt").write_text("Assam")
    app = CovetPy()

    @app.get("/files/{name}")
    async def show(name: str) -> FileResponse:
        return FileResponse(name, root=tmp_path)

    described = describe_operation(app, "/files/{name}")["responses"]
    headers = [{}, {"range": "bytes=0-1"}, {"range": "bytes=9-"}, {"if-none-match": "*"}, {"if-match": '"x"'}]
    answers = [await TestClient(app).get("/files/tea.txt", headers=item) for item in headers]
    missing = await TestClient(app).get("/files/no.txt")

    assert [answer.status_code for answer in (*answers, missing)] == [200, 206, 416, 304, 412, 404]
    assert list(described) == ["200", "206", "304", "404", "412", "416"]
    assert described["206"]["content"] == {"*/*": {}}
    assert described["404"]["description"] == "There is no such file."


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

"""
Tests of what becomes of a handler's generator.
"""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest

from covet import CovetPy, Request
from covet.core.stream_results import StreamForm, check_stream, find_offers
from covet.exceptions import NotAcceptableError, RouteError
from covet.http.streamed_response import StreamedResponse
from covet.responses import EventStream, JSONLines, ServerSentEvent
from covet.serialization import encode_json
from covet.testing import TestClient
from tests.integration.wire import WireProtocol, assert_problem, on_both_protocols

LINES = ("application/jsonl", "application/x-ndjson")
EVENTS = ("text/event-stream",)


@dataclass
class Item:
    id: int


class Colour(StrEnum):
    RED = "red"


@dataclass
class Other:
    name: str


@pytest.mark.parametrize(
    ("annotation", "offers"),
    [
        (AsyncIterator[ServerSentEvent], EVENTS),
        (AsyncGenerator[ServerSentEvent, None], EVENTS),
        (AsyncIterable[ServerSentEvent | str], EVENTS),
        (Iterator[ServerSentEvent], EVENTS),
        (AsyncIterator[Item], LINES),
        (Generator[Item, None, None], LINES),
        (AsyncIterator[dict[str, int]], LINES),
        (AsyncIterator[dict[Any, Any]], LINES),
        (AsyncIterator[list[int]], LINES),
        (AsyncIterator[Item | Other], LINES),
        (AsyncIterator[int], LINES),
        (Iterator[float | None], LINES),
        (AsyncIterator[date], LINES),
        (AsyncIterator[tuple[int, str]], LINES),
        (AsyncIterator[Annotated[Decimal, "price"] | UUID], LINES),
        (AsyncIterator[Literal[1, 2]], LINES),
        (AsyncIterator[Literal["a", "b"]], ()),
        (AsyncIterator[Colour], ()),
        (AsyncIterator[object], ()),
        (AsyncIterator[bytes], ()),
        (AsyncIterator[str], ()),
        (AsyncIterator[str | bytes], ()),
        (AsyncIterator[Any], ()),
        (AsyncIterator, ()),
        (list[Item], ()),
        (None, ()),
    ],
)
def test_offers_follow_from_what_is_yielded(annotation: Any, offers: tuple[str, ...]) -> None:
    """Events are events, values are lines, and everything else is sent as it is."""
    assert find_offers(annotation) == offers


@pytest.mark.parametrize(
    ("annotation", "media_type", "offers"),
    [
        (AsyncIterator[Item], "application/x-ndjson", ("application/x-ndjson",)),
        (AsyncIterator[Item], "text/event-stream", ("text/event-stream",)),
        (AsyncIterator[str], "text/event-stream", ()),
        (AsyncIterator[str], "application/x-ndjson; charset=utf-8", ()),
        (AsyncIterator[Item], "text/csv", ()),
        (None, "text/event-stream", ()),
    ],
)
def test_media_type_of_the_route_settles_the_form(annotation: Any, media_type: str, offers: tuple[str, ...]) -> None:
    """A handler that writes text itself writes what the media type says."""
    assert find_offers(annotation, media_type) == offers


@pytest.mark.parametrize(
    ("annotation", "accept", "cls", "content_type"),
    [
        (AsyncIterator[Item], None, JSONLines, "application/jsonl"),
        (AsyncIterator[Item], "*/*", JSONLines, "application/jsonl"),
        (AsyncIterator[Item], "application/x-ndjson, */*;q=0.1", JSONLines, "application/x-ndjson"),
        (AsyncIterator[Item], "application/jsonl;q=0.1, application/x-ndjson;q=0.2", JSONLines, "application/x-ndjson"),
        (AsyncIterator[ServerSentEvent], "text/event-stream", EventStream, "text/event-stream; charset=utf-8"),
        (AsyncIterator[bytes], "image/png", StreamedResponse, "application/octet-stream"),
    ],
)
def test_client_chooses_between_forms(annotation: Any, accept: str | None, cls: type, content_type: str) -> None:
    """By weight, then in the server's order; what has one form is not asked for."""
    form = StreamForm(annotation, None, encode=encode_json)

    response = form.make(Request(headers={} if accept is None else {"accept": accept}), iter(()), 200)

    assert type(response) is cls
    assert response.headers["content-type"] == content_type


@pytest.mark.parametrize("annotation", [AsyncIterator[Item], AsyncIterator[ServerSentEvent]])
def test_client_that_accepts_no_form_is_told_which_there_are(annotation: Any) -> None:
    """406, for methods that do nothing; a POST has done its work, and answers."""
    form = StreamForm(annotation, None, encode=encode_json)
    headers = {"accept": "image/png"}

    with pytest.raises(NotAcceptableError) as caught:
        form.make(Request(headers=headers), iter(()), 200)

    assert tuple(caught.value.extensions["available"]) == form.offers  # type: ignore[arg-type]
    assert form.make(Request(method="POST", headers=headers), iter(()), 200).status_code == 200


@on_both_protocols
async def test_values_are_lines_in_the_form_that_the_client_likes(protocol: WireProtocol) -> None:
    """A handler yields models, and writes nothing itself."""
    app = CovetPy()

    @app.get("/items", status_code=202)
    async def list_items() -> AsyncIterator[Item]:
        yield Item(1)
        yield Item(2)

    async with TestClient(app, protocol=protocol) as client:
        response = await client.get("/items")
        other = await client.get("/items", headers={"accept": "application/x-ndjson"})
        refused = await client.get("/items", headers={"accept": "text/html"})

    assert (response.status_code, response.text) == (202, '{"id":1}\n{"id":2}\n')
    assert (response.headers["content-type"], response.headers["vary"]) == ("application/jsonl", "Accept")
    assert other.headers["content-type"] == "application/x-ndjson"
    assert assert_problem(refused, 406)["available"] == list(LINES)


@on_both_protocols
async def test_generator_that_does_not_say_what_it_yields_is_told_to(protocol: WireProtocol) -> None:
    """The error says what to write, in the log; the client gets a clean 500."""
    app = CovetPy()

    @app.get("/")
    async def index():  # type: ignore[no-untyped-def]
        yield {"id": 1}

    async with TestClient(app, protocol=protocol) as client:
        with pytest.raises(Exception, match=r"got dict\.\n  Annotate the handler, -> AsyncIterator\[Item\]"):
            await client.get("/")


@on_both_protocols
async def test_numbers_are_lines(protocol: WireProtocol) -> None:
    """What is a value as a result is one as a part of a stream."""
    app = CovetPy()

    @app.get("/")
    async def count() -> AsyncIterator[int | None]:
        yield 1
        yield None

    async with TestClient(app, protocol=protocol) as client:
        response = await client.get("/")

    assert (response.headers["content-type"], response.text) == ("application/jsonl", "1\nnull\n")


@pytest.mark.parametrize(
    ("annotation", "media_type", "message"),
    [
        (
            AsyncIterator[Item | str],
            None,
            (
                "GET /: It yields both text and values, Item | str: text is sent as it is, values are lines of JSON.\n"
                "  Yield one of them, or write media_type='application/jsonl' for lines of JSON alone."
            ),
        ),
        (
            Iterator[int],
            "text/csv",
            (
                "GET /: It yields values, int, which a stream of text/csv cannot carry.\n"
                "  Yield str or bytes; without media_type values are lines of JSON."
            ),
        ),
    ],
)
def test_what_cannot_be_sent_is_an_error_at_the_start(annotation: Any, media_type: str | None, message: str) -> None:
    """Not one of every request."""
    app = CovetPy()

    def stream() -> Any:
        yield 1

    stream.__annotations__["return"] = annotation
    app.get("/", media_type=media_type)(stream)

    with pytest.raises(RouteError) as caught:
        app.compile()

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("annotation", "media_type"),
    [
        (Iterable[int | str], None),
        (AsyncIterator[Item | str], "application/jsonl"),
        (Iterator[str], "text/csv"),
        (int, "text/csv"),
    ],
)
def test_what_can_be_sent_is_none(annotation: Any, media_type: str | None) -> None:
    """A list is iterable and no stream, and JSON's own media types take all values."""
    assert check_stream(annotation, media_type) is None

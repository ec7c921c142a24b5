r"""
Tests of one server-sent event: what a browser reads is what was meant.
"""

from dataclasses import dataclass
from typing import Any

import pytest

from covet.exceptions import ResponseError
from covet.responses import ServerSentEvent
from covet.responses.server_sent_event import check_retry, encode_data


@dataclass
class Progress:
    done: int


@pytest.mark.parametrize(
    ("event", "written"),
    [
        (ServerSentEvent("tea"), b"data: tea\n\n"),
        (ServerSentEvent(""), b"data: \n\n"),
        (ServerSentEvent("one\ntwo"), b"data: one\ndata: two\n\n"),
        (ServerSentEvent("one\r\ntwo\rthree\n"), b"data: one\ndata: two\ndata: three\ndata: \n\n"),
        # What Python takes for an end of lines, and browsers do not.
        (ServerSentEvent("a\x0bb\x85c\u2028d"), "data: a\x0bb\x85c\u2028d\n\n".encode()),
        (ServerSentEvent("\ud800"), b"data: ?\n\n"),
        (ServerSentEvent({"a": "b\nc"}), b'data: {"a":"b\\nc"}\n\n'),
        (ServerSentEvent(Progress(3)), b'data: {"done":3}\n\n'),
        (ServerSentEvent([1, None]), b"data: [1,null]\n\n"),
        (ServerSentEvent(7), b"data: 7\n\n"),
        (ServerSentEvent(event="closed"), b"event: closed\n\n"),
        (
            ServerSentEvent("x", event="e", id="7", retry=10, comment="c"),
            b": c\nevent: e\nid: 7\nretry: 10\ndata: x\n\n",
        ),
        (ServerSentEvent("x", id=""), b"id: \ndata: x\n\n"),
        (ServerSentEvent("café", event="größe"), "event: größe\ndata: café\n\n".encode()),
    ],
)
def test_event_is_written_as_browsers_read_it(event: ServerSentEvent, written: bytes) -> None:
    """Text as it is, other values as JSON, one line for each line."""
    assert event.encode() == written


@pytest.mark.row(49)
@pytest.mark.parametrize("name", ["event", "id"])
@pytest.mark.parametrize("value", ["a\ndata: x", "a\r", "\0", "a\r\n\r\ndata: evil", "\n"])
def test_row_049_field_with_a_line_break_is_refused(name: str, value: str) -> None:
    """No value begins a field of its own, or ends the event."""
    fields: dict[str, Any] = {name: value}

    with pytest.raises(ResponseError) as caught:
        ServerSentEvent("x", **fields)

    assert str(caught.value) == f"The {name} of an event has a line break or NUL: {value!r}.\n  Leave it out."


@pytest.mark.row(49)
@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_row_049_data_and_comments_are_split_into_lines(end: str) -> None:
    """What looks like a field stays text."""
    event = ServerSentEvent(f"x{end}event: evil{end}{end}id: 1", comment=f"c{end}data: evil")

    assert event.encode() == b": c\n: data: evil\ndata: x\ndata: event: evil\ndata: \ndata: id: 1\n\n"


def test_event_is_written_once() -> None:
    """One event goes to many streams."""
    event = ServerSentEvent({"a": 1})

    assert event.encode() is event.encode()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "An event has at least one field."),
        ({"data": b"x"}, "An event's data is text, got bytes."),
        ({"event": 7}, "The event of an event must be a text, got 7."),
        ({"id": 7}, "The id of an event must be a text, got 7."),
        ({"comment": 7}, "A comment must be a text, got 7."),
        ({"retry": 1.5}, "retry must be milliseconds from 0 to 2147483647, got 1.5."),
        ({"data": object()}, "object has no form in JSON."),
    ],
)
def test_what_cannot_be_an_event_is_refused(fields: dict[str, Any], message: str) -> None:
    """The error says what was wrong, at the latest when it is written."""
    with pytest.raises(ResponseError) as caught:
        ServerSentEvent(**fields).encode()

    assert message in str(caught.value)


@pytest.mark.parametrize("retry", [-1, 2**31, True, "5", None])
def test_retry_is_a_number_that_browsers_take(retry: Any) -> None:
    """Anything else would be ignored without a word."""
    with pytest.raises(ResponseError, match="retry must be milliseconds"):
        check_retry(retry)


def test_events_compare_by_what_is_sent() -> None:
    """Tests compare lists of events."""
    assert ServerSentEvent("a", id="1") == ServerSentEvent("a", id="1")
    assert ServerSentEvent("a") != ServerSentEvent("b")
    assert ServerSentEvent("a") != "a"
    assert len({ServerSentEvent("a"), ServerSentEvent("a")}) == 1


def test_event_is_shown_with_its_fields() -> None:
    """Those that are there."""
    assert repr(ServerSentEvent("a", id="1")) == "ServerSentEvent('a', id='1')"


def test_data_without_an_event_is_written_alike() -> None:
    """A stream of plain values is one of events."""
    assert encode_data("tea") == ServerSentEvent("tea").encode()


@pytest.mark.parametrize("name", ["data", "event", "id", "retry", "comment"])
def test_fields_cannot_be_changed(name: str) -> None:
    """
    An event is written once, and is compared by what was written.
    """
    event = ServerSentEvent("one", event="note", id="7", retry=1, comment="ping")

    with pytest.raises(AttributeError):
        setattr(event, name, None)
    assert getattr(event, name) is not None

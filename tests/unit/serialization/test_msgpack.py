"""
MessagePack: what it keeps, what it refuses, and what it needs.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.exceptions import BadRequestError, MissingDependencyError
from covet.serialization import MessagePackSerializer, SerializationError
from tests.linearity import assert_linear
from tests.unit.serialization.values import Color, Item, Point, Text


@pytest.fixture(scope="module")
def serializer() -> MessagePackSerializer:
    """Make a serializer."""
    return MessagePackSerializer()


def test_without_msgspec_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error comes when the serializer is made, not with the first request."""
    monkeypatch.setitem(sys.modules, "msgspec", None)

    with pytest.raises(MissingDependencyError) as caught:
        MessagePackSerializer()

    assert str(caught.value) == (
        'msgspec is needed for MessagePackSerializer.\n  Install it with: pip install "covetpy[standard]"'
    )


def test_it_tells_what_it_is(serializer: MessagePackSerializer) -> None:
    """Media type, aliases and features are those of MessagePack."""
    assert serializer.media_type == "application/msgpack"
    assert serializer.aliases == ("application/vnd.msgpack", "application/x-msgpack")
    assert serializer.supports_feature("binary")


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (Point(1, Color.RED), {"x": 1, "y": "red", "_private": 3, "made": 0}),
        (Item(1, "z"), {"number": 1, "label": "z"}),
        ([Path("/a"), Text("x"), {3}], ["/a", "x", [3]]),
        ({1: b"\xff", None: 2}, {1: b"\xff", None: 2}),
        (datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)),
    ],
)
def test_supported_types_have_a_form(serializer: MessagePackSerializer, value: object, read: object) -> None:
    """What JSON can write, MessagePack can; bytes, times and keys keep their types."""
    assert serializer.deserialize(serializer.serialize(value)) == read


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**64 - 1)
        | st.text()
        | st.binary()
        | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.integers(0, 99), inner, max_size=4),
        max_leaves=20,
    )
)
def test_what_is_written_is_read(value: object) -> None:
    """MessagePack's own types survive the way out and back."""
    serializer = MessagePackSerializer()

    assert serializer.deserialize(serializer.serialize(value)) == value


@given(st.binary(max_size=60))
def test_no_bytes_are_a_server_error(data: bytes) -> None:
    """Whatever comes is a value or a 400."""
    try:
        MessagePackSerializer().deserialize(data)
    except BadRequestError:
        return


def test_encoders_give_types_a_form() -> None:
    """The same encoders serve JSON and MessagePack."""
    serializer = MessagePackSerializer(encoders={complex: lambda value: [value.real, value.imag]})

    assert serializer.deserialize(serializer.serialize({"at": 1 + 2j})) == {"at": [1.0, 2.0]}


def test_lone_surrogates_leave_bytes_alone(serializer: MessagePackSerializer) -> None:
    """Repairing text touches nothing but text."""
    value = {"raw": b"\xed\xa0\x80", "text": ("\ud800", Point(1, "\ud800")), 1: None}

    assert serializer.deserialize(serializer.serialize(value)) == {
        "raw": b"\xed\xa0\x80",
        "text": ["\ufffd", {"x": 1, "y": "\ufffd", "_private": 3, "made": 0}],
        1: None,
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2**64, "an integer has more than the 64 bits that MessagePack has for it.\n  Return it as text."),
        (memoryview(b"abcd")[::2], "a memoryview has gaps.\n  Return bytes(view) instead."),
        (1j, "complex has no form in MessagePack.\n  Return a dict"),
    ],
)
def test_what_has_no_form_is_named(serializer: MessagePackSerializer, value: object, text: str) -> None:
    """The error says what it is and what to do."""
    with pytest.raises(SerializationError) as caught:
        serializer.serialize([value])

    assert str(caught.value).startswith(text)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xc1", "The MessagePack is malformed."),
        (b"\x01\x01", "The MessagePack is malformed."),
        (b"\xdd\xff\xff\xff\xff", "The MessagePack is malformed."),
        (b"\xd4\x05a", "The MessagePack is malformed."),
        (b"\x91" * 100_000 + b"\xc0", "The MessagePack is nested deeper than 100 levels."),
        (b"\x91" * 101 + b"\xc0", "The MessagePack is nested deeper than 100 levels."),
        (b"\x81\xa1a" * 101 + b"\xc0", "The MessagePack is nested deeper than 100 levels."),
        (b"\x81\x91\x01\x02", "The MessagePack has a key that is a container."),
        (b"\xcb\x7f\xf8\0\0\0\0\0\0", "The MessagePack holds a number that is not finite."),
        (b"\x81\xa1a\x91\xca\x7f\x80\0\0", "The MessagePack holds a number that is not finite."),
        (b"\x81\xcb\x7f\xf0\0\0\0\0\0\0\x01", "The MessagePack holds a number that is not finite."),
    ],
    ids=range(11),
)
def test_what_is_refused_says_why(serializer: MessagePackSerializer, data: bytes, text: str) -> None:
    """A 400 says what is wrong and does not repeat the input."""
    with pytest.raises(BadRequestError) as caught:
        serializer.deserialize(data)

    assert str(caught.value) == text


def test_a_hundred_levels_are_read(serializer: MessagePackSerializer) -> None:
    """The limit is the one of JSON."""
    assert serializer.serialize(serializer.deserialize(b"\x91" * 100 + b"\xc0")) == b"\x91" * 100 + b"\xc0"


def test_reading_is_linear(serializer: MessagePackSerializer) -> None:
    """Twice the body takes twice the work."""
    assert_linear(serializer.deserialize, lambda size: msgspec.msgpack.encode([{"a": [1.5]}] * size), size=100)

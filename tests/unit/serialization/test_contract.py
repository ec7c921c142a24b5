"""
What every serializer keeps, and what the error says when a value has no form.
"""

import math
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from covet.exceptions import BadRequestError, ResponseError
from covet.serialization import JSONSerializer, MessagePackSerializer, SerializationError, Serializer
from covet.serialization.media_types import parse_media_type


@pytest.fixture(params=[JSONSerializer, MessagePackSerializer])
def serializer(request: pytest.FixtureRequest) -> Serializer:
    """Make each serializer that the package has."""
    make: Callable[[], Serializer] = request.param
    return make()


@pytest.mark.parametrize("missing", ["media_type", "serialize", "deserialize"])
def test_a_serializer_has_all_three_parts(missing: str) -> None:
    """A class that leaves a part of the contract out cannot be made."""
    parts: dict[str, Any] = {name: lambda _self, *_: None for name in ("media_type", "serialize", "deserialize")}
    del parts[missing]

    with pytest.raises(TypeError, match=missing):
        type("Partial", (Serializer,), parts)()


def test_a_serializer_names_one_media_type(serializer: Serializer) -> None:
    """The media type has neither parameters nor wildcards."""
    media_type, parameters = parse_media_type(serializer.media_type)

    assert media_type == serializer.media_type
    assert parameters == {}
    assert "*" not in media_type


@pytest.mark.parametrize("value", [None, True, 0, -7, 1.5, "", "é", [], [1, [2]], {}, {"a": {"b": [None]}}])
def test_what_is_written_is_read(serializer: Serializer, value: object) -> None:
    """The types that all formats have come back as they went."""
    assert serializer.deserialize(serializer.serialize(value)) == value


def test_bytes_come_back_where_the_format_is_binary(serializer: Serializer) -> None:
    """The feature "binary" is a promise."""
    came_back = serializer.deserialize(serializer.serialize(b"\xff")) == b"\xff"

    assert came_back == serializer.supports_feature("binary")


def test_a_text_format_is_text(serializer: Serializer) -> None:
    """The feature "text" is a promise: what is written is UTF-8."""
    written = serializer.serialize({"a": ["é", 1e300, True]})

    is_text = written.decode("utf-8", "replace").encode() == written
    assert is_text == serializer.supports_feature("text")


def test_a_lone_surrogate_never_raises(serializer: Serializer) -> None:
    """What no UTF-8 can carry becomes U+FFFD in every format."""
    written = serializer.serialize({"\ud800": ["a\udfffb"]})

    assert serializer.deserialize(written) == {"\ufffd": ["a\ufffdb"]}


@pytest.mark.parametrize("value", [object(), [1j], {"a": {"b": int}}, [10**5000]], ids=range(4))
def test_what_has_no_form_is_refused(serializer: Serializer, value: object) -> None:
    """The application's fault is one error in every format."""
    with pytest.raises(SerializationError):
        serializer.serialize(value)


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x91", b"\xa1\xff", b"\x00\x00", b"{}}", b"\xff\xff"])
def test_malformed_bytes_are_a_bad_request(serializer: Serializer, data: bytes) -> None:
    """The client's fault is a 400 in every format, and never another exception."""
    with pytest.raises(BadRequestError):
        serializer.deserialize(data)


def test_nesting_has_a_limit(serializer: Serializer) -> None:
    """A hundred levels are read in every format, one more is not."""
    deepest: list[object] = []
    for _ in range(99):
        deepest = [deepest]

    assert serializer.deserialize(serializer.serialize(deepest)) == deepest
    with pytest.raises(BadRequestError, match="nested deeper than 100"):
        serializer.deserialize(serializer.serialize([deepest]))


def test_endless_values_are_refused(serializer: Serializer) -> None:
    """A value that contains itself cannot be written in any format."""
    endless: list[object] = []
    endless.append(endless)

    with pytest.raises(SerializationError, match="contains itself, or is nested too deeply"):
        serializer.serialize(endless)


def test_nan_is_never_read(serializer: Serializer) -> None:
    """Whatever a format does with NaN on the way out, none comes in."""
    written = serializer.serialize([math.nan])

    try:
        read = serializer.deserialize(written)
    except BadRequestError:
        return
    assert read == [None]


def test_aliases_are_for_reading_and_may_be_none() -> None:
    """A serializer need not declare aliases or features."""

    class Text(Serializer):
        @property
        def media_type(self) -> str:
            return "text/plain"

        def serialize(self, data: object) -> bytes:
            return str(data).encode()

        def deserialize(self, data: bytes) -> str:
            return data.decode()

    assert (Text().aliases, Text().features, Text().contract_version) == ((), frozenset(), 1)
    assert not Text().supports_feature("text")


def test_the_error_keeps_where_it_was() -> None:
    """Steps are noted from the inside out, and escaped as RFC 6901 says."""
    error = SerializationError("It is bad.", hint="Mend it.").inside("a~b").inside(3).inside("c/d")

    assert error.pointer == "/c~1d/3/a~0b"
    assert str(error) == "At /c~1d/3/a~0b: It is bad.\n  Mend it."


def test_an_error_about_the_whole_has_no_place() -> None:
    """Without a step there is no place to name."""
    error = SerializationError("It is bad.")

    assert (error.pointer, str(error)) == ("", "It is bad.")


def test_the_error_is_what_others_raise() -> None:
    """It can be caught as what json and msgspec raise, and as the application's fault."""
    assert issubclass(SerializationError, TypeError)
    assert issubclass(SerializationError, ResponseError)


def test_the_error_survives_a_process() -> None:
    """The error can be sent from a worker process."""
    error = SerializationError("It is bad.", hint="Mend it.").inside("a")

    assert str(pickle.loads(pickle.dumps(error))) == str(error)

"""
Which formats are on offer, and which one a message is in.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest

import covet.serialization.formats
from covet.exceptions import (
    BadRequestError,
    ConfigurationError,
    ItemExistsError,
    NotAcceptableError,
    UnsupportedMediaTypeError,
)
from covet.registry import InvalidItemError, Registry
from covet.serialization import (
    JSONSerializer,
    MessagePackSerializer,
    Serializer,
    SerializerTable,
    create_serializer_registry,
    get_json_serializer,
    get_serializer_registry,
    register_serializer,
)


class Lines(Serializer):
    """A format of a user's own."""

    def __init__(self, media_type: str = "text/x-lines", aliases: tuple[str, ...] = ()) -> None:
        self._media_type = media_type
        self._aliases = aliases

    @property
    def media_type(self) -> str:
        return self._media_type

    @property
    def aliases(self) -> tuple[str, ...]:
        return self._aliases

    def serialize(self, data: object) -> bytes:
        return repr(data).encode()

    def deserialize(self, data: bytes) -> list[bytes]:
        return data.splitlines()


class Future(Lines):
    """A format written for a contract that is not this one."""

    contract_version = 2


@pytest.fixture
def registry() -> Registry[Serializer]:
    """Make a registry with JSON and MessagePack."""
    registry = create_serializer_registry()
    register_serializer(MessagePackSerializer(), registry=registry)
    return registry


@pytest.fixture
def table(registry: Registry[Serializer]) -> SerializerTable:
    """Make a table of JSON and MessagePack."""
    return SerializerTable(registry)


@pytest.fixture
def own_default(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put a fresh default registry in the place of the process's."""
    monkeypatch.setattr(covet.serialization.formats, "_default", None)
    return iter(())


def test_json_is_on_offer_from_the_start() -> None:
    """A new registry knows JSON, and it is the one that encode_json uses."""
    registry = create_serializer_registry()

    assert list(registry) == ["application/json"]
    assert registry.get("application/json") is get_json_serializer()


@pytest.mark.usefixtures("own_default")
def test_register_serializer_adds_to_the_default() -> None:
    """Without a registry, a format goes where applications made afterwards look."""
    serializer = MessagePackSerializer()

    register_serializer(serializer)

    assert get_serializer_registry().get("application/msgpack") is serializer


@pytest.mark.usefixtures("own_default")
def test_registries_share_nothing() -> None:
    """A new registry does not see what the default one was given."""
    register_serializer(Lines())

    assert "text/x-lines" not in create_serializer_registry()


def test_a_media_type_is_taken_once(registry: Registry[Serializer]) -> None:
    """A second serializer of a media type is an error unless it replaces the first."""
    own = JSONSerializer(encoders={complex: str})

    with pytest.raises(ItemExistsError, match="'application/json' is already registered in serializers"):
        register_serializer(own, registry=registry)
    register_serializer(own, replace=True, registry=registry)

    assert registry.get("application/json") is own


@pytest.mark.parametrize("item", ["application/json", None, object()])
def test_what_has_no_media_type_is_refused(item: Any) -> None:
    """The error says what to register instead."""
    with pytest.raises(InvalidItemError) as caught:
        register_serializer(item, registry=create_serializer_registry())

    assert str(caught.value) == (
        f"{item!r} cannot be registered as a serializer: it has no media type.\n"
        "  Derive its class from covet.serialization.Serializer, and register an instance."
    )


def test_a_class_is_no_serializer() -> None:
    """Registering the class instead of an instance is refused with the same advice."""
    serializer_class: Any = JSONSerializer

    with pytest.raises(InvalidItemError, match="register an instance"):
        register_serializer(serializer_class, registry=create_serializer_registry())


def test_another_version_of_the_contract_is_refused() -> None:
    """A serializer that was written for another contract says so before it is called."""
    with pytest.raises(InvalidItemError, match=r"It must be a Serializer of version 1\."):
        register_serializer(Future(), registry=create_serializer_registry())


@pytest.mark.parametrize(
    ("serializer", "text"),
    [
        (Lines("lines"), "'lines' is not a media type."),
        (Lines("text/*"), "'text/*' is not a media type that a serializer can have."),
        (Lines("*/*"), "'*/*' is not a media type that a serializer can have."),
        (Lines("text/x; a=b"), "'text/x; a=b' is not a media type that a serializer can have."),
        (Lines("text/*+x"), "'text/*+x' is not a media type that a serializer can have."),
        (Lines("text/x", aliases=("text/*+",)), "'text/*+' is not a media type that a serializer can have."),
        (Lines("text/x", aliases=("text/x y",)), "'text/x y' is not a media type."),
    ],
)
def test_a_malformed_media_type_is_refused(serializer: Serializer, text: str) -> None:
    """Media types are checked when a serializer is registered."""
    with pytest.raises(ConfigurationError, match=re.escape(text)):
        register_serializer(serializer, registry=create_serializer_registry())


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/msgpack", "application/msgpack"),
        ("application/json;q=0.1, application/msgpack", "application/msgpack"),
        ("text/html, */*;q=0.1", "application/json"),
    ],
)
def test_the_client_chooses_the_answer(table: SerializerTable, accept: str | None, media_type: str) -> None:
    """The Accept header chooses among the formats, JSON first."""
    assert table.choose(accept).media_type == media_type


@pytest.mark.parametrize("accept", ["text/html", "application/problem+json", "application/x-msgpack", "*/*;q=0"])
def test_an_answer_that_nobody_wants_is_406(table: SerializerTable, accept: str) -> None:
    """The error carries what is on offer; aliases are not."""
    with pytest.raises(NotAcceptableError) as caught:
        table.choose(accept)

    assert caught.value.available == ("application/json", "application/msgpack")


def test_priority_is_the_servers_preference() -> None:
    """Of formats that a client likes equally, the one of lower priority is taken."""
    registry = create_serializer_registry()
    register_serializer(Lines(), priority=1, registry=registry)

    table = SerializerTable(registry)

    assert table.media_types == ("text/x-lines", "application/json")
    assert table.choose("*/*").media_type == "text/x-lines"


@pytest.mark.parametrize(
    ("content_type", "media_type"),
    [
        ("application/json", "application/json"),
        ("Application/JSON; charset=UTF-8", "application/json"),
        ('application/json; charset="utf-8"', "application/json"),
        ("application/json; charset=us-ascii", "application/json"),
        ("application/problem+json", "application/json"),
        ("application/vnd.api+json; profile=x", "application/json"),
        ("application/x-msgpack", "application/msgpack"),
        ("application/msgpack; charset=latin-1", "application/msgpack"),
    ],
)
def test_a_body_is_in_the_format_it_says(table: SerializerTable, content_type: str, media_type: str) -> None:
    """The Content-Type header finds the format, by its names, aliases and suffix."""
    assert table.find(content_type).media_type == media_type


@pytest.mark.parametrize(
    "content_type",
    [
        "text/html",
        "text/json",
        "application/json5",
        "text/x+json",
        "application/json+xml",
        "application/x+json+",
        "*/*",
    ],
)
def test_a_body_that_nothing_reads_is_415(table: SerializerTable, content_type: str) -> None:
    """The error carries what is read."""
    with pytest.raises(UnsupportedMediaTypeError) as caught:
        table.find(content_type)

    assert caught.value.supported == ("application/json", "application/msgpack")


def test_text_is_utf_8(table: SerializerTable) -> None:
    """Another character set would be read as something else than was meant."""
    with pytest.raises(UnsupportedMediaTypeError, match="The character set must be UTF-8"):
        table.find("application/json; charset=utf-16")


@pytest.mark.parametrize("content_type", ["", "json", "application/json; charset=utf-8; charset=utf-7"])
def test_a_malformed_content_type_is_400(table: SerializerTable, content_type: str) -> None:
    """What cannot be read is not guessed."""
    with pytest.raises(BadRequestError):
        table.find(content_type)


def test_a_media_type_wins_over_an_alias() -> None:
    """A serializer's own media type cannot be taken by another's alias, whatever the priority."""
    registry = create_serializer_registry()
    register_serializer(
        Lines("text/x", aliases=("application/json", "application/*+json")), priority=1, registry=registry
    )

    table = SerializerTable(registry)

    assert table.find("application/json").media_type == "application/json"
    assert table.find("application/x+json").media_type == "text/x"


def test_a_table_keeps_what_it_was_made_of(registry: Registry[Serializer]) -> None:
    """What is registered later does not change a running application."""
    table = SerializerTable(registry)

    register_serializer(Lines(), registry=registry)

    assert "text/x-lines" not in table.media_types

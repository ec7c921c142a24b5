"""
What there is to set.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Generic, TypeVar

import pytest

from covet.config import Reloadable, Secret
from covet.config.fields import Field, OpenMark, Section, read_annotations, read_descriptions, read_section
from covet.exceptions import ConfigurationError
from covet.types import UNSET
from covet.validation import Constraints

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Redis:
    """
    Where Redis is.

    More is said of it here.

    Attributes:
        url: Its address,
            on two lines.
        key: What opens it.
    """

    url: str
    key: Annotated[Secret, Constraints(min_length=40)] | None = None
    size: Reloadable[int] = 3
    tags: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Cache:
    """Where results are kept."""

    redis: Redis
    spare: Redis | None = None
    limit: Annotated[Reloadable[int], Constraints(ge=1)] | None = None


def find(section: Section, name: str) -> Field:
    """Find a field by its path."""
    return next(item for item in section.walk() if item.name == name)


def test_fields_are_read() -> None:
    """Each has its path, default, description and marks."""
    shape = read_section(Cache, ("cache",))

    assert [item.name for item in shape.walk()] == [
        *(f"cache.redis.{name}" for name in ("url", "key", "size", "tags")),
        *(f"cache.spare.{name}" for name in ("url", "key", "size", "tags")),
        "cache.limit",
    ]
    url, key, size = (find(shape, f"cache.redis.{name}") for name in ("url", "key", "size"))
    assert (url.is_required, url.default, url.description) == (True, UNSET, "Its address, on two lines.")
    assert (key.is_secret, key.min_bytes, key.is_reloadable) == (True, 40, False)
    assert (size.is_reloadable, size.default, size.is_required) == (True, 3, False)
    assert find(shape, "cache.redis.tags").default_factory is list
    assert find(shape, "cache.limit").is_reloadable


@pytest.mark.parametrize(
    "hint",
    [
        Annotated[Secret, Constraints(min_length=40)],
        Annotated[Secret, Constraints(min_length=40)] | None,
        list[Annotated[Secret, Constraints(min_length=40)]],
        tuple[Annotated[Secret, Constraints(min_length=40)], ...],
        dict[str, Annotated[Secret, Constraints(min_length=40)]] | None,
    ],
)
def test_length_of_a_secret_is_read_wherever_it_stands(hint: object) -> None:
    """Within a collection, too: each of its secrets has to be that long."""
    shape = type("Shape", (), {"__annotations__": {"keys": hint}, "keys": None})

    assert find(read_annotations(shape), "keys").min_bytes == 40


def test_a_section_may_be_absent() -> None:
    """`X | None = None` is a section that is there only if somebody sets it."""
    shape = read_section(Cache, ("cache",))

    redis, spare = shape.members["redis"], shape.members["spare"]

    assert isinstance(redis, Section)
    assert isinstance(spare, Section)
    assert (redis.is_optional, spare.is_optional) == (False, True)
    assert redis.description == "Where Redis is."


def test_the_default_of_a_section_is_that_of_its_fields() -> None:
    """An object that stands there as the default says what its fields are."""

    class Shop:
        redis: Redis = Redis(url="redis://", size=7)

    shape = read_annotations(Shop)

    assert (find(shape, "redis.url").default, find(shape, "redis.size").default) == ("redis://", 7)


def test_annotations_of_a_class_and_its_bases_are_read() -> None:
    """Private names and class variables are none of the fields."""

    class Base:
        first: int = 1
        _hidden: int
        constant: ClassVar[int] = 3

    class Derived(Base):
        second: "str"
        tables: Annotated[Mapping[str, object], OpenMark()]

    shape = read_annotations(Derived)

    assert list(shape.members) == ["first", "second", "tables"]
    assert find(shape, "tables").is_open
    assert find(shape, "second").is_required


def test_generic_sections_are_read() -> None:
    """A section may leave a type open."""

    @dataclass
    class Pair(Generic[T]):
        left: T

    class Shop:
        pair: Pair[int]

    @dataclass
    class Outer:
        pair: Pair[int]

    assert find(read_section(Outer), "pair.left").parse("1") == 1
    assert find(read_annotations(Shop), "pair.left").parse("1") == 1


def test_lists_of_dataclasses_are_values() -> None:
    """Only a dataclass itself is a section."""

    class Shop:
        peers: list[Redis]
        others: tuple[Redis, ...] = ()

    assert all(isinstance(member, Field) for member in read_annotations(Shop).members.values())


def test_descriptions_are_inherited() -> None:
    """A class documents its own attributes; those of its base are known from there."""

    class Special(Redis):
        """
        A special one.

        Attributes:
            key: Another key.

        Example:
            size: This is no attribute.
        """

    assert read_descriptions(Special) == {"url": "Its address, on two lines.", "key": "Another key."}


@dataclass
class Endless:
    """A section that contains itself."""

    inner: "Endless"


@dataclass
class Strange:
    """A section with a type that nothing can spell."""

    value: type


@dataclass
class Patterned:
    """A secret with a bound that is not checked."""

    key: Annotated[Secret, Constraints(pattern="^x")]


@pytest.mark.parametrize(
    ("cls", "message"),
    [
        (Endless, "The section 'a.inner' contains itself: Endless."),
        (Strange, "The setting 'a.value': Values of type type cannot be validated."),
        (int, "int is no section of settings."),
        (Patterned, "The setting 'a.key' is a secret with constraints that nothing checks: Constraints(pattern='^x')."),
    ],
)
def test_what_cannot_be_read_is_an_error(cls: type, message: str) -> None:
    """It is found before any value, and names the setting."""
    with pytest.raises(ConfigurationError) as caught:
        read_section(cls, ("a",))

    assert caught.value.message == message
    assert caught.value.hint

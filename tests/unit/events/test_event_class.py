"""
Tests of what makes classes of events: every way to write one gives the same.
"""

import dataclasses
import gc
import sys
import weakref
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, ClassVar, Generic, TypeVar

import pytest

from covet.events.errors import AmbiguousEventTypeError, EventDefinitionError
from covet.events.event import Event
from covet.events.event_class import find_event_class, list_event_types

T = TypeVar("T")


class Undecorated(Event):
    """Written without a decorator."""

    event_type: str = "shape.undecorated"
    user_id: int
    tags: list[str] = field(default_factory=list)
    name: str = "ada"


@dataclass
class Plain(Event):
    """Written as the standards do."""

    event_type: str = "shape.plain"
    user_id: int  # type: ignore[misc] # what mypy knows of a plain decorator is not what happens to an event
    tags: list[str] = field(default_factory=list)
    name: str = "ada"


@dataclass(frozen=True, kw_only=True, slots=True)
class Full(Event):
    """Written with every option."""

    event_type: str = "shape.full"
    user_id: int
    tags: list[str] = field(default_factory=list)
    name: str = "ada"


@dataclass(frozen=True)
class Frozen(Event):
    """Written with one option."""

    event_type = "shape.frozen"
    user_id: int
    tags: list[str] = field(default_factory=list)
    name: str = "ada"


@dataclass(slots=True, order=True)
class Constant(Event):
    """Written with a class variable, and other options."""

    event_type: ClassVar[str] = "shape.constant"  # type: ignore[misc] # the base declares it as the standards do
    user_id: int
    tags: list[str] = field(default_factory=list)
    name: str = "ada"


every_shape = pytest.mark.parametrize("cls", [Undecorated, Plain, Full, Frozen, Constant])


@every_shape
def test_fields_are_given_by_name_and_type_is_none_of_them(cls: Any) -> None:
    """Fields without default may follow those with one; the type belongs to the class."""
    event = cls(user_id=7)

    names = [item.name for item in dataclasses.fields(cls)]
    assert names == ["event_id", "timestamp", "metadata", "user_id", "tags", "name"]
    assert cls.event_type == event.event_type == f"shape.{cls.__name__.lower()}"
    assert (event.user_id, event.tags, event.name) == (7, [], "ada")
    with pytest.raises(TypeError):
        cls(7)
    with pytest.raises(TypeError):
        cls(user_id=7, event_type="other.type")


@every_shape
def test_events_are_frozen_and_have_slots(cls: Any) -> None:
    """No attribute changes, none is added, none goes."""
    event = cls(user_id=7)

    for name in ("user_id", "event_id", "event_type", "other"):
        with pytest.raises(dataclasses.FrozenInstanceError, match=f"{cls.__name__} has happened and cannot change"):
            setattr(event, name, 8)
    with pytest.raises(dataclasses.FrozenInstanceError, match="'user_id' is not deleted"):
        del event.user_id
    assert not hasattr(event, "__dict__")
    assert event.user_id == 7


@every_shape
def test_events_are_compared_by_value_and_hashed_by_identity(cls: Any) -> None:
    """A list in a field does not make an event unhashable."""
    event = cls(user_id=7, tags=["a"])
    same = dataclasses.replace(event)
    other = dataclasses.replace(event, user_id=8)

    assert event == same
    assert hash(event) == hash(same)
    assert event != other
    assert event != cls(user_id=7, tags=["a"])


@every_shape
def test_dataclasses_see_a_frozen_dataclass(cls: Any) -> None:
    """What reads dataclasses reads events."""
    is_one: bool = dataclasses.is_dataclass(cls)

    assert is_one
    assert cls.__dataclass_params__.frozen is True
    assert "frozen=True" in repr(cls.__dataclass_params__)
    assert dataclasses.asdict(cls(user_id=7))["user_id"] == 7


def test_order_is_added_if_it_is_asked_for() -> None:
    """Options that add something are heard."""
    assert Constant(user_id=1) < Constant(user_id=1)


def test_a_class_below_another_has_its_fields_and_a_type_of_its_own() -> None:
    """Fields are inherited, the type is not."""

    class Promoted(Full):
        rank: int

    @dataclass(frozen=True, kw_only=True, slots=True)
    class Deep(Promoted):
        event_type: str = "shape.deep"
        level: int = 3

    event = Deep(user_id=1, rank=2)

    assert Promoted.event_type == "event.promoted"
    assert (event.user_id, event.rank, event.level, event.event_type) == (1, 2, 3, "shape.deep")
    assert not hasattr(event, "__dict__")


def test_super_works_in_methods() -> None:
    """The class that a method means is the finished one."""

    class Named(Event):
        name: str

        def __post_init__(self) -> None:
            assert super().__thisclass__ is Named  # type: ignore[misc]

        def describe(self) -> str:
            return f"{super().event_type}: {self.name}"

    assert Named(name="ada").describe() == "base.event: ada"


def test_generic_events_and_mixins_are_possible() -> None:
    """Bases without fields are welcome."""

    class Loud:
        def shout(self) -> str:
            return "!"

    class Boxed(Event, Loud, Generic[T]):
        content: T

    assert Boxed(content=1).content == 1
    assert Boxed(content=1).shout() == "!"


def test_text_annotations_are_no_obstacle() -> None:
    """`from __future__ import annotations` makes texts of them."""
    namespace: dict[str, Any] = {"__name__": __name__}
    code = (
        "from __future__ import annotations\nfrom typing import ClassVar\nfrom covet.events import Event\n"
        "class Written(Event):\n    event_type: str = 'shape.written'\n    limit: ClassVar[int] = 3\n    number: int\n"
    )

    exec(code, namespace)

    assert namespace["Written"](number=1).number == 1
    assert namespace["Written"].limit == 3


def test_a_mutable_dataclass_cannot_be_mixed_in() -> None:
    """The error names the class that can change, and the way out."""

    @dataclass
    class Loose:
        size: int = 0

    with pytest.raises(EventDefinitionError) as caught:

        class Mixed(Event, Loose):  # type: ignore[misc]
            pass

    assert "Mixed is an event, and" in str(caught.value)
    assert "Loose, which it inherits from, is a dataclass that can change." in str(caught.value)
    assert "Write @dataclass(frozen=True) above" in str(caught.value)


def test_a_mutable_default_is_refused_with_its_field() -> None:
    """The text names the field and the way out."""
    with pytest.raises(EventDefinitionError, match=r"Broken cannot be an event: .*tags.* use default_factory"):

        class Broken(Event):
            tags: list[str] = []  # noqa: RUF012


def test_setting_attributes_cannot_be_defined() -> None:
    """An event that could be changed would be none."""
    with pytest.raises(EventDefinitionError, match=r"(?s)Soft cannot be an event: .*An event cannot define how its"):

        class Soft(Event):
            def __setattr__(self, name: str, value: object) -> None: ...  # type: ignore[override]


@pytest.mark.parametrize("value", ["UserCreated", "user", 7])
def test_a_wrong_type_is_an_error_of_the_class_statement(value: Any) -> None:
    """Nobody has to publish to find out."""
    with pytest.raises(EventDefinitionError, match=r"(?s)UserLeft.event_type is .* such as 'user.left'"):

        class UserLeft(Event):
            event_type = value


def test_a_type_is_given_out_once_in_a_module() -> None:
    """A copied class with a forgotten type is noticed where it stands."""
    names: dict[str, Any] = {"__name__": "module_with_twins", "Event": Event}

    with pytest.raises(EventDefinitionError) as caught:
        exec(
            "class One(Event):\n    event_type = 'twin.made'\nclass Two(Event):\n    event_type = 'twin.made'\n", names
        )

    assert "Two and One of module_with_twins have one event type, 'twin.made'." in str(caught.value)
    assert 'Give one of them its own: event_type: str = "event.two_again".' in str(caught.value)


def define(monkeypatch: pytest.MonkeyPatch, module: str, code: str) -> dict[str, Any]:
    """Load a module for the time of a test."""
    loaded = ModuleType(module)
    loaded.__dict__["Event"] = Event
    monkeypatch.setitem(sys.modules, module, loaded)
    exec(code, loaded.__dict__)
    return loaded.__dict__


def test_a_class_may_be_defined_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that is loaded anew defines the same class."""
    code = "class Again(Event):\n    event_type = 'twin.again'\n"

    define(monkeypatch, "reloaded", code)
    names = define(monkeypatch, "reloaded", code)

    assert find_event_class("twin.again") is names["Again"]


def test_modules_may_have_one_type_until_somebody_has_to_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    """Finding the class of a type names all that have it."""
    code = "class Shared(Event):\n    event_type = 'twin.shared'\n"
    first, second = define(monkeypatch, "first", code), define(monkeypatch, "second", code)

    with pytest.raises(AmbiguousEventTypeError) as caught:
        find_event_class("twin.shared")

    assert "several classes: first.Shared, second.Shared." in str(caught.value)
    assert "classes=[...]" in str(caught.value)
    assert set(caught.value.classes) == {first["Shared"], second["Shared"]}


def test_a_module_that_is_gone_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody can import any more stands in nobody's way, though somebody holds it still."""
    code = "class Left(Event):\n    event_type = 'twin.left'\n"
    first, second = define(monkeypatch, "first", code), define(monkeypatch, "second", code)

    monkeypatch.delitem(sys.modules, "second")

    assert find_event_class("twin.left") is first["Left"]
    assert second["Left"] is not first["Left"]


def test_classes_of_functions_are_forgotten_with_their_function() -> None:
    """What a test defines stays with the test."""

    def make() -> "weakref.ref[type]":
        class Brief(Event):
            event_type = "brief.made"

        assert find_event_class("brief.made") is Brief
        return weakref.ref(Brief)

    reference = make()
    gc.collect()

    assert reference() is None
    assert find_event_class("brief.made") is None


def test_types_of_a_family_are_listed() -> None:
    """A class, and those below it."""

    class Family(Event):
        event_type = "family.any"

    class Child(Family):
        event_type = "family.child"

    class Stranger(Event):
        event_type = "stranger.any"

    assert list_event_types(Family) == ("family.any", "family.child")
    assert [Child.event_type, Stranger.event_type] == ["family.child", "stranger.any"]

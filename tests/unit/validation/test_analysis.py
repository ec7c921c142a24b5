"""
An annotation becomes nodes, or an error at start-up that names what is wrong and the way out.
"""

import abc
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Final, Generic, Literal, NewType, Optional, TypedDict, TypeVar, Union

import msgspec
import pytest

from covet.exceptions import ConfigurationError
from covet.types import Unset
from covet.validation import Constraints
from covet.validation.analysis import analyze
from covet.validation.nodes import ArrayNode, ChoiceNode, MapNode, ModelNode, ScalarNode, TupleNode, UnionNode

T = TypeVar("T")
Bounded = TypeVar("Bounded", bound=int)
Either = TypeVar("Either", int, str)
MIDNIGHT = datetime(2026, 1, 1)  # noqa: DTZ001 - compared with dates, which have no zone
UserId = NewType("UserId", int)


class Color(Enum):
    RED = "red"
    CRIMSON = "red"  # noqa: PIE796 - an alias, on purpose
    BLUE = 2


class Odd(Enum):
    PAIR = (1, 2)


class Base(abc.ABC):
    @abc.abstractmethod
    def act(self) -> None: ...


class Mutable(TypedDict):
    name: str


@dataclass
class Unhashable:
    name: str


@dataclass
class Tree:
    name: str
    children: list["Tree"] = field(default_factory=list)


@dataclass
class Box(Generic[T]):
    item: T


@dataclass
class Left:
    inner: Union["Left", "Right", None] = None


@dataclass
class Right:
    inner: Union["Left", "Right", None] = None


@dataclass
class KindLeft:
    kind: Literal["left"]
    inner: Union["KindLeft", "KindRight", None] = None


@dataclass
class KindRight:
    kind: Literal["right"]
    inner: Union["KindLeft", "KindRight", None] = None


@dataclass
class Holder:
    callback: Callable[[], None]


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        (int, "int"),
        (Any, "any"),
        (object, "any"),
        (None, "none"),
        (Decimal, "decimal"),
        (UserId, "int"),
        (Final[int], "int"),
        (T, "any"),
        (Bounded, "int"),
        (Path, "path"),
        (PurePosixPath, "path"),
        (int | Unset, "int"),
        (int | msgspec.UnsetType, "int"),
        (Annotated[Annotated[int, "a"], "b"], "int"),
    ],
)
def test_scalars(annotation: Any, kind: str) -> None:
    """A value without parts has its kind, through aliases, variables and marks."""
    node = analyze(annotation)

    assert isinstance(node, ScalarNode)
    assert node.kind == kind


@pytest.mark.parametrize(
    ("annotation", "factory"),
    [
        (list, list),
        (list[int], list),
        (Sequence[int], list),
        (Iterable[int], list),
        (tuple[int, ...], tuple),
        (tuple, tuple),
        (set[int], set),
        (AbstractSet[int], set),
        (frozenset[tuple[int, ...]], frozenset),
    ],
)
def test_arrays(annotation: Any, factory: type) -> None:
    """A collection says what it is made of; an abstract one becomes the plainest."""
    node = analyze(annotation)

    assert isinstance(node, ArrayNode)
    assert node.factory is factory


def test_tuples_of_fixed_length() -> None:
    """Each item has its own type; the empty tuple has none."""
    pair, nothing = analyze(tuple[int, str]), analyze(tuple[()])

    assert isinstance(pair, TupleNode)
    assert [item.annotation for item in pair.items] == [int, str]
    assert isinstance(nothing, TupleNode)
    assert nothing.items == ()


def test_maps_and_unions_and_choices() -> None:
    """Mappings have keys and values, unions members, choices what is sent for each value."""
    mapping, union, choice, enum = (
        analyze(Mapping[int, str]),
        analyze(Optional[int]),  # noqa: UP045 - the old spelling too
        analyze(Literal["a", 1, None]),  # noqa: PYI061 - as written
        analyze(Color),
    )

    assert isinstance(mapping, MapNode)
    assert (mapping.key.annotation, mapping.value.annotation) == (int, str)
    assert isinstance(union, UnionNode)
    assert [member.annotation for member in union.members] == [int, type(None)]
    assert isinstance(choice, ChoiceNode)
    assert choice.values == (("a", "a"), (1, 1), (None, None))
    assert isinstance(enum, ChoiceNode)
    assert enum.values == (("red", Color.RED), (2, Color.BLUE))


def test_a_variable_with_constraints_is_their_union() -> None:
    """A generic that nobody filled in accepts what its author allowed."""
    node = analyze(Either)

    assert isinstance(node, UnionNode)
    assert [member.annotation for member in node.members] == [int, str]


def test_a_recursive_model_ends_in_itself() -> None:
    """The model within is the model itself, not a copy of it."""
    node = analyze(Tree)

    assert isinstance(node, ModelNode)
    children = node.fields[1].node
    assert isinstance(children, ArrayNode)
    assert children.item is node


def test_a_field_keeps_what_annotated_says() -> None:
    """Whatever it is for: whoever knows it finds it there."""

    @dataclass
    class Noted:
        plain: int
        noted: Annotated[int, "a note", Constraints(ge=1)]

    node = analyze(Noted)

    assert isinstance(node, ModelNode)
    assert [field.metadata for field in node.fields] == [(), ("a note", Constraints(ge=1))]


def test_a_generic_model_has_its_arguments() -> None:
    """The field of a parametrized class has the argument's type."""
    node = analyze(Box[list[int]])

    assert isinstance(node, ModelNode)
    assert node.name == "Box[list[int]]"
    assert isinstance(node.fields[0].node, ArrayNode)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the type statement came with Python 3.12")
def test_type_aliases() -> None:
    """A `type` statement means what stands behind it, with its arguments."""
    names: dict[str, Any] = {}
    exec("type Ids[T] = list[T]\ntype Loop = list[Loop]", names)  # older versions cannot parse it

    node = analyze(names["Ids"][int])

    assert isinstance(node, ArrayNode)
    assert node.item.annotation is int
    with pytest.raises(ConfigurationError) as caught:
        analyze(names["Loop"])
    assert caught.value.message == "The type alias Loop contains itself."
    assert caught.value.hint == "Use a model for what is recursive."


@pytest.mark.parametrize(
    ("annotation", "message", "hint"),
    [
        (Callable[[], None], "Values of type Callable[[], None] cannot be validated.", "Use a builtin, a collection"),
        (complex, "Values of type complex cannot be validated.", "Use a builtin, a collection"),
        (Unset, "Values of type Unset cannot be validated.", "Use a builtin"),
        (type[int], "Values of type type[int] cannot be validated.", "Use a builtin"),
        (Base, "Values of type Base cannot be validated.", "It is abstract: name a concrete class."),
        (Literal[Color.RED, Odd.PAIR], "Values of type Literal[<Color.RED: 'red'>, ", "Use a builtin"),
        (Odd, "Odd.PAIR has a value that JSON cannot carry: (1, 2).", "Give the members strings or numbers."),
        (set[list[int]], "The items of set[list[int]] cannot be hashed.", "Use a list, or items that are frozen."),
        (set[Unhashable], "The items of set[Unhashable] cannot be hashed.", "Use a list"),
        (frozenset[Mutable], "The items of frozenset[Mutable] cannot be hashed.", "Use a list"),
        (set[dict[str, int] | int], "The items of set[dict[str, int] | int] cannot be hashed.", "Use a list"),
        (dict[bool, int], "The keys of dict[bool, int] cannot be read from JSON, whose keys are strings.", "Use str"),
        (dict[tuple[int, int], int], "The keys of dict[tuple[int, int], int] cannot be read from JSON", "Use str"),
        (dict[str | None, int], "The keys of dict[str | None, int] cannot be read from JSON", "Use str"),
        (Holder, "Holder.callback: Values of type Callable[[], None] cannot be validated.", "Use a builtin"),
        (list[Holder], "Holder.callback: Values of type", "Use a builtin"),
        (Left, "Left | Right | None contains itself, and its members look alike in JSON.",
         "Give each model a required field of its own value, such as kind: Literal['leaf']."),
    ],
)  # fmt: skip
def test_what_cannot_be_validated_says_why(annotation: Any, message: str, hint: str) -> None:
    """The error names the type, or the model and its field, and the way out."""
    with pytest.raises(ConfigurationError) as caught:
        analyze(annotation)

    assert caught.value.message.startswith(message)
    assert caught.value.hint is not None
    assert caught.value.hint.startswith(hint)


def test_recursion_is_welcome_where_the_members_can_be_told_apart() -> None:
    """A required field of a fixed value is enough."""
    assert isinstance(analyze(KindLeft), ModelNode)


@pytest.mark.parametrize(
    ("annotation", "constraints", "message"),
    [
        (str, Constraints(ge=1), "ge=1 cannot be checked on str."),
        (bool, Constraints(lt=1), "lt=1 cannot be checked on bool."),
        (int, Constraints(min_length=1), "min_length=1 cannot be checked on int."),
        (int, Constraints(pattern="a"), "pattern='a' cannot be checked on int."),
        (int, Constraints(without="a"), "without='a' cannot be checked on int."),
        (date, Constraints(tz=False), "tz=False cannot be checked on date."),
        (list[int], Constraints(pattern="a"), "pattern='a' cannot be checked on list[int]."),
        (date, Constraints(ge=1), "ge=1 cannot be checked on date."),
        (date, Constraints(ge=MIDNIGHT), "ge=datetime.datetime(2026, 1, 1, 0, 0) cannot be checked on date."),
        (int, Constraints(ge=True), "ge=True cannot be checked on int."),
        (Tree, Constraints(max_length=1), "max_length=1 cannot be checked on Tree."),
        (Color, Constraints(max_length=1), "max_length=1 cannot be checked on Color."),
        (int | None, Constraints(pattern="a"), "pattern='a' cannot be checked on int | None."),
    ],
)  # fmt: skip
def test_a_constraint_must_fit_its_type(annotation: Any, constraints: Constraints, message: str) -> None:
    """A bound that would never be asked, or never hold, is an error."""
    with pytest.raises(ConfigurationError) as caught:
        analyze(annotation, constraints)

    assert caught.value.message == message
    assert caught.value.hint == (
        "Bounds are for numbers and times, lengths for text and collections, patterns for str, "
        "tz for datetime and time."
    )


def test_a_constraint_on_a_union_goes_to_the_members_it_fits() -> None:
    """`int | str` of at most two characters bounds the text alone."""
    node = analyze(Annotated[int | str, Constraints(max_length=2)])

    assert isinstance(node, UnionNode)
    number, text = node.members
    assert number.constraints == ()
    assert text.constraints == (Constraints(max_length=2),)


def test_constraints_add_up_and_are_not_shared() -> None:
    """What one mention of a type demands, another does not."""
    inner = Annotated[int, Constraints(ge=1)]

    node = analyze(tuple[Annotated[inner, Constraints(le=5)], inner, int])

    assert isinstance(node, TupleNode)
    assert [item.constraints for item in node.items] == [
        (Constraints(ge=1), Constraints(le=5)),
        (Constraints(ge=1),),
        (),
    ]

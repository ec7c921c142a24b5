"""
pydantic models from texts: put into shape here, validated there.
"""

from dataclasses import dataclass
from typing import Any

import pydantic
import pytest

from covet.validation.analysis import analyze
from covet.validation.failures import Failed
from covet.validation.pydantic_shape import list_pydantic_fields
from covet.validation.text_tree import TextTree, compile_tree, forbid_unknown


@dataclass
class Plain:
    a: int


class Address(pydantic.BaseModel):
    city: str
    number: int = 0


class Person(pydantic.BaseModel):
    name: str = pydantic.Field(alias="full-name")
    ages: list[int] = []
    pair: tuple[int, int] | None = None
    home: Address | None = None
    others: list[Address] = []
    plain: Plain | None = None
    counts: dict[str, int] = {}
    mail: pydantic.AnyUrl | None = None


class Node(pydantic.BaseModel):
    value: int
    children: list["Node"] = []


class Whole(pydantic.BaseModel):
    home: Address | None = None
    others: list[Address] = []
    named: dict[str, Address] = {}
    plain: Plain | None = None
    whole: "Whole | None" = None
    count: int = 0


class Open(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    a: int


class Closed(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")
    a: int


def read(cls: type, tree: TextTree) -> Any:
    """Make a model of texts."""
    return compile_tree(analyze(cls))(tree)


def test_a_model_gets_the_shape_that_it_has() -> None:
    """Lists, nested models of either kind, mappings and pydantic's own types."""
    person = read(
        Person,
        {
            "full-name": ["Bo", "Ada"],
            "ages": ["1", "2"],
            "pair": ["3", "4"],
            "home": {"city": ["Ulm"], "number": ["7"]},
            "others": {"1": {"city": ["b"]}, "0": {"city": ["a"]}},
            "plain": {"a": ["5"]},
            "counts": {"x": ["6"]},
            "mail": ["http://example.com/"],
        },
    )

    assert (person.name, person.ages, person.pair, person.home) == (
        "Ada",
        [1, 2],
        (3, 4),
        Address(city="Ulm", number=7),
    )
    assert ([item.city for item in person.others], person.plain, person.counts) == (["a", "b"], Plain(5), {"x": 6})
    assert str(person.mail) == "http://example.com/"


def test_a_list_may_have_brackets() -> None:
    """`ages[]` is a list, too."""
    assert read(Person, {"full-name": ["a"], "ages": {"": ["1", "2"]}}).ages == [1, 2]


def test_a_recursive_model_ends() -> None:
    """A model may contain itself."""
    assert read(Node, {"value": ["1"], "children": {"0": {"value": ["2"]}}}) == Node(value=1, children=[Node(value=2)])


@pytest.mark.parametrize(
    ("cls", "tree", "pointers"),
    [
        (Person, {}, ["/full-name"]),
        (
            Person,
            {"full-name": ["a"], "ages": ["1", "x"], "home": {"number": ["y"]}},
            ["/ages/1", "/home/city", "/home/number"],
        ),
        (Closed, {"a": ["1"], "b": ["2"]}, ["/b"]),
        (Address, ["a"], [""]),
    ],
)
def test_what_pydantic_refuses_has_its_place(cls: type, tree: TextTree, pointers: list[str]) -> None:
    """The places are those of the names that were sent."""
    result = read(cls, tree)

    assert isinstance(result, Failed)
    assert [problem.make_item("form", "").pointer for problem in result.problems] == pointers


def test_unknown_names_are_the_models_to_take() -> None:
    """A model that allows them gets their texts."""
    assert read(Open, {"a": ["1"], "b": ["2"]}).model_extra == {"b": "2"}


def test_unknown_names_can_be_refused_in_the_models_within() -> None:
    """In lists, mappings and models of other kinds, and in such as contain themselves."""
    node = analyze(Whole)
    forbid_unknown(node)
    tree: TextTree = {
        "home": {"city": ["a"], "x": ["1"]},
        "others": {"0": {"city": ["a"], "y": ["1"]}},
        "named": {"k": {"city": ["a"], "z": ["1"]}},
        "plain": {"a": ["1"], "w": ["1"]},
        "whole": {"v": ["1"]},
        "count": ["x"],
    }

    result = compile_tree(node)(tree)
    assert isinstance(result, Failed)
    assert [problem.make_item("form", "").pointer for problem in result.problems] == [
        "/count",
        "/home/x",
        "/others/0/y",
        "/named/k/z",
        "/plain/w",
        "/whole/v",
    ]
    assert isinstance(compile_tree(node)({"whole": {"home": {"city": ["a"]}}, "count": ["1"]}), Whole)


def test_unknown_names_can_be_refused_in_its_place() -> None:
    """Beside all that pydantic finds wrong."""
    node = analyze(Address)
    forbid_unknown(node)

    result = compile_tree(node)({"x": ["1"]})

    assert isinstance(result, Failed)
    assert [problem.make_item("form", "").pointer for problem in result.problems] == ["/city", "/x"]


def test_fields_are_listed_with_their_names_on_the_wire() -> None:
    """What describes an application needs no pydantic of its own."""
    fields = {item.name: item for item in list_pydantic_fields(Person)}

    assert (fields["name"].key, fields["name"].is_required) == ("full-name", True)
    assert (fields["ages"].key, fields["ages"].is_required, fields["ages"].default) == ("ages", False, [])

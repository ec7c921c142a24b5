"""
Blank fields of models: left out where they can be nothing, at any depth, whatever kind of model it is.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any, TypedDict

import attrs
import msgspec
import pydantic
import pytest

from covet.exceptions import ValidationError
from covet.introspection import Annotation
from covet.validation import Constraints
from covet.validation.analysis import analyze
from covet.validation.blanks import compile_blanks
from covet.validation.text import may_be_blank
from covet.validation.text_model import TextModel


@dataclass
class Plain:
    """A model."""

    name: str
    age: Annotated[int, Constraints(ge=1)] | None = None
    tags: list[int] = field(default_factory=list)
    note: str | None = None


class Typed(TypedDict, total=False):
    """A model."""

    name: str
    age: int
    tags: list[int]
    note: str


class Quick(msgspec.Struct):
    """A model."""

    name: str
    age: int | None = None
    tags: list[int] = []
    note: str | None = None


@attrs.define
class Defined:
    """A model."""

    name: str
    age: int | None = None
    tags: list[int] = attrs.field(factory=list)
    note: str | None = None


class Checked(pydantic.BaseModel):
    """A model."""

    name: str
    age: int | None = pydantic.Field(default=None, ge=1)
    tags: list[int] = []
    note: str | None = None


@dataclass
class Tree:
    """A model of itself."""

    size: int = 1
    left: "Tree | None" = None
    others: "list[Tree]" = field(default_factory=list)
    named: "dict[str, Tree]" = field(default_factory=dict)


def read(model: TextModel, tree: Any) -> Any:
    """Make a model of a form."""
    return model.read(tree, source="form", pointer="")


@pytest.mark.parametrize("cls", [Plain, Typed, Quick, Defined, Checked])
@pytest.mark.parametrize("tags", [[""], ["", ""], {"": [""]}, {"0": [""]}])
def test_blank_fields_are_not_given(cls: Any, tags: Any) -> None:
    """A field with a default that no empty text can be is as if it had not come."""
    model = TextModel(cls, drops_blanks=True)

    blank = read(model, {"name": [""], "age": [""], "tags": tags, "note": [""]})

    assert blank == read(model, {"name": [""], "note": [""]})


@pytest.mark.parametrize("cls", [Plain, Quick, Defined, Checked])
def test_blank_fields_are_wrong_elsewhere(cls: Any) -> None:
    """Of a header an empty value is a value."""
    with pytest.raises(ValidationError):
        read(TextModel(cls), {"name": ["Ada"], "age": [""]})


def test_blank_fields_are_dropped_at_any_depth() -> None:
    """In models, lists and mappings of models."""
    inner: Any = {"size": [""]}

    made = read(
        TextModel(Tree, drops_blanks=True), {"left": {"left": inner}, "others": {"0": inner}, "named": {"a": inner}}
    )

    assert made == Tree(left=Tree(left=Tree()), others=[Tree()], named={"a": Tree()})


def test_what_is_no_mapping_is_left_to_its_error() -> None:
    """A text where a model is wanted stays what it is."""
    with pytest.raises(ValidationError) as caught:
        read(TextModel(Tree, drops_blanks=True), {"left": ["x"], "named": ["x"]})

    assert [item.pointer for item in caught.value.errors] == ["/left", "/named"]


def test_names_of_pydantic_are_known() -> None:
    """A field is found by the name that it has on the wire, and a type of pydantic's own keeps its empty text."""

    class Named(pydantic.BaseModel):
        age: int | None = pydantic.Field(default=None, alias="userAge")
        secret: pydantic.SecretStr | None = None

    made = read(TextModel(Named, drops_blanks=True), {"userAge": [""], "secret": [""]})

    assert (made.age, made.secret) == (None, pydantic.SecretStr(""))


def test_without_such_a_field_nothing_is_done() -> None:
    """A model of texts costs nothing."""

    @dataclass
    class Texts:
        name: str
        note: str = ""

    assert compile_blanks(analyze(Texts)) is None


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [(str, True), (int, False), (int | None, False), (int | str, True), (list[int], False), (tuple[int, str], True)],
)
def test_types_that_have_an_empty_text(annotation: Annotation, expected: bool) -> None:
    """Text has, numbers do not, and a list is asked for its items."""
    assert may_be_blank(analyze(annotation)) is expected

"""
Models whose fields have names of their own: what is read, what is refused, and what is said of the fields.
"""

from dataclasses import dataclass, field

import msgspec
import pydantic
import pytest

from covet.exceptions import ConfigurationError, ValidationError
from covet.introspection import Annotation
from covet.types import UNSET
from covet.validation.text_model import TextField, TextModel


@dataclass
class Page:
    page_number: int
    tags: list[str] = field(default_factory=list)
    size: int = 20


class Pydantic(pydantic.BaseModel):
    user_agent: str
    size: int = 20


class Closed(msgspec.Struct, forbid_unknown_fields=True):
    a: int = 0


def dashed(name: str) -> str:
    """Write a name as headers do."""
    return name.replace("_", "-")


def pointers(error: ValidationError) -> list[str]:
    """List the places of an error."""
    return [item.pointer for item in error.errors]


def test_fields_are_described() -> None:
    """Each has its name on the wire, its type and its default."""
    model = TextModel(Page, rename=dashed)

    assert model.keys == {"page-number", "tags", "size"}
    assert model.fields[0] == TextField("page_number", "page-number", int, is_required=True)
    assert model.fields[1].default_factory is list
    assert (model.fields[2].default, model.fields[2].is_required, model.fields[2].has_parts) == (20, False, False)
    assert repr(model) == "<TextModel of page-number, tags, size>"


def test_an_optional_model_is_the_model() -> None:
    """`None` is what its absence means, to whoever knows of it."""
    assert TextModel(Page | None).read({"page_number": ["1"]}, source="query", pointer="") == Page(1)


@pytest.mark.parametrize(("cls", "key"), [(Page, "page-number"), (Pydantic, "user-agent")])
def test_errors_have_the_names_of_the_wire(cls: type, key: str) -> None:
    """A client is told of `user-agent`, not of an attribute."""
    with pytest.raises(ValidationError) as refused:
        TextModel(cls, rename=dashed).read({"size": ["x"]}, source="header", pointer="/base")

    assert pointers(refused.value) == [f"/base/{key}", "/base/size"]
    assert {item.source for item in refused.value.errors} == {"header"}


def test_pydantic_gets_its_own_names() -> None:
    """What came as `user-agent` is its field."""
    model = TextModel(Pydantic, rename=dashed)

    assert model.read({"user-agent": ["me"]}, source="header", pointer="") == Pydantic(user_agent="me")
    assert [item.name for item in model.fields] == ["user_agent", "size"]
    assert model.fields[0].default is UNSET


@pytest.mark.parametrize("model", [TextModel(Page, forbids=True), TextModel(Pydantic, forbids=True), TextModel(Closed)])
def test_unknown_names_are_refused_but_for_those_of_others(model: TextModel) -> None:
    """Other parameters' names are no business of the model; files are."""
    with pytest.raises(ValidationError) as refused:
        model.read({"x": ["1"], "other": ["2"]}, source="form", pointer="", others={"other"}, files={"photo"})

    assert {"/x", "/photo"} <= set(pointers(refused.value))
    assert "/other" not in pointers(refused.value)


def test_it_tells_whether_unknown_names_are_refused() -> None:
    """By its own wish, or by that of whoever reads it."""
    assert not TextModel(Page).forbids
    assert TextModel(Page, forbids=True).forbids
    assert TextModel(Closed).forbids
    assert not TextModel(dict[str, str]).forbids


def test_unknown_names_are_ignored_by_default() -> None:
    """As in JSON."""
    assert TextModel(Page).read({"page_number": ["1"], "x": ["1"]}, source="query", pointer="", files={"f"}) == Page(1)


def test_unknown_names_are_refused_where_the_model_did_not_come() -> None:
    """A model that refuses them does so also if its default is taken."""
    with pytest.raises(ValidationError) as refused:
        TextModel(Closed).refuse_unknown({"a", "b", "c" * 200}, source="query")

    assert pointers(refused.value) == ["/b", ""]
    TextModel(Page).refuse_unknown({"b"}, source="query")


def test_a_mapping_takes_any_name() -> None:
    """Each name is a key."""
    assert TextModel(dict[str, int]).read({"a": ["1"]}, source="query", pointer="/filter") == {"a": 1}


@pytest.mark.parametrize("annotation", [int, list[Page], Page | Closed, Page | int | None])
def test_what_has_no_fields_is_refused(annotation: Annotation) -> None:
    """At the start, and it says what can be meant."""
    with pytest.raises(ConfigurationError, match="is no model whose fields could be read one by one"):
        TextModel(annotation)

"""
Tests of which types an argument may have, and of the limits on its value.
"""

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple, Optional, TypedDict, TypeVar

import attrs
import msgspec
import pydantic
import pytest

from covet import Body, CovetPy, Query
from covet.core.argument_types import (
    compile_argument,
    find_hidden_marker,
    has_limits,
    is_body_type,
    make_constraints,
    without_none,
)
from covet.exceptions import ConfigurationError
from covet.testing import TestClient
from covet.validation import Constraints


@dataclasses.dataclass
class Item:
    name: str


class ItemDict(TypedDict):
    name: str


class ItemTuple(NamedTuple):
    name: str


class ItemStruct(msgspec.Struct):
    name: str


@attrs.define
class ItemAttrs:
    name: str


class ItemPydantic(pydantic.BaseModel):
    name: str


T: Any = TypeVar("T")  # type: ignore[misc] # used as a value only

MODELS = (Item, ItemDict, ItemTuple, ItemStruct, ItemAttrs, ItemPydantic)


def test_a_marker_says_all_that_the_validation_knows() -> None:
    """Every limit of a marker arrives."""
    constraints = make_constraints(Query(ge=1, le=9, multiple_of=2, title="t", description="d", examples=(2,)))

    assert (constraints.ge, constraints.le, constraints.multiple_of) == (1, 9, 2)
    assert (constraints.title, constraints.description, constraints.examples) == ("t", "d", (2,))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_models_and_what_holds_them_are_bodies(model: Any) -> None:
    """Dataclass, TypedDict, NamedTuple, Struct, attrs and pydantic; lists of them, and one that may be absent."""
    for annotation in (model, list[model], model | None, dict[str, model], tuple[model, ...]):
        assert is_body_type(annotation)


@pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
async def test_every_kind_of_model_is_read_from_a_body(protocol: Any, model: Any) -> None:
    """A handler gets an instance of what it annotated, one or a list of them, and answers it as JSON."""
    app = CovetPy()

    @app.post("/one")
    async def one(item: model) -> object:
        assert isinstance(item, dict if model is ItemDict else model)
        return [item]

    @app.post("/many")
    async def many(items: list[model]) -> object:
        return items

    @app.post("/maybe")
    async def maybe(item: model | None = None) -> object:
        return [item]

    async with TestClient(app, protocol=protocol) as client:
        data = ["a"] if model is ItemTuple else {"name": "a"}
        answers = [
            await client.post("/one", json=data),
            await client.post("/many", json=[data]),
            await client.post("/maybe", json=data),
            await client.post("/maybe"),
        ]

    assert [answer.json() for answer in answers] == [[data], [data], [data], [None]]


@pytest.mark.parametrize(
    "annotation",
    [int, list[int], str | None, Literal["a", "b"], tuple[int, int], set[str], Annotated[int, "page"], Any],
)
def test_what_text_can_spell_is_no_body(annotation: Any) -> None:
    """It comes from the query where nothing else is said."""
    assert not is_body_type(annotation)


@pytest.mark.parametrize("annotation", [dict, dict[str, int], Mapping[str, int], dict[str, int] | None])
def test_mappings_are_bodies(annotation: Any) -> None:
    """No query can hold one."""
    assert is_body_type(annotation)


@pytest.mark.parametrize("source", ["query", "path", "header", "cookie", "form"])
def test_a_model_cannot_come_as_text(source: str) -> None:
    """The error says where it can come from."""
    with pytest.raises(ConfigurationError) as caught:
        compile_argument(Item, (), None, source)

    assert str(caught.value) == (
        f"Item cannot come from the {source}.\n"
        "  A model comes from the body; take its fields as parameters of their own."
    )


def test_a_list_of_lists_cannot_come_as_text() -> None:
    """The error says what can."""
    with pytest.raises(ConfigurationError) as caught:
        compile_argument(list[list[int]], (), None, "query")

    assert str(caught.value) == (
        "list[list[int]] cannot come from the query.\n"
        "  Text can become a number, a date, an enum and the like, or a list of these."
    )


@pytest.mark.parametrize("annotation", [list[int], tuple[int, int], set[str], list[int] | None])
def test_a_list_cannot_come_from_the_path(annotation: Any) -> None:
    """A path has each parameter once, so the error is one of the start and not of each request."""
    with pytest.raises(ConfigurationError) as caught:
        compile_argument(annotation, (), None, "path")

    assert str(caught.value).endswith(
        " cannot come from the path.\n  Text can become a number, a date, an enum and the like, not several of them."
    )


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [(int | None, int), (Optional[str], str), (int, int), (int | str | None, int | str | None), (None, None)],  # noqa: UP045 - the older spelling
)
def test_an_optional_type_without_none(annotation: Any, expected: Any) -> None:
    """What is optional is its one type; everything else stays."""
    assert without_none(annotation) == expected


def test_limits_hold_wherever_they_are_written() -> None:
    """In the marker, beside it, or both."""
    validator = compile_argument(int, (Query(ge=1), Constraints(le=9)), Query(ge=1), "query")

    assert validator.parse("9", source="query", pointer="/page") == 9
    for text in ("0", "10"):
        with pytest.raises(Exception, match="must be at"):
            validator.parse(text, source="query", pointer="/page")


@pytest.mark.parametrize("marker", [Query(ge=0), Query(pattern="a"), Query(max_length=0), Query(multiple_of=2)])
def test_a_limit_is_a_limit_whatever_its_value(marker: Query) -> None:
    """0 counts."""
    assert has_limits(make_constraints(marker))
    assert not has_limits("text", make_constraints(Query(title="a", description="b", examples=(1,))))


@pytest.mark.parametrize(
    ("annotation", "name"),
    [
        (Annotated[int, Query(ge=1)] | None, "Query"),
        (list[Annotated[int, Query]], "Query"),
        (dict[str, list[Annotated[Item, Body()]]], "Body"),
        (Annotated[int, Query()], None),
        (Annotated[int, Constraints(ge=1)] | None, None),
        (list[Literal["a"]], None),
    ],
)
def test_a_marker_inside_of_a_type_is_found(annotation: Any, name: str | None) -> None:
    """Nobody reads it there; at the outside it is none of this function's business."""
    assert find_hidden_marker(annotation) == name


def make_alias(name: str, value: Any, *variables: Any) -> Any:
    """Make what the `type` statement makes, on versions without it too."""
    return pytest.importorskip("typing_extensions").TypeAliasType(name, value, type_params=variables)


def test_an_alias_is_what_is_behind_it() -> None:
    """`type Items = list[Item]` is a body, `type Ids = list[int]` is not, and an alias may contain itself."""
    items: Any = make_alias("Items", list[Item])
    pages: Any = make_alias("Pages", dict[str, T], T)
    numbers: Any = make_alias("Numbers", list[T] | None, T)
    loop: Any = make_alias("Loop", list["Loop"] | int)  # type: ignore[name-defined]  # noqa: F821
    loop_again = make_alias("Again", list[loop] | loop)

    assert [is_body_type(alias) for alias in (items, list[items], pages[int], numbers[Item])] == [True] * 4
    assert [is_body_type(alias) for alias in (numbers[int], make_alias("Ids", list[int]), loop_again)] == [False] * 3


def test_a_marker_behind_an_alias_is_found() -> None:
    """`type Page = Annotated[int, Query(le=5)]` says nothing in `Page | None`: nobody reads it there."""
    page: Any = make_alias("Page", Annotated[int, Query(le=5)])

    assert find_hidden_marker(make_alias("MaybePage", page | None)) == "Query"
    assert find_hidden_marker(page | None) == "Query"
    assert find_hidden_marker(page) is None


@pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
async def test_an_alias_of_a_model_is_read_from_a_body(protocol: Any) -> None:
    """As the model itself is."""
    app = CovetPy()
    items: Any = make_alias("Items", list[Item])

    @app.post("/")
    async def create(new: items) -> object:
        return [item.name for item in new]

    async with TestClient(app, protocol=protocol) as client:
        response = await client.post("/", json=[{"name": "a"}])

    assert response.json() == ["a"]

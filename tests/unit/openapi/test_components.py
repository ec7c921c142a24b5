"""
Schemas have names that do not depend on the order in which they are met.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

import pytest

from covet.openapi.components import Components, join_types
from covet.validation import Constraints


@dataclass
class Problem:
    """
    A model whose name the framework uses, too.
    """

    text: str


def make_twins() -> tuple[type, type]:
    """
    Make two models of one name, of two modules.
    """

    @dataclass
    class User:
        name: str

    first = User

    @dataclass
    class User:  # type: ignore[no-redef]
        number: int

    for cls, module in ((first, "shop.buyers"), (User, "shop.staff")):
        cls.__module__, cls.__qualname__ = module, "User"
    return first, User


def test_a_model_is_a_component(components: Components) -> None:
    """
    It is referred to by its short name.
    """

    @dataclass
    class Item:
        name: str

    assert components.write(list[Item]) == {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}
    assert list(components.schemas) == ["Item"]


def test_both_twins_have_the_names_of_their_modules() -> None:
    """
    Whichever of two models of one name comes first, the names are the same.
    """
    found = []
    for order in (make_twins(), make_twins()[::-1]):
        components = Components()
        document = {str(number): components.write(cls) for number, cls in enumerate(order)}
        components.settle_names(document)
        found.append((sorted(components.schemas), sorted(item["$ref"] for item in document.values())))

    assert found[0] == found[1]
    assert found[0][0] == ["shop.buyers.User", "shop.staff.User"]


def test_a_model_named_like_the_frameworks_own_gives_way(components: Components) -> None:
    """
    `Problem` always means the same.
    """
    reference = components.write(Problem)
    components.refer_to_problem(404)

    assert reference == {"$ref": f"#/components/schemas/{__name__}.Problem"}
    assert components.schemas["Problem"]["title"] == "Problem"


def test_the_schema_of_422_lists_the_errors(components: Components) -> None:
    """
    It is a problem with more.
    """
    assert components.refer_to_problem(422) == {"$ref": "#/components/schemas/ValidationProblem"}
    assert list(components.schemas) == ["Problem", "ValidationProblem"]
    assert components.schemas["ValidationProblem"]["allOf"] == [{"$ref": "#/components/schemas/Problem"}]


def test_what_cannot_be_validated_may_be_anything(components: Components) -> None:
    """
    A handler may return what no client could send.
    """
    assert components.write(complex) == {}


@pytest.mark.parametrize(
    ("annotation", "schema"),
    [
        (int | None, {"type": "integer"}),
        (int | str | None, {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
        (Annotated[int | None, Constraints(ge=1)], {"type": "integer", "minimum": 1}),
        (Decimal, {"type": "number", "format": "decimal"}),
        (list[Decimal] | None, {"type": "array", "items": {"type": "number", "format": "decimal"}}),
        (Decimal | bool, {"anyOf": [{"type": "number", "format": "decimal"}, {"type": "boolean"}]}),
        (Any, {"type": "string"}),
        (complex, {"type": "string"}),
    ],
)
def test_text_has_no_null_and_no_quotes(components: Components, annotation: Any, schema: dict[str, Any]) -> None:
    """
    A parameter that may be missing is not `null`, and a decimal number needs no quotes.
    """
    assert components.write_text(annotation) == schema


def test_types_are_joined() -> None:
    """
    One alone stays as it is.
    """
    assert join_types([int]) is int
    assert join_types([int, str]) == int | str

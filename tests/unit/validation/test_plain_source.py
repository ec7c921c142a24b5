"""
The generated converter of a model: one pass, whatever the names of its fields, and every error of the object.
"""

import dataclasses
from dataclasses import dataclass
from typing import Annotated, Any, TypedDict

import msgspec
import pytest

from covet.validation import Constraints
from covet.validation.analysis import analyze
from covet.validation.failures import MAX_ERRORS, MAX_KEY_LENGTH, Failed
from covet.validation.plain import compile_plain


class Line(msgspec.Struct, forbid_unknown_fields=True, tag="line", rename={"unit_price": "unit price"}):
    unit_price: float
    quantity: int = 1
    tags: list[str] = []


@dataclass
class Mixed:
    flag: bool
    number: float
    text: Annotated[str, Constraints(min_length=2)]
    names: list[str]
    note: str | None = None


Odd = TypedDict("Odd", {"class": int, "a-b": str, "it's": float, "": int}, total=False)


def convert(annotation: Any, value: object) -> Any:
    """Convert a value of builtins."""
    return compile_plain(analyze(annotation))(value)


def problems(annotation: Any, value: object) -> list[tuple[str, str]]:
    """List what is wrong with a value."""
    result = convert(annotation, value)
    assert isinstance(result, Failed), result
    return [(item.pointer, item.message) for item in (problem.make_item("body", "") for problem in result.problems)]


def test_a_good_object() -> None:
    """The keys of the JSON and the names of the constructor may differ."""
    assert convert(Line, {"unit price": 1, "tags": ["a"]}) == Line(1.0, 1, ["a"])
    assert convert(Line, {"type": "line", "unit price": 1.5}) == Line(1.5)


def test_all_errors_of_an_object_at_once() -> None:
    """A field that is wrong does not hide the next one, and neither does a missing one."""
    value = {"flag": 1, "number": "x", "text": "a", "note": 3}

    assert problems(Mixed, value) == [
        ("/flag", "must be true or false"),
        ("/number", "must be a number"),
        ("/text", "must have at least 2 characters"),
        ("/names", "is required"),
        ("/note", "must be one of these types: str, None"),
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"unit price": 1, "a": 1, "b": 2}, [("/a", "is not a known field"), ("/b", "is not a known field")]),
        ({"unit price": 1, "type": "row"}, [("/type", "must be 'line'")]),
        ({"unit price": 1, "x" * (MAX_KEY_LENGTH + 1): 1}, [("", "is not a known field")]),
    ],
)  # fmt: skip
def test_rules_of_the_class(value: object, expected: list[tuple[str, str]]) -> None:
    """Unknown keys and wrong tags are errors where the class says so."""
    assert problems(Line, value) == expected


def test_unknown_keys_are_collected_up_to_a_limit() -> None:
    """An object of nothing but unknown keys has a report of bounded size."""
    value = {"unit price": 1, **{f"k{number}": 0 for number in range(1_000)}}

    assert len(problems(Line, value)) == MAX_ERRORS


def test_names_that_are_no_identifiers() -> None:
    """Keywords, spaces and quotes in a name are no danger for the generated source."""
    value = {"class": 1, "a-b": "x", "it's": 1.5, "": 2}

    assert convert(Odd, value) == value
    assert problems(Odd, {"class": "x", "": None}) == [("/class", "must be an integer"), ("/", "must be an integer")]


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_takes_no_shortcut(number: float) -> None:
    """The question in place asks what the converter would."""
    assert problems(Mixed, {"flag": True, "number": number, "text": "ab", "names": []}) == [
        ("/number", "must be a finite number")
    ]


def test_a_list_of_strings_is_checked_to_its_end() -> None:
    """One look at all the types finds the one that is different."""
    value = {"flag": True, "number": 1.0, "text": "ab", "names": ["a"] * 50 + [1]}

    assert problems(Mixed, value) == [("/names/50", "must be a string")]


def test_a_model_of_many_fields() -> None:
    """Two hundred fields, one of them wrong."""
    many = dataclasses.make_dataclass("Many", [(f"f{number}", int) for number in range(200)])
    value: dict[str, object] = {f"f{number}": number for number in range(200)}

    assert convert(many, value).f199 == 199
    assert problems(many, value | {"f150": "x"}) == [("/f150", "must be an integer")]

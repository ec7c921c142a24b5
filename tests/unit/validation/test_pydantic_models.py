"""
A pydantic model validates itself; its errors are told in the same words as everybody else's.
"""

import sys
from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal

import pydantic
import pydantic.dataclasses
import pytest

from covet.exceptions import MissingDependencyError
from covet.validation.analysis import analyze
from covet.validation.failures import MAX_ERRORS, MAX_KEY_LENGTH, Failed
from covet.validation.plain import compile_plain
from covet.validation.pydantic_models import make_pydantic

LONG = "x" * (MAX_KEY_LENGTH + 1)


class Color(Enum):
    RED = "red"


class Inner(pydantic.BaseModel):
    n: Annotated[int, pydantic.Field(ge=1, lt=5)]


class Model(pydantic.BaseModel):
    id: int
    name: str = pydantic.Field(default="x", alias="n", max_length=3, min_length=1, pattern="^[a-z]+$")
    inner: list[Inner] = []
    color: Color | None = None
    mode: Literal["a", "b"] = "a"
    secret: str = ""
    either: int | list[int] = 0

    @pydantic.field_validator("secret")
    @classmethod
    def check(cls, value: str) -> str:
        if value == "bad":
            raise ValueError(f"{value} is what you sent")
        return value


class Closed(pydantic.BaseModel, extra="forbid"):
    when: date


class Strict(pydantic.BaseModel, strict=True):
    when: date
    n: int = 0


@pydantic.dataclasses.dataclass
class Made:
    n: int


def convert(annotation: Any, value: object) -> Any:
    """Convert a value of builtins."""
    return compile_plain(analyze(annotation))(value)


def problems(annotation: Any, value: object) -> list[tuple[str, str, str]]:
    """List what is wrong with a value."""
    result = convert(annotation, value)
    assert isinstance(result, Failed), result
    items = [problem.make_item("body", "") for problem in result.problems]
    return [(item.pointer, item.message, item.type) for item in items]


def test_a_model_is_made_by_its_own_rules() -> None:
    """Aliases, coercions and nested models are pydantic's own."""
    result = convert(list[Model], [{"id": "7", "n": "tea", "inner": [{"n": 2}]}])

    assert result == [Model(id=7, n="tea", inner=[Inner(n=2)])]


def test_a_pydantic_dataclass_is_one_too() -> None:
    """It carries the same mark."""
    assert convert(Made, {"n": 1}) == Made(1)
    assert problems(Made, {"n": "x"}) == [("/n", "must be an integer", "int_parsing")]


def test_a_strict_model_reads_a_date_from_json() -> None:
    """Strict does not mean that JSON must have a type for dates."""
    assert convert(Strict, {"when": "2026-01-02"}) == Strict(when=date(2026, 1, 2))
    assert problems(Strict, {"when": "2026-01-02", "n": "1"}) == [("/n", "must be an integer", "int_type")]


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        (Model, {}, [("/id", "is required", "missing")]),
        (Model, [], [("", "must be an object", "object_type")]),
        (Model, {"id": "x"}, [("/id", "must be an integer", "int_parsing")]),
        (Model, {"id": 1.5}, [("/id", "must be an integer", "int_from_float")]),
        (Model, {"id": 1, "n": ""}, [("/n", "must have at least 1 character", "string_too_short")]),
        (Model, {"id": 1, "n": "abcd"}, [("/n", "must have at most 3 characters", "string_too_long")]),
        (Model, {"id": 1, "n": "A"}, [("/n", "must match the pattern ^[a-z]+$", "string_pattern_mismatch")]),
        (Model, {"id": 1, "inner": [{"n": 0}, {"n": 5}, {}]}, [
            ("/inner/0/n", "must be at least 1", "greater_than_equal"),
            ("/inner/1/n", "must be less than 5", "less_than"),
            ("/inner/2/n", "is required", "missing"),
        ]),
        (Model, {"id": 1, "color": "blue"}, [("/color", "must be one of: 'red'", "enum")]),
        (Model, {"id": 1, "mode": "c"}, [("/mode", "must be one of: 'a' or 'b'", "literal_error")]),
        (Model, {"id": 1, "secret": "bad"}, [("/secret", "is not valid", "value_error")]),
        (Model, {"id": 1, "either": "x"}, [
            ("/either", "must be an integer", "int_parsing"),
            ("/either", "must be an array", "list_type"),
        ]),
        (Closed, {"when": "2026-01-02", "x": 1}, [("/x", "is not a known field", "unknown_field")]),
        (Closed, {"when": "2026-01-02", LONG: 1}, [("", "is not a known field", "unknown_field")]),
        (Closed, {"when": "tomorrow"}, [("/when", "is not valid", "date_from_datetime_parsing")]),
        (dict[str, Inner], {"a": {"n": None}}, [("/a/n", "must be an integer", "int_type")]),
    ],
)  # fmt: skip
def test_errors_are_translated(annotation: Any, value: object, expected: list[tuple[str, str, str]]) -> None:
    """The place is one in the input, the words are ours, and nothing of the input is repeated."""
    assert problems(annotation, value) == expected


def test_errors_are_collected_up_to_a_limit() -> None:
    """The library lists as many as there are; a thousand of them help nobody."""
    assert len(problems(Model, {"id": 1, "inner": [{}] * 1_000})) == MAX_ERRORS


def test_without_pydantic_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """A class with pydantic's mark and no pydantic is a broken installation, and says so."""
    monkeypatch.setitem(sys.modules, "pydantic", None)

    with pytest.raises(MissingDependencyError, match="pydantic is needed for Model"):
        make_pydantic(Model)

"""
One vocabulary of constraints, from three libraries, checked when it is written.
"""

import dataclasses
import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

import annotated_types
import msgspec
import pydantic
import pytest

from covet.exceptions import ConfigurationError, ValidationError
from covet.parameters import Body, Query
from covet.validation import Constraints, compile_validator
from covet.validation.analysis import analyze
from covet.validation.constraints import read_constraints
from covet.validation.validator import Validator


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_length": -1}, "min_length must be an integer of at least 0, got -1."),
        ({"max_length": 1.5}, "max_length must be an integer of at least 0, got 1.5."),
        ({"min_length": True}, "min_length must be an integer of at least 0, got True."),
        ({"min_length": 3, "max_length": 2}, "min_length=3 is greater than max_length=2."),
        ({"multiple_of": 0}, "multiple_of must be greater than 0, got 0."),
        ({"multiple_of": -0.1}, "multiple_of must be greater than 0, got -0.1."),
        ({"ge": 1, "gt": 0}, "ge and gt exclude each other: give one of them."),
        ({"le": 1, "lt": 2}, "le and lt exclude each other: give one of them."),
        ({"pattern": "("}, "pattern='(' is no regular expression: missing ), unterminated subpattern at position 0."),
        ({"without": ""}, "without must be a text of at least one character, got ''."),
        ({"tz": "UTC"}, "tz must be true or false, got 'UTC'."),
    ],
)
def test_nonsense_is_refused(options: dict[str, Any], message: str) -> None:
    """A contradiction is an error at start-up, not a type without values."""
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        Constraints(**options)


def test_repr_shows_what_was_given_only() -> None:
    """It reads as it was written."""
    constraints = Constraints(ge=date(2026, 1, 1), description="a day")

    assert repr(constraints) == "Constraints(ge=datetime.date(2026, 1, 1), description='a day')"
    assert repr(Constraints()) == "Constraints()"


@pytest.mark.parametrize(
    ("constraints", "checks"),
    [
        (Constraints(), False),
        (Constraints(title="Age", description="in years", examples=(1,)), False),
        (Constraints(ge=0), True),
        (Constraints(min_length=0), True),
        (Constraints(pattern=""), True),
    ],
)
def test_checks_tells_whether_a_value_can_fail(constraints: Constraints, checks: bool) -> None:
    """Words for the schema refuse nothing."""
    assert constraints.checks is checks


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (Constraints(ge=1), Constraints(ge=1)),
        (msgspec.Meta(ge=1, lt=9), Constraints(ge=1, lt=9)),
        (msgspec.Meta(multiple_of=5, title="Step"), Constraints(multiple_of=5, title="Step")),
        (msgspec.Meta(min_length=1, max_length=2, pattern="a"), Constraints(min_length=1, max_length=2, pattern="a")),
        (msgspec.Meta(tz=False), Constraints(tz=False)),
        (msgspec.Meta(examples=["a"], description="d"), Constraints(examples=("a",), description="d")),
        (annotated_types.Ge(1), Constraints(ge=1)),
        (annotated_types.Gt(Decimal(1)), Constraints(gt=Decimal(1))),
        (annotated_types.Le(timedelta(1)), Constraints(le=timedelta(1))),
        (annotated_types.Lt(1.5), Constraints(lt=1.5)),
        (annotated_types.Interval(ge=0, lt=3), Constraints(ge=0, lt=3)),
        (annotated_types.MultipleOf(3), Constraints(multiple_of=3)),
        (annotated_types.MinLen(1), Constraints(min_length=1)),
        (annotated_types.MaxLen(4), Constraints(max_length=4)),
        (annotated_types.Len(0, 3), Constraints(max_length=3)),
        (annotated_types.doc("in years"), Constraints(description="in years")),
        (pydantic.Field(title="Age", description="in years"), Constraints(title="Age", description="in years")),
        (Query(ge=1, description="in years", examples=(3,)), Constraints(ge=1, description="in years", examples=(3,))),
    ],
)
def test_each_library_says_the_same(item: object, expected: Constraints) -> None:
    """A type that was annotated for another library keeps its constraints."""
    assert read_constraints([item]) == (expected,)


def test_metadata_of_others_is_left_alone() -> None:
    """Notes and the markers of other tools are no constraints, and order is kept."""
    found = read_constraints(["a note", 7, Constraints(ge=1), object(), Constraints(le=2)])

    assert found == (Constraints(ge=1), Constraints(le=2))


def test_an_unknown_constraint_is_not_ignored() -> None:
    """A check that nobody would make is an error that lists what can be checked."""
    with pytest.raises(ConfigurationError) as caught:
        read_constraints([annotated_types.Predicate(str.islower)])

    assert caught.value.message == "annotated_types.Predicate is not supported."
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("Use covet.validation.Constraints or one of: Ge, Gt, Le, Lt, MultipleOf")


@pytest.mark.parametrize("item", [Body(min_length=3), Query(min_length=3), pydantic.Field(min_length=3)], ids=repr)
@pytest.mark.parametrize("engine", ["auto", "plain"])
def test_other_spellings_hold_in_a_model(item: object, engine: Literal["auto", "plain"]) -> None:
    """A marker of a parameter and pydantic's Field say in a dataclass what they say elsewhere."""
    model = dataclasses.make_dataclass("Item", [("name", Annotated[str, item])])
    validator: Validator[Any] = Validator(model, analyze(model), engine=engine)

    with pytest.raises(ValidationError, match="/name: must have at least 3 characters"):
        validator.decode_json(b'{"name": ""}')
    assert validator.decode_json(b'{"name": "tea"}').name == "tea"


def test_a_pattern_of_pydantic_is_read() -> None:
    """Pydantic keeps it in a class of its own."""
    found = read_constraints([pydantic.Field(pattern="^a", ge=1)])

    assert {name for item in found for name in ("pattern", "ge") if getattr(item, name) is not None} == {
        "pattern",
        "ge",
    }


def test_a_marker_in_a_model_of_pydantic_is_refused() -> None:
    """It says nothing there."""
    model = pydantic.create_model("Item", count=(Annotated[int, Query(ge=3)], ...))

    with pytest.raises(ConfigurationError, match=r"^Item\.count has Query, which pydantic would ignore\."):
        compile_validator(model)


@pytest.mark.parametrize("annotation", [Annotated[int, Constraints(ge=1)], list[Annotated[int, Constraints(ge=1)]]])
def test_constraints_that_pydantic_would_ignore_are_refused(annotation: Any) -> None:
    """Pydantic validates its models itself, and knows nothing of them."""
    model = pydantic.create_model("Item", count=(annotation, ...))

    with pytest.raises(
        ConfigurationError, match=r"Item\.count has Constraints, which pydantic would ignore\.\n  pydantic"
    ):
        compile_validator(model)


def refuse(value: object) -> object:
    """Refuse any value."""
    raise ValueError("never")


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (pydantic.AfterValidator(refuse), "pydantic.AfterValidator says nothing outside of pydantic's models."),
        (pydantic.StringConstraints(to_upper=True), "pydantic.StringConstraints changes the text only inside"),
        (Body(alias="F"), r"Body\(\) says more than bounds, where only bounds are read."),
        (Body(default=3), r"Body\(\) says more than bounds"),
        (pydantic.Field(alias="F"), r"FieldInfo\(\) says more than bounds"),
        (pydantic.Field(default=3), r"FieldInfo\(\) says more than bounds"),
    ],
    ids=lambda item: repr(item)[:30],
)
def test_what_would_be_ignored_in_a_field_is_refused(item: object, message: str) -> None:
    """A field of a model takes bounds, and nothing else that would be lost."""
    model = dataclasses.make_dataclass("Item", [("name", Annotated[str, item])])

    with pytest.raises(ConfigurationError, match=message):
        compile_validator(model)


@pytest.mark.parametrize("default", [Query(default=3, ge=1), pydantic.Field(default=3)], ids=["Query", "FieldInfo"])
def test_a_marker_is_no_default_of_a_field(default: object) -> None:
    """The object would get the marker itself."""
    model = dataclasses.make_dataclass("Item", [("count", int, dataclasses.field(default=default))])

    with pytest.raises(ConfigurationError, match=r"The field 'count' has (Query|FieldInfo)\(\) for its default\."):
        compile_validator(model)


@dataclasses.dataclass
class Inner:
    """A class with a constraint, in a model of pydantic's."""

    count: Annotated[int, Constraints(ge=1)]


class Middle(pydantic.BaseModel):
    """A model that is fine by itself, but for what is in it."""

    inner: list[Inner] | None


class Outer(pydantic.BaseModel):
    """The same, one further out."""

    middle: Middle


@pytest.mark.parametrize("model", [Middle, Outer])
def test_constraints_deep_in_a_model_of_pydantic_are_refused(model: type) -> None:
    """Pydantic validates all that is in its models, and so would ignore them."""
    with pytest.raises(ConfigurationError, match=r"Inner\.count has Constraints, which pydantic would ignore\."):
        compile_validator(model)

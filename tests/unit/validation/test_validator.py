"""
The front: bodies, builtins and strings to values, or every error at once, with both engines.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

import pytest

from covet.exceptions import BadRequestError, ConfigurationError, ValidationError
from covet.serialization import encode_json
from covet.validation import Constraints, Validator, compile_validator
from covet.validation.analysis import analyze
from covet.validation.failures import MAX_ERRORS

Make = Callable[[Any], Validator[Any]]


@dataclass
class Line:
    sku: str
    quantity: Annotated[int, Constraints(ge=1)] = 1
    tags: list[str] = field(default_factory=list)


@dataclass
class Order:
    lines: list[Line]
    note: str | None = None


def make_plain(annotation: Any) -> Validator[Any]:
    """Make a validator that does not use msgspec."""
    return Validator(annotation, analyze(annotation), engine="plain")


engines = pytest.mark.parametrize("make", [compile_validator, make_plain], ids=["auto", "plain"])


@engines
def test_decodes_a_body(make: Make) -> None:
    """JSON becomes an instance, with its defaults."""
    order = make(Order).decode_json(b'{"lines": [{"sku": "a"}, {"sku": "b", "quantity": 2, "tags": ["x"]}]}')

    assert order == Order([Line("a"), Line("b", 2, ["x"])])


@engines
def test_reports_every_error_of_a_body(make: Make) -> None:
    """Six errors are six errors, in the order of the input."""
    body = b'{"lines": [{}, {"sku": 1, "quantity": 0, "tags": ["x", 2]}, 3], "note": 4}'

    with pytest.raises(ValidationError) as caught:
        make(Order).decode_json(body)

    assert [(item.source, item.pointer, item.message) for item in caught.value.errors] == [
        ("body", "/lines/0/sku", "is required"),
        ("body", "/lines/1/sku", "must be a string"),
        ("body", "/lines/1/quantity", "must be at least 1"),
        ("body", "/lines/1/tags/1", "must be a string"),
        ("body", "/lines/2", "must be an object"),
        ("body", "/note", "must be one of these types: str, None"),
    ]


@engines
@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "The body is empty; JSON was expected."),
        (b'{"lines": []', "The JSON is malformed at character 12."),
        (b'{"lines": [], "lines": []}', "The JSON has an object with a duplicate key."),
        (b'{"lines": [{"sku": "a", "sku": "b"}]}', "The JSON has an object with a duplicate key."),
        (b'{"lines": [], "other": {"a": 1, "a": 2}}', "The JSON has an object with a duplicate key."),
        (b'{"lines": [], "other": NaN}', "The JSON has a number that is not finite."),
        (b'{"lines": [], "other": 1e400}', "The JSON has a number that is not finite."),
        (b'{"lines": [], "other": "\\ud800"}', "The JSON has a string with a lone surrogate."),
        (b'{"lines": [], "other": ' + b"1" * 4301 + b"}", "The JSON has an integer of more than 4300 digits."),
        (b'{"lines": [], "other": ' + b"[" * 100 + b"]" * 100 + b"}", "The JSON is nested deeper than 100."),
    ],
)
def test_what_is_no_acceptable_json_is_a_bad_request(make: Make, body: bytes, message: str) -> None:
    """Even in a part that no field reads, and even if the rest fits."""
    with pytest.raises(BadRequestError) as caught:
        make(Order).decode_json(body)

    assert caught.value.detail == message


@engines
def test_errors_are_limited(make: Make) -> None:
    """A thousand wrong items make a report of a hundred."""
    with pytest.raises(ValidationError) as caught:
        make(list[int]).decode_json(json.dumps(["x"] * 1_000).encode())

    assert len(caught.value.errors) == MAX_ERRORS


@engines
def test_the_error_does_not_carry_the_engine(make: Make) -> None:
    """What msgspec said first is no context of the report."""
    with pytest.raises(ValidationError) as caught:
        make(list[int]).decode_json(b'["x"]')

    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


@engines
def test_an_accepted_text_can_be_written(make: Make) -> None:
    """No lone surrogate gets in that would raise on its way out."""
    value = make(str).decode_json(b'"\\ud83d\\ude00 \\u0000 \xc3\xa9"')

    assert make(str).decode_json(encode_json(value)) == value


def test_validates_builtins_with_a_source_and_a_pointer() -> None:
    """The caller says where the value came from."""
    validator = compile_validator(list[int])

    assert validator.validate([1]) == [1]
    with pytest.raises(ValidationError) as caught:
        validator.validate([1, "x"], source="form", pointer="/numbers")

    (item,) = caught.value.errors
    assert (item.source, item.pointer, item.type) == ("form", "/numbers/1", "int_type")


def test_parses_one_string() -> None:
    """The flags say that it can, and errors carry the place."""
    validator = compile_validator(int)

    assert (validator.accepts_text, validator.is_sequence, validator.is_text) == (True, False, False)
    assert validator.parse("7", source="query", pointer="/page") == 7
    assert validator.parse_fast("7") == 7
    with pytest.raises(ValidationError) as caught:
        validator.parse("x", source="query", pointer="/page")
    assert caught.value.errors[0].pointer == "/page"


def test_parses_many_strings() -> None:
    """The flags say that it can, and errors carry the index."""
    validator = compile_validator(set[int])

    assert (validator.accepts_text, validator.is_sequence) == (False, True)
    assert validator.parse_many(["1", "1"], source="query", pointer="/id") == {1}
    with pytest.raises(ValidationError) as caught:
        validator.parse_many(["1", "x"], source="query", pointer="/id")
    assert caught.value.errors[0].pointer == "/id/1"


@pytest.mark.parametrize(
    ("annotation", "is_text"),
    [(str, True), (Any, True), (Annotated[str, Constraints(max_length=2)], False), (int, False), (str | None, False)],
)
def test_is_text(annotation: Any, is_text: bool) -> None:
    """Only where there is nothing at all to ask."""
    assert compile_validator(annotation).is_text is is_text


@engines
@pytest.mark.parametrize("text", ["dGV=", "dB==", "dGVh=", "dGV", "dG Vh"])
def test_bytes_have_one_spelling(make: Make, text: str) -> None:
    """Bits that belong to no byte are no second way to write the same."""
    validator = make(list[bytes])

    assert validator.decode_json(b'["dGU=", "dA==", "dGVh"]') == [b"te", b"t", b"tea"]
    with pytest.raises(ValidationError, match="must be a base64 text"):
        validator.decode_json(f'["{text}"]'.encode())


def test_what_strings_cannot_carry_is_a_mistake_of_the_application() -> None:
    """The error names the type and the way out."""
    validator = compile_validator(Order)

    calls: list[Callable[[], object]] = [
        lambda: validator.parse("x", source="query", pointer="/q"),
        lambda: validator.parse_fast("x"),
    ]
    for call in calls:
        with pytest.raises(ConfigurationError) as caught:
            call()
        assert caught.value.message == "A string cannot carry Order."
        assert caught.value.hint == "Take it from the body, or use a type that text can spell."
    with pytest.raises(ConfigurationError) as caught:
        validator.parse_many(["x"], source="query", pointer="/q")
    assert caught.value.message == "Repeated strings cannot carry Order."
    assert caught.value.hint == "Use a list, set or tuple of something that text can spell."


def test_constraints_can_be_given_beside_the_annotation() -> None:
    """They count as those in `Annotated` do."""
    validator = compile_validator(int, constraints=Constraints(ge=1))

    assert validator.decode_json(b"1") == 1
    with pytest.raises(ValidationError, match="must be at least 1"):
        validator.decode_json(b"0")


def test_repr_names_the_type() -> None:
    """It says what it validates."""
    assert repr(compile_validator(list[int])) == "<Validator of list[int]>"

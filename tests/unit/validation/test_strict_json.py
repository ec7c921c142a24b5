"""
JSON from outside: what is ambiguous or could hurt is a 400 that never repeats the input.
"""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.exceptions import BadRequestError
from covet.validation.strict_json import ExactFloat, check_depth, load_json
from tests.linearity import assert_linear

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_reads_what_the_standard_library_reads(value: object) -> None:
    """An ordinary text has its ordinary value."""
    data = json.dumps(value, ensure_ascii=True).encode()

    assert load_json(data) == value


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "The body is empty; JSON was expected."),
        (b" \t\r\n", "The body is empty; JSON was expected."),
        (b'{"a": 1, "a": 2}', "The JSON has an object with a duplicate key."),
        (b'[{"b": {"a": 1, "\\u0061": 2}}]', "The JSON has an object with a duplicate key."),
        (b"NaN", "The JSON has a number that is not finite."),
        (b"[-Infinity]", "The JSON has a number that is not finite."),
        (b"1e400", "The JSON has a number that is not finite."),
        (b"-1E+400", "The JSON has a number that is not finite."),
        (b"1" * 400 + b".0", "The JSON has a number that is not finite."),
        (b"1" * 4301, "The JSON has an integer of more than 4300 digits."),
        (b"-" + b"1" * 4301, "The JSON has an integer of more than 4300 digits."),
        (b"[" * 101 + b"]" * 101, "The JSON is nested deeper than 100."),
        (b'{"a":' * 101 + b"1" + b"}" * 101, "The JSON is nested deeper than 100."),
        (b"[" * 100_000, "The JSON is nested deeper than 100."),
        (b"\xff", "The JSON is not encoded in UTF-8."),
        (b'"\xed\xa0\x80"', "The JSON is not encoded in UTF-8."),
        (b'"\\ud800"', "The JSON has a string with a lone surrogate."),
        (b'"\\udc00\\ud800"', "The JSON has a string with a lone surrogate."),
        (b'"\\ud800x"', "The JSON has a string with a lone surrogate."),
        (b'{"\\uDFFF": 1}', "The JSON has a string with a lone surrogate."),
        (b"01", "The JSON is malformed at character 1."),
        (b"[1 2]", "The JSON is malformed at character 3."),
        (b"{'a': 1}", "The JSON is malformed at character 1."),
        (b"[1] x", "The JSON is malformed at character 4."),
        (b'"tab\there"', "The JSON is malformed at character 4."),
        (b"nul", "The JSON is malformed at character 0."),
    ],
)
def test_refuses(data: bytes, message: str) -> None:
    """Each of the rules has its own words."""
    with pytest.raises(BadRequestError) as caught:
        load_json(data)

    assert caught.value.detail == message


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'"\\ud83d\\ude00"', "\N{GRINNING FACE}"),
        (b'"\\\\ud800"', "\\ud800"),
        (b"1" * 4300, int("1" * 4300)),
        (b"-" + b"1" * 4300, -int("1" * 4300)),
        (b"1e-400", 0.0),
        (b"1e308", 1e308),
        (b'"[[[["', "[[[["),
        (b"0" + b".0" + b"0" * 300, 0.0),
    ],
)
def test_accepts_what_only_looks_dangerous(data: bytes, value: object) -> None:
    """The shortcuts that look for danger do not refuse on suspicion."""
    assert load_json(data) == value


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 100 + b"]" * 100,
        b'{"a":' * 100 + b"1" + b"}" * 100,
        b'{"a":[' * 50 + b"1" + b"]}" * 50,
        b"[" + b",".join([b"[]"] * 500) + b"]",
        b'["' + b"[" * 500 + b'"]',
        b'["\\"' + b"[" * 500 + b'"]',
        b'["' + b"[]" * 300 + b'", "]", {}]',
    ],
)
def test_depth_counts_nesting_only(data: bytes) -> None:
    """Neither many brackets side by side nor brackets in strings are depth."""
    check_depth(data)

    load_json(data)


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 101,
        b'["]",' * 101,
        b'["\\"]",' * 101,
        b'{"}":' * 101,
        b'[{"a":' * 51 + b"1",
        b"[[]," * 101,
    ],
)
def test_closing_brackets_in_strings_hide_no_depth(data: bytes) -> None:
    """A string cannot make a deep text look flat."""
    with pytest.raises(BadRequestError, match="nested deeper than 100"):
        check_depth(data)


@given(
    st.integers(90, 110),
    st.lists(st.text(alphabet='[]{}"\\\\a:,', max_size=8), min_size=1, max_size=5),
    st.booleans(),
)
def test_depth_is_exact(depth: int, strings: list[str], is_ascii: bool) -> None:
    """Whatever strings stand around it, a text is refused if and only if it nests deeper than 100."""
    value: object = strings
    for level in range(depth - 1):
        string = strings[level % len(strings)]
        value = [string, value, []] if level % 3 else {string: value, string + "x": {}}
    data = json.dumps(value, ensure_ascii=is_ascii).encode()

    if depth > 100:
        with pytest.raises(BadRequestError, match="nested deeper than 100"):
            check_depth(data)
    else:
        check_depth(data)


def test_exact_keeps_what_a_float_would_round() -> None:
    """A `Decimal` field gets the digits that were sent."""
    numbers = load_json(b"[1.5, 0.12345678901234567890123]", exact=True)
    assert isinstance(numbers, list)
    short, long = numbers

    assert type(short) is float
    assert type(long) is ExactFloat
    assert long.text == "0.12345678901234567890123"
    assert math.isclose(long, 0.123456789012345678)


@pytest.mark.parametrize(
    "unit", [b"[", b'{"a":', b'"', b"\\", b'"\\', b'"]",[', b"1", b"-", b'"\\ud800', b"{}", b"[],"]
)
def test_reading_is_linear(unit: bytes) -> None:
    """No input costs more than its length."""
    assert_linear(load_json, lambda size: unit * size, size=500)

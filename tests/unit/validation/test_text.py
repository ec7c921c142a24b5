"""
Strings of queries, paths, headers, cookies and forms: more spellings than JSON, and never null.
"""

from datetime import date
from enum import Enum, IntEnum
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

import pytest

from covet.exceptions import BadRequestError
from covet.validation import Constraints
from covet.validation.analysis import analyze
from covet.validation.failures import MAX_ERRORS, Failed
from covet.validation.text import compile_many, compile_text, make_fast, read_int_fast
from tests.linearity import assert_linear


class Color(Enum):
    RED = "red"
    ONE = "1"


class Level(IntEnum):
    LOW = 1


class Mixed(Enum):
    HALF = 0.5
    YES = True


def parse(annotation: Any, text: str) -> Any:
    """Read one string."""
    read = compile_text(analyze(annotation))
    assert read is not None
    return read(text)


def parse_many(annotation: Any, texts: list[str]) -> Any:
    """Read several strings."""
    read = compile_many(analyze(annotation))
    assert read is not None
    return read(texts)


def problems(result: Any) -> list[tuple[str, str, str]]:
    """List what is wrong."""
    assert isinstance(result, Failed), result
    items = [problem.make_item("query", "/q") for problem in result.problems]
    return [(item.pointer, item.message, item.type) for item in items]


@pytest.mark.parametrize(
    ("annotation", "text", "expected"),
    [
        (str, "", ""),
        (Any, "7", "7"),
        (int, "-7", -7),
        (float, "1e3", 1000.0),
        (bool, "YES", True),
        (date, "2026-01-02", date(2026, 1, 2)),
        (PurePosixPath, "a/b", PurePosixPath("a/b")),
        (int | None, "7", 7),
        (int | str, "7", 7),
        (str | int, "7", 7),
        (int | str, "x", "x"),
        (int | date, "2026-01-02", date(2026, 1, 2)),
        (Color, "red", Color.RED),
        (Color, "1", Color.ONE),
        (Level, "1", Level.LOW),
        (Mixed, "0.5", Mixed.HALF),
        (Mixed, "on", Mixed.YES),
        (Literal[1, "2"], "1", 1),
        (Literal[1, "2"], "2", "2"),
        (Literal[b"tea"], "dGVh", b"tea"),
        (Annotated[int, Constraints(ge=1)], "1", 1),
    ],
)
def test_reads(annotation: Any, text: str, expected: object) -> None:
    """A string is read as the type that it must be."""
    value = parse(annotation, text)

    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("annotation", "text", "message", "word"),
    [
        (int, "1.0", "must be an integer", "int_type"),
        (float, "nan", "must be a number", "float_type"),
        (bool, "maybe", "must be true or false", "bool_type"),
        (PurePosixPath, "a\0", "must be a path", "path_type"),
        (int | None, "null", "must be an integer", "int_type"),
        (int | None, "", "must be an integer", "int_type"),
        (int | date, "x", "must be an integer or must be a date such as 2026-01-31", "union"),
        (Annotated[int, Constraints(ge=1)] | date, "0", "must be at least 1", "greater_than_equal"),
        (Color, "blue", "must be one of: 'red', '1'", "enum"),
        (Literal[1, 2], "3", "must be one of: 1, 2", "literal"),
        (Annotated[int, Constraints(ge=1)], "0", "must be at least 1", "greater_than_equal"),
        (Annotated[str, Constraints(pattern="^a")], "b", "must match the pattern ^a", "string_pattern_mismatch"),
    ],
)
def test_refuses(annotation: Any, text: str, message: str, word: str) -> None:
    """Anything else is told what was expected."""
    assert problems(parse(annotation, text)) == [("/q", message, word)]


@pytest.mark.parametrize("annotation", [None, list[int], dict[str, int], tuple[int, int], list[int] | None])
def test_what_one_string_cannot_carry(annotation: Any) -> None:
    """A collection needs several strings, and null has none."""
    assert compile_text(analyze(annotation)) is None


@pytest.mark.parametrize(
    ("annotation", "texts", "expected"),
    [
        (list[int], ["1", "2"], [1, 2]),
        (list[int], [], []),
        (set[int], ["1", "1"], {1}),
        (tuple[int, ...], ["1"], (1,)),
        (tuple[int, str], ["1", "a"], (1, "a")),
        (list[int] | None, ["1"], [1]),
        (list[Color], ["red"], [Color.RED]),
        (Annotated[list[int], Constraints(max_length=1)], ["1"], [1]),
    ],
)
def test_reads_many(annotation: Any, texts: list[str], expected: object) -> None:
    """Repeated strings fill a collection."""
    assert parse_many(annotation, texts) == expected


@pytest.mark.parametrize(
    ("annotation", "texts", "expected"),
    [
        (list[bool], ["1", "x"], [("/q/1", "must be true or false", "bool_type")]),
        (tuple[int, int], ["1"], [("/q", "must be given 2 times", "tuple_length")]),
        (tuple[int, int], ["x", "1"], [("/q/0", "must be an integer", "int_type")]),
        (Annotated[list[int], Constraints(max_length=1)], ["1", "2"], [("/q", "must have at most 1 item", "too_long")]),
    ],
)  # fmt: skip
def test_refuses_many(annotation: Any, texts: list[str], expected: list[tuple[str, str, str]]) -> None:
    """Each string has its place, the collection has its bounds."""
    assert problems(parse_many(annotation, texts)) == expected


def test_errors_of_many_are_collected_up_to_a_limit() -> None:
    """A query of a thousand bad values has a report of bounded size."""
    assert len(problems(parse_many(list[int], ["x"] * 1_000))) == MAX_ERRORS


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (list[int], True),
        (list[int] | None, True),
        (list[int] | set[int], False),
        (list[list[int]], False),
        (tuple[int, list[int]], False),
        (dict[str, int], False),
        (str, False),
    ],
)
def test_a_flat_collection_takes_repeated_strings(annotation: Any, expected: bool) -> None:
    """Only a flat collection, and only if there is one way to fill it."""
    assert (compile_many(analyze(annotation)) is not None) is expected


@pytest.mark.parametrize(
    ("text", "value"), [("42", 42), ("-1", -1), ("+7", 7), ("007", 7), ("9" * 4300, int("9" * 4300))]
)
def test_fast_integers(text: str, value: int) -> None:
    """The shortcut reads what the reader reads."""
    assert read_int_fast(text) == value


@pytest.mark.parametrize("text", ["", "x", "²", "١", "1_0", "1.0"])
def test_fast_integers_refuse(text: str) -> None:
    """Digits of other scripts are no digits here."""
    with pytest.raises(ValueError, match="must be an integer"):
        read_int_fast(text)


def test_fast_integers_are_bounded() -> None:
    """Too many digits are a bad request on the shortcut too."""
    with pytest.raises(BadRequestError):
        read_int_fast("1" * 5_000)


@pytest.mark.parametrize(
    ("annotation", "good", "value", "bad"),
    [
        (str, "a", "a", None),
        (int, "7", 7, "x"),
        (Annotated[int, Constraints(ge=1)], "1", 1, "0"),
        (date, "2026-01-02", date(2026, 1, 2), "x"),
    ],
)
def test_make_fast(annotation: Any, good: str, value: object, bad: str | None) -> None:
    """The reader that generated code calls raises a plain ValueError."""
    node = analyze(annotation)
    convert = compile_text(node)
    assert convert is not None
    read = make_fast(node, convert)

    assert read(good) == value
    if bad is not None:
        with pytest.raises(ValueError, match=r"must be an integer|not a value of this type"):
            read(bad)


@pytest.mark.parametrize("annotation", [int | date | str, Color, Mixed])
def test_reading_is_linear(annotation: Any) -> None:
    """No type makes a long string expensive."""
    read = compile_text(analyze(annotation))
    assert read is not None

    assert_linear(read, lambda size: "1" * size, size=100)

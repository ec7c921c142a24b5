"""
The reference engine: what each type accepts of JSON, and what it says about the rest.
"""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import PurePosixPath
from typing import Any, Literal
from uuid import UUID

import pytest

from covet.validation.analysis import analyze
from covet.validation.failures import MAX_ERRORS, Failed
from covet.validation.nodes import Node
from covet.validation.plain import compile_plain
from covet.validation.strict_json import load_json


class Color(Enum):
    RED = "red"
    ONE = 1
    YES = True  # an alias: it equals 1


class Level(IntEnum):
    LOW = 1


class Spelled(Enum):
    RED = "red"

    @classmethod
    def _missing_(cls, value: object) -> "Spelled | None":
        if value == "boom":
            raise ValueError("no such color")
        return cls.RED if value == "RED" else None


def convert(annotation: Any, value: object) -> Any:
    """Convert a value of builtins."""
    return compile_plain(analyze(annotation))(value)


def problems(annotation: Any, value: object) -> list[tuple[str, str, str]]:
    """List what is wrong with a value."""
    result = convert(annotation, value)
    assert isinstance(result, Failed), result
    items = [problem.make_item("body", "") for problem in result.problems]
    return [(item.pointer, item.message, item.type) for item in items]


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        (Any, {"a": [1]}, {"a": [1]}),
        (None, None, None),
        (bool, True, True),
        (int, 10**30, 10**30),
        (float, 1.5, 1.5),
        (float, 1, 1.0),
        (str, "", ""),
        (bytes, "dGVh", b"tea"),
        (bytes, b"tea", b"tea"),
        (Decimal, "1.10", Decimal("1.10")),
        (Decimal, 0.1, Decimal("0.1")),
        (Decimal, 3, Decimal(3)),
        (Decimal, Decimal("2.50"), Decimal("2.50")),
        (Decimal, load_json(b"1.00000000000000000001", exact=True), Decimal("1.00000000000000000001")),
        (float, load_json(b"1.00000000000000000001", exact=True), 1.0),
        (datetime, "2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (datetime, datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)),
        (date, "2026-01-02", date(2026, 1, 2)),
        (time, "03:04:05", time(3, 4, 5)),
        (timedelta, "PT1M", timedelta(minutes=1)),
        (UUID, "00000000000000000000000000000001", UUID(int=1)),
        (PurePosixPath, "a/b", PurePosixPath("a/b")),
        (Literal["a", 1], 1, 1),
        (Literal[b"tea"], "dGVh", b"tea"),
        (Color, "red", Color.RED),
        (Color, 1, Color.ONE),
        (Level, 1, Level.LOW),
        (Spelled, "RED", Spelled.RED),
        (list[int], [], []),
        (list[int], (1, 2), [1, 2]),
        (tuple[int, ...], [1, 2], (1, 2)),
        (set[date], ["2026-01-02", "2026-01-02"], {date(2026, 1, 2)}),
        (frozenset[int], [1], frozenset({1})),
        (tuple[int, str], [1, "a"], (1, "a")),
        (tuple[()], [], ()),
        (dict[str, int], {"a": 1}, {"a": 1}),
        (dict[int, str], {"-7": "a"}, {-7: "a"}),
        (dict[int, str], {7: "a"}, {7: "a"}),
        (dict[float, str], {"1.5": "a"}, {1.5: "a"}),
        (dict[date, int], {"2026-01-02": 1}, {date(2026, 1, 2): 1}),
        (dict[Level, int], {"1": 1}, {Level.LOW: 1}),
        (dict[str | int, int], {"1": 1}, {"1": 1}),
        (dict[int | str, int], {"1": 1}, {"1": 1}),
        (dict[int | UUID, int], {"1": 1}, {1: 1}),
    ],
)  # fmt: skip
def test_accepts(annotation: Any, value: object, expected: object) -> None:
    """What fits becomes a value of the type."""
    result = convert(annotation, value)

    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("annotation", "value", "message", "word"),
    [
        (None, 0, "must be null", "none_type"),
        (bool, 1, "must be true or false", "bool_type"),
        (bool, "true", "must be true or false", "bool_type"),
        (int, True, "must be an integer", "int_type"),
        (int, 1.0, "must be an integer", "int_type"),
        (int, "1", "must be an integer", "int_type"),
        (float, True, "must be a number", "float_type"),
        (float, "1", "must be a number", "float_type"),
        (float, float("inf"), "must be a finite number", "finite_number"),
        (float, 10**400, "must be a finite number", "finite_number"),
        (str, 1, "must be a string", "string_type"),
        (str, None, "must be a string", "string_type"),
        (bytes, "?", "must be a base64 text", "bytes_type"),
        (Decimal, True, "must be a decimal number", "decimal_type"),
        (Decimal, "abc", "must be a decimal number", "decimal_type"),
        (Decimal, float("nan"), "must be a decimal number", "decimal_type"),
        (Decimal, Decimal("NaN"), "must be a decimal number", "decimal_type"),
        (datetime, "2026-01-02", "must be a date and time such as 2026-01-31T12:00:00Z", "datetime_type"),
        (datetime, 0, "must be a date and time such as 2026-01-31T12:00:00Z", "datetime_type"),
        (date, datetime(2026, 1, 2, tzinfo=UTC), "must be a date such as 2026-01-31", "date_type"),
        (time, "3:4", "must be a time such as 12:30:00", "time_type"),
        (timedelta, 60, "must be an ISO 8601 duration such as P1DT12H", "time_delta_type"),
        (UUID, "x", "must be a UUID", "uuid_type"),
        (PurePosixPath, "a\0b", "must be a path", "path_type"),
        (PurePosixPath, 1, "must be a path", "path_type"),
        (Literal["a", 1, None, True], "b", "must be one of: 'a', 1, null, true", "literal"),  # noqa: PYI061
        (Literal[1], True, "must be one of: 1", "literal"),
        (Literal[1], 1.0, "must be one of: 1", "literal"),
        (Color, "blue", "must be one of: 'red', 1", "enum"),
        (Color, ["red"], "must be one of: 'red', 1", "enum"),
        (Spelled, "boom", "must be one of: 'red'", "enum"),
        (Spelled, 1, "must be one of: 'red'", "enum"),
        (list[int], {"a": 1}, "must be an array", "list_type"),
        (list[str], "abc", "must be an array", "list_type"),
        (set[Any], [[1]], "must have items that can be told apart by value", "set_item"),
        (tuple[int, str], [1], "must be an array of 2 items", "tuple_length"),
        (tuple[int], [], "must be an array of 1 item", "tuple_length"),
        (tuple[int], "a", "must be an array", "tuple_type"),
        (dict[str, int], [], "must be an object", "dict_type"),
    ],
)
def test_refuses(annotation: Any, value: object, message: str, word: str) -> None:
    """Nothing is guessed: JSON has types, and a value of another one is told what was expected."""
    assert problems(annotation, value) == [("", message, word)]


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        (list[int], [1, "a", 2, None], [("/1", "must be an integer"), ("/3", "must be an integer")]),
        (tuple[int, str], ["a", 1], [("/0", "must be an integer"), ("/1", "must be a string")]),
        (dict[str, int], {"a/b": "x", "c": None}, [("/a~1b", "must be an integer"), ("/c", "must be an integer")]),
        (dict[int, int], {"07": 1}, [("/07", "has a key that must be an integer")]),
        (dict[int, int], {"x": "y"}, [("/x", "has a key that must be an integer"), ("/x", "must be an integer")]),
        (dict[Level, int], {"2": 1}, [("/2", "has a key that must be one of: 1")]),
        (dict[date, list[int]], {"2026-01-02": [0, "a"]}, [("/2026-01-02/1", "must be an integer")]),
    ],
)
def test_every_problem_has_its_place(annotation: Any, value: object, expected: list[tuple[str, str]]) -> None:
    """All errors at once, each with its pointer."""
    assert [(pointer, message) for pointer, message, _ in problems(annotation, value)] == expected


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (list[int], ["a"] * 1_000),
        (dict[str, int], {f"k{number}": "a" for number in range(1_000)}),
        (list[list[int]], [["a"] * 60] * 1_000),
    ],
)
def test_errors_are_collected_up_to_a_limit(annotation: Any, value: object) -> None:
    """An input that is all wrong costs little more than one that is a little wrong."""
    assert MAX_ERRORS <= len(problems(annotation, value)) < 2 * MAX_ERRORS


def test_an_unknown_node_is_a_mistake_of_ours() -> None:
    """Nothing is skipped in silence when a new node is added."""
    with pytest.raises(TypeError, match="no converter for Node"):
        compile_plain(Node(annotation=int))

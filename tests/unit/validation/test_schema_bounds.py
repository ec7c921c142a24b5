"""
Constraints become keywords, and none replaces another.
"""

from datetime import datetime, time
from decimal import Decimal
from typing import Any

import pytest

from covet.validation import Constraints
from covet.validation.analysis import analyze
from covet.validation.schema_bounds import add_constraints


@pytest.mark.parametrize(
    ("annotation", "constraints", "expected"),
    [
        (int, Constraints(ge=1, lt=9), {"minimum": 1, "exclusiveMaximum": 9}),
        (float, Constraints(gt=Decimal("0.5"), multiple_of=0.5), {"exclusiveMinimum": 0.5, "multipleOf": 0.5}),
        (str, Constraints(min_length=1, max_length=3, pattern="a"), {"minLength": 1, "maxLength": 3, "pattern": "a"}),
        (bytes, Constraints(max_length=4), {"maxLength": 8}),
        (str, Constraints(without="\t]"), {"pattern": r"^[^\x09\x5d]*$"}),
        # Each text of a column is without it, and nobody learns anything by that.
        (str, Constraints(without="\0"), {}),
        (str, Constraints(without="\0]"), {"pattern": r"^[^\x5d]*$"}),
        (str, Constraints(pattern="a", without="é"), {"pattern": "a", "allOf": [{"pattern": r"^[^\xe9]*$"}]}),
        (datetime, Constraints(tz=True), {}),
        (datetime, Constraints(tz=False), {"format": "date-time-local"}),
        (time, Constraints(tz=False), {"format": "time-local"}),
        (list[int], Constraints(min_length=1), {"minItems": 1}),
        (dict[str, int], Constraints(max_length=2), {"maxProperties": 2}),
        (int, Constraints(title="A", examples=(1, 2)), {"title": "A", "examples": [1, 2]}),
        (int, Constraints(description="b"), {"description": "b"}),
    ],
)
def test_each_has_its_keyword(annotation: Any, constraints: Constraints, expected: dict[str, Any]) -> None:
    """By the type: lengths count characters, items or members."""
    schema = {"title": "T"} if "title" not in expected else {}

    assert add_constraints(schema, analyze(annotation), constraints) == {**schema, **expected}


def test_a_keyword_that_is_taken_holds_as_well() -> None:
    """Both bounds have to be kept, whichever is narrower."""
    first = add_constraints({"type": "integer"}, analyze(int), Constraints(ge=1))

    assert add_constraints(first, analyze(int), Constraints(ge=5, le=9)) == {
        "type": "integer",
        "minimum": 1,
        "maximum": 9,
        "allOf": [{"minimum": 5}],
    }
    assert first == {"type": "integer", "minimum": 1}

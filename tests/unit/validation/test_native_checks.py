"""
Constraints are asked about the decoded value, wherever in it they are.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Annotated, Any, TypedDict

import pytest

from covet.validation import Constraints
from covet.validation.analysis import analyze
from covet.validation.native_checks import compile_holds, is_constrained

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
PLAIN = MOMENT.replace(tzinfo=None)

Small = Annotated[int, Constraints(ge=0, lt=5)]
Short = Annotated[str, Constraints(max_length=2)]


@dataclass
class Line:
    quantity: Annotated[int, Constraints(gt=0, le=9)]
    sku: Annotated[str, Constraints(min_length=1, pattern="^[a-z]+$")] = "a"


@dataclass
class Tree:
    size: Small
    children: list["Tree"] = field(default_factory=list)


@dataclass
class Free:
    name: str
    next: "Free | None" = None


Odd = TypedDict("Odd", {"class": Small, "a-b": Short}, total=False)


@pytest.mark.parametrize(
    ("annotation", "good", "bad"),
    [
        (Small, 4, 5),
        (Annotated[float, Constraints(gt=0.5)], 0.6, 0.5),
        (Annotated[int, Constraints(multiple_of=2)], 2, 3),
        (Annotated[str, Constraints(without="\0")], "a", "\0"),
        (Annotated[str, Constraints(without="ab")], "c", "b"),
        (Annotated[datetime, Constraints(tz=True)], MOMENT, PLAIN),
        (Annotated[datetime, Constraints(tz=False)], PLAIN, MOMENT),
        (Annotated[date, Constraints(ge=date(2026, 1, 1))], date(2026, 1, 1), date(2025, 1, 1)),
        (Annotated[list[int], Constraints(min_length=1)], [1], []),
        (list[Small], [1, 4], [1, 5]),
        (list[list[Small]], [[], [4]], [[4], [5]]),
        (tuple[int, Small], (9, 4), (9, 5)),
        (dict[Short, int], {"ab": 9}, {"abc": 9}),
        (dict[str, Small], {"a": 4}, {"a": 5}),
        (Small | None, None, 5),
        (Small | Short, "ab", "abc"),
        (Small | Short, 4, 5),
        (Small | list[Small] | None, [4], [5]),
        (Small | dict[str, Small], {"a": 4}, {"a": 5}),
        (Line, Line(9), Line(10)),
        (Line, Line(9, "a"), Line(9, "A")),
        (list[Line] | None, [Line(1)], [Line(0)]),
        (Tree, Tree(1, [Tree(4)]), Tree(1, [Tree(5)])),
        (Odd, {}, {"class": 5}),
        (Odd, {"a-b": "ab"}, {"a-b": "abc"}),
    ],
)
def test_holds(annotation: Any, good: object, bad: object) -> None:
    """The last good value passes and the first bad one does not, at any depth."""
    holds = compile_holds(analyze(annotation))
    assert holds is not None

    assert holds(good)
    assert not holds(bad)


@pytest.mark.parametrize("annotation", [int, list[int], Free, dict[str, Free], Annotated[int, Constraints(title="x")]])
def test_nothing_is_asked_without_constraints(annotation: Any) -> None:
    """An unconstrained value pays nothing, a recursive one neither."""
    assert not is_constrained(analyze(annotation))
    assert compile_holds(analyze(annotation)) is None

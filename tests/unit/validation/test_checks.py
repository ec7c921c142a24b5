"""
Constraints become questions about finished values, each with its words.
"""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from covet.validation import Constraints
from covet.validation.checks import constrained, make_checks
from covet.validation.failures import Failed, fail
from covet.validation.nodes import ArrayNode, MapNode, Node, ScalarNode

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
PLAIN = MOMENT.replace(tzinfo=None)


def scalar(kind: Any, constraints: Constraints) -> ScalarNode:
    """Make a node of a kind."""
    return ScalarNode(annotation=None, kind=kind, constraints=(constraints,))


@pytest.mark.parametrize(
    ("kind", "constraints", "good", "bad", "message", "word"),
    [
        ("int", Constraints(ge=1), 1, 0, "must be at least 1", "greater_than_equal"),
        ("int", Constraints(gt=1), 2, 1, "must be greater than 1", "greater_than"),
        ("float", Constraints(le=1.5), 1.5, 1.6, "must be at most 1.5", "less_than_equal"),
        ("decimal", Constraints(lt=Decimal("1.1")), Decimal(1), Decimal("1.1"), "must be less than 1.1", "less_than"),
        ("int", Constraints(multiple_of=5), 10, 11, "must be a multiple of 5", "multiple_of"),
        ("float", Constraints(multiple_of=0.1), 0.3, 0.35, "must be a multiple of 0.1", "multiple_of"),
        ("float", Constraints(multiple_of=2), 4.0, 3.0, "must be a multiple of 2", "multiple_of"),
        ("float", Constraints(multiple_of=0.1), 1e22, 0.05, "must be a multiple of 0.1", "multiple_of"),
        ("decimal", Constraints(multiple_of=Decimal("0.01")), Decimal("9.99"), Decimal("9.999"),
         "must be a multiple of 0.01", "multiple_of"),
        ("str", Constraints(min_length=1), "a", "", "must have at least 1 character", "string_too_short"),
        ("str", Constraints(max_length=2), "ab", "abc", "must have at most 2 characters", "string_too_long"),
        ("bytes", Constraints(min_length=2), b"ab", b"a", "must have at least 2 bytes", "bytes_too_short"),
        ("bytes", Constraints(max_length=1), b"a", b"ab", "must have at most 1 byte", "bytes_too_long"),
        ("str", Constraints(pattern="^[a-z]+$"), "tea", "Tea", "must match the pattern ^[a-z]+$",
         "string_pattern_mismatch"),
        ("str", Constraints(pattern="b"), "abc", "acd", "must match the pattern b", "string_pattern_mismatch"),
        ("str", Constraints(without="\0"), "a\n", "a\0", "must not contain U+0000", "string_character"),
        ("str", Constraints(without="\t/"), "a", "/", "must not contain U+0009 or U+002F", "string_character"),
        ("datetime", Constraints(tz=True), MOMENT, PLAIN,
         "must have an offset from UTC, such as 2026-01-31T12:00:00Z", "timezone_aware"),
        ("datetime", Constraints(tz=False), PLAIN, MOMENT,
         "must have no offset from UTC", "timezone_naive"),
        ("time", Constraints(tz=True), time(12, tzinfo=UTC), time(12),
         "must have an offset from UTC, such as 12:30:00Z", "timezone_aware"),
        ("date", Constraints(ge=date(2026, 1, 1)), date(2026, 1, 1), date(2025, 12, 31),
         "must be at least 2026-01-01", "greater_than_equal"),
        ("timedelta", Constraints(lt=timedelta(minutes=1)), timedelta(seconds=59), timedelta(minutes=1),
         "must be less than 60 seconds", "less_than"),
    ],
)  # fmt: skip
def test_each_constraint(kind: str, constraints: Constraints, good: Any, bad: Any, message: str, word: str) -> None:
    """The last good value passes, the first bad one is told what was expected."""
    (check,) = make_checks(scalar(kind, constraints))

    assert check.holds(good)
    assert not check.holds(bad)
    assert (check.message, check.type) == (message, word)


@pytest.mark.parametrize("make", [dict, list])
def test_collections_have_items(make: Any) -> None:
    """A length of a collection is counted in items."""
    item = ScalarNode(annotation=int, kind="int")
    bounds = (Constraints(min_length=1, max_length=2),)
    node: Node = (
        ArrayNode(annotation=list, item=item, factory=list, constraints=bounds)
        if make is list
        else MapNode(annotation=dict, key=item, value=item, constraints=bounds)
    )

    short, long = make_checks(node)

    assert (short.message, short.type) == ("must have at least 1 item", "too_short")
    assert (long.message, long.type) == ("must have at most 2 items", "too_long")
    assert not short.holds(make())


def test_times_that_cannot_be_compared_fail_the_check() -> None:
    """A time without a zone is neither before nor after one with a zone, and no TypeError."""
    (check,) = make_checks(scalar("datetime", Constraints(ge=MOMENT)))

    assert not check.holds(datetime(2027, 1, 1))  # noqa: DTZ001 - that is the point
    assert check.message == "must be at least 2026-01-01T00:00:00+00:00"


def test_all_failed_checks_are_told() -> None:
    """A value that breaks two constraints has two problems."""
    node = scalar("str", Constraints(min_length=2, pattern="^a"))
    convert = constrained(lambda value: value, node)

    result = convert("b")

    assert isinstance(result, Failed)
    assert [problem.type for problem in result.problems] == ["string_too_short", "string_pattern_mismatch"]


@pytest.mark.parametrize(
    ("divisor", "value", "expected"),
    [
        (5, Decimal("1e50"), True),
        (3, Decimal("1e50"), False),
        (5, Decimal("1e-50"), False),
        (5, Decimal("1e999999"), True),
        (0.01, Decimal("1e999999"), False),
        (Decimal("0.01"), Decimal("1.00000000000000000000000000000001"), False),
        (Decimal("0.00000000000000000000000000000001"), Decimal("1.00000000000000000000000000000001"), True),
        (0.1, 10**4299, True),
        (0.7, 1e308, False),
        (0.3, 3e300, True),
        (7, 1e308, False),
    ],
)
def test_multiples_are_exact_and_never_an_exception(divisor: Any, value: Any, expected: bool) -> None:
    """Whatever exponent a client sends, the answer is yes or no."""
    (check,) = make_checks(scalar("decimal", Constraints(multiple_of=divisor)))

    assert check.holds(value) is expected


def test_checks_are_not_asked_about_a_failure() -> None:
    """A value of the wrong type is not measured as well."""
    convert = constrained(
        lambda _value: fail("must be a string", "string_type"), scalar("str", Constraints(ge=None, min_length=3))
    )

    result = convert(1)

    assert isinstance(result, Failed)
    assert [problem.type for problem in result.problems] == ["string_type"]


def test_a_converter_without_constraints_stays_itself() -> None:
    """Nothing is added to the path of an unconstrained value."""

    def convert(value: object) -> object:
        return value

    assert constrained(convert, scalar("int", Constraints(title="Age"))) is convert

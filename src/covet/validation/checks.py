"""
Constraints to predicates: each a question about a finished value, with the words to answer when it fails.
"""

import math
import re
from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Context, Decimal, Inexact, localcontext
from functools import partial
from typing import Any, Final, NamedTuple

from covet.validation.constraints import Constraints
from covet.validation.failures import Converter, Failed, Problem
from covet.validation.nodes import Node, ScalarNode

NO_CHARACTER: Final = "string_character"
ZONE: Final = "timezone_aware"
NO_ZONE: Final = "timezone_naive"

# A predicate is only ever given values of the type that it was made for.
Predicate = Callable[[Any], bool]


class Check(NamedTuple):
    """A question about a value, and the problem when the answer is no."""

    holds: Predicate
    message: str
    type: str


def make_checks(node: Node) -> tuple[Check, ...]:
    """
    Turn the constraints of a node into checks.

    Example:
        >>> [check.message for check in make_checks(ScalarNode(annotation=int, kind="int"))]
        []
    """
    checks: list[Check] = []
    for constraints in node.constraints:
        checks.extend(_bound_checks(constraints))
        if constraints.multiple_of is not None:
            checks.append(_multiple_check(constraints.multiple_of))
        checks.extend(_length_checks(node, constraints))
        if constraints.pattern is not None:
            checks.append(_pattern_check(constraints.pattern))
        if constraints.without is not None:
            checks.append(_character_check(constraints.without))
        if constraints.tz is not None:
            checks.append(_zone_check(node, is_needed=constraints.tz))
    return tuple(checks)


def constrained(convert: Converter, node: Node) -> Converter:
    """Let a converter also ask the checks of its node; the same converter if there are none."""
    checks = make_checks(node)
    if not checks:
        return convert

    def convert_and_check(value: object) -> object:
        result = convert(value)
        if type(result) is Failed:
            return result
        problems = [Problem(check.message, check.type) for check in checks if not check.holds(result)]
        return Failed(problems) if problems else result

    return convert_and_check


def _bound_checks(constraints: Constraints) -> list[Check]:
    checks = []
    # Where an offset is asked for, that is all there is to say of a value that a bound cannot be compared with.
    compare = partial(_comparing, otherwise=constraints.tz is not None)
    if (ge := constraints.ge) is not None:
        checks.append(Check(compare(lambda value: value >= ge), f"must be at least {_text(ge)}", "greater_than_equal"))
    if (gt := constraints.gt) is not None:
        checks.append(Check(compare(lambda value: value > gt), f"must be greater than {_text(gt)}", "greater_than"))
    if (le := constraints.le) is not None:
        checks.append(Check(compare(lambda value: value <= le), f"must be at most {_text(le)}", "less_than_equal"))
    if (lt := constraints.lt) is not None:
        checks.append(Check(compare(lambda value: value < lt), f"must be less than {_text(lt)}", "less_than"))
    return checks


def _comparing(holds: Predicate, *, otherwise: bool) -> Predicate:
    def holds_or_incomparable(value: object) -> bool:
        try:
            return holds(value)
        except TypeError:  # one has a time zone, the other has none
            return otherwise

    return holds_or_incomparable


def _text(bound: object) -> str:
    if isinstance(bound, date | time):
        return bound.isoformat()
    if isinstance(bound, timedelta):
        return f"{bound.total_seconds():g} seconds"
    return str(bound)


def _multiple_check(divisor: float | Decimal) -> Check:
    message, type_ = f"must be a multiple of {divisor}", "multiple_of"
    exact = Decimal(repr(divisor)) if isinstance(divisor, float) else Decimal(divisor)
    # A quotient that ends has no more digits than this and those of the value.
    digits = 4 * len(exact.as_tuple().digits) + 5

    def holds(value: Any) -> bool:  # int, float or Decimal
        if isinstance(value, int) and isinstance(divisor, int):
            return value % divisor == 0
        # 0.3 is a multiple of 0.1 to whoever wrote them, and no float division says so.
        if isinstance(value, float) and math.fmod(value, divisor) == 0:
            return True
        written = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        # No traps: what is out of range, such as 1E+999999 / 0.01, is inexact and no error.
        with localcontext(Context(prec=len(written.as_tuple().digits) + digits, traps=[])) as context:
            quotient = written / exact
            return not context.flags[Inexact] and quotient == quotient.to_integral_value()

    return Check(holds, message, type_)


def _pattern_check(pattern: str) -> Check:
    search = re.compile(pattern).search
    return Check(
        lambda value: search(value) is not None, f"must match the pattern {pattern}", "string_pattern_mismatch"
    )


def _character_check(refused: str) -> Check:
    names = " or ".join(f"U+{ord(character):04X}" for character in refused)
    return Check(lambda value: not any(map(value.__contains__, refused)), f"must not contain {names}", NO_CHARACTER)


def _zone_check(node: Node, *, is_needed: bool) -> Check:
    if not is_needed:
        return Check(lambda value: value.tzinfo is None, "must have no offset from UTC", NO_ZONE)
    example = "12:30:00Z" if isinstance(node, ScalarNode) and node.kind == "time" else "2026-01-31T12:00:00Z"
    return Check(lambda value: value.tzinfo is not None, f"must have an offset from UTC, such as {example}", ZONE)


_UNITS = {"str": ("character", "string_"), "bytes": ("byte", "bytes_")}


def _length_checks(node: Node, constraints: Constraints) -> list[Check]:
    unit, word = _UNITS.get(node.kind if isinstance(node, ScalarNode) else "", ("item", ""))
    checks = []
    if (low := constraints.min_length) is not None:
        checks.append(
            Check(lambda value: len(value) >= low, f"must have at least {_count(low, unit)}", f"{word}too_short")
        )
    if (high := constraints.max_length) is not None:
        checks.append(
            Check(lambda value: len(value) <= high, f"must have at most {_count(high, unit)}", f"{word}too_long")
        )
    return checks


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"

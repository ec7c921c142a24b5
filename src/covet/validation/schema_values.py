"""
Values as JSON has them: the defaults that schemas show.
"""

import math
from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from uuid import UUID

from covet.types import UNSET
from covet.validation.nodes import ModelField


def write_default(field: ModelField) -> object:
    """
    Write the default of a field as JSON; `UNSET` if there is none, or none that is worth showing.

    Args:
        field: The field.
    """
    if field.default_factory in {list, set, frozenset, tuple}:
        return []
    if field.default_factory is dict:
        return {}
    return write_value(field.default)


def write_value(value: object) -> object:
    """
    Write a value as JSON has it; `UNSET` if it has no such form that is worth showing.

    Example:
        >>> write_value((date(2026, 1, 2), Decimal("1.10")))
        ['2026-01-02', '1.10']
    """
    if value is UNSET:
        return UNSET
    if isinstance(value, Enum):
        return write_value(value.value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else UNSET
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal | UUID | PurePath):
        return str(value)
    if isinstance(value, tuple | list | frozenset):
        items = [write_value(item) for item in _ordered(value)]
        return UNSET if UNSET in items else items
    return UNSET


def _ordered(values: tuple[object, ...] | list[object] | frozenset[object]) -> Iterable[object]:
    # A set has no order of its own, and a schema must not change from start to start.
    return sorted(values, key=repr) if isinstance(values, frozenset) else values

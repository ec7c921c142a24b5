"""
Values are written as JSON where that is worth showing.
"""

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import pytest

from covet.types import UNSET
from covet.validation.nodes import ModelField, Node
from covet.validation.schema_values import write_default, write_value


class Color(Enum):
    RED = "red"


@dataclass
class Item:
    name: str


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, None),
        (True, True),
        (7, 7),
        ("tea", "tea"),
        (1.5, 1.5),
        (float("inf"), UNSET),
        (float("nan"), UNSET),
        (Color.RED, "red"),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, 3, 4), "2026-01-02T03:04:00"),  # noqa: DTZ001 - as a default may be
        (time(3, 4), "03:04:00"),
        (Decimal("1.10"), "1.10"),
        (UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        (PurePosixPath("a/b"), "a/b"),
        ((1, Color.RED), [1, "red"]),
        (frozenset({"b", "a"}), ["a", "b"]),
        ([1, object()], UNSET),
        (Item("tea"), UNSET),
        (UNSET, UNSET),
    ],
)
def test_a_value_is_json_or_nothing(value: object, written: object) -> None:
    """
    What has no form in JSON is left out, and so is a list with such a part.
    """
    assert write_value(value) == written


@pytest.mark.parametrize(("factory", "written"), [(list, []), (set, []), (dict, {}), (object, UNSET)])
def test_factories_of_empty_collections_are_shown(factory: Any, written: object) -> None:
    """
    What another factory makes is not known before it is called.
    """
    field = ModelField("a", "a", "a", Node(annotation=None), required=False, default_factory=factory)

    assert write_default(field) == written

"""
Tests of `covet.database.drivers.postgresql_values`.
"""

from enum import Enum, IntEnum

from covet.database.drivers.postgresql_values import adapt_values


class Kind(Enum):
    """A member is its value."""

    TEXT = "text"


class Number(IntEnum):
    """A number that is more."""

    ONE = 1


def test_members_are_their_values() -> None:
    """And all else is left as it is."""
    values = (1, "a", None, [Kind.TEXT])

    assert adapt_values(values) is values
    adapted = adapt_values((1, Kind.TEXT, Number.ONE))
    assert adapted == (1, "text", 1)
    assert [type(value) for value in adapted] == [int, str, int]

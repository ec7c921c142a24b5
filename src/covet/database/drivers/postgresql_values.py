"""
Values as asyncpg takes them, which knows the types of PostgreSQL, and no enumerations of Python's.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Final
from uuid import UUID

from covet.database.driver import Values

_PLAIN: Final = frozenset({bool, int, float, str, bytes, datetime, date, Decimal, UUID, type(None)})


def adapt_values(values: Values) -> Values:
    """
    Put the values of enumerations in the place of their members; everything else is asyncpg's to write.

    Args:
        values: The values.

    Example:
        >>> from enum import Enum
        >>> Tea = Enum("Tea", {"OOLONG": "oolong"})
        >>> adapt_values((1, Tea.OOLONG))
        (1, 'oolong')
    """
    for value in values:
        # PERF: the class of enumerations asks in Python's way, which takes longer (benchmarks/database.py).
        if type(value) not in _PLAIN and isinstance(value, Enum):
            return tuple([value.value if isinstance(value, Enum) else value for value in values])
    return values

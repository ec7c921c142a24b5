"""
Values as asyncpg takes them, which knows the types of PostgreSQL, and no enumerations of Python's.
"""

from enum import Enum

from covet.database.driver import Values


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
        if isinstance(value, Enum):
            return tuple([value.value if isinstance(value, Enum) else value for value in values])
    return values

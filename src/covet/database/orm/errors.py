"""
What goes wrong between objects and rows. What the database itself refuses stands in `covet.database.errors`.
"""

from collections.abc import Iterable

from covet.database.errors import QueryError
from covet.exceptions import ConflictError, DatabaseError, suggest


class UnknownFieldError(QueryError):
    """
    A name is no column of the model, or none that may be used in this place; nothing was sent to the database.

    Names that come from clients are checked before, by a `DTO` or a query: then the answer is 422. This is a 500.

    Args:
        name: The name.
        model: The model.
        known: The names that there are.

    Attributes:
        name: The name.

    Example:
        >>> print(UnknownFieldError("nme", model="User", known=["id", "name"]))
        User has no field 'nme'.
          Did you mean 'name'? Available: id, name.
    """

    def __init__(self, name: object, *, model: str, known: Iterable[str]) -> None:
        super().__init__(f"{model} has no field {name!r}.", hint=suggest(str(name), tuple(known)))
        self.name = name


class UnfilteredWriteError(QueryError):
    """Every row would be changed or deleted, and nobody said so."""


class NotLoadedError(DatabaseError):
    """A relationship or a column is read that the query did not load; in async code nothing is loaded on the way."""


class StaleRowError(ConflictError):
    """
    409: the row was changed or deleted by somebody else since it was read.

    Example:
        >>> StaleRowError().status_code, StaleRowError().detail
        (409, 'It was changed meanwhile. Read it again.')
    """

    def __init__(self, detail: str = "It was changed meanwhile. Read it again.") -> None:
        super().__init__(detail)


class RepeatedQueryWarning(UserWarning):
    """One line of the application asks the same question again and again."""


class RepeatedQueryError(DatabaseError):
    """One line of the application asks the same question again and again."""


__all__ = [
    "NotLoadedError",
    "RepeatedQueryError",
    "RepeatedQueryWarning",
    "StaleRowError",
    "UnfilteredWriteError",
    "UnknownFieldError",
]

"""
Tests of what goes wrong between objects and rows.
"""

from covet.database.errors import QueryError
from covet.database.orm import StaleRowError, UnfilteredWriteError, UnknownFieldError
from covet.exceptions import ConflictError, HTTPError


def test_unknown_field_suggests_the_nearest() -> None:
    """It is a mistake of the application's, so a client learns nothing of it."""
    error = UnknownFieldError("nme", model="User", known=["id", "name"])

    assert str(error) == "User has no field 'nme'.\n  Did you mean 'name'? Available: id, name."
    assert error.name == "nme"
    assert isinstance(error, QueryError)
    assert not isinstance(error, HTTPError)


def test_stale_row_is_a_conflict() -> None:
    """A client may read again and try again."""
    assert isinstance(StaleRowError(), ConflictError)
    assert StaleRowError("Somebody has it.").detail == "Somebody has it."


def test_unfiltered_write_is_refused_as_a_statement() -> None:
    """It never got as far as the database."""
    assert issubclass(UnfilteredWriteError, QueryError)

"""
The errors of migrations are errors of a database, and keep what they tell.
"""

import pytest

from covet.database import DatabaseError
from covet.database.migrations import errors


@pytest.mark.parametrize("name", errors.__all__)
def test_they_are_one_family(name: str) -> None:
    """To be caught as one."""
    assert issubclass(getattr(errors, name), errors.MigrationError)
    assert issubclass(errors.MigrationError, DatabaseError)


def test_they_keep_their_data() -> None:
    """For programs, which do not read texts."""
    assert errors.MultipleHeadsError(["a", "b"]).heads == ("a", "b")
    assert errors.PendingMigrationsError(["a"]).pending == ("a",)
    assert errors.DataLossError(["a"]).losses == ("a",)
    assert errors.MigrationLockError(1.5).seconds == 1.5
    assert errors.MigrationsMissingError("m").directory == "m"
    failed = errors.MigrationFailedError("a", "why", kept=["CREATE"], stands_at=["b"])
    assert (failed.revision, failed.kept, failed.stands_at) == ("a", ("CREATE",), ("b",))


def test_several_pending_migrations_are_counted() -> None:
    """And named."""
    assert str(errors.PendingMigrationsError(["a1 'x'", "b2 'y'"])) == (
        "The database lacks 2 migrations: a1 'x', b2 'y'.\n  Run them first: covet db upgrade"
    )

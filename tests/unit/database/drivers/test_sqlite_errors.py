"""
Tests of `covet.database.drivers.sqlite_errors`.
"""

import sqlite3

import pytest

from covet.database import (
    CheckViolationError,
    DatabaseAccessError,
    DatabaseError,
    DatabaseFullError,
    DatabaseUnavailableError,
    DataError,
    ForeignKeyViolationError,
    IntegrityError,
    NotNullViolationError,
    QueryError,
    RetryableTransactionError,
    UniqueViolationError,
)
from covet.database.drivers.sqlite_errors import translate, translate_refusal
from covet.database.url import DatabaseURL

URL = DatabaseURL.parse("sqlite:////var/shop.db")


def make_error(name: str, kind: type[sqlite3.Error] = sqlite3.OperationalError) -> sqlite3.Error:
    """Make an error of the standard library's."""
    error = kind("because")
    error.sqlite_errorname = name
    return error


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("SQLITE_TOOBIG", DataError),
        ("SQLITE_CONSTRAINT_UNIQUE", UniqueViolationError),
        ("SQLITE_CONSTRAINT_PRIMARYKEY", UniqueViolationError),
        ("SQLITE_CONSTRAINT_FOREIGNKEY", ForeignKeyViolationError),
        ("SQLITE_CONSTRAINT_NOTNULL", NotNullViolationError),
        ("SQLITE_CONSTRAINT_CHECK", CheckViolationError),
        ("SQLITE_CONSTRAINT_TRIGGER", IntegrityError),
        ("SQLITE_BUSY_SNAPSHOT", RetryableTransactionError),
        ("SQLITE_LOCKED", RetryableTransactionError),
        ("SQLITE_FULL", DatabaseFullError),
        ("SQLITE_CANTOPEN", DatabaseUnavailableError),
        ("SQLITE_IOERR_WRITE", DatabaseUnavailableError),
        ("SQLITE_ERROR", QueryError),
        ("", QueryError),
    ],
)
def test_names_decide(name: str, kind: type[DatabaseError]) -> None:
    """What is hard to provoke is known by its name."""
    error = sqlite3.IntegrityError if name.startswith("SQLITE_CONSTRAINT") else sqlite3.OperationalError

    assert type(translate(make_error(name, error))) is kind


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (make_error("SQLITE_CANTOPEN"), DatabaseAccessError),
        (make_error("SQLITE_NOTADB", sqlite3.DatabaseError), DatabaseAccessError),
        (FileNotFoundError(2, "because"), DatabaseAccessError),
        (PermissionError(13, "because"), DatabaseAccessError),
        (make_error("SQLITE_IOERR"), DatabaseUnavailableError),
        (OSError(5, "because"), DatabaseUnavailableError),
    ],
)
def test_a_file_that_cannot_be_opened_is_named(error: Exception, kind: type[DatabaseError]) -> None:
    """What waiting does not mend is told from what it may."""
    refusal = translate_refusal(error, URL)

    assert type(refusal) is kind
    assert str(refusal) == (
        "The file of the database cannot be used: '/var/shop.db': because.\n"
        "  See that its folder is there, that both may be written, and that it is a database."
    )


def test_a_file_that_somebody_else_makes_may_yet_come() -> None:
    """That of a copy, which is read alone."""
    assert type(translate_refusal(FileNotFoundError(2, "gone"), URL, is_read_only=True)) is DatabaseUnavailableError
    assert type(translate_refusal(PermissionError(13, "no"), URL, is_read_only=True)) is DatabaseAccessError


def test_what_is_not_of_sqlite_is_left_alone() -> None:
    """A number and a text that do not fit are not."""
    assert translate(LookupError("canary")) is None
    assert translate_refusal(LookupError("canary"), URL) is None
    assert type(translate(OverflowError("canary"))) is DataError
    assert type(translate(UnicodeEncodeError("utf-8", "canary", 0, 1, "canary"))) is DataError

"""
Tests of `covet.database.drivers.mysql_errors`.
"""

import pytest
from asyncmy import errors

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
from covet.database.drivers.mysql_errors import read_number, translate, translate_refusal
from covet.database.url import DatabaseURL

URL = DatabaseURL.parse("mysql://ada:canary@db.example/shop")


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (1406, DataError),
        (1062, UniqueViolationError),
        (1586, UniqueViolationError),
        (1452, ForeignKeyViolationError),
        (1701, ForeignKeyViolationError),
        (1048, NotNullViolationError),
        (4025, CheckViolationError),
        (1205, RetryableTransactionError),
        (1213, RetryableTransactionError),
        (1020, RetryableTransactionError),
        (1114, DatabaseFullError),
        (1203, DatabaseUnavailableError),
        (2013, DatabaseUnavailableError),
        (4031, DatabaseUnavailableError),
        (1146, QueryError),
    ],
)
def test_numbers_decide(number: int, kind: type[DatabaseError]) -> None:
    """Whatever the library makes of them."""
    translated = translate(errors, errors.OperationalError(number, "because"), "SELECT 1")

    assert type(translated) is kind


@pytest.mark.parametrize(
    ("number", "text", "constraint"),
    [
        (1062, "Duplicate entry 'canary' for key 'name'", "name"),
        (1062, "Duplicate entry 'canary'", None),
        (
            1452,
            "A foreign key constraint fails (`shop`.`posts`, CONSTRAINT `fk_posts_author` FOREIGN KEY)",
            "fk_posts_author",
        ),
        (4025, "CONSTRAINT `ck_price` failed for `shop`.`teas`", "ck_price"),
        (3819, "Check constraint 'ck_price' is violated.", "ck_price"),
        (1048, "Column 'age' cannot be null", "age"),
        (1364, "Field 'age' doesn't have a default value", "age"),
        (1761, "Foreign key constraint for a row of 'canary'", None),
    ],
)
def test_constraints_are_named(number: int, text: str, constraint: str | None) -> None:
    """Where the text names them, and without a value."""
    translated = translate(errors, errors.IntegrityError(number, text), "INSERT")

    assert isinstance(translated, IntegrityError)
    assert translated.constraint == constraint
    assert "canary" not in str(translated)


@pytest.mark.parametrize(
    ("number", "kind", "text"),
    [
        (1045, DatabaseAccessError, "MySQL at mysql://ada:**********@db.example/shop refuses the connection: because."),
        (
            1049,
            DatabaseAccessError,
            "See that the user, the password and the name of the database in the URL are right",
        ),
        (2003, DatabaseUnavailableError, "Nobody answers as MySQL at mysql://ada:**********@db.example/shop: because."),
    ],
)
def test_a_refusal_is_told_from_silence(number: int, kind: type[DatabaseError], text: str) -> None:
    """Waiting mends one of them."""
    refusal = translate_refusal(errors, errors.OperationalError(number, "because"), URL)

    assert type(refusal) is kind
    assert text in str(refusal)


def test_what_is_not_of_the_library_is_left_alone() -> None:
    """What sockets say is not; an error without a number has none."""
    assert translate(errors, LookupError("canary")) is None
    assert type(translate(errors, ConnectionResetError("gone"))) is DatabaseUnavailableError
    assert read_number(LookupError("canary")) == 0

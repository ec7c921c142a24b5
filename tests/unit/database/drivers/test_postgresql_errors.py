"""
Tests of `covet.database.drivers.postgresql_errors`.
"""

import asyncpg
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
from covet.database.drivers.postgresql_errors import translate, translate_refusal
from covet.database.url import DatabaseURL

URL = DatabaseURL.parse("postgresql://ada:canary@db.example/shop")


def make_error(code: str) -> asyncpg.PostgresError:
    """Make an error of the library, as the server sends it."""
    made: asyncpg.PostgresError = asyncpg.PostgresError.new({"C": code, "M": f"because of {code}", "D": "(canary)"})
    return made


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("22012", DataError),
        ("54000", DataError),
        ("23502", NotNullViolationError),
        ("23503", ForeignKeyViolationError),
        ("23505", UniqueViolationError),
        ("23514", CheckViolationError),
        ("23P01", UniqueViolationError),
        ("23001", IntegrityError),
        ("40001", RetryableTransactionError),
        ("40P01", RetryableTransactionError),
        ("55P03", RetryableTransactionError),
        ("53100", DatabaseFullError),
        ("53200", DatabaseUnavailableError),
        ("53300", DatabaseUnavailableError),
        ("57P01", DatabaseUnavailableError),
        ("08006", DatabaseUnavailableError),
        ("42601", QueryError),
    ],
)
def test_codes_decide(code: str, kind: type[DatabaseError]) -> None:
    """The whole code before its class; what the server quotes of a row is left out."""
    translated = translate(asyncpg, make_error(code), "SELECT 1")

    assert type(translated) is kind
    assert "canary" not in str(translated)


def test_the_hint_of_the_server_is_shown() -> None:
    """It names what was probably meant; what it says of a row is left out as before."""
    error = asyncpg.PostgresError.new({"C": "42703", "M": "no such column", "H": "Perhaps name.", "D": "(canary)"})

    assert str(translate(asyncpg, error)) == "PostgreSQL refuses the statement: no such column.\n  Perhaps name."


@pytest.mark.parametrize(
    ("code", "kind", "text"),
    [
        (
            "28P01",
            DatabaseAccessError,
            "PostgreSQL at postgresql://ada:**********@db.example/shop refuses the connection",
        ),
        ("3D000", DatabaseAccessError, "See that the user, the password and the name of the database in the URL are"),
        ("53300", DatabaseUnavailableError, "Nobody answers as PostgreSQL at postgresql://ada:**********@db.example/"),
    ],
)
def test_a_refusal_is_told_from_silence(code: str, kind: type[DatabaseError], text: str) -> None:
    """Waiting mends one of them."""
    refusal = translate_refusal(asyncpg, make_error(code), URL)

    assert type(refusal) is kind
    assert text in str(refusal)


def test_what_is_not_of_the_library_is_left_alone() -> None:
    """What sockets say is not."""
    assert translate(asyncpg, LookupError("canary")) is None
    assert translate_refusal(asyncpg, LookupError("canary"), URL) is None
    assert type(translate(asyncpg, ConnectionResetError("gone"))) is DatabaseUnavailableError

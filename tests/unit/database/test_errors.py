"""
Tests of `covet.database.errors`.
"""

import pytest

from covet import CovetPy
from covet.database import (
    CheckViolationError,
    DatabaseError,
    DatabaseFullError,
    DatabaseUnavailableError,
    DataError,
    ForeignKeyViolationError,
    IntegrityError,
    NotNullViolationError,
    PoolTimeoutError,
    QueryError,
    UniqueViolationError,
)
from covet.exceptions import HTTPError
from covet.testing import TestClient


def test_a_pool_that_is_too_busy_says_who_holds_its_connections() -> None:
    """A line each, and the hint last."""
    error = PoolTimeoutError("No connection became free.", holders=("GET /a for 3 s", "GET /b for 1 s"), hint="Wait.")

    assert str(error) == "No connection became free.\n  held by GET /a for 3 s\n  held by GET /b for 1 s\n  Wait."
    assert error.holders == ("GET /a for 3 s", "GET /b for 1 s")


@pytest.mark.parametrize(
    ("error", "status", "detail", "retry_after"),
    [
        (DatabaseUnavailableError("canary"), 503, "The database cannot be reached at the moment.", "1"),
        (PoolTimeoutError("canary"), 503, "The database is too busy at the moment.", "1"),
        (DatabaseFullError("canary"), 507, "There is no room to keep this.", None),
        (QueryError("canary", query="SELECT canary"), 500, None, None),
        (
            DataError("canary", query="SELECT canary"),
            422,
            "A value does not fit where it is to be kept or looked for.",
            None,
        ),
        (
            IntegrityError("canary", query="INSERT canary", constraint="canary"),
            409,
            "It conflicts with what is there.",
            None,
        ),
        (UniqueViolationError("canary", query="INSERT canary"), 409, "There is one like it already.", None),
        (
            ForeignKeyViolationError("canary", query="INSERT canary"),
            409,
            "It refers to what is not there, or others refer to it.",
            None,
        ),
        (CheckViolationError("canary", query="INSERT canary"), 409, "A value is none of those that are allowed.", None),
        (NotNullViolationError("canary", query="INSERT canary"), 500, None, None),
        (DatabaseError("canary"), 500, None, None),
    ],
)
@pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
async def test_a_client_hears_nothing_of_the_database(
    error: DatabaseError, status: int, detail: str | None, retry_after: str | None, protocol: str
) -> None:
    """The answer says when to come again, and neither a statement nor what the database said."""
    app = CovetPy()

    @app.get("/")
    async def fail() -> None:
        raise error

    async with TestClient(app, protocol=protocol, raise_app_exceptions=False) as client:  # type: ignore[arg-type]
        response = await client.get("/")

    assert response.status_code == status
    assert "canary" not in response.text
    assert response.json().get("detail") == detail
    assert response.headers.get("retry-after") == retry_after
    assert isinstance(error, HTTPError) is (type(error) not in {QueryError, DatabaseError})

"""
`create_test_database()`, apart from what it needs: an application without a database loads nothing of it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from covet.testing.temporary_database import Schema, TemporaryDatabase


# Any: options have types of their own; the pool and the driver check them.
async def create_test_database(
    url: str | None = None, *, schema: "Schema | None" = None, **options: Any
) -> "TemporaryDatabase":
    """
    Make a database of the test's own, and connect to it.

    Args:
        url: Where: a server of PostgreSQL or MySQL, in which a database of another name is made, or `sqlite://` for one
            in memory. By default what `COVET_TEST_DATABASE_URL` says; if that is not set, a file of SQLite in a
            temporary folder.
        schema: Its tables: statements one by one, or a coroutine function of the database, which may run migrations.
        **options: As for `connect()` of an adapter.

    Returns:
        The database. `await drop()` when it is not needed any more.

    Raises:
        ConfigurationError: If the URL is of no kind that a database can be made of.
        DatabaseError: If the server refuses.

    Example:
        >>> database = await create_test_database("sqlite://", schema=["CREATE TABLE tea (name TEXT)"])
        >>> async with database.rollback():
        ...     await database.insert("tea", {"name": "oolong"})
        ...     await database.fetch_val("SELECT count(*) FROM tea")
        1
        >>> await database.fetch_val("SELECT count(*) FROM tea")
        0
        >>> await database.drop()
    """
    from covet.testing.temporary_database import make_temporary_database

    return await make_temporary_database(url, schema, options)


__all__ = ["create_test_database"]

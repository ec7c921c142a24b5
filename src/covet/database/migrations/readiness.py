"""
Whether an application may be sent requests, as far as its migrations go.
"""

from collections.abc import Awaitable, Callable
from copy import copy
from typing import Final

from covet.checks import Check, Problem, Severity
from covet.database.migrations.errors import MigrationError, PendingMigrationsError
from covet.database.migrations.front import Migrations

__all__ = ["create_check", "create_health_check"]

_SECONDS: Final = 3.0


def create_health_check(migrations: Migrations, *, database: str | None = None) -> Callable[[], Awaitable[bool]]:
    """
    Make a health check that fails while the database lacks migrations.

    Once it lacks none, it is not asked again: the code, and so what it needs, stays the same while the process lives.

    Args:
        migrations: The migrations.
        database: What `covet db --database` calls it, if it is not the first one.

    Returns:
        The check, for a plugin's `health_checks`; it raises `PendingMigrationsError`, which lists what is pending.
    """
    is_complete = False

    async def check_migrations() -> bool:
        nonlocal is_complete
        if not is_complete:
            pending = await migrations.find_pending()
            if pending:
                raise PendingMigrationsError([str(revision) for revision in pending], database=database)
            is_complete = True
        return True

    return check_migrations


def create_check(migrations: Migrations, *, database: str | None = None) -> Check:
    """
    Make a check that finds what migrations a database lacks before an application starts; it waits three seconds.

    A database that cannot be reached is a warning: where `covet check` runs there need not be one.

    Args:
        migrations: The migrations.
        database: What `covet db --database` calls it, if it is not the first one.

    Returns:
        The check `"M101"`, for a plugin's `checks`.
    """
    asked = copy(migrations)
    asked.connect_timeout = min(migrations.connect_timeout, _SECONDS)
    command = "covet db" if database is None else f"covet db --database {database}"
    whose = "The database" if database is None else f"The database {database!r}"
    setting = "migrations" if database is None else f"migrations of {database}"
    fix = f"Run what is missing: {command} upgrade"

    async def find_pending() -> str | Problem | None:
        try:
            pending = await asked.find_pending()
        except MigrationError as exc:
            return Problem("M101", Severity.ERROR, setting, exc.message, (exc.hint or fix).replace("covet db", command))
        if not pending:
            return None
        noun = "migration" if len(pending) == 1 else "migrations"
        return f"{whose} lacks {len(pending)} {noun}: {', '.join(map(str, pending))}."

    return Check("M101", Severity.ERROR, setting, fix, find_pending)

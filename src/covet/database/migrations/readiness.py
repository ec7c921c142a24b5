"""
Whether an application may be sent requests, as far as its migrations go.
"""

from collections.abc import Awaitable, Callable

from covet.database.migrations.errors import PendingMigrationsError
from covet.database.migrations.front import Migrations

__all__ = ["create_health_check"]


def create_health_check(migrations: Migrations) -> Callable[[], Awaitable[bool]]:
    """
    Make a health check that fails while the database lacks migrations.

    Once it lacks none, it is not asked again: the code, and so what it needs, stays the same while the process lives.

    Args:
        migrations: The migrations.

    Returns:
        The check, for a plugin's `health_checks`; it raises `PendingMigrationsError`, which lists what is pending.
    """
    is_complete = False

    async def check_migrations() -> bool:
        nonlocal is_complete
        if not is_complete:
            pending = await migrations.find_pending()
            if pending:
                raise PendingMigrationsError([str(revision) for revision in pending])
            is_complete = True
        return True

    return check_migrations

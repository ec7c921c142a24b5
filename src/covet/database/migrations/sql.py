"""
The SQL that migrations would execute, written instead of executed.
"""

import tempfile
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any, Final

from alembic.util import CommandError

from covet.database.migrations.environment import Plan, Run
from covet.database.migrations.errors import MigrationError
from covet.database.migrations.plans import plan_upgrade
from covet.database.migrations.revisions import RevisionDirectory
from covet.database.url import DatabaseURL

__all__ = ["write_statements"]

_READING: Final = ("EXPLAIN", "PRAGMA", "SELECT", "--")


def write_statements(run: Run, directory: RevisionDirectory, start: tuple[str, ...], plan: Plan) -> str:
    """
    Write the SQL of a plan.

    Args:
        run: What is known of the database, which is not connected to.
        directory: The migrations.
        start: Where the SQL begins; nothing for the beginning.
        plan: What to write.

    Raises:
        MigrationError: If a migration needs to see what is in the database.
    """
    if run.url.scheme == "sqlite":
        return _trace(run, directory, start, plan)
    output = StringIO()
    # Alembic says that it is a text; several heads are a tuple.
    starts_at: Any = start or None
    try:
        replace(run, output=output, starts_at=starts_at, is_writing=False).execute(directory, plan)
    except (AttributeError, CommandError, TypeError) as exc:
        # What stands for a connection returns nothing.
        raise MigrationError(
            f"The SQL cannot be written: {exc}.",
            hint="A migration asks the database for what is in it. "
            "Let it skip that where op.get_context().as_sql is true.",
        ) from exc
    return output.getvalue().strip() + "\n"


def _trace(run: Run, directory: RevisionDirectory, start: tuple[str, ...], plan: Plan) -> str:
    """
    Run the migrations in an empty database, and note what the driver executes.

    SQLite alters a table by a copy of it, for which the table must be there.
    """
    statements: list[str] = []
    with tempfile.TemporaryDirectory(prefix="covet-sql-") as folder:
        url = DatabaseURL("sqlite", str(Path(folder, "empty.db")))
        for revision in start:
            replace(run, url=url, is_writing=True).execute(directory, plan_upgrade(directory, revision))

        def listen(connection: Any) -> None:  # Any: the driver's connection
            connection.run_async(lambda driver: driver.set_trace_callback(statements.append))

        replace(run, url=url, is_writing=True, on_connect=listen).execute(directory, plan)
    written = [statement.strip() for statement in statements]
    return "".join(f"{item};\n\n" for item in written if not item.upper().startswith(_READING)).strip() + "\n"

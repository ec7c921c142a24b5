"""
Migrations of databases, on Alembic.

::

    front.py                    Migrations: init, create_revision, upgrade, downgrade, check ...
    commands.py                 the same at the command line: covet db
    readiness.py batches.py     whether anything is pending; rows that are changed a thousand at a time
    environment.py              a run: connect, lock, begin, let Alembic run, commit
    locks.py recorder.py        one process at a time; what was done of a migration that failed
    revisions.py layout.py      what stands in the directory, and what it begins with
    plans.py operations.py      which steps lead where; what a database would refuse
    comparison.py server_defaults.py    what is a difference
    enum_types.py               what the types of PostgreSQL need
    differences.py losses.py sql.py     told before anything is changed
    errors.py                   what goes wrong
"""

from covet._extras import require_extra

require_extra("sqlalchemy", extra="orm", needed_for="covet.database.migrations", library="SQLAlchemy")
require_extra("alembic", extra="orm", needed_for="covet.database.migrations", library="Alembic")

from covet.database.migrations.batches import BatchProgress, update_in_batches  # noqa: E402 - they need both
from covet.database.migrations.environment import run_migrations  # noqa: E402
from covet.database.migrations.errors import (  # noqa: E402
    DataLossError,
    MigrationError,
    MigrationFailedError,
    MigrationLockError,
    MigrationsMissingError,
    MultipleHeadsError,
    PendingMigrationsError,
    UnknownRevisionError,
    UnnamedConstraintError,
)
from covet.database.migrations.front import MigrationReport, Migrations  # noqa: E402
from covet.database.migrations.readiness import create_check, create_health_check  # noqa: E402
from covet.database.migrations.revisions import Revision  # noqa: E402

__all__ = [
    "BatchProgress",
    "DataLossError",
    "MigrationError",
    "MigrationFailedError",
    "MigrationLockError",
    "MigrationReport",
    "Migrations",
    "MigrationsMissingError",
    "MultipleHeadsError",
    "PendingMigrationsError",
    "Revision",
    "UnknownRevisionError",
    "UnnamedConstraintError",
    "create_check",
    "create_health_check",
    "run_migrations",
    "update_in_batches",
]

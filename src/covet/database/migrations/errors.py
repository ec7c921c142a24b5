"""
What goes wrong with migrations. The texts are for whoever runs them: they name revisions, tables and statements.

::

    MigrationError                     the migrations cannot be read or run
    ├── MigrationsMissingError         there are none in the directory
    ├── UnknownRevisionError           a revision is named that the directory does not have
    ├── MultipleHeadsError             two migrations follow the same one: which is the last?
    ├── PendingMigrationsError         something needs a database that has them all
    ├── UnnamedConstraintError         a constraint has no name by which it could be dropped
    ├── DataLossError                  a downgrade would drop what holds data
    ├── MigrationLockError             another process migrates, and does not end in time
    └── MigrationFailedError           a migration raised an error; says what is left of it
"""

from collections.abc import Sequence

from covet.database.errors import DatabaseError

__all__ = [
    "DataLossError",
    "MigrationError",
    "MigrationFailedError",
    "MigrationLockError",
    "MigrationsMissingError",
    "MultipleHeadsError",
    "PendingMigrationsError",
    "UnknownRevisionError",
    "UnnamedConstraintError",
]


class MigrationError(DatabaseError):
    """The migrations of a database cannot be read or run."""


class MigrationsMissingError(MigrationError):
    """
    There are no migrations in a directory.

    Example:
        >>> print(MigrationsMissingError("migrations"))
        There are no migrations in 'migrations'.
          Make the directory: covet db init
    """

    def __init__(self, directory: str) -> None:
        super().__init__(f"There are no migrations in {directory!r}.", hint="Make the directory: covet db init")
        self.directory = directory


class UnknownRevisionError(MigrationError):
    """
    A revision is named that the directory does not have.

    Args:
        message: Who names it.
        revision: The revision.
        hint: What to do.

    Attributes:
        revision: The revision.
    """

    def __init__(self, message: str, *, revision: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.revision = revision


class MultipleHeadsError(MigrationError):
    """
    Two migrations follow the same one, as happens when two branches of the code are joined.

    Example:
        >>> print(MultipleHeadsError(["1a2b 'add notes'", "3c4d 'add tags'"]))
        The migrations have 2 heads, and nothing says which one is the last: 1a2b 'add notes', 3c4d 'add tags'.
          Join them: covet db revision --merge -m "join the heads"
    """

    def __init__(self, heads: Sequence[str]) -> None:
        super().__init__(
            f"The migrations have {len(heads)} heads, and nothing says which one is the last: {', '.join(heads)}.",
            hint='Join them: covet db revision --merge -m "join the heads"',
        )
        self.heads = tuple(heads)


class PendingMigrationsError(MigrationError):
    """
    Something needs a database that has all migrations.

    Args:
        pending: The migrations that it lacks.
        database: What `covet db --database` calls it, if it is not the first one.

    Example:
        >>> print(PendingMigrationsError(["1a2b 'add notes'"]))
        The database lacks 1 migration: 1a2b 'add notes'.
          Run it first: covet db upgrade
    """

    def __init__(self, pending: Sequence[str], *, database: str | None = None) -> None:
        whose, option = "The database", ""
        if database is not None:
            whose, option = f"The database {database!r}", f"--database {database} "
        noun, pronoun = ("migration", "it") if len(pending) == 1 else ("migrations", "them")
        super().__init__(
            f"{whose} lacks {len(pending)} {noun}: {', '.join(pending)}.",
            hint=f"Run {pronoun} first: covet db {option}upgrade",
        )
        self.pending = tuple(pending)


class UnnamedConstraintError(MigrationError):
    """A constraint has no name, so that no later migration could drop it."""

    def __init__(self, constraint: str) -> None:
        super().__init__(
            f"{constraint} has no name, by which a migration could drop it.",
            hint="Give it a name, or its MetaData a naming_convention.",
        )
        self.constraint = constraint


class DataLossError(MigrationError):
    """
    A downgrade would drop what holds data.

    Example:
        >>> print(DataLossError(["1a2b 'add notes' drops the table 'notes'"]))
        The downgrade loses data: 1a2b 'add notes' drops the table 'notes'.
          If that is meant: covet db downgrade --yes
    """

    def __init__(self, losses: Sequence[str]) -> None:
        super().__init__(
            f"The downgrade loses data: {'; '.join(losses)}.", hint="If that is meant: covet db downgrade --yes"
        )
        self.losses = tuple(losses)


class MigrationLockError(MigrationError):
    """Another process migrates the same database, and does not end in time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"Another process migrates this database, and did not end within {seconds:g} seconds.",
            hint="Wait for it, or give Migrations a longer lock_timeout.",
        )
        self.seconds = seconds


class MigrationFailedError(MigrationError):
    """
    A migration raised an error.

    Args:
        revision: The migration.
        reason: What it raised.
        kept: The statements of it that the database has carried out and cannot take back.
        stands_at: What the database is recorded to stand at; none for the beginning.

    Attributes:
        revision: The migration.
        kept: The statements of it that were carried out and remain.
        stands_at: Where the database is recorded to stand.

    Example:
        >>> print(MigrationFailedError("1a2b 'add notes'", "no such table: tags"))
        The migration 1a2b 'add notes' failed: no such table: tags
          Nothing of it was kept: the database stands at the beginning.
        >>> print(MigrationFailedError("1a2b 'add notes'", "too long", kept=["CREATE TABLE notes"], stands_at=["0f"]))
        The migration 1a2b 'add notes' failed: too long
          The database stands at 0f, and what was carried out of this migration remains:
            CREATE TABLE notes
          Take it back by hand, mend the migration, and run it again.
    """

    def __init__(self, revision: str, reason: str, *, kept: Sequence[str] = (), stands_at: Sequence[str] = ()) -> None:
        place = ", ".join(stands_at) or "the beginning"
        if kept:
            lines = "".join(f"\n    {statement}" for statement in kept)
            hint = (
                f"The database stands at {place}, and what was carried out of this migration remains:{lines}\n"
                "  Take it back by hand, mend the migration, and run it again."
            )
        else:
            hint = f"Nothing of it was kept: the database stands at {place}."
        super().__init__(f"The migration {revision} failed: {reason}", hint=hint)
        self.revision = revision
        self.kept = tuple(kept)
        self.stands_at = tuple(stands_at)

"""
`Migrations`: what the commands do, for whoever writes a program instead.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from alembic import util
from alembic.autogenerate import RevisionContext, produce_migrations
from alembic.config import Config
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext, RevisionStep
from sqlalchemy import MetaData

from covet.database.migrations.comparison import leave_out_the_same
from covet.database.migrations.differences import describe_differences
from covet.database.migrations.enum_types import ChangedEnumType, add_enum_types, find_changed_enum_types
from covet.database.migrations.environment import Plan, Run
from covet.database.migrations.errors import (
    DataLossError,
    MigrationError,
    PendingMigrationsError,
)
from covet.database.migrations.layout import create_directory
from covet.database.migrations.losses import find_losses
from covet.database.migrations.operations import leave_out_indexes, order_indexes, require_names
from covet.database.migrations.plans import plan_downgrade, plan_upgrade
from covet.database.migrations.revisions import Revision, RevisionDirectory, require_id, require_message
from covet.database.migrations.sql import write_statements
from covet.database.url import SQLALCHEMY_DRIVERS, DatabaseURL
from covet.exceptions import ConfigurationError
from covet.threads import run_in_thread

__all__ = ["MigrationReport", "Migrations"]


@dataclass(frozen=True, slots=True)
class MigrationReport:
    """
    Whether a database is as the models are.

    Attributes:
        current: The revisions at which the database stands.
        pending: The migrations that it lacks.
        differences: What differs from the models, in words; looked for only where nothing is pending.
    """

    current: tuple[str, ...]
    pending: tuple[Revision, ...] = ()
    differences: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether nothing is to be done."""
        return not self.pending and not self.differences

    def __str__(self) -> str:
        if self.is_clean:
            return "The database is as the models are."
        if self.pending:
            lines = [f"pending: {revision}" for revision in self.pending]
            return "\n".join([*lines, "Run them: covet db upgrade. The models are compared once nothing is pending."])
        return "\n".join([*self.differences, 'Write a migration: covet db revision -m "what changes"'])


class Migrations:
    """
    The migrations of a database, in a directory.

    Its methods may be called while an application runs: the work is done in a thread.

    Args:
        url: The database.
        metadata: What the models say; several, if the models have several.
        directory: Where the migrations are.
        version_table: The table in which the database notes what it has; another one for other migrations of the
            same database.
        lock_timeout: Seconds to wait for another process that migrates, and for each lock of a table or a row that
            another transaction holds.
        connect_timeout: Seconds to wait for a database that does not answer.
        options: Options of its connections, besides those behind the URL; see `create_engine`.

    Raises:
        ConfigurationError: If the database cannot have migrations.

    Example:
        >>> import sqlalchemy as sa, tempfile
        >>> metadata = sa.MetaData()
        >>> notes = sa.Table("notes", metadata, sa.Column("id", sa.Integer, primary_key=True))
        >>> folder = tempfile.TemporaryDirectory()
        >>> migrations = Migrations(f"sqlite:///{folder.name}/notes.db", metadata, f"{folder.name}/migrations")
        >>> _ = await migrations.init()
        >>> (await migrations.create_revision("add notes", revision_id="1a2b")).message
        'add notes'
        >>> [str(revision) for revision in await migrations.upgrade()]
        ["1a2b 'add notes'"]
        >>> print(await migrations.check())
        The database is as the models are.
        >>> folder.cleanup()
    """

    def __init__(
        self,
        url: DatabaseURL | str,
        metadata: MetaData | Sequence[MetaData],
        directory: str | Path = "migrations",
        *,
        version_table: str = "alembic_version",
        lock_timeout: float = 60.0,
        connect_timeout: float = 10.0,
        options: Mapping[str, Any] | None = None,  # Any: each driver has its own
    ) -> None:
        self.url = DatabaseURL.parse(url) if isinstance(url, str) else url
        self._is_mariadb = isinstance(url, str) and url.startswith("mariadb")
        if self.url.scheme not in SQLALCHEMY_DRIVERS:
            raise ConfigurationError(
                f"A database of the kind {self.url.scheme!r} cannot have migrations.",
                hint="SQLite, PostgreSQL and MySQL can.",
            )
        if self.url.is_in_memory:
            raise ConfigurationError(
                "A database in memory cannot have migrations: it goes with its connection.",
                hint="Create its tables with metadata.create_all(), or name a file: sqlite:///shop.db.",
            )
        self.metadata = metadata
        self.directory = Path(directory)
        self.version_table = version_table
        self.lock_timeout = lock_timeout
        self.connect_timeout = connect_timeout
        self.options = dict(options or {})

    async def init(self) -> list[Path]:
        """
        Make the directory.

        Returns:
            The files that it begins with.

        Raises:
            MigrationError: If there are migrations in it already.
        """
        return await run_in_thread(create_directory, self.directory)

    async def create_revision(
        self, message: str, *, empty: bool = False, merge: bool = False, revision_id: str | None = None
    ) -> Revision | None:
        """
        Write a migration that makes the database as the models are.

        Args:
            message: What it is for.
            empty: Write one that does nothing, to be filled in by hand; the database is not asked.
            merge: Write one that joins all heads; the database is not asked.
            revision_id: What it is called in databases; by default a number drawn by lot.

        Returns:
            The migration; `None` if the models and the database do not differ.

        Raises:
            PendingMigrationsError: If the database does not have all migrations: what they do would be written anew.
            UnnamedConstraintError: If a constraint has no name.
            MultipleHeadsError: If there are several heads, and they are not to be joined.
        """
        return await run_in_thread(
            self._create_revision,
            message,
            empty=empty,
            merge=merge,
            revision_id=util.rev_id() if revision_id is None else revision_id,
        )

    async def upgrade(self, revision: str = "head") -> list[Revision]:
        """
        Run the migrations that the database lacks.

        Processes that do so at once wait for each other, and each migration runs once.

        Args:
            revision: The last one to run, or `"+1"` for the next one.

        Returns:
            Those that this process ran.

        Raises:
            MigrationFailedError: If one of them failed; says what is left of it.
            UnknownRevisionError: If there is no such revision, or the database stands at one that is not there.
            MultipleHeadsError: If there are several heads.
            MigrationLockError: If another process did not end in time.
            DatabaseUnavailableError: If nobody answers.
        """
        run = self._make_run(is_writing=True)
        return await run.work(self._upgrade, run, revision)

    async def downgrade(self, revision: str, *, allow_data_loss: bool = False) -> list[Revision]:
        """
        Take migrations back, down to a revision, which stays.

        Args:
            revision: The revision, `"-1"` for one step, or `"base"` for all.
            allow_data_loss: Whether tables and columns may be dropped.

        Returns:
            Those that were taken back.

        Raises:
            DataLossError: If one of them drops a table or a column, and that is not allowed. Nothing was changed.
            MigrationError: As `upgrade` does.
        """
        run = self._make_run(is_writing=True)
        return await run.work(self._downgrade, run, revision, allow_data_loss=allow_data_loss)

    async def get_current(self) -> tuple[str, ...]:
        """Return the revisions at which the database stands: none, one, or one for each head."""
        return await run_in_thread(lambda: self._read_current(RevisionDirectory(self.directory)))

    async def list_history(self) -> list[Revision]:
        """List all migrations from the first to the last, and whether the database has them."""
        return await run_in_thread(self._list_history)

    async def find_pending(self) -> list[Revision]:
        """List the migrations that the database lacks."""
        return [revision for revision in await self.list_history() if not revision.is_applied]

    async def check(self) -> MigrationReport:
        """Compare the database with the migrations, and if it has them all, with the models."""
        return await run_in_thread(self._check)

    async def write_sql(self, revision: str = "head", *, start: str | None = None) -> str:
        """
        Write the SQL that leads to a revision, and execute nothing of it.

        Args:
            revision: Where it leads.
            start: Where it begins; where the database stands by default. With it, no database is asked.
        """
        return await run_in_thread(self._write_sql, revision, start)

    def _create_revision(self, message: str, *, empty: bool, merge: bool, revision_id: str) -> Revision | None:
        directory = RevisionDirectory(self.directory)
        require_message(message)
        require_id(revision_id)
        if revision_id in {revision.id for revision in directory.list_all()}:
            raise MigrationError(f"There is a migration {revision_id!r} already.", hint="Choose another revision_id.")
        if not merge:
            directory.require_one_head()
        script_context = RevisionContext(
            Config(),
            directory.script,
            {
                # It stands in the docstring of the file.
                "message": message.strip().replace("\\", "\\\\").replace('"', '\\"'),
                "sql": False,
                "head": "heads" if merge else "head",
                "splice": False,
                "branch_label": None,
                "version_path": None,
                "rev_id": revision_id,
                "depends_on": None,
            },
        )
        if not empty and not merge:
            changed: list[ChangedEnumType] = []

            def compare(current: tuple[str, ...], context: MigrationContext) -> Iterable[RevisionStep]:
                directory.require_known(current)
                if pending := directory.find_pending(current):
                    raise PendingMigrationsError([str(revision) for revision in pending])
                # Alembic says that it takes a text; it is a tuple of them.
                script_context.run_autogenerate(cast("str", current), context)
                changed.extend(find_changed_enum_types(context.connection, self.metadata))
                return ()

            self._make_run().execute(directory, compare)
            script = script_context.generated_revisions[-1]
            if not self._finish(script, changed):
                return None
        scripts = list(script_context.generate_scripts())
        return next(RevisionDirectory(self.directory).describe(script) for script in scripts if script is not None)

    def _finish(self, script: MigrationScript, changed: Sequence[ChangedEnumType]) -> bool:
        """Mend what Alembic found, and tell whether anything is to be done."""
        upgrade, downgrade = script.upgrade_ops, script.downgrade_ops
        if upgrade is None or downgrade is None:
            return False
        for operations in (upgrade, downgrade):
            leave_out_the_same(operations, self.metadata, scheme=self.url.scheme)
        add_enum_types(upgrade, downgrade, self.metadata, changed)
        if upgrade.is_empty():
            return False
        require_names(upgrade)
        for operations in (upgrade, downgrade):
            leave_out_indexes(operations)
            if self.url.scheme == "mysql":
                order_indexes(operations, self.metadata)
        return True

    def _upgrade(self, run: Run, revision: str) -> list[Revision]:
        directory = RevisionDirectory(self.directory)
        directory.require(revision)
        return self._follow(run, directory, plan_upgrade(directory, revision))

    def _downgrade(self, run: Run, revision: str, *, allow_data_loss: bool) -> list[Revision]:
        directory = RevisionDirectory(self.directory)
        directory.require(revision)
        follow = plan_downgrade(directory, revision)

        def plan(current: tuple[str, ...], context: MigrationContext) -> Iterable[RevisionStep]:
            steps = list(follow(current, context))
            losses = [
                f"{directory.name(step.revision.revision)} {loss}"
                for step in steps
                for loss in find_losses(step.revision.module)
            ]
            if losses and not allow_data_loss:
                raise DataLossError(losses)
            return steps

        return self._follow(run, directory, plan)

    def _follow(self, run: Run, directory: RevisionDirectory, plan: Plan) -> list[Revision]:
        run.execute(directory, plan)
        return [directory.describe(step.revision) for step in run.recorder.applied]

    def _read_current(self, directory: RevisionDirectory) -> tuple[str, ...]:
        found: list[str] = []

        def plan(current: tuple[str, ...], context: MigrationContext) -> Iterable[RevisionStep]:
            found.extend(sorted(current))
            self._is_mariadb = getattr(context.dialect, "is_mariadb", False)
            return ()

        self._make_run().execute(directory, plan)
        return tuple(found)

    def _list_history(self) -> list[Revision]:
        directory = RevisionDirectory(self.directory)
        current = self._read_current(directory)
        directory.require_known(current)
        return directory.list_all(current)

    def _check(self) -> MigrationReport:
        directory = RevisionDirectory(self.directory)
        reports: list[MigrationReport] = []

        def compare(current: tuple[str, ...], context: MigrationContext) -> Iterable[RevisionStep]:
            directory.require_known(current)
            directory.require_one_head()
            pending = tuple(directory.find_pending(current))
            # Alembic says that it takes one; it takes several, too.
            metadata = cast("MetaData", self.metadata)
            found: list[str] = []
            if not pending:
                operations = produce_migrations(context, metadata).upgrade_ops
                if operations is not None:
                    leave_out_the_same(operations, self.metadata, scheme=self.url.scheme)
                    found += describe_differences(operations.as_diffs())
                found += map(str, find_changed_enum_types(context.connection, self.metadata))
            reports.append(MigrationReport(tuple(sorted(current)), pending, tuple(found)))
            return ()

        self._make_run().execute(directory, compare)
        return reports[0]

    def _write_sql(self, revision: str, start: str | None) -> str:
        directory = RevisionDirectory(self.directory)
        directory.require(revision)
        if start is None:
            begins = self._read_current(directory)
            directory.require_known(begins)
        else:
            directory.require(start)
            begins = directory.resolve(start)
        is_down = revision.startswith("-") or (
            not revision.startswith("+") and set(directory.resolve(revision)) <= directory.find_before(begins)
        )
        plan = plan_downgrade if is_down else plan_upgrade
        run = replace(self._make_run(), is_mariadb=self._is_mariadb)
        return write_statements(run, directory, begins, plan(directory, revision))

    def _make_run(self, *, is_writing: bool = False) -> Run:
        return Run(
            self.url,
            self.metadata,
            self.version_table,
            self.lock_timeout,
            is_writing,
            connect_timeout=self.connect_timeout,
            options=self.options,
        )

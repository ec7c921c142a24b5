"""
The run of a command: connect, lock, begin, let Alembic run, commit. `env.py` calls it.

Alembic is synchronous, reads files, and keeps what runs at present in its own modules. So each run has a thread with an
event loop of its own, and one at a time has Alembic.
"""

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path
from typing import Any, Final, Literal, ParamSpec, TypeVar

from alembic import context
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, RevisionStep
from sqlalchemy import Connection, MetaData, NullPool, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine

from covet.database.engines import make_engine
from covet.database.errors import DatabaseError, DatabaseUnavailableError, RetryableTransactionError
from covet.database.migrations import server_defaults
from covet.database.migrations.comparison import PLUGINS, compare_type
from covet.database.migrations.enum_types import get_enum_type, write_enum_type
from covet.database.migrations.errors import MigrationError, MigrationFailedError, MigrationLockError
from covet.database.migrations.locks import limit_locks, take_lock
from covet.database.migrations.recorder import Recorder
from covet.database.migrations.revisions import RevisionDirectory
from covet.database.url import DatabaseURL
from covet.threads import run_in_thread

__all__ = ["Plan", "Run", "run_migrations"]

_KEY: Final = "covet"
# Alembic's `context` and `op` stand for the one run that a process has at a time.
_ONE_AT_A_TIME: Final = threading.Lock()

P = ParamSpec("P")
T = TypeVar("T")
_LOGGER: Final = logging.getLogger("covet.database.migrations")

# What PostgreSQL and MySQL say to who has waited long enough for a lock.
_LOCKED: Final = ("due to lock timeout", "Lock wait timeout exceeded")

Plan = Callable[[tuple[str, ...], MigrationContext], Iterable[RevisionStep]]
"""What to do: takes where the database stands, and returns the steps to run."""


@dataclass(slots=True)
class Run:
    """
    One run of a command on a database.

    Attributes:
        url: The database.
        metadata: What the models say.
        version_table: Where the database notes what it has.
        lock_timeout: Seconds to wait for another process.
        is_writing: Whether steps are run.
        output: Where SQL is written to, instead of executing it.
        starts_at: Where the SQL begins, if it is only written.
        is_mariadb: Whether it is written for MariaDB, whose UUIDs are others than MySQL's.
        on_connect: Called with each connection of the driver.
        connect_timeout: Seconds to wait for a database that does not answer.
        options: Options of its connections, besides those of the URL.
    """

    url: DatabaseURL
    metadata: MetaData | Sequence[MetaData]
    version_table: str
    lock_timeout: float
    is_writing: bool = False
    output: StringIO | None = None
    starts_at: str | None = None
    is_mariadb: bool = False
    on_connect: Callable[[Any], None] | None = None  # Any: each driver has connections of its own
    connect_timeout: float = 10.0
    options: Mapping[str, Any] = field(default_factory=dict)  # Any: each driver has its own
    recorder: Recorder = field(init=False)
    _is_given_up: bool = False
    _task: asyncio.Task[Any] | None = None

    def __post_init__(self) -> None:
        self.recorder = Recorder(self.version_table)

    async def work(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """
        Call a function that executes the run in a thread; whoever is cancelled gives the run up, and sees its end.

        Args:
            function: The function.
            *args: Its positional arguments.
            **kwargs: Its keyword arguments.
        """
        work = asyncio.ensure_future(run_in_thread(function, *args, **kwargs))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            self._is_given_up = True
            if self._task is not None:
                # The loop may be gone by now: then it is done.
                with suppress(RuntimeError):
                    self._task.get_loop().call_soon_threadsafe(self._task.cancel)
            await asyncio.wait([work])
            if not work.cancelled():
                work.exception()
            raise

    def begin(self) -> None:
        """
        Let `work` give the run up from here on.

        Not earlier: a driver that is cancelled while it connects may leave a thread behind.
        """
        self._task = asyncio.current_task()
        if self._is_given_up:
            raise asyncio.CancelledError

    def execute(self, directory: RevisionDirectory, plan: Plan) -> None:
        """
        Run `env.py`, in this thread, which must have no event loop that runs.

        Args:
            directory: The migrations.
            plan: What to do.
        """
        config = Config()
        config.attributes[_KEY] = self

        def follow(current: Any, migration: MigrationContext) -> Iterable[RevisionStep]:
            # Alembic says that it is a text; it is a tuple of them.
            return self.recorder.follow(plan(tuple(current or ()), migration))

        with (
            _ONE_AT_A_TIME,
            EnvironmentContext(
                config,
                directory.script,
                fn=follow,
                as_sql=self.output is not None,
                starting_rev=self.starts_at,
                dont_mutate=not self.is_writing,
            ),
        ):
            directory.script.run_env()


# Any: the options are Alembic's own.
def run_migrations(**options: Any) -> None:
    """
    Run the command that is under way; `env.py` calls it.

    Args:
        **options: Options of Alembic's `context.configure()`, such as `include_object` or `compare_server_default`.

    Raises:
        MigrationError: If no command of CovetPy's is under way.

    Example:
        >>> run_migrations()
        Traceback (most recent call last):
            ...
        covet.database.migrations.errors.MigrationError: env.py is run by a command of CovetPy's alone.
          Write covet db upgrade, and not alembic upgrade: it knows the database and the models.
    """
    try:
        run = context.config.attributes.get(_KEY)
    except (AttributeError, NameError):
        # Alembic's words for "nothing is under way".
        run = None
    if not isinstance(run, Run):
        raise MigrationError(
            "env.py is run by a command of CovetPy's alone.",
            hint="Write covet db upgrade, and not alembic upgrade: it knows the database and the models.",
        )
    # Alterations of SQLite's tables need to be written in batches, and such migrations run everywhere.
    options = {
        "target_metadata": run.metadata,
        "version_table": run.version_table,
        "render_as_batch": True,
        "render_item": render_type,
        "compare_type": compare_type,
        "autogenerate_plugins": PLUGINS if "compare_server_default" in options else (*PLUGINS, server_defaults.PLUGIN),
        "transactional_ddl": True if run.url.scheme == "sqlite" else None,
        **options,
    }
    if run.output is not None:
        context.configure(
            dialect_name="mariadb" if run.is_mariadb else run.url.scheme,
            literal_binds=True,
            dialect_opts={"paramstyle": "named"},
            output_buffer=run.output,
            **options,
        )
        # So it is called where a connection is: variants of types, and questions in migrations, go by the name.
        context.get_context().dialect.name = run.url.scheme
        with context.begin_transaction():
            context.run_migrations()
        return
    asyncio.run(_connect(run, options))


# Any: what a migration names, and Alembic's own record of what it writes.
def render_type(kind: str, item: Any, written: Any) -> str | Literal[False]:
    """
    Write the types of columns that Alembic writes in a way that does not run.

    Those that are not SQLAlchemy's get an import, and `JSONB` as a variant of `JSON` names its `Text` in full.

    It is the option `render_item`; who gives another one in `env.py` calls it there.

    Args:
        kind: What is written, such as `"type"`.
        item: The thing itself.
        written: What Alembic knows of the migration that it writes.

    Returns:
        The text; `False` if Alembic writes it as it always does.
    """
    module = type(item).__module__
    enum = get_enum_type(item) if kind == "type" else None
    if enum is not None and enum is item:
        return write_enum_type(enum, is_column=True)
    if kind == "type" and isinstance(item, JSONB):
        written.imports.add("from sqlalchemy.dialects import postgresql")
        return "postgresql.JSONB(astext_type=sa.Text())"
    if kind == "type" and not module.startswith("sqlalchemy."):
        written.imports.add(f"import {module}")
    return False


def _is_still_missing(run: Run) -> bool:
    """Tell whether a question is about a file that is not there yet: an answer does not make it."""
    path = Path(run.url.database)
    return not run.is_writing and not path.exists() and path.parent.is_dir()


async def _connect(run: Run, options: dict[str, Any]) -> None:
    engine = _create_engine(run)
    try:
        try:
            connection = await engine.connect()
        except RetryableTransactionError as exc:
            raise MigrationLockError(run.lock_timeout) from exc
        async with aclosing(connection):
            run.begin()
            if run.is_writing:
                await take_lock(connection, run.url, run.version_table, seconds=run.lock_timeout)
                await limit_locks(connection, run.url, seconds=run.lock_timeout)
            await connection.run_sync(_run, run, options)
    finally:
        await engine.dispose()


def _create_engine(run: Run) -> AsyncEngine:
    is_sqlite = run.url.scheme == "sqlite"
    engine = make_engine(
        # What is not there is as empty as what is in memory.
        replace(run.url, database="") if is_sqlite and _is_still_missing(run) else run.url,
        needed_for=f"migrations of {run.url.scheme}",
        connect_timeout=run.connect_timeout,
        options={**run.options, "busy_timeout": run.lock_timeout} if is_sqlite else run.options,
        poolclass=NullPool,
    )
    if is_sqlite:

        def prepare(connection: Any, _record: object) -> None:
            cursor = connection.cursor()
            # A table that is replaced by an altered copy would take the rows that refer to it along.
            cursor.execute("PRAGMA foreign_keys = OFF")
            cursor.close()
            if run.on_connect is not None:
                run.on_connect(connection)

        def begin(connection: Connection) -> None:
            # Whoever will write does so from the beginning: that is the lock.
            connection.exec_driver_sql("BEGIN IMMEDIATE" if run.is_writing else "BEGIN")

        event.listen(engine.sync_engine, "connect", prepare)
        event.listen(engine.sync_engine, "begin", begin)
    return engine


def _run(connection: Connection, run: Run, options: dict[str, Any]) -> None:
    run.recorder.watch(connection)
    context.configure(connection=connection, **options)
    try:
        with context.begin_transaction():
            dangling = _count_dangling(connection, run)
            context.run_migrations()
            _require_no_dangling(dangling, _count_dangling(connection, run))
    except (MigrationError, DatabaseUnavailableError):
        raise
    except asyncio.CancelledError:
        if run.recorder.current is not None:
            _LOGGER.warning("%s", run.recorder.describe_interruption(_name(run.recorder.current)))
        raise
    except Exception as exc:
        reason = _explain(exc, run)
        if run.recorder.current is None:
            if run.url.scheme == "sqlite" and isinstance(exc, RetryableTransactionError):
                raise MigrationLockError(run.lock_timeout) from exc
            raise MigrationError(
                f"The database {run.url} refuses: {reason}",
                hint="See that its user may read its tables, and create and alter them to upgrade.",
            ) from exc
        connection.rollback()
        stands_at = context.get_context().get_current_heads()
        raise MigrationFailedError(
            _name(run.recorder.current), reason, kept=run.recorder.kept, stands_at=sorted(stands_at)
        ) from exc


def _explain(exc: Exception, run: Run) -> str:
    """Write what a migration raised: of a database's error its words, in one line."""
    if not isinstance(exc, DatabaseError):
        return f"{type(exc).__name__}: {exc}"
    hint = exc.hint
    if any(words in exc.message for words in _LOCKED):
        hint = f"another transaction held what it needs for longer than lock_timeout, {run.lock_timeout:g} seconds"
    return f"{exc.message} ({hint})" if hint else exc.message


def _name(step: RevisionStep) -> str:
    return f"{step.revision.revision} {(step.doc or '').strip()!r}"


def _count_dangling(connection: Connection, run: Run) -> Counter[tuple[str, str]]:
    """Count the rows that refer to none, by their table and the one they refer to; SQLite alone does not see to it."""
    if run.url.scheme != "sqlite" or not run.is_writing:
        return Counter()
    rows = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    return Counter((row[0], row[2]) for row in rows)


def _require_no_dangling(before: Counter[tuple[str, str]], after: Counter[tuple[str, str]]) -> None:
    for (table, parent), number in (after - before).items():
        raise MigrationError(
            f"After the migrations, {number} more rows of {table!r} would refer to none of {parent!r}.",
            hint="Nothing was changed. Let a migration delete or mend those rows.",
        )

"""
`covet db`: the commands on the migrations of an application's databases.

It must never decide for somebody that data may be lost.
"""

import asyncio
import json
import logging
import sys
from collections.abc import Callable, Coroutine, Mapping
from functools import wraps
from typing import Any, Final, TypeVar

import click

from covet.database.migrations.errors import DataLossError, MigrationError
from covet.database.migrations.front import Migrations
from covet.exceptions import CovetError, suggest
from covet.text_table import align_table

__all__ = ["create_commands"]

_KEY: Final = "covet.database.migrations"
_LOGGER: Final = logging.getLogger("covet.database.migrations")

# What shells show for SIGINT.
_INTERRUPTED: Final = 130

T = TypeVar("T")


def create_commands(databases: Callable[[], Mapping[str, Migrations]], *, is_production: bool = False) -> click.Group:
    """
    Make the group of commands `db`, for a plugin's `commands`.

    Args:
        databases: Returns the migrations by the names of their databases; the first is taken where none is named.
            It is called when a command is.
        is_production: Whether a downgrade is refused without `--yes`, whatever it drops.

    Example:
        >>> sorted(create_commands(dict).commands)
        ['check', 'current', 'downgrade', 'history', 'init', 'revision', 'sql', 'upgrade']
    """

    @click.group()
    @click.option("--database", metavar="NAME", help="Which database; the first by default.")
    @click.pass_context
    def db(ctx: click.Context, *, database: str | None) -> None:
        """Migrate the application's database."""
        ctx.meta[_KEY] = (databases, database, is_production)

    for command in (check, current, downgrade, history, init, revision, sql, upgrade):
        db.add_command(command)
    return db


# Any: commands take and return what they like.
def _takes_migrations(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a command take the migrations of the database that is named; what goes wrong is one readable text."""

    @click.pass_context
    @wraps(function)
    def command(ctx: click.Context, /, **options: Any) -> Any:
        databases, name, _ = ctx.meta[_KEY]
        handler = _EchoHandler()
        level = _LOGGER.level
        _LOGGER.addHandler(handler)
        _LOGGER.setLevel(logging.INFO)
        try:
            return function(_choose(databases(), name), **options)
        except CovetError as exc:
            click.echo(_name_database(str(exc), name), err=True)
            raise SystemExit(1) from exc
        except KeyboardInterrupt:
            text = "Interrupted. covet db current shows where the database stands."
            click.echo(_name_database(text, name), err=True)
            raise SystemExit(_INTERRUPTED) from None
        finally:
            _LOGGER.removeHandler(handler)
            _LOGGER.setLevel(level)

    return command


def _name_database(text: str, name: str | None) -> str:
    """Name the database in the commands that a text advises: without it they would be about the first one."""
    return text if name is None else text.replace("covet db ", f"covet db --database {name} ")


class _EchoHandler(logging.Handler):
    """Shows what takes long, such as waiting for another process, beside the output."""

    def emit(self, record: logging.LogRecord) -> None:
        click.echo(record.getMessage(), err=True)


def _choose(databases: Mapping[str, Migrations], name: str | None) -> Migrations:
    if not databases:
        raise MigrationError("The application has no database that could have migrations.")
    if name is None:
        return next(iter(databases.values()))
    if name not in databases:
        raise MigrationError(f"There is no database {name!r}.", hint=suggest(name, databases))
    return databases[name]


def _run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


@click.command()
@_takes_migrations
def init(migrations: Migrations) -> None:
    """Make the directory of the migrations."""
    for path in _run(migrations.init()):
        click.echo(f"wrote {path}")


@click.command()
@_takes_migrations
@click.option("--message", "-m", required=True, help="What it is for.")
@click.option("--empty", is_flag=True, help="Write one to be filled in by hand, and do not compare.")
@click.option("--merge", is_flag=True, help="Write one that joins all heads.")
@click.option("--rev-id", "revision_id", metavar="ID", help="What it is called in databases.")
def revision(migrations: Migrations, **options: Any) -> None:  # Any: they go to create_revision
    """Write a migration that makes the database as the models are."""
    made = _run(migrations.create_revision(**options))
    if made is None:
        click.echo("The models and the database do not differ: nothing was written. --empty writes one all the same.")
        return
    click.echo(f"wrote {made.path}")
    click.echo("Read it before it runs: a renamed column, for one, looks like a dropped and an added one.")


@click.command()
@_takes_migrations
@click.argument("target", metavar="[REVISION]", default="head")
@click.option("--dry-run", is_flag=True, help="Write the SQL, and execute nothing.")
def upgrade(migrations: Migrations, *, target: str, dry_run: bool) -> None:
    """Run the migrations that the database lacks, up to REVISION."""
    if dry_run:
        click.echo(_run(migrations.write_sql(target)), nl=False)
        return
    applied = _run(migrations.upgrade(target))
    for item in applied:
        click.echo(f"ran {item}")
    if not applied:
        click.echo("Nothing to run.")


# So that -1 is a revision, and no option.
@click.command(context_settings={"ignore_unknown_options": True})
@_takes_migrations
@click.argument("target", metavar="REVISION")
@click.option("--yes", is_flag=True, help="Drop what holds data without asking.")
@click.pass_context
def downgrade(ctx: click.Context, /, migrations: Migrations, *, target: str, yes: bool) -> None:
    """Take migrations back down to REVISION, which stays; -1 is one step, base is all."""
    *_, is_production = ctx.meta[_KEY]
    if is_production and not yes:
        raise MigrationError(
            "This is production, where nothing is downgraded by accident.", hint="If it is meant, add --yes."
        )
    try:
        undone = _run(migrations.downgrade(target, allow_data_loss=yes))
    except DataLossError as exc:
        if not _is_asked_by_a_person():
            raise
        for loss in exc.losses:
            click.echo(loss, err=True)
        click.confirm("The data in it is lost. Go on?", abort=True, err=True)
        undone = _run(migrations.downgrade(target, allow_data_loss=True))
    for item in undone:
        click.echo(f"took back {item}")
    if not undone:
        click.echo("Nothing to take back.")


def _is_asked_by_a_person() -> bool:
    return sys.stdin.isatty()


@click.command()
@_takes_migrations
def current(migrations: Migrations) -> None:
    """Show where the database stands."""
    revisions = _run(migrations.list_history())
    followed = {name for item in revisions if item.is_applied for name in item.follows}
    heads = [item for item in revisions if item.is_applied and item.id not in followed]
    for item in heads:
        click.echo(f"{item}{' (head)' if item.is_head else ''}")
    if not heads:
        click.echo("The database stands at the beginning.")


@click.command()
@_takes_migrations
def history(migrations: Migrations) -> None:
    """List the migrations, the last one first, and which ones the database has."""
    revisions = _run(migrations.list_history())
    if not revisions:
        click.echo("There are no migrations yet.")
        return
    rows = [
        (item.id, "yes" if item.is_applied else "no", ", ".join(item.follows), item.message)
        for item in reversed(revisions)
    ]
    click.echo(align_table(("REVISION", "APPLIED", "FOLLOWS", "MESSAGE"), rows))


@click.command()
@_takes_migrations
@click.option("--json", "as_json", is_flag=True, help="Write JSON instead of text.")
@click.pass_context
def check(ctx: click.Context, /, migrations: Migrations, *, as_json: bool) -> None:
    """Compare the database with the migrations and the models; status 1 if they differ."""
    report = _run(migrations.check())
    if as_json:
        content = {
            "ok": report.is_clean,
            "current": list(report.current),
            "pending": [{"id": item.id, "message": item.message} for item in report.pending],
            "differences": list(report.differences),
        }
        click.echo(json.dumps(content, indent=2, ensure_ascii=False))
    else:
        _, name, _ = ctx.meta[_KEY]
        click.echo(_name_database(str(report), name), err=not report.is_clean)
    if not report.is_clean:
        raise SystemExit(1)


@click.command()
@_takes_migrations
@click.argument("span", metavar="[[FROM:]REVISION]", default="head")
def sql(migrations: Migrations, *, span: str) -> None:
    """Write the SQL that leads to REVISION, from where the database stands or from FROM, and execute nothing."""
    start, separator, target = span.rpartition(":")
    click.echo(_run(migrations.write_sql(target or "head", start=(start or "base") if separator else None)), nl=False)

"""
The steps that lead from where a database stands to a revision.
"""

from collections.abc import Callable, Iterable
from types import ModuleType
from typing import cast

from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.util import CommandError

from covet.database.migrations.environment import Plan
from covet.database.migrations.errors import MigrationError, UnknownRevisionError
from covet.database.migrations.revisions import RevisionDirectory

__all__ = ["plan_downgrade", "plan_upgrade"]


def plan_upgrade(directory: RevisionDirectory, target: str) -> Plan:
    """Plan the way up to a revision."""
    # Alembic's own commands plan in this way, and there is no other.
    return _plan(directory, target, directory.script._upgrade_revs)  # noqa: SLF001


def plan_downgrade(directory: RevisionDirectory, target: str) -> Plan:
    """Plan the way down to a revision, which stays."""
    return _plan(directory, target, directory.script._downgrade_revs)  # noqa: SLF001


def _plan(directory: RevisionDirectory, target: str, find: Callable[[str, str], list[RevisionStep]]) -> Plan:
    def plan(current: tuple[str, ...], _context: MigrationContext) -> Iterable[RevisionStep]:
        directory.require_known(current)
        try:
            # Alembic says that it takes a text; it is a tuple of them.
            return find(target, cast("str", current))
        except CommandError as exc:
            place = ", ".join(current) or "the beginning"
            raise UnknownRevisionError(
                f"No way leads from {place}, where the database stands, to {target!r}.",
                revision=target,
                hint="covet db history shows the order.",
            ) from exc
        except AttributeError as exc:
            if exc.name != "downgrade" or not isinstance(exc.obj, ModuleType):
                raise
            name = directory.name(exc.obj.revision)
            raise MigrationError(
                f"The migration {name} has no downgrade(): nothing says how to take it back.",
                hint="Write def downgrade() into its file; with nothing but pass, if nothing is to be done.",
            ) from exc

    return plan

"""
The steps that lead from where a database stands to a revision.
"""

from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Final, cast

from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.util import CommandError

from covet.database.migrations.environment import Plan
from covet.database.migrations.errors import MigrationError, UnknownRevisionError
from covet.database.migrations.revisions import RevisionDirectory

__all__ = ["plan_downgrade", "plan_upgrade"]

# Alembic's word for steps that may lead to one revision or to another.
_AMBIGUOUS: Final = "Ambiguous"

Find = Callable[[str, tuple[str, ...]], list[RevisionStep]]


def plan_upgrade(directory: RevisionDirectory, target: str) -> Plan:
    """Plan the way up to a revision."""

    def find(target: str, current: tuple[str, ...]) -> list[RevisionStep]:
        # Alembic's own commands plan in this way, and there is no other. It says that it takes a text; it is a tuple.
        return directory.script._upgrade_revs(target, cast("str", current))  # noqa: SLF001

    return _plan(directory, target, find)


def plan_downgrade(directory: RevisionDirectory, target: str) -> Plan:
    """Plan the way down to a revision, which stays."""

    def find(target: str, current: tuple[str, ...]) -> list[RevisionStep]:
        if len(current) > 1 and target.startswith("-"):
            # Alembic would take one of the heads.
            raise CommandError(_AMBIGUOUS)
        return directory.script._downgrade_revs(target, cast("str", current))  # noqa: SLF001

    return _plan(directory, target, find)


def _plan(directory: RevisionDirectory, target: str, find: Find) -> Plan:
    def plan(current: tuple[str, ...], _context: MigrationContext) -> Iterable[RevisionStep]:
        directory.require_known(current)
        try:
            return find(target, current)
        except CommandError as exc:
            place = ", ".join(current) or "the beginning"
            advice = "covet db history shows the order."
            if str(exc).startswith(_AMBIGUOUS):
                advice = f"The migrations branch there: name a revision instead of {target!r}. {advice}"
            raise UnknownRevisionError(
                f"No way leads from {place}, where the database stands, to {target!r}.",
                revision=target,
                hint=advice,
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

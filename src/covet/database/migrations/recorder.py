"""
What became of each statement of a migration that runs: a failed one is told in full.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from alembic.runtime.migration import RevisionStep
from sqlalchemy import Connection, event

__all__ = ["Recorder"]

_CHANGELESS: Final = ("BEGIN", "DESCRIBE", "PRAGMA", "SELECT", "SHOW")
# MySQL commits before and after each of them, whatever transaction they stand in.
_COMMITTING: Final = ("ALTER", "ANALYZE", "CREATE", "DROP", "GRANT", "RENAME", "REVOKE", "TRUNCATE")


@dataclass(slots=True)
class Recorder:
    """
    Notes the steps of a run and their statements.

    Attributes:
        version_table: The table of Alembic's, whose statements are not the migration's.
        current: The step that runs.
        kept: The statements of that step that can no longer be rolled back.
        applied: The steps before it.
    """

    version_table: str
    current: RevisionStep | None = None
    kept: list[str] = field(default_factory=list)
    applied: list[RevisionStep] = field(default_factory=list)
    _open: list[str] = field(default_factory=list)

    def watch(self, connection: Connection) -> None:
        """Listen to a connection."""
        event.listen(connection, "before_cursor_execute", self._foresee)
        event.listen(connection, "after_cursor_execute", self._note)
        event.listen(connection, "commit", self._commit)

    def follow(self, steps: Iterable[RevisionStep]) -> Iterator[RevisionStep]:
        """Pass on steps, each when the one before it is done."""
        for step in steps:
            self.current = step
            self.kept.clear()
            self._open.clear()
            yield step
            self.applied.append(step)
            self.current = None

    def describe_interruption(self, name: str) -> str:
        """Write what is left of the step that runs, if nobody waits for its end."""
        if not self.kept:
            return f"The migration {name} was interrupted, and is taken back."
        lines = "".join(f"\n    {statement}" for statement in self.kept)
        return f"The migration {name} was interrupted, and what was carried out of it remains:{lines}"

    # Any: the cursor and the parameters are the driver's.
    def _foresee(self, connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if _commits_by_itself(connection, statement):
            # Even if it fails, what stood before it is committed.
            self._keep()

    def _note(self, connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        is_own = self.version_table in statement or statement.lstrip().upper().startswith(_CHANGELESS)
        if self.current is not None and not is_own:
            self._open.append(" ".join(statement.split()))
        is_automatic = connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"
        if is_automatic or _commits_by_itself(connection, statement):
            self._keep()

    def _commit(self, _connection: Connection) -> None:
        self._keep()

    def _keep(self) -> None:
        self.kept += self._open
        self._open.clear()


def _commits_by_itself(connection: Connection, statement: str) -> bool:
    return connection.dialect.name in {"mysql", "mariadb"} and statement.lstrip().upper().startswith(_COMMITTING)

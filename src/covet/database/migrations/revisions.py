"""
The revisions of a directory: reading them, naming them, and finding out which ones a database has.
"""

import re
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alembic.script import Script, ScriptDirectory
from alembic.script.revision import RevisionMap
from alembic.util import CommandError

from covet.database.migrations.errors import (
    MigrationError,
    MigrationsMissingError,
    MultipleHeadsError,
    UnknownRevisionError,
)
from covet.database.migrations.layout import FILES
from covet.exceptions import suggest

__all__ = ["Revision", "RevisionDirectory", "require_id", "require_message"]

# What Alembic's column holds, and what is no path, no option and nothing relative.
_ID: Final = re.compile(r"[A-Za-z0-9_]{1,32}")
_TARGETS: Final = frozenset({"base", "current", "head", "heads"})
_RELATIVE: Final = re.compile(r"[+-]\d+")
_FILE_TEMPLATE: Final = "%(year)d%(month).2d%(day).2d_%(rev)s_%(slug)s"


@dataclass(frozen=True, slots=True)
class Revision:
    """
    A migration.

    Attributes:
        id: What it is called in the database.
        message: What it is for.
        follows: The revisions before it; none for the first.
        path: Its file.
        is_head: Whether none follows it.
        is_applied: Whether the database has it; `None` if it was not asked.
    """

    id: str
    message: str
    follows: tuple[str, ...]
    path: Path
    is_head: bool
    is_applied: bool | None = None

    def __str__(self) -> str:
        return f"{self.id} {self.message!r}"


class RevisionDirectory:
    """
    The revisions in a directory, read once.

    Args:
        directory: The directory.

    Raises:
        MigrationsMissingError: If `covet db init` was never run there.
        MigrationError: If one of them cannot be read.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory
        if not all((directory / name).is_file() for name in FILES):
            raise MigrationsMissingError(str(directory))
        self.script = ScriptDirectory(str(directory), file_template=_FILE_TEMPLATE, messaging_opts={"quiet": True})
        try:
            # All are imported here: later, inside of a transaction, nothing is left to be wrong.
            found = list(self.script._load_revisions())  # noqa: SLF001 - Alembic would but warn of what is refused here
            self._require_order(found)
            self.script.revision_map = RevisionMap(lambda: found)
            self._scripts = list(self.script.walk_revisions())
        except MigrationError:
            raise
        except Exception as exc:
            # What a file holds may raise anything while it is imported.
            raise self._explain(exc) from exc

    def describe(self, script: Script, *, is_applied: bool | None = None) -> Revision:
        """Tell what is worth knowing of a revision."""
        down = script.down_revision
        follows = () if down is None else (down,) if isinstance(down, str) else tuple(down)
        message = (script.doc or "").strip()
        return Revision(script.revision, message, follows, Path(script.path), script.is_head, is_applied)

    def list_all(self, current: Sequence[str] = ()) -> list[Revision]:
        """
        List all revisions from the first to the last.

        Args:
            current: Where a database stands.
        """
        applied = {*current, *self.find_before(current)}
        return [self.describe(script, is_applied=script.revision in applied) for script in reversed(self._scripts)]

    def find_before(self, current: Sequence[str]) -> set[str]:
        """Find the revisions that come before those at which a database stands."""
        before = {script.revision for script in self.script.iterate_revisions(tuple(current), "base")}
        return before - set(current)

    def resolve(self, target: str) -> tuple[str, ...]:
        """Return the revisions that a target means; none for `base`."""
        return tuple(script.revision for script in self.script.get_revisions(target) if script is not None)

    def find_pending(self, current: Sequence[str]) -> list[Revision]:
        """List the revisions that a database lacks, in the order in which they would run."""
        return [revision for revision in self.list_all(current) if not revision.is_applied]

    def _require_order(self, found: Sequence[Script]) -> None:
        """See that each revision has a name of its own, and follows what is there."""
        files: dict[str, str] = {}
        for script in found:
            if (other := files.setdefault(script.revision, script.path)) != script.path:
                names = " and ".join(sorted(repr(Path(path).name) for path in (other, script.path)))
                raise MigrationError(
                    f"Two migrations in {str(self.path)!r} are called {script.revision!r}: {names}.",
                    hint="Delete the copy, or give it a revision and a down_revision of its own.",
                )
        for script in found:
            for name in self.describe(script).follows:
                if not any(revision.startswith(name) for revision in files):
                    raise MigrationError(
                        f"{Path(script.path).name!r} in {str(self.path)!r} follows {name!r}, which is not there.",
                        hint="Restore its file, or correct the down_revision.",
                    )

    def _explain(self, exc: Exception) -> MigrationError:
        folder = str(self.path / "versions")
        files = [frame.filename for frame in traceback.extract_tb(exc.__traceback__) if folder in frame.filename]
        if isinstance(exc, SyntaxError) and exc.filename:
            files.append(exc.filename)
        if files:
            return MigrationError(f"The migration {files[-1]!r} cannot be imported: {type(exc).__name__}: {exc}")
        return MigrationError(f"The migrations in {str(self.path)!r} cannot be read: {exc}.")

    def name(self, revision: str) -> str:
        """Write a revision with its message."""
        return str(self.describe(self.script.get_revision(revision)))

    def require_known(self, current: Iterable[str]) -> None:
        """
        See that a database stands at revisions of this directory.

        Raises:
            UnknownRevisionError: If it does not.
        """
        known = {script.revision for script in self._scripts}
        for revision in current:
            if revision not in known:
                raise UnknownRevisionError(
                    f"The database stands at {revision!r}, and {str(self.path)!r} has no such migration.",
                    revision=revision,
                    hint="The database is newer than this code, or of another application, or the file was deleted: "
                    "restore it.",
                )

    def require_one_head(self) -> str | None:
        """
        Return the last revision; `None` if there is none at all.

        Raises:
            MultipleHeadsError: If there are several.
        """
        heads = sorted(self.script.get_heads())
        if len(heads) > 1:
            raise MultipleHeadsError([self.name(head) for head in heads])
        return heads[0] if heads else None

    def require(self, target: str) -> None:
        """
        See that a target can be found: a revision, the beginning of one, `head`, `heads`, `base` or a relative one.

        Raises:
            UnknownRevisionError: If it cannot.
            MultipleHeadsError: If it is `head`, and there are several.
        """
        if target == "head":
            self.require_one_head()
        if target in {"head", "heads", "base"} or _RELATIVE.fullmatch(target):
            return
        try:
            self.script.get_revisions(target)
        except CommandError as exc:
            known = [script.revision for script in self._scripts]
            raise UnknownRevisionError(
                f"There is no migration {target!r} in {str(self.path)!r}.",
                revision=target,
                hint=f"{suggest(target, known)} covet db history lists them.".strip(),
            ) from exc


def require_message(message: str) -> None:
    """
    See that a migration says what it is for, in one line that can be read.

    Raises:
        MigrationError: If it does not.
    """
    if not message.strip():
        raise MigrationError("A migration needs a message.", hint='Write covet db revision -m "what changes".')
    if not message.strip().isprintable():
        raise MigrationError(
            f"The message {message!r} has characters that cannot be printed.", hint="Write one line of text."
        )


def require_id(revision_id: str) -> None:
    """
    See that a revision can be called so: it stands in databases, in the names of files, and where targets do.

    Raises:
        MigrationError: If it cannot.
    """
    if not _ID.fullmatch(revision_id):
        raise MigrationError(
            f"A migration cannot be called {revision_id!r}.",
            hint="Write letters, digits and underscores, at most 32 of them, or leave it to be drawn by lot.",
        )
    if revision_id in _TARGETS:
        raise MigrationError(
            f"A migration cannot be called {revision_id!r}: as a target that means something else.",
            hint="Choose another revision_id.",
        )

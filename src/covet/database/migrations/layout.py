"""
The files that a directory of migrations begins with.
"""

from pathlib import Path
from typing import Final

from covet.database.migrations.errors import MigrationError

__all__ = ["FILES", "create_directory"]

FILES: Final = {
    "env.py": '''"""
Run by each command on the migrations beside it.

`run_migrations` takes the options of Alembic's `context.configure()`: `include_object`, `compare_server_default` …
"""

from covet.database.migrations import run_migrations

run_migrations()
''',
    "script.py.mako": '''"""
${message}

${"Follows " + comma(down_revision) if down_revision else "The first one"}, made on ${create_date}.
"""

import sqlalchemy as sa
from alembic import op
${imports + "\\n" if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
''',
}
"""What each file holds, by its name."""


def create_directory(directory: Path) -> list[Path]:
    """
    Make a directory of migrations.

    Args:
        directory: Where; what is missing of the way there is made, too.

    Returns:
        What was written.

    Raises:
        MigrationError: If there are migrations already, or it cannot be written.
    """
    for name in FILES:
        if (directory / name).exists():
            raise MigrationError(
                f"There are migrations in {str(directory)!r} already: {name}.",
                hint="Nothing was changed. Name another directory, if this is another database's.",
            )
    try:
        (directory / "versions").mkdir(parents=True, exist_ok=True)
        for name, text in FILES.items():
            (directory / name).write_text(text, "utf-8")
    except OSError as exc:
        raise MigrationError(
            f"The directory {str(directory)!r} cannot be made: {exc.strerror}.",
            hint="Name one that can be written in.",
        ) from exc
    return [directory / name for name in FILES]

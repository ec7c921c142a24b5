"""
The directory of migrations.
"""

from pathlib import Path

import pytest

from covet.database.migrations import MigrationError
from covet.database.migrations.layout import create_directory


def test_it_is_made_with_its_way(tmp_path: Path) -> None:
    """And with as little in it as there can be."""
    written = create_directory(tmp_path / "shop" / "migrations")

    assert written == [tmp_path / "shop/migrations/env.py", tmp_path / "shop/migrations/script.py.mako"]
    assert sorted(path.name for path in (tmp_path / "shop/migrations").iterdir()) == [
        "env.py",
        "script.py.mako",
        "versions",
    ]
    assert all(len(path.read_text().splitlines()) < 30 for path in written)


def test_one_that_is_there_is_left_alone(tmp_path: Path) -> None:
    """Whoever wrote it did so on purpose."""
    create_directory(tmp_path)
    (tmp_path / "env.py").write_text("mine")

    with pytest.raises(MigrationError) as caught:
        create_directory(tmp_path)

    assert str(caught.value) == (
        f"There are migrations in {str(tmp_path)!r} already: env.py.\n"
        "  Nothing was changed. Name another directory, if this is another database's."
    )
    assert (tmp_path / "env.py").read_text() == "mine"


def test_one_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """A file stands in its way."""
    (tmp_path / "shop").write_text("")

    with pytest.raises(MigrationError) as caught:
        create_directory(tmp_path / "shop" / "migrations")

    assert str(caught.value) == (
        f"The directory {str(tmp_path / 'shop/migrations')!r} cannot be made: Not a directory.\n"
        "  Name one that can be written in."
    )

"""
The revisions of a directory.
"""

import pytest

from covet.database.migrations import MigrationError, UnknownRevisionError
from covet.database.migrations.revisions import Revision, RevisionDirectory
from tests.unit.database.migrations.conftest import Workshop


@pytest.fixture
def directory(sqlite: Workshop) -> RevisionDirectory:
    """Three in a row."""
    sqlite.write("a1")
    sqlite.write("b2", follows="a1")
    sqlite.write("c3", follows="b2")
    return RevisionDirectory(sqlite.directory)


def test_they_are_listed_in_order(directory: RevisionDirectory, sqlite: Workshop) -> None:
    """With what a database has of them."""
    revisions = directory.list_all(["b2"])

    assert revisions[0] == Revision("a1", "do a1", (), sqlite.directory / "versions/a1.py", False, True)
    assert [(item.id, item.is_applied) for item in revisions] == [("a1", True), ("b2", True), ("c3", False)]
    assert [item.id for item in directory.find_pending([])] == ["a1", "b2", "c3"]
    assert directory.find_before(["c3"]) == {"a1", "b2"}
    assert str(revisions[0]) == "a1 'do a1'"


def test_a_target_may_be_the_beginning_of_one(directory: RevisionDirectory, sqlite: Workshop) -> None:
    """Of four letters or more, as far as it is clear which one."""
    sqlite.write("abcdef", follows="c3")
    directory = RevisionDirectory(sqlite.directory)
    directory.require("abcd")

    assert directory.resolve("abcd") == ("abcdef",)
    assert directory.resolve("c3") == ("c3",)
    assert directory.resolve("head") == ("abcdef",)
    assert directory.resolve("base") == ()
    with pytest.raises(UnknownRevisionError) as caught:
        directory.require("d4")
    assert caught.value.revision == "d4"


def test_one_that_follows_nothing_is_explained(sqlite: Workshop) -> None:
    """Its file was deleted, or its name mistyped; nothing but the error tells of it."""
    sqlite.write("b2", follows="a1")

    with pytest.raises(MigrationError) as caught:
        RevisionDirectory(sqlite.directory)

    assert str(caught.value) == (
        f"'b2.py' in {str(sqlite.directory)!r} follows 'a1', which is not there.\n"
        "  Restore its file, or correct the down_revision."
    )


def test_two_of_one_name_are_explained(sqlite: Workshop) -> None:
    """A copied file is no second head, which could be joined."""
    path = sqlite.write("a1")
    path.with_name("copy.py").write_text(path.read_text())

    with pytest.raises(MigrationError) as caught:
        RevisionDirectory(sqlite.directory)

    assert str(caught.value) == (
        f"Two migrations in {str(sqlite.directory)!r} are called 'a1': 'a1.py' and 'copy.py'.\n"
        "  Delete the copy, or give it a revision and a down_revision of its own."
    )


def test_one_that_cannot_be_imported_is_explained(sqlite: Workshop) -> None:
    """Before anything is run."""
    sqlite.write("a1", "(")

    with pytest.raises(MigrationError) as caught:
        RevisionDirectory(sqlite.directory)

    file = str(sqlite.directory / "versions" / "a1.py")
    assert str(caught.value).startswith(f"The migration {file!r} cannot be imported: SyntaxError: ")


def test_an_error_of_its_own_is_not_taken_for_another(sqlite: Workshop) -> None:
    """A key that is missing in a file is no revision that is."""
    path = sqlite.write("a1")
    path.write_text(path.read_text() + "\n{}['rate']\n")

    with pytest.raises(MigrationError) as caught:
        RevisionDirectory(sqlite.directory)

    assert str(caught.value) == f"The migration {str(path)!r} cannot be imported: KeyError: 'rate'"


def test_a_circle_is_explained(sqlite: Workshop) -> None:
    """Each follows the other: none is the first."""
    sqlite.write("a1", follows="b2")
    sqlite.write("b2", follows="a1")

    with pytest.raises(MigrationError) as caught:
        RevisionDirectory(sqlite.directory)

    assert str(caught.value) == (
        f"The migrations in {str(sqlite.directory)!r} cannot be read: Cycle is detected in revisions (a1, b2)."
    )

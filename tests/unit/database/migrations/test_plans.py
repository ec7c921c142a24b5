"""
The steps that lead somewhere.
"""

from typing import Any

import pytest

from covet.database.migrations import UnknownRevisionError
from covet.database.migrations.plans import plan_downgrade, plan_upgrade
from covet.database.migrations.revisions import RevisionDirectory
from tests.unit.database.migrations.conftest import Workshop

# A plan looks at revisions alone.
CONTEXT: Any = None


@pytest.fixture
def directory(sqlite: Workshop) -> RevisionDirectory:
    """Three in a row."""
    sqlite.write("a1")
    sqlite.write("b2", follows="a1")
    sqlite.write("c3", follows="b2")
    return RevisionDirectory(sqlite.directory)


@pytest.mark.parametrize(
    ("target", "current", "steps"),
    [("head", (), ["a1", "b2", "c3"]), ("+1", ("a1",), ["b2"]), ("b2", ("b2",), []), ("c3", ("b2",), ["c3"])],
)
def test_up(directory: RevisionDirectory, target: str, current: tuple[str, ...], steps: list[str]) -> None:
    """From the first that is missing to the last that is meant."""
    plan = plan_upgrade(directory, target)(current, CONTEXT)

    assert [step.revision.revision for step in plan] == steps
    assert all(step.is_upgrade for step in plan)


@pytest.mark.parametrize(
    ("target", "current", "steps"),
    [("base", ("c3",), ["c3", "b2", "a1"]), ("-1", ("b2",), ["b2"]), ("a1", ("c3",), ["c3", "b2"])],
)
def test_down(directory: RevisionDirectory, target: str, current: tuple[str, ...], steps: list[str]) -> None:
    """From the last to the one that stays."""
    plan = plan_downgrade(directory, target)(current, CONTEXT)

    assert [step.revision.revision for step in plan] == steps
    assert not any(step.is_upgrade for step in plan)


def test_nowhere(directory: RevisionDirectory) -> None:
    """Both ends are named."""
    with pytest.raises(UnknownRevisionError) as caught:
        plan_upgrade(directory, "+1")(("c3",), CONTEXT)

    assert str(caught.value).startswith("No way leads from c3, where the database stands, to '+1'.")


@pytest.mark.parametrize(
    ("plan", "target", "current"),
    [
        (plan_downgrade, "-1", ("e5",)),
        (plan_downgrade, "-1", ("c3", "d4")),
        (plan_upgrade, "+1", ("b2",)),
        (plan_upgrade, "+1", ("c3", "d4")),
    ],
    ids=["from a merge", "from two heads", "into two branches", "towards a merge"],
)
def test_a_number_of_steps_means_nothing_where_migrations_branch(
    directory: RevisionDirectory, sqlite: Workshop, plan: Any, target: str, current: tuple[str, ...]
) -> None:
    """A revision is to be named instead, and leads there."""
    sqlite.write("d4", follows="b2")
    sqlite.write("e5", follows=("c3", "d4"))
    branched = RevisionDirectory(directory.path)

    with pytest.raises(UnknownRevisionError) as caught:
        plan(branched, target)(current, CONTEXT)

    assert str(caught.value) == (
        f"No way leads from {', '.join(current)}, where the database stands, to {target!r}.\n"
        f"  The migrations branch there: name a revision instead of {target!r}. covet db history shows the order."
    )
    steps = plan_downgrade(branched, "d4")(("e5",), CONTEXT)
    assert [step.revision.revision for step in steps] == ["e5"]

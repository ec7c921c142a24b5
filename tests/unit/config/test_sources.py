"""
Where settings are looked for.
"""

import dataclasses
from pathlib import Path

import pytest

from covet.config import Sources


@pytest.mark.parametrize(
    ("sources", "root"),
    [
        (Sources(), Path()),
        (Sources(directory="/srv"), Path("/srv")),
        (Sources(file="/etc/shop/config.toml"), Path("/etc/shop")),
        (Sources(file="/etc/shop/config.toml", directory="/srv"), Path("/srv")),
        (Sources(file="config.toml"), Path()),
    ],
)
def test_the_root_is_the_directory_or_that_of_the_file(sources: Sources, root: Path) -> None:
    """Relative names start from what was said most plainly."""
    assert sources.root == root


def test_none_reads_nothing() -> None:
    """Every source is off, the environment of the process included."""
    sources = Sources.none()

    assert (sources.use_files, sources.dotenv, sources.secrets, sources.variables) == (False, None, None, {})


def test_sources_do_not_show_values() -> None:
    """An environment or a command line may hold secrets."""
    sources = Sources(variables={"COVET_KEY": "hunter2"}, command_line={"key": "hunter2"})

    assert "hunter2" not in repr(sources)


def test_the_page_lists_every_option() -> None:
    """In the order of the class, each with its meaning."""
    page = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text("utf-8")
    table = page.partition("| option of `Sources` |")[2].partition("\n\n")[0]

    listed = [line.split("`")[1] for line in table.splitlines() if line.startswith("| `")]

    assert listed == [field.name for field in dataclasses.fields(Sources)]

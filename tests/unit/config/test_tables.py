"""
Tables that others read: frozen, and shown without their secrets.
"""

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest

from covet.config import Settings, Sources
from covet.config.tables import FrozenTable, find_within

SECRET = "hunter2-hunter2"


def read_tables(directory: Path) -> Settings:
    """Read settings in which a plugin has secrets by their names, in a URL, and from a secret file."""
    (directory / "covet_plugins__shop__inner__dsn").write_text(SECRET)
    sources = Sources(use_files=False, dotenv=None, secrets=directory, variables={})
    shop = {"api_key": SECRET, "url": f"db://ada:{SECRET}@host", "mirrors": [{"token": SECRET}], "size": 1}
    return Settings(sources=sources, plugins={"shop": shop})


def test_tables_cannot_be_changed() -> None:
    """Two applications may read the same settings."""
    tables: Any = FrozenTable({"a": {"b": [1, {"c": 2}]}})

    with pytest.raises(TypeError):
        tables["a"]["x"] = 1
    assert tables == {"a": {"b": (1, {"c": 2})}}


@pytest.mark.parametrize("write", [repr, str, "{}".format])
def test_tables_show_no_secret(write: Any, tmp_path: Path) -> None:
    """Whether by its name, in a URL, within a list or from a secret file; its neighbours are shown."""
    plugins = read_tables(tmp_path).plugins

    texts = [write(plugins), write(plugins["shop"])]

    assert all(SECRET not in text and "size" in text for text in texts)
    assert SECRET not in write(plugins["shop"]["inner"])


def test_values_are_as_they_are(tmp_path: Path) -> None:
    """Whoever asks for one gets it."""
    shop = read_tables(tmp_path).plugins["shop"]

    assert (shop["api_key"], shop["inner"]) == (SECRET, {"dsn": SECRET})


def test_representation_is_masked_builtins() -> None:
    """What `settings.dict()` has."""
    assert (
        repr(FrozenTable({"pin": "1234", "a": {"b": None}})) == "FrozenTable({'pin': '**********', 'a': {'b': None}})"
    )


def test_all_of_a_hidden_table_is_hidden() -> None:
    """Though it was read as a whole."""
    assert FrozenTable({"a": "x", "b": {"c": 1}}, [()]).mask() == {"a": "**********", "b": "**********"}


def test_tables_are_copied_and_not_pickled() -> None:
    """A pickle would hold secrets in clear."""
    table = FrozenTable({"api_key": SECRET})

    with pytest.raises(
        TypeError, match="A table of settings cannot be pickled: secrets in it would be written in clear"
    ):
        pickle.dumps(table)
    assert copy.deepcopy(table) is copy.copy(table) is table


def test_paths_within_a_place_are_found() -> None:
    """The place itself is the empty path."""
    assert find_within(("a",), {("a",), ("a", "b"), ("c",)}) == {(), ("b",)}

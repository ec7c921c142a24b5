"""
The files of the pages: which there are, and that nothing else is given out.
"""

from pathlib import Path

import pytest

from covet.openapi import ui_files
from covet.openapi.ui_files import REDOC, SWAGGER, UI, list_missing, read_file


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the place of that with the files."""
    monkeypatch.setattr(ui_files, "FOLDER", tmp_path)
    return tmp_path


def test_missing_files_are_listed(folder: Path) -> None:
    """
    The licences belong to them.
    """
    (folder / "redoc.standalone.js").write_text("")

    assert list_missing([REDOC]) == ["redoc.LICENSE", "redoc.standalone.LICENSE"]


def test_a_file_is_read(folder: Path) -> None:
    """
    As it is.
    """
    (folder / "swagger-ui.css").write_bytes(b"css")

    assert read_file("swagger-ui.css") == b"css"


@pytest.mark.parametrize("name", ["versions.json", "../plugin.py", "swagger-ui.LICENSE", ""])
def test_nothing_else_is_read(folder: Path, name: str) -> None:
    """
    A name that stands in no list leads nowhere, whatever is in the folder.
    """
    (folder / "versions.json").write_text("{}")

    with pytest.raises(KeyError):
        read_file(name)


def test_a_file_that_is_not_there_says_so(folder: Path) -> None:
    """
    Whoever asks has to know.
    """
    with pytest.raises(FileNotFoundError):
        read_file("swagger-ui.css")


@pytest.mark.parametrize("ui", [SWAGGER, REDOC], ids=lambda ui: ui.name)
def test_no_policy_allows_anything_inline(ui: UI) -> None:
    """
    Neither scripts nor styles, but for what is named by its hash.
    """
    policy = " ".join(ui.policy)

    assert "unsafe" not in policy
    assert "http" not in policy

"""
The build step that fetches the files of the pages: what npm brings is checked, and nothing else is taken.
"""

import importlib.util
import io
import json
import shutil
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from covet.openapi.ui_files import UIS
from tests.architecture.source import ROOT, list_tracked_files


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("fetch_ui", ROOT / "scripts" / "fetch_ui.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["fetch_ui"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules["fetch_ui"]


def make_archive(folder: Path, **files: str) -> Path:
    """
    Make an archive as npm does.
    """
    path = folder / "package.tgz"
    with tarfile.open(path, "w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return path


def make_npm(folder: Path, archive: Path | None) -> str:
    """
    Make a command that brings an archive, or fails.
    """
    command = folder / "npm"
    told = json.dumps([{"filename": "package.tgz"}])
    body = "echo no >&2; exit 1" if archive is None else f"cp {archive} package.tgz; echo '{told}'"
    command.write_text(f"#!/bin/sh\n{body}\n")
    command.chmod(0o755)
    return str(command)


def test_it_fetches_what_the_pages_need(script: ModuleType) -> None:
    """
    Every file and every licence, under the names that the application knows.
    """
    fetched = {name for package in script.PACKAGES for name in package.files.values()}

    assert fetched == {name for ui in UIS.values() for name in (*ui.files, *ui.licences)}
    assert all(package.integrity.startswith("sha512-") for package in script.PACKAGES)


def test_no_file_is_tracked() -> None:
    """
    They are other people's work: git ignores them.
    """
    tracked = [path for path in list_tracked_files() if "openapi/ui/" in path.as_posix()]

    assert tracked == []
    assert "src/covet/openapi/ui/" in (ROOT / ".gitignore").read_text("utf-8").splitlines()


def test_what_was_promised_is_unpacked(script: ModuleType, tmp_path: Path) -> None:
    """
    The files that are wanted, with what is to be replaced in them.
    """
    archive = make_archive(tmp_path, a="from elsewhere", b="more")
    integrity = script.make_integrity(archive)
    package = script.Package("x", "1", integrity, {"a": "x.js"}, {"elsewhere": "here"})

    script.fetch(package, tmp_path / "ui", make_npm(tmp_path, archive))

    assert [path.name for path in (tmp_path / "ui").iterdir()] == ["x.js"]
    assert (tmp_path / "ui" / "x.js").read_text() == "from here"


@pytest.mark.parametrize(
    ("integrity", "files", "changes", "message"),
    [
        ("sha512-other", {"a": "x.js"}, {}, "x 1 has the hash sha512-"),
        (None, {"a": "x.js"}, {"nowhere": ""}, "'nowhere' does not stand in x 1 exactly once."),
    ],
)
def test_anything_else_is_refused(
    script: ModuleType,
    tmp_path: Path,
    integrity: str | None,
    files: dict[str, str],
    changes: dict[str, str],
    message: str,
) -> None:
    """
    A hash that is not the pinned one, a text that is not there any more.
    """
    archive = make_archive(tmp_path, a="from elsewhere")
    package = script.Package("x", "1", integrity or script.make_integrity(archive), files, changes)

    with pytest.raises(script.FetchError) as caught:
        script.fetch(package, tmp_path / "ui", make_npm(tmp_path, archive))

    assert str(caught.value).startswith(message)


def test_a_failure_of_npm_is_said(script: ModuleType, tmp_path: Path) -> None:
    """
    In its own words.
    """
    package = script.Package("x", "1", "", {})

    with pytest.raises(script.FetchError) as caught:
        script.fetch(package, tmp_path / "ui", make_npm(tmp_path, None))

    assert str(caught.value) == "npm pack x@1 failed:\nno"


def test_without_npm_it_says_what_to_install(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    And ends with 1.
    """
    monkeypatch.setattr(script, "FOLDER", tmp_path)
    monkeypatch.setattr(shutil, "which", lambda name: None)

    assert script.main() == 1
    assert "Install Node.js, then run: make ui" in capsys.readouterr().out

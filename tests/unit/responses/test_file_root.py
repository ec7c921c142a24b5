"""A directory that is never left."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from covet.exceptions import ConfigurationError
from covet.http.file_names import make_storable_name
from covet.responses.file_root import FileRoot

SECRET = b"secret"


@pytest.fixture
def root(tmp_path: Path) -> FileRoot:
    """A directory with a file, beside others whose names begin as its own does."""
    (tmp_path / "static" / "css").mkdir(parents=True)
    (tmp_path / "static" / "css" / "site.css").write_bytes(b"css")
    (tmp_path / "static" / ".env").write_bytes(SECRET)
    (tmp_path / "static1.txt").write_bytes(SECRET)
    (tmp_path / "static-secret").mkdir()
    (tmp_path / "static-secret" / "key").write_bytes(SECRET)
    return FileRoot(tmp_path / "static")


def read(root: FileRoot, path: str) -> bytes | None:
    """Read what a path leads to; nothing if it leads nowhere."""
    parts = root.split(path)
    if parts is None:
        return None
    try:
        file = root.open(parts)
    except OSError:
        return None
    try:
        return file.read(0, 100)
    finally:
        file.close()


def test_file_inside_is_found(root: FileRoot) -> None:
    """By its parts."""
    assert read(root, "css/site.css") == b"css"


@pytest.mark.parametrize(
    "path",
    ["../static1.txt", "..", ".", "css/../../static1.txt", "./css/site.css", "css//site.css", "/etc/passwd", "",
     "css/site.css/", "..\\static1.txt", "css\\site.css", "C:\\x", "C:/x", "c:", "site.css::$DATA", ".env", "css/.x",
     "a\0.html", "\n", "a\x7f", "NUL", "com1.txt", "css/LPT9", "aux.", "con .txt", "a" * 300, "a/" * 70, "a.", "a ",
     "x*", "a|b", "....", "\ud800", "/host/share", "//host/share", "\\\\host\\share", "nul.css", "CONIN$"],
)  # fmt: skip
def test_row_041_path_is_refused_before_the_file_system_hears_of_it(
    root: FileRoot, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its look alone."""

    def spy(*arguments: object, **options: object) -> None:
        raise AssertionError(f"asked the file system: {arguments!r}")

    for name in ("open", "stat", "lstat", "readlink", "scandir", "listdir"):
        monkeypatch.setattr(os, name, spy)

    assert root.split(path) is None


@given(name=st.text(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_storable_name_is_found(root: FileRoot, name: str) -> None:
    """What is made of a client's name for storing is a path of one part."""
    storable = make_storable_name(name)

    assert root.split(storable) == [storable]


@pytest.mark.parametrize("path", ["css", "css/nothing", "css/site.css/more", "nothing/at/all", "é" * 200])
def test_row_042_what_is_no_file_is_not_found(root: FileRoot, path: str) -> None:
    """A directory, a file as a directory, a name that is too long in bytes."""
    parts = root.split(path)

    assert parts is not None
    with pytest.raises((FileNotFoundError, IsADirectoryError)):
        root.open(parts)


def test_row_037_neighbour_with_the_same_beginning_is_outside(root: FileRoot, tmp_path: Path) -> None:
    """A link to it leaves the root, although the text of its path begins with the root's."""
    (tmp_path / "static" / "near").symlink_to(tmp_path / "static1.txt")
    (tmp_path / "static" / "dir").symlink_to(tmp_path / "static-secret")

    assert (read(root, "near"), read(root, "dir/key")) == (None, None)


def test_row_039_link_is_followed_inside_only(root: FileRoot, tmp_path: Path) -> None:
    """To a file and through a directory, if that was asked for; outside never."""
    (tmp_path / "static" / "inside").symlink_to("css/site.css")
    (tmp_path / "static" / "styles").symlink_to("css")
    (tmp_path / "static" / "out").symlink_to("../static1.txt")
    (tmp_path / "static" / "loop").symlink_to("loop")
    (tmp_path / "static" / "dangling").symlink_to("nothing")
    # Out and in again, through a neighbour and through the root's own name.
    (tmp_path / "static" / "round").symlink_to("../static/css/site.css")
    (tmp_path / "static" / "far").symlink_to("../static-secret")
    (tmp_path / "static" / "absolute").symlink_to(tmp_path / "static1.txt")
    (tmp_path / "static" / "hop").symlink_to("far/key")
    following = FileRoot(tmp_path / "static", follow_symlinks=True)
    inside = ["inside", "styles/site.css", "round"]
    outside = ["out", "far/key", "absolute", "hop", "loop", "dangling"]
    # Links are followed, and paths of clients lead outside as little as ever.
    upwards = ["../static1.txt", "css/../../static1.txt", "..", "styles/../../static1.txt"]

    assert [read(following, path) for path in inside] == [b"css"] * 3
    assert [read(following, path) for path in outside + upwards] == [None] * 10
    assert [read(root, path) for path in inside + outside + upwards] == [None] * 13


def test_root_may_be_a_link(root: FileRoot, tmp_path: Path) -> None:
    """As deployments have it."""
    (tmp_path / "current").symlink_to("static")

    assert read(FileRoot(tmp_path / "current"), "css/site.css") == b"css"


def test_dotfiles_may_be_allowed(tmp_path: Path) -> None:
    """Such as `.well-known`; going up stays impossible."""
    (tmp_path / ".well-known").mkdir()
    (tmp_path / ".well-known" / "security.txt").write_bytes(b"mail")
    root = FileRoot(tmp_path, dotfiles=True)

    assert read(root, ".well-known/security.txt") == b"mail"
    assert (root.split(".."), root.split(".")) == (None, None)


PIECES = ["..", ".", "/", "\\", "%2e", "%2f", "css", "site.css", "static1.txt", "static-secret", "key", "\0", "C:",
          "etc", "passwd", "~", " ", "//", "....//", "；", "\u2025", "\uff0e", ".env"]  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=8).map("".join))
def test_row_038_no_path_leads_outside(root: FileRoot, path: str) -> None:
    """Whatever is put together, what is read is one of the files inside that may be seen."""
    assert read(root, path) in {None, b"css"}


@pytest.mark.parametrize("directory", ["", "/nowhere", "file"])
def test_missing_directory_is_an_error(directory: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says where it was looked for."""
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ConfigurationError) as caught:
        FileRoot(directory)

    assert str(caught.value) == (
        f"{directory!r} is no directory: there are no files to send.\n  Create it, or mend the path. "
        f"A relative path starts in the working directory, here {str(tmp_path)!r}."
    )


def test_directory_is_a_path() -> None:
    """Nothing else."""
    with pytest.raises(ConfigurationError) as caught:
        FileRoot(7)  # type: ignore[arg-type]

    assert str(caught.value) == "A directory is a path, got 7."


def test_the_root_of_the_file_system_is_refused(tmp_path: Path) -> None:
    """A link to it, too: all the files of the machine would be sent."""
    link = tmp_path / "link"
    link.symlink_to("/")

    for directory in ("/", "//", str(link)):
        with pytest.raises(ConfigurationError, match="is the root of the file system: every file") as caught:
            FileRoot(directory)
        assert "Name the directory" in str(caught.value)

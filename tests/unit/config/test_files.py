"""
Configuration files.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from covet.config import files
from covet.config.files import FileFailedError, find_config_files, find_stamp, parse_file, read_text
from covet.exceptions import MissingDependencyError


def write(directory: Path, name: str, text: str | bytes) -> Path:
    """Write a file; returns its path."""
    path = directory / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("config.toml", "[server]\nport = 1\n"),
        ("config.json", '{"server":\n {"port": 1}}'),
        ("config.yaml", "server:\n  port: 1\n"),
        ("config.yml", "server:\n  port: 1\n"),
        ("config.TOML", "\ufeff[server]\r\nport = 1\r\n"),
    ],
)
def test_every_format_gives_tables_and_lines(tmp_path: Path, name: str, text: str) -> None:
    """The same settings are the same in each."""
    parsed = parse_file(write(tmp_path, name, text))

    assert parsed.data == {"server": {"port": 1}}
    assert parsed.line_of(("server", "port")) == 2
    assert parsed.line_of(("server", "port", "deeper")) == 2
    assert parsed.line_of(("other",)) is None


@pytest.mark.parametrize(
    ("name", "text", "line", "message"),
    [
        ("a.toml", "a = 1\nb = hunter2\n", 2, "is no TOML: Invalid value"),
        ("a.toml", "a = 1\n[a]\n", 2, "is no TOML: Cannot overwrite a value"),
        ("a.toml", 'a = "hunter2', 1, "is no TOML: "),
        ("a.json", '{"a": 1,\n "b": hunter2}', 2, "is no JSON: Expecting value"),
        ("a.json", "[1]", None, "holds no table of names and values"),
        ("a.json", '{"a":' * 100_000, None, "is nested too deeply"),
        ("a.yaml", "a: 1\nb: 'hunter2", 2, "is no YAML: while scanning a quoted scalar"),
        ("a.yaml", "a: *hunter2", 1, "is no YAML"),
        ("a.json", '{"a": {"b": 1, "b": 2}}', None, "has the key 'b' twice in one table"),
        ("a.yaml", "c: 1\na:\n  b: 1\n  b: 2\n", 3, "has the key 'b' twice in one table"),
        ("a.yaml", "a: [{b: 1, b: 2}]", 1, "has the key 'b' twice in one table"),
        ("a.yaml", "- 1", None, "holds no table of names and values"),
        ("a.ini", "a = 1", None, "has an unknown format: its name must end with one of .toml, .yaml, .yml, .json"),
        ("a.toml", b"a = 1\nb = '\xff'", 2, "is no UTF-8 text"),
        ("a.toml", b"#" * (1024 * 1024 + 1), None, "is larger than 1048576 bytes"),
    ],
)
def test_a_wrong_file_is_an_error(tmp_path: Path, name: str, text: str | bytes, line: int | None, message: str) -> None:
    """The error has file and line, and never what stands there."""
    path = write(tmp_path, name, text)

    with pytest.raises(FileFailedError) as caught:
        parse_file(path)

    assert caught.value.message.startswith(message)
    assert (caught.value.file, caught.value.line) == (path, line)
    assert "hunter2" not in str(caught.value)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """The system says why it cannot be read."""
    with pytest.raises(FileFailedError, match="cannot be read: No such file or directory"):
        parse_file(tmp_path / "config.toml")


def test_yaml_names_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the library the error says how to install it."""
    monkeypatch.setitem(__import__("sys").modules, "yaml", None)

    with pytest.raises(MissingDependencyError) as caught:
        parse_file(write(tmp_path, "config.yaml", "a: 1"))

    assert str(caught.value) == (
        'PyYAML is needed for reading config.yaml.\n  Install it with: pip install "covetpy[yaml]"'
    )


def test_an_empty_yaml_file_sets_nothing(tmp_path: Path) -> None:
    """A file of comments is no mistake."""
    assert parse_file(write(tmp_path, "config.yaml", "# nothing\n")).data == {}


def test_yaml_makes_no_objects(tmp_path: Path) -> None:
    """A tag that would call Python is an error."""
    with pytest.raises(FileFailedError, match="is no YAML"):
        parse_file(write(tmp_path, "config.yaml", "a: !!python/object/apply:os.getcwd []"))


def _change_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Let somebody write to a file right after its first stamp was taken."""
    calls = 0

    def find(file: Path) -> object:
        nonlocal calls
        calls += 1
        stamp = find_stamp(file)
        if calls == 1:
            path.write_text("new text")
        return stamp

    monkeypatch.setattr(files, "find_stamp", find)
    return lambda: calls


def test_a_file_that_changes_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is returned is the file as it was at one moment."""
    path = write(tmp_path, "config.toml", "old")
    count = _change_once(path, monkeypatch)

    assert read_text(path) == "new text"
    assert count() == 4


def test_a_file_that_never_rests_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a file is never taken for a whole one."""
    path = write(tmp_path, "config.toml", "old")
    stamps = iter(range(100))
    monkeypatch.setattr(files, "find_stamp", lambda _: next(stamps))

    with pytest.raises(FileFailedError, match="changes all the time while it is read"):
        read_text(path)


def test_files_are_found_in_order(tmp_path: Path) -> None:
    """TOML comes first, and a directory of that name is no file."""
    for name in ("config.json", "config.toml", "other.toml"):
        write(tmp_path, name, "{}")
    (tmp_path / "config.yaml").mkdir()

    assert [file.name for file in find_config_files(tmp_path)] == ["config.toml", "config.json"]


def test_a_stamp_tells_states_apart(tmp_path: Path) -> None:
    """A file that is replaced, or not there, has another stamp."""
    path = write(tmp_path, "a", "1")
    first = find_stamp(path)
    write(tmp_path, "b", "2").replace(path)

    assert find_stamp(path) != first
    assert find_stamp(tmp_path / "nowhere") is None

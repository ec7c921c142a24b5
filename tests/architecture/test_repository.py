"""
What holds for the repository as a whole: one version, news in one sentence, nothing of one machine.
"""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

from covet._version import __version__
from tests.architecture.source import ROOT, list_tracked_files, read_source

# Written in two parts, so that this file does not find itself.
MACHINE = re.compile(
    # Where people and machines keep a checkout, this one too; after a word or a variable it is part of another path.
    r"(?<![\w.$}/-])(?:/roo" + r"t|/hom" + r"e/\w+|/User" + r"s/\w+|/work" + rf"spaces?/\w+|{re.escape(str(ROOT))})/"
    r"|\b[A-Z]:\\\\?User" + r"s\\"
    r"|\.py" + r"env\b"
)
REGISTRY = re.compile(
    r"(?:--(?:extra-)?index" + r"-url|--find" + r"-links)[ =]"
    # What registries have behind their host, whatever its name is.
    r"|https?://[^\s\"'<>]+/(?:simple|repository|artifacts?)/[^\s\"'<>]*"
)
FRAGMENTS = [path for path in sorted((ROOT / "changelog.d").glob("*")) if path.name != "README.md"]


def test_version_has_one_source() -> None:
    """
    The build, the metadata and `covet.__version__` read one file.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    literal = f'"{__version__}"'

    holders = [file.relative for file in read_source() if literal in file.path.read_text("utf-8")]

    assert holders == ["_version.py"]
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "src/covet/_version.py"
    assert version("covetpy") == __version__


def test_core_has_no_dependency() -> None:
    """
    `pip install covetpy` brings nothing else.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

    assert project["project"]["dependencies"] == []


def test_all_is_every_extra() -> None:
    """
    `covetpy[all]` brings what the other extras bring, each of them.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extras = project["project"]["optional-dependencies"]

    assert extras["all"] == [f"covetpy[{','.join(name for name in extras if name != 'all')}]"]


@pytest.mark.parametrize("pattern", [MACHINE, REGISTRY], ids=["machine path", "registry address"])
def test_tracked_files_know_no_machine(pattern: re.Pattern[str]) -> None:
    """
    No tracked file holds the path of a machine or the address of a package registry.
    """
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in list_tracked_files()
        for number, line in enumerate(_read_text(path).splitlines(), start=1)
        if pattern.search(line)
    ]

    assert found == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (MACHINE, "see /roo" + "t/notes.txt"),
        (MACHINE, "python = /hom" + "e/someone/bin/python"),
        (MACHINE, "~/.py" + "env/versions"),
        (REGISTRY, "--index" + "-url https://example.org/"),
        (MACHINE, "built in /work" + "space/project/src"),
        (MACHINE, f"see {ROOT}/src"),
        (MACHINE, "C:\\User" + "s\\someone\\covet"),
        (REGISTRY, "https://packages.example.org/sim" + "ple/covetpy"),
        (REGISTRY, "https://example.org/repos" + "itory/npm/covetpy"),
    ],
)
def test_what_is_of_one_machine_is_found(pattern: re.Pattern[str], text: str) -> None:
    """
    The patterns find what they are for.
    """
    assert pattern.search(text)


@pytest.mark.parametrize("fragment", FRAGMENTS, ids=lambda path: path.name)
def test_news_is_one_sentence(fragment: Path) -> None:
    """
    A fragment of the changelog is a Markdown file with one sentence for users.
    """
    text = fragment.read_text("utf-8").strip()

    assert fragment.suffix == ".md"
    assert text.endswith(".")
    assert "\n\n" not in text, "one paragraph"
    assert not re.search(r"[a-z`)]\. [A-Z]", text.replace("\n", " ")), "one sentence"


def test_constraints_are_plain_pins() -> None:
    """
    A constraint is a name, a version and perhaps a condition: no address, no hash, no path.
    """
    lines = (ROOT / "constraints" / "constraints.txt").read_text("utf-8").splitlines()

    strange = [line for line in lines if not re.fullmatch(r"[a-z0-9-]+==[\w.]+(?: ; [^:/]+)?", line)]

    assert lines
    assert strange == []


def _read_text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return ""

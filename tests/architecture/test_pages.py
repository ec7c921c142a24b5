"""
The pages hang together: their links lead somewhere, all of them are listed, and the tables of the converts are true.
"""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from covet.cli.commands import covet

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md"), *ROOT.glob("examples/*/README.md")])
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)\s]+)\)")
CODE = re.compile(r"`([^`]+)`")
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def make_anchor(heading: str) -> str:
    """
    Write a heading as the hosts of repositories do in links.
    """
    words = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return words.replace(" ", "-")


def find_broken_links(page: Path) -> Iterator[str]:
    """
    Find the relative links of a page that lead nowhere.
    """
    for link in LINK.findall(FENCED.sub("", page.read_text())):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            yield link
        elif anchor and target.suffix == ".md":
            headings = re.findall(r"^#+ (.+)$", FENCED.sub("", target.read_text()), re.MULTILINE)
            if anchor not in map(make_anchor, headings):
                yield link


def read_right_column(page: Path) -> list[str]:
    """
    Read the code in the last column of the tables that begin with "you write".
    """
    snippets: list[str] = []
    is_inside = False
    for line in page.read_text().splitlines():
        if not line.startswith("|"):
            is_inside = False
        elif line.startswith("| you write |"):
            is_inside = True
        elif is_inside:
            snippets += CODE.findall(line.rstrip("| ").rpartition(" | ")[2])
    return snippets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """
    Every relative link names a file that is there, and a heading in it.
    """
    assert list(find_broken_links(page)) == []


def test_broken_links_are_found(tmp_path: Path) -> None:
    """
    A link to a missing page or heading is noticed; one within a block of code is none.
    """
    (tmp_path / "b.md").write_text("# B\n## When a step fails\n```\n# No heading\n```\n")
    page = tmp_path / "a.md"
    page.write_text(
        "[1](c.md) [2](b.md#when-a-step-fails) [3](b.md#no-heading) [4](#here) [5](https://example.com/)\n"
        "```\n[6](d.md)\n```\n"
    )

    assert list(find_broken_links(page)) == ["c.md", "b.md#no-heading", "#here"]


def test_every_page_is_listed() -> None:
    """
    The index links each page of the documentation.
    """
    linked = set(LINK.findall((DOCS / "index.md").read_text()))

    assert {page.name for page in DOCS.glob("*.md")} - linked == {"index.md"}


def test_what_converts_write_is_run() -> None:
    """
    Each snippet of the right columns stands in a program of the page, or is a command that the command line takes.
    """
    page = DOCS / "coming_from.md"
    snippets = read_right_column(page)
    programs = "\n".join(PYTHON.findall(page.read_text()))

    commands = [snippet for snippet in snippets if snippet.startswith("covet ")]
    words = {snippet for snippet in snippets if snippet.isidentifier()}
    # A call in a program may have more options than the table has room for.
    missing = [
        snippet
        for snippet in snippets
        if snippet.removesuffix(")") not in programs and snippet not in words and snippet not in commands
    ]

    assert len(snippets) > 80
    assert missing == []
    for command in commands:
        name, *arguments = shlex.split(command)[1:]
        subcommand = covet.get_command(click.Context(covet), name)
        assert subcommand is not None
        subcommand.make_context(name, arguments)

"""
The table of advisories is true: each of its rows has its tests, and each test that covers a row stands in it.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import ROOT

PAGE = ROOT / "docs" / "advisories.md"
ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \| (.+) \|$", re.MULTILINE)
LINK = re.compile(r"\]\(\.\./([^)]+)\)")
CITED = re.compile(r"docs/advisories\.md, rows? (\d+)(?: (?:to|and) (\d+))?")
NAME = re.compile(r"test_row_(\d+)_")


def find_covered(path: Path) -> Iterator[int]:
    """
    Name the rows that the tests of a file cover: by their mark, `row(28)`, or by their name, `test_row_028_…`.
    """
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or not node.name.startswith("test_"):
            continue
        if match := NAME.match(node.name):
            yield int(match[1])
        for decorator in node.decorator_list:
            if match := re.fullmatch(r"pytest\.mark\.row\((\d+)\)", ast.unparse(decorator)):
                yield int(match[1])


def read_covered() -> dict[int, set[str]]:
    """
    List the files whose tests cover each row.
    """
    covered = defaultdict(set)
    for path in (ROOT / "tests").rglob("test_*.py"):
        for row in find_covered(path):
            covered[row].add(path.relative_to(ROOT).as_posix())
    return dict(covered)


def read_table() -> dict[int, set[str]]:
    """
    List the files that the table names for each row.
    """
    return {int(number): set(LINK.findall(tests)) for number, _, _, tests in ROW.findall(PAGE.read_text("utf-8"))}


def test_each_row_has_its_tests_and_each_test_its_row() -> None:
    """
    The table names those files whose tests cover a row, all of them and no others.
    """
    assert read_table() == read_covered()


def test_rows_are_in_order_and_have_one_meaning() -> None:
    """
    A number stands in the table once, after the smaller ones.
    """
    numbers = [int(match[0]) for match in ROW.findall(PAGE.read_text("utf-8"))]

    assert len(numbers) > 40
    assert numbers == sorted(set(numbers))


def test_what_comments_cite_is_there() -> None:
    """
    A comment that cites a row of the table cites one that exists.
    """
    cited = {
        int(number)
        for path in (ROOT / "src").rglob("*.py")
        for match in CITED.finditer(path.read_text("utf-8"))
        for number in match.groups()
        if number
    }

    assert cited
    assert cited - read_table().keys() == set()


def test_tests_are_found_by_mark_and_by_name(tmp_path: Path) -> None:
    """
    A class's methods count, other functions do not.
    """
    path = tmp_path / "test_rows.py"
    path.write_text(
        "@pytest.mark.row(3)\n@pytest.mark.row(5)\ndef test_both(): ...\n"
        "class TestMore:\n    async def test_row_028_by_name(self): ...\n"
        "@pytest.mark.row(9)\ndef helper(): ...\n"
    )

    assert sorted(find_covered(path)) == [3, 5, 28]

"""
The table of docs/security.md: what the tests of each row are called says what they show.

`python -m tests.architecture.rows` writes the last column anew, for tests that came, went or have another name. A row
without a test keeps the reason that stands there.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.architecture.source import ROOT

PAGE = ROOT / "docs" / "security.md"
LAST_ROW = 101

_ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \| (.*) \|$", re.MULTILINE)
_NAME = re.compile(r"test_(?:row_(?P<rows>\d+(?:_and_\d+)*)_)?(?P<promise>\w+)")
_MARK = re.compile(r"pytest\.mark\.row\((\d+)\)")


class Row(NamedTuple):
    """
    A row of the table.

    Attributes:
        number: Its number.
        advisories: The advisories, by their ids.
        flaw: What went wrong.
        tests: The tests that show it here, or the reason why there are none.
    """

    number: int
    advisories: str
    flaw: str
    tests: str

    def __str__(self) -> str:
        return f"| {self.number} | {self.advisories} | {self.flaw} | {self.tests} |"


def find_covered(path: Path) -> Iterator[tuple[int, str]]:
    """
    Name the rows that the tests of a file cover, by their mark or that of a case, `row(28)`, or by their name,
    `test_row_028_…`, and what each of them promises.
    """
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        match = _NAME.fullmatch(node.name)
        if match is None:
            continue
        numbers = {int(number) for number in (match["rows"] or "").split("_and_") if number}
        # Of one of its cases, too: `pytest.param(…, marks=pytest.mark.row(28))`.
        marks = (_MARK.findall(ast.unparse(decorator)) for decorator in node.decorator_list)
        numbers |= {int(number) for found in marks for number in found}
        for number in sorted(numbers):
            yield number, match["promise"].replace("_", " ")


@cache
def read_covered() -> dict[int, str]:
    """
    Write what the tests of each row promise, as links to their files.
    """
    covered: defaultdict[int, set[tuple[str, str]]] = defaultdict(set)
    for path in (ROOT / "tests").rglob("test_*.py"):
        for number, promise in find_covered(path):
            covered[number].add((path.relative_to(ROOT).as_posix(), promise))
    return {
        number: "; ".join(f"[{promise}](../{path})" for path, promise in sorted(tests))
        for number, tests in covered.items()
    }


def read_table(page: str) -> list[Row]:
    """
    Read the rows of the page.
    """
    return [Row(int(number), *texts) for number, *texts in _ROW.findall(page)]


def write_table(page: str, covered: dict[int, str]) -> str:
    """
    Write the last column of the page anew.
    """
    return _ROW.sub(
        lambda match: str(Row(int(match[1]), match[2], match[3], covered.get(int(match[1]), match[4]))), page
    )


if __name__ == "__main__":
    PAGE.write_text(write_table(PAGE.read_text("utf-8"), read_covered()), "utf-8")

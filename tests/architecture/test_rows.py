"""
The table of advisories is true: each of its rows has its tests or a reason, and each test that covers a row stands in
it.
"""

import re
from pathlib import Path

from tests.architecture.rows import LAST_ROW, PAGE, Row, find_covered, read_covered, read_table, write_table
from tests.architecture.source import ROOT

CITED = re.compile(r"docs/security\.md, rows? (\d+)(?: (?:to|and) (\d+))?")
# What they are about comes with the database; no other row may do without a test.
UNTESTED = {96, 97, 98}


def test_table_says_what_the_tests_are_called() -> None:
    """
    A test that came, went or was renamed changes the table in the same commit.
    """
    page = PAGE.read_text("utf-8")

    assert page == write_table(page, read_covered()), "if it is meant: python -m tests.architecture.rows"


def test_each_row_stands_there_once() -> None:
    """
    All numbers in their order, and none that a test made up.
    """
    numbers = [row.number for row in read_table(PAGE.read_text("utf-8"))]

    assert numbers == list(range(1, LAST_ROW + 1))
    assert read_covered().keys() - set(numbers) == set()


def test_a_row_without_a_test_says_why() -> None:
    """
    Those few that cannot have one; a reason is no link.
    """
    untested = [row for row in read_table(PAGE.read_text("utf-8")) if row.number not in read_covered()]

    assert {row.number for row in untested} <= UNTESTED
    assert [row for row in untested if "](" in row.tests or len(row.tests) < 20] == []


def test_what_comments_cite_is_there() -> None:
    """
    A comment that cites a row of the table cites one that exists.
    """
    texts = [path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py")]
    cited = {int(number) for text in texts for match in CITED.finditer(text) for number in match.groups() if number}

    assert len(cited) > 20
    assert cited - set(range(1, LAST_ROW + 1)) == set()


def test_tests_are_found_by_mark_and_by_name(tmp_path: Path) -> None:
    """
    A class's methods count, other functions do not; a name may have two numbers.
    """
    path = tmp_path / "test_rows.py"
    path.write_text(
        "@pytest.mark.row(3)\n@pytest.mark.row(5)\ndef test_both_are_refused(): ...\n"
        "class TestMore:\n    async def test_row_028_a_name_is_enough(self): ...\n"
        "@pytest.mark.row(9)\ndef helper(): ...\n"
        "@pytest.mark.row(7)\ndef test_row_007_and_008_are_one(): ...\n"
        "@pytest.mark.parametrize('a', [1, pytest.param(2, marks=pytest.mark.row(30))])\ndef test_a_case(a): ...\n"
    )

    assert sorted(find_covered(path)) == [
        (3, "both are refused"),
        (5, "both are refused"),
        (7, "are one"),
        (8, "are one"),
        (28, "a name is enough"),
        (30, "a case"),
    ]


def test_the_last_column_alone_is_written() -> None:
    """
    Where there is no test, a reason stays.
    """
    page = "# A\n\n| 1 | CVE-1 | a flaw | old |\n| 2 | CVE-2 | another | It cannot happen. |\n\n| a | b |\n"

    written = write_table(page, {1: "[new](../tests/a.py)"})

    assert written == page.replace("old", "[new](../tests/a.py)")
    assert read_table(written)[1] == Row(2, "CVE-2", "another", "It cannot happen.")

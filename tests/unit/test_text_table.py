"""
Tables for terminals.
"""

from covet.text_table import align_table


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    """The heading counts as well; nothing follows the last cell of a line."""
    table = align_table(["NAME", "N"], [["database", "1"], ["a", "1234"]])

    assert table.splitlines() == ["NAME      N", "database  1", "a         1234"]


def test_empty_cell_is_a_dash() -> None:
    """So that a column can be told from its neighbours."""
    assert align_table(["A", "B"], [["", "b"]]).splitlines()[1] == "-  b"


def test_table_without_rows_has_its_headings() -> None:
    """Whoever calls it says something better if there is nothing to show."""
    assert align_table(["A", "B"], []) == "A  B"

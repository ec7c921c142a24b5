"""
Tables of plain text, for terminals and pages without markup.
"""

from collections.abc import Iterable, Sequence


def align_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """
    Align rows under their headings; an empty cell becomes a dash.

    Example:
        >>> print(align_table(["NAME", "VERSION"], [["database", "1.4"], ["shop", ""]]))
        NAME      VERSION
        database  1.4
        shop      -
    """
    cells = [list(headings), *([cell or "-" for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(headings))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells
    )

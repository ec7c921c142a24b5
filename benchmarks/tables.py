"""
Turn figures into Markdown tables.
"""

from collections.abc import Sequence


def ratio(value: float | None, base: float | None) -> str:
    """
    Return a figure as a multiple of another one.
    """
    if value is None or not base:
        return "-"
    return f"× {value / base:.2f}"


def markdown(title: str, header: Sequence[str], rows: Sequence[Sequence[str]], *, note: str = "") -> str:
    """
    Return a table with its columns aligned: the first to the left, figures to the right.
    """
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]

    def line(row: Sequence[str]) -> str:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        return "| " + " | ".join(cells) + " |"

    rule = (
        "|" + "|".join("-" * (width + 1) + ("-" if column == 0 else ":") for column, width in enumerate(widths)) + "|"
    )
    parts = [f"## {title}", "", *([note, ""] if note else []), line(header), rule, *(line(row) for row in rows)]
    return "\n".join(parts) + "\n"


def describe_machine(facts: dict[str, object]) -> str:
    """
    Return the lines that stand above the tables.
    """
    libraries = facts["libraries"]
    assert isinstance(libraries, dict)
    return "\n".join(
        [
            f"- Machine: {facts['cpu']}, {facts['cores']} cores, {facts['os']}",
            f"- Python: {facts['python']}",
            f"- Libraries: {', '.join(f'{name} {version}' for name, version in libraries.items())}",
            f"- Checkout: {facts['commit']}",
            f"- Command: `{facts['command']}`",
            "",
        ]
    )

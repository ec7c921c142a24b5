"""
The form of every debug page: tables for readers, builtins for programs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Table:
    """
    A table.

    Attributes:
        title: What stands above it.
        headings: The names of its columns.
        rows: Its rows.
        empty: What is said if there are none.
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str = "None."


@dataclass(frozen=True, slots=True)
class Page:
    """
    What one page shows.

    Attributes:
        name: The last part of its path; empty for the first page.
        title: Its title.
        data: The same for programs, in builtins.
        tables: Its tables.
        drawing: A drawing of plain text, below the tables.
        sources: Further forms that it has as text, by the name of the form: `"mermaid"`.
    """

    name: str
    title: str
    data: object
    tables: tuple[Table, ...] = ()
    drawing: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)

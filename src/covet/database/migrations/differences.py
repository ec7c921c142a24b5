"""
What differs between the models and a database, in words.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from sqlalchemy import CheckConstraint, Constraint, Index, Table

__all__ = ["describe_differences"]

_MODELS: Final = "is in the models alone"
_DATABASE: Final = "is in the database alone"


# Any: what differs is a tuple of Alembic's, of a shape that depends on its first item; changes of a column are a list.
def describe_differences(differences: Iterable[Any]) -> list[str]:
    """
    Write a line for each difference.

    Args:
        differences: What `alembic.autogenerate.compare_metadata` found.

    Example:
        >>> from sqlalchemy import Column, Integer, MetaData, Table
        >>> describe_differences([("add_column", None, "notes", Column("pinned", Integer))])
        ["the column 'notes.pinned' is in the models alone"]
    """
    return [_WORDS.get(item[0], str)(item) for item in _flatten(differences)]


def _flatten(differences: Iterable[Any]) -> Iterator[Any]:  # Any: as above
    for item in differences:
        if isinstance(item, list):
            yield from _flatten(item)
        else:
            yield item


def _name_table(table: Table) -> str:
    return f"the table {table.fullname!r}"


def _name_column(difference: Any) -> str:  # Any: as above
    _, schema, table, column, *_ = difference
    name = column if isinstance(column, str) else column.name
    return f"the column '{'.'.join(filter(None, (schema, table, name)))}'"


def _name_index(index: Index) -> str:
    return f"the index {index.name!r} of {_get_table(index)!r}"


def _name_constraint(constraint: Constraint) -> str:
    name = f" {constraint.name!r}" if constraint.name else ""
    if isinstance(constraint, CheckConstraint):
        # What it is about is an expression, of which a database keeps a text of its own.
        return f"the check constraint{name} on {_get_table(constraint)!r}"
    kind = constraint.__visit_name__.replace("_constraint", "").replace("_", " ")
    columns = ", ".join(column.name for column in getattr(constraint, "columns", ()))
    return f"the {kind} constraint{name} on {_get_table(constraint)!r} ({columns})"


def _get_table(item: Index | Constraint) -> str:
    table = getattr(item, "table", None)
    return table.fullname if isinstance(table, Table) else "?"


def _describe_change(noun: str) -> Callable[[Any], str]:
    def describe(difference: Any) -> str:  # Any: as above
        old, new = (_write(value) for value in difference[-2:])
        return f"{_name_column(difference)} has the {noun} {old} in the database and {new} in the models"

    return describe


def _describe_nullable(difference: Any) -> str:  # Any: as above
    has, wants = ("may be null" if value else "must have a value" for value in difference[-2:])
    return f"{_name_column(difference)} {has} in the database and {wants} in the models"


def _write(value: object) -> str:
    # A default is an object that holds an expression.
    return str(getattr(value, "arg", value))


_WORDS: Final[dict[str, Callable[[Any], str]]] = {
    "add_table": lambda item: f"{_name_table(item[1])} {_MODELS}",
    "remove_table": lambda item: f"{_name_table(item[1])} {_DATABASE}",
    "add_column": lambda item: f"{_name_column(item)} {_MODELS}",
    "remove_column": lambda item: f"{_name_column(item)} {_DATABASE}",
    "add_index": lambda item: f"{_name_index(item[1])} {_MODELS}",
    "remove_index": lambda item: f"{_name_index(item[1])} {_DATABASE}",
    "add_constraint": lambda item: f"{_name_constraint(item[1])} {_MODELS}",
    "remove_constraint": lambda item: f"{_name_constraint(item[1])} {_DATABASE}",
    "add_fk": lambda item: f"{_name_constraint(item[1])} {_MODELS}",
    "remove_fk": lambda item: f"{_name_constraint(item[1])} {_DATABASE}",
    "add_table_comment": lambda item: f"the comment of {_name_table(item[1])} {_MODELS}, or differs",
    "remove_table_comment": lambda item: f"the comment of {_name_table(item[1])} {_DATABASE}",
    "modify_type": _describe_change("type"),
    "modify_default": _describe_change("default"),
    "modify_comment": _describe_change("comment"),
    "modify_nullable": _describe_nullable,
}

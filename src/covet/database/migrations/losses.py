"""
What a downgrade drops, read from its source: a table or a column that goes takes its data with it.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from types import ModuleType
from typing import Final

__all__ = ["find_losses"]

_NOUNS: Final = {"drop_table": "table", "drop_column": "column"}
_WORDS: Final = ("DELETE ", "DROP COLUMN", "DROP TABLE", "TRUNCATE ")


def find_losses(module: ModuleType) -> list[str]:
    """
    List what the downgrade of a revision drops.

    It knows the calls of Alembic's operations and texts of SQL; what another function does stays unseen.

    Args:
        module: The module of the revision.
    """
    tree = ast.parse(textwrap.dedent(inspect.getsource(module.downgrade)))
    return list(dict.fromkeys(_walk(tree, "")))


def _walk(node: ast.AST, table: str) -> Iterator[str]:
    if isinstance(node, ast.With):
        for item in node.items:
            call = item.context_expr
            if isinstance(call, ast.Call) and _get_name(call) == "batch_alter_table":
                table = _read_argument(call, 0) or table
    if isinstance(node, ast.Call) and (noun := _NOUNS.get(_get_name(node))):
        names = [name for index in (0, 1) if (name := _read_argument(node, index)) is not None]
        if noun == "table":
            yield f"drops the table {names[0]!r}" if names else "drops a table"
        elif isinstance(node.func, ast.Attribute) and table and len(names) == 1:
            yield f"drops the column '{table}.{names[0]}'"
        else:
            yield f"drops the column '{'.'.join(names)}'" if names else "drops a column"
    elif isinstance(node, ast.Call) and _get_name(node) == "execute":
        text = _read_argument(node, 0) or ""
        if any(word in " ".join(text.upper().split()) + " " for word in _WORDS):
            yield f"executes {' '.join(text.split())!r}"
    for child in ast.iter_child_nodes(node):
        yield from _walk(child, table)


def _get_name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _read_argument(call: ast.Call, index: int) -> str | None:
    """Read an argument that is a text, or a call around one, such as `sa.text()`."""
    if len(call.args) <= index:
        return None
    argument = call.args[index]
    if isinstance(argument, ast.Call):
        return _read_argument(argument, 0)
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None

"""
Whether a column has another default in a database than in the models, as far as texts can tell.

It must never take for a difference what a database but writes in another way: what it does not know is left alone.
"""

import re
from decimal import Decimal
from typing import Any, Final, Literal

from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import AlterColumnOp
from alembic.runtime.plugins import Plugin
from alembic.util import DispatchPriority, PriorityDispatchResult
from sqlalchemy import TIMESTAMP, Boolean, Column, DefaultClause, Dialect, Enum, Numeric, String
from sqlalchemy.types import Integer, TypeEngine

__all__ = ["PLUGIN", "differ"]

PLUGIN: Final = "covet.server_defaults"
"""Compares defaults; who gives `compare_server_default` in `env.py` goes without it."""

_MYSQL: Final = {"mysql", "mariadb"}

# PostgreSQL writes the type behind a value: 'x'::character varying(20), '{}'::integer[], 's'::public."Size".
_CAST: Final = re.compile(r"""(?P<value>.*)::(?:[\w. ]|"[^"]*")+(?:\([\d, ]*\))?[\w ]*(?:\[\])*""", re.DOTALL)
_TEXT: Final = re.compile(r"'(?:[^']|'')*'", re.DOTALL)
_NOW: Final = re.compile(r"now\(\)|current_timestamp(?:\(\d*\))?", re.IGNORECASE)
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", re.IGNORECASE)
_TRUE: Final = {"1", "on", "t", "true", "y", "yes"}
_FALSE: Final = {"0", "f", "false", "n", "no", "off"}

_Value = tuple[Literal["time", "text", "word"], str]


# Any: types have values of every kind.
def differ(in_database: str | None, in_models: str | None, kind: TypeEngine[Any], dialect: str) -> bool:
    """
    Tell whether two defaults differ; `False` where that cannot be told.

    Numbers, quoted texts, booleans and the present time are compared, and whether there is a default at all.

    Args:
        in_database: What the database says; `None` if the column has no default there.
        in_models: What the models say, in the database's SQL.
        kind: The type of the column in the database.
        dialect: The kind of database.

    Example:
        >>> differ("'new'::character varying", "'new'", String(), "postgresql")
        False
        >>> differ("'new'::character varying", "'old'", String(), "postgresql")
        True
        >>> differ("upper('new'::text)", "'NEW'", String(), "postgresql")
        False
    """
    old, new = (None if text is None else _peel(text) for text in (in_database, in_models))
    if old is None or new is None:
        found = old if new is None else new
        return found is not None and _is_certain(found, kind, dialect, is_in_models=new is not None)
    before, after = (_read(text, dialect) for text in (old, new))
    if before is None or after is None:
        return False
    if "time" in {before[0], after[0]}:
        return before[0] != after[0]
    if isinstance(kind, Boolean | Integer | Numeric):
        return _are_other_numbers(before[1], after[1], getattr(kind, "scale", None))
    # Other values than texts may be written in several ways.
    return isinstance(kind, String | Enum) and before[1] != after[1]


def _is_certain(text: str, kind: TypeEngine[Any], dialect: str, *, is_in_models: bool) -> bool:  # Any: as above
    """Tell whether a default that is on one side alone is missing on the other."""
    if dialect in _MYSQL:
        # Of expressions not all are told of; and timestamps are given defaults that nobody asked for.
        return _read(text, dialect) is not None and (is_in_models or not isinstance(kind, TIMESTAMP))
    return is_in_models or not text.lower().startswith("nextval(")


def _peel(text: str) -> str | None:
    """Take parentheses and types off a default; what is null is none."""
    text = text.strip()
    while True:
        cast = _CAST.fullmatch(text)
        if cast is not None and (_TEXT.fullmatch(cast["value"]) or "'" not in cast["value"]):
            text = cast["value"].strip()
        elif text.startswith("(") and _closes_last(text):
            text = text[1:-1].strip()
        else:
            return None if text.lower() == "null" else text


def _closes_last(text: str) -> bool:
    """Tell whether the first parenthesis is closed by the last character."""
    depth = 0
    for position, character in enumerate(_TEXT.sub(lambda found: "x" * len(found[0]), text)):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            return position == len(text) - 1
    return False


def _read(text: str, dialect: str) -> _Value | None:
    if _NOW.fullmatch(text):
        return "time", ""
    if _TEXT.fullmatch(text):
        # MySQL writes a backslash as two, or as one where its mode says so.
        return None if "\\" in text and dialect in _MYSQL else ("text", text[1:-1].replace("''", "'"))
    if _NUMBER.fullmatch(text) or text.lower() in {"false", "true"}:
        return "word", text
    return None


def _are_other_numbers(before: str, after: str, scale: int | None) -> bool:
    old, new = _to_number(before), _to_number(after)
    if old is None or new is None:
        return False
    distance = abs(old - new)
    # A database rounds what has more digits than its column.
    return distance > 0 if scale is None else distance * 2 > Decimal(1).scaleb(-scale)


def _to_number(text: str) -> Decimal | None:
    word = text.strip().lower()
    if word in _TRUE | _FALSE:
        return Decimal(word in _TRUE)
    return Decimal(word) if _NUMBER.fullmatch(word) else None


# Any: columns have values of every kind.
def _compare(
    written: AutogenContext,
    operation: AlterColumnOp,
    _schema: str | None,
    _table: str,
    _name: str,
    inspected: Column[Any],
    column: Column[Any],
) -> PriorityDispatchResult:
    # Any: it depends on what kind they are of.
    old: Any = inspected.server_default
    new: Any = column.server_default
    # What is computed, counted or fetched is no default.
    if all(item is None or isinstance(item, DefaultClause) for item in (old, new)):
        dialect = written.migration_context.dialect
        # Not compiled: MySQL's driver would have each % twice.
        in_database = None if old is None else old.arg.text
        if differ(in_database, _write(new, dialect), inspected.type, dialect.name):
            operation.existing_server_default = old
            operation.modify_server_default = new
    return PriorityDispatchResult.CONTINUE


def _write(default: Any, dialect: Dialect) -> str | None:  # Any: one of SQLAlchemy's, or none
    if default is None:
        return None
    if isinstance(default.arg, str):
        return "'" + default.arg.replace("'", "''") + "'"
    return str(default.arg.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


# A subgroup of its own: Alembic's ends where its option is not given.
Plugin(PLUGIN).add_autogenerate_comparator(_compare, "column", PLUGIN, priority=DispatchPriority.LAST)

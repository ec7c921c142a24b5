"""
What a statement does, by its words: those outside of literals, quoted names and comments.

What several kinds of databases would do in ways of their own is refused here, in the same words for all of them.
"""

import re
from dataclasses import dataclass
from typing import Final

from covet.database.dialect import Dialect
from covet.database.errors import QueryError, TransactionError

# What begins or ends transactions. `COMMIT PREPARED` is of none that is open.
_BY_HAND: Final = re.compile(
    r"BEGIN\b(?!\s+NOT\s+ATOMIC\b)|START\s+TRANSACTION\b|(?:COMMIT|ROLLBACK)\b(?!\s+PREPARED\b)|(?:END|ABORT)\b"
    r"|(?:SAVEPOINT|RELEASE)\b|PREPARE\s+TRANSACTION\b|SET\s[^;]*\bAUTOCOMMIT\b",
    re.IGNORECASE,
)
# What has statements within it: whether others stand behind it is told by the database, which runs one alone.
_COMPOUND: Final = re.compile(
    r"(?:CREATE|ALTER)\b[^;]*\b(?:TRIGGER|PROCEDURE|FUNCTION|EVENT|PACKAGE|RULE)\b|BEGIN\s+NOT\s+ATOMIC\b",
    re.IGNORECASE,
)
_READING: Final = re.compile(r"(?:SELECT|VALUES|TABLE|SHOW|EXPLAIN|DESCRIBE|DESC|WITH)\b", re.IGNORECASE)
# Behind the names of WITH, or in one of them; with a parenthesis behind it, it is a function.
_WRITING_WITH: Final = re.compile(
    r"WITH\b.*[()]\s*(?:INSERT|UPDATE|DELETE|MERGE|REPLACE)\b(?!\s*\()", re.IGNORECASE | re.DOTALL
)
# What stays with the session when it has ended: settings, variables, names, locks and what is heard, or what a
# procedure did.
_LASTING: Final = re.compile(
    r"SET\s+(?!LOCAL\b)|(?:RESET|USE|PRAGMA|LOCK|LISTEN|DISCARD|DECLARE|PREPARE|LOAD|ATTACH|DETACH|HANDLER|CALL|DO)\b"
    r"|CREATE\s+(?:OR\s+REPLACE\s+)?(?:GLOBAL\s+|LOCAL\s+)?TEMP|(?:WITH|SELECT|VALUES)\b[^;]*"
    r"\b(?:set_config|get_lock|pg_(?:try_)?advisory_lock\w*)\s*\(|[^;]*(?::=|\bINTO\s+@)",
    re.IGNORECASE,
)
# What may give a table other columns or another key.
_DEFINING: Final = re.compile(r"(?:CREATE|ALTER|DROP|RENAME)\b", re.IGNORECASE)
_EXECUTED_COMMENT: Final = re.compile(r"/\*M?!\d*(.*?)(?:\*/)?\Z", re.DOTALL)
_LEADING: Final = " \t\r\n\f\v("


@dataclass(frozen=True, slots=True)
class StatementKind:
    """
    What a statement does.

    Attributes:
        writes: Whether it may change something.
        is_committing: Whether the database ends a transaction with it.
        is_lasting: Whether it may leave something in the session: a setting, a lock, a temporary table.
        is_defining: Whether it may change what columns and keys a table has.
    """

    writes: bool
    is_committing: bool
    is_lasting: bool
    is_defining: bool = False


def read_kind(query: str, code: str, dialect: Dialect) -> StatementKind:
    """
    Tell what a statement does.

    Args:
        query: The statement, as it was written.
        code: The statement without what stands in literals, quoted names and comments.
        dialect: What kind of database it is for.

    Raises:
        QueryError: If there is no statement, or more than one.
        TransactionError: If it begins or ends a transaction.

    Example:
        >>> from covet.database.dialect import MYSQL, POSTGRESQL
        >>> read_kind("WITH n AS (DELETE FROM tea) SELECT 1", "WITH n AS (DELETE FROM tea) SELECT 1", POSTGRESQL)
        StatementKind(writes=True, is_committing=False, is_lasting=False, is_defining=False)
        >>> read_kind("DROP TABLE tea", "DROP TABLE tea", MYSQL)
        StatementKind(writes=True, is_committing=True, is_lasting=False, is_defining=True)
    """
    found = [part for part in code.split(";") if part.strip()]
    if not found:
        raise QueryError("There is no statement in the text.", query=query)
    first = found[0].lstrip(_LEADING)
    if _BY_HAND.match(first) is not None:
        raise TransactionError(
            f"Transactions are not begun and ended by hand: {' '.join(first.split())[:40]!r}.",
            hint="Write async with transaction(): for one, and another one within it for a savepoint.",
        )
    if len(found) > 1 and _COMPOUND.match(first) is None:
        raise QueryError(
            f"There are {len(found)} statements in the text, and each is to be run alone.",
            query=query,
            hint="Call execute() for one after the other; in a transaction() they take effect together.",
        )
    return StatementKind(
        writes=_READING.match(first) is None or _WRITING_WITH.match(first) is not None,
        is_committing=bool(dialect.committing) and re.match(dialect.committing, first, re.IGNORECASE) is not None,
        is_lasting=_LASTING.match(first) is not None,
        is_defining=_DEFINING.match(first) is not None,
    )


def read_comment(comment: str, dialect: Dialect) -> str:
    """
    Give what a comment stands for: nothing, unless it is one that MySQL executes.

    Args:
        comment: The comment.
        dialect: What kind of database it is for.

    Example:
        >>> from covet.database.dialect import MYSQL
        >>> read_comment("/*!50100 COMMIT */", MYSQL), read_comment("/* COMMIT */", MYSQL)
        ('  COMMIT  ', ' ')
    """
    match = _EXECUTED_COMMENT.match(comment) if dialect.has_backslash_escapes else None
    return " " if match is None else f" {match[1]} "


__all__ = ["StatementKind", "read_comment", "read_kind"]

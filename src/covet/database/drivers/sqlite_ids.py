"""
The number of the row that a statement has put in: SQLite tells the last one of a connection, whatever statement ran.
"""

import re
import sqlite3
from typing import Final

_NAME: Final = r'(?:"(?:[^"]|"")*"|\[[^\]]*\]|`[^`]*`|[\w$]+)'
_INSERT: Final = re.compile(
    rf"\s*(?:INSERT(?:\s+OR\s+\w+)?|REPLACE)\s+INTO\s+(?P<table>{_NAME}(?:\s*\.\s*{_NAME})?)", re.IGNORECASE
)
_UPSERT: Final = re.compile(r"\bDO\s+UPDATE\b", re.IGNORECASE)


class LastId:
    """
    What has to be known before a statement, to tell afterwards which number its row got.

    Args:
        connection: The connection that it is about to run on.
        text: The statement.

    Example:
        >>> connection = sqlite3.connect(":memory:", isolation_level=None)
        >>> _ = connection.execute("CREATE TABLE tea (name UNIQUE)")
        >>> for text in ("INSERT INTO tea VALUES (1)", "INSERT OR IGNORE INTO tea VALUES (1)", "DELETE FROM tea"):
        ...     last_id = LastId(connection, text)
        ...     last_id.read(connection.execute(text).rowcount)
        1
        >>> connection.close()
    """

    __slots__ = ("_before", "_connection", "_match")

    def __init__(self, connection: sqlite3.Connection, text: str) -> None:
        self._connection = connection
        self._match = _INSERT.match(text)
        self._before = None if self._match is None else self._ask()

    def read(self, count: int) -> int | None:
        """
        Tell the number of the row; `None` if there is not exactly one.

        Args:
            count: How many rows the statement has changed.
        """
        if self._match is None or count != 1:
            return None
        after = self._ask()
        return after if after != self._before or self._is_there(self._match, after) else None

    def _ask(self) -> int:
        [(number,)] = self._connection.execute("SELECT last_insert_rowid()")
        return int(number)

    def _is_there(self, match: re.Match[str], number: int) -> bool:
        """Tell whether a number that another row had before is that of this one, too: it may be of another table."""
        if _UPSERT.search(match.string) is not None:
            return False
        try:
            # A table WITHOUT ROWID has no such column, and changes no such number. Its name is as the statement has it.
            query = f"SELECT 1 FROM {match['table']} WHERE _rowid_ = ?"  # noqa: S608
            return self._connection.execute(query, (number,)).fetchone() is not None
        except sqlite3.OperationalError:
            return False


__all__ = ["LastId"]

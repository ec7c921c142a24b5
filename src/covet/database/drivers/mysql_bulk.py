"""
One statement for many rows, as asyncmy can be trusted with it.
"""

import re
from collections.abc import Sequence
from typing import Any


# Any: asyncmy's cursor, and values of columns.
async def run_for_each(cursor: Any, text: str, rows: Sequence[Sequence[Any] | None], bulk: re.Pattern[str]) -> int:
    """
    Run a statement for each row of values, and tell how many rows of the table that changed.

    Args:
        cursor: The cursor.
        text: The statement.
        rows: The values; `None` for none.
        bulk: What the library makes one INSERT of many rows of: what stands before VALUES, a row, and what follows.
    """
    match = bulk.match(text)
    # The library looks for placeholders in the row alone, and leaves %% as it is behind it.
    if match is None or "%" in f"{match[1]}{match[3] or ''}":
        count = 0
        for row in rows:
            await cursor.execute(text, row)
            count += max(cursor.rowcount, 0)
        return count
    await cursor.executemany(text, rows)
    return max(cursor.rowcount, 0) if rows else 0


__all__ = ["run_for_each"]

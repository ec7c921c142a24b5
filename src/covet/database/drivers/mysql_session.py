"""
What a session of MySQL or MariaDB begins with, and how it is made as it was then.
"""

from typing import Any, Final

# Values are written into the text by the client, with backslashes: the server has to read them so. The collation is
# that of the handshake, which a reset forgets.
SESSION: Final = (
    "SET NAMES utf8mb4 COLLATE utf8mb4_general_ci, SESSION time_zone = '+00:00', SESSION autocommit = 1,"
    " SESSION foreign_key_checks = 1,"
    " SESSION sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'"
)
"""What CovetPy relies on."""

READ_ONLY: Final = "SET SESSION TRANSACTION READ ONLY"

_RESET_CONNECTION: Final = 0x1F


# Any: asyncmy's connection.
async def reset_session(raw: Any) -> None:
    """
    Let the server forget what was done in a session: transactions, locks, variables, isolation, temporary tables.

    What it is not said here, such as `SESSION`, is as the server has it for everybody; the database stays chosen.

    Args:
        raw: The connection.
    """
    # The library has no word for the command (MySQL 5.7, MariaDB 10.2).
    await raw._execute_command(_RESET_CONNECTION, "")  # noqa: SLF001
    await raw._read_ok_packet()  # noqa: SLF001


__all__ = ["READ_ONLY", "SESSION", "reset_session"]

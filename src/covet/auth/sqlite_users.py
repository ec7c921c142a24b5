"""
Users with passwords in one file that the workers of a machine share, by SQLite of the standard library.
"""

import json
import os
from typing import Any, Final

from covet.auth.errors import AuthenticationSetupError, AuthStoreError, UserIDTakenError, UsernameTakenError
from covet.auth.users import UserRecord
from covet.options import refuse_unknown
from covet.sqlite_files import FileFormat
from covet.sqlite_threads import SQLiteThread

_FORMAT: Final = FileFormat(
    "users",
    application_id=0x43765573,  # "CvUs"
    migrations=(
        (
            """CREATE TABLE covet_users (
                id TEXT PRIMARY KEY,
                typed_id TEXT NOT NULL,
                username TEXT NOT NULL UNIQUE,
                password_hash TEXT,
                scopes TEXT NOT NULL,
                roles TEXT NOT NULL,
                is_active INTEGER NOT NULL
            ) WITHOUT ROWID""",
        ),
    ),
)
_COLUMNS: Final = "typed_id, username, password_hash, scopes, roles, is_active"


class SQLiteUsers:
    """
    Keep users in a file: for an application that has no database of its own.

    Names are compared letter by letter.

    Args:
        path: The file; it is made if it is not there, its folder is not. Nobody but its owner may read it.
        busy_timeout: Seconds to wait for another process that writes.

    Raises:
        ConfigurationError: If there is no path.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     users = SQLiteUsers(f"{folder}/users.db")
        ...     await users.add(UserRecord(id=7, username="ada", password_hash=None))
        ...     print((await users.find_by_username("ada")).id)
        ...     await users.aclose()
        7
    """

    @refuse_unknown
    def __init__(self, path: str | os.PathLike[str], *, busy_timeout: float = 5.0) -> None:
        self._thread = SQLiteThread(
            path,
            _FORMAT,
            owner=type(self).__name__,
            alternative="MemoryUsers",
            busy_timeout=busy_timeout,
            fail=AuthStoreError,
            # A password that was changed must not come back.
            is_durable=True,
        )

    async def add(self, user: UserRecord) -> None:
        """
        Add a user; it is in the file when this returns.

        Args:
            user: The user; its `user` is the application's, and cannot be kept here.

        Raises:
            UserIDTakenError: If another user has the id, of which 7 and "7" are one: 409.
            UsernameTakenError: If another user has the name: 409.
            AuthenticationSetupError: If there is a `user`.
            AuthStoreError: If it cannot be written.
        """
        taken = await self._thread.run(_add, _to_row(user))
        if taken == "id":
            raise UserIDTakenError(user.id)
        if taken is not None:
            raise UsernameTakenError(user.username)

    async def replace(self, user: UserRecord) -> None:
        """
        Keep a user in the place of the one with the same id; of one who is not there, nothing is kept.

        Args:
            user: The user; its `user` is the application's, and cannot be kept here.

        Raises:
            UsernameTakenError: If another user has the name: 409.
            AuthenticationSetupError: If there is a `user`.
            AuthStoreError: If it cannot be written.
        """
        if await self._thread.run(_replace, _to_row(user)) is not None:
            raise UsernameTakenError(user.username)

    async def find_by_username(self, username: str, /) -> UserRecord | None:
        """
        Find a user by what was typed, letter by letter.

        Raises:
            AuthStoreError: If the file cannot be read.
        """
        return await self._thread.run(_find, "username", username)

    async def find_by_id(self, user_id: str, /) -> UserRecord | None:
        """
        Find a user by the text of its id.

        Raises:
            AuthStoreError: If the file cannot be read.
        """
        return await self._thread.run(_find, "id", user_id)

    async def update_password(self, user_id: int | str, old_hash: str | None, new_hash: str, /) -> bool:
        """
        Keep another hash in the place of one, if that is there as it was found; tells whether it was.

        Raises:
            AuthStoreError: If it cannot be written.
        """
        return await self._thread.run(_update_password, str(user_id), old_hash, new_hash)

    async def aclose(self) -> None:
        """Close the file; the next call opens it again."""
        await self._thread.aclose()

    def __repr__(self) -> str:
        return repr(self._thread)


def _to_row(user: UserRecord) -> tuple[object, ...]:
    if user.user is not None:
        raise AuthenticationSetupError(
            f"SQLiteUsers keeps no object of the application's, got user={user.user!r}.",
            hint="Leave it out, or write a UserStore over a database of your own.",
        )
    scopes, roles = json.dumps(sorted(user.scopes)), json.dumps(sorted(user.roles))
    return str(user.id), json.dumps(user.id), user.username, user.password_hash, scopes, roles, user.is_active


# ── In the thread ────────────────────────────────────────────────────────────


# Any: the connection, whose module is loaded by those who use it, here and below.
def _add(connection: Any, row: tuple[object, ...]) -> str | None:
    """Add a row, or name the column whose value another user has."""
    # One statement: of two who take an id or a name at once, one gets it.
    statement = f"INSERT INTO covet_users (id, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
    if connection.execute(f"{statement} ON CONFLICT DO NOTHING", row).rowcount:
        return None
    is_id = connection.execute("SELECT 1 FROM covet_users WHERE id = ?", row[:1]).fetchone() is not None
    return "id" if is_id else "username"


def _replace(connection: Any, row: tuple[object, ...]) -> str | None:
    import sqlite3

    statement = f"UPDATE covet_users SET ({_COLUMNS}) = (?, ?, ?, ?, ?, ?) WHERE id = ?"  # noqa: S608
    try:
        connection.execute(statement, (*row[1:], row[0]))
    except sqlite3.IntegrityError:
        # Of the constraints, this is the one that can fail.
        return "username"
    return None


def _find(connection: Any, column: str, value: str) -> UserRecord | None:
    statement = f"SELECT {_COLUMNS} FROM covet_users WHERE {column} = ?"  # noqa: S608 - the column is one of ours
    try:
        rows = connection.execute(statement, (value,)).fetchall()
    except UnicodeEncodeError:
        # What UTF-8 has no bytes for is typed by nobody, and kept nowhere.
        return None
    if not rows:
        return None
    typed_id, username, password_hash, scopes, roles, is_active = rows[0]
    return UserRecord(
        id=json.loads(typed_id),
        username=username,
        password_hash=password_hash,
        scopes=frozenset(json.loads(scopes)),
        roles=frozenset(json.loads(roles)),
        is_active=bool(is_active),
    )


def _update_password(connection: Any, user_id: str, old_hash: str | None, new_hash: str) -> bool:
    # One statement: of several who change a password at once, one changes it.
    statement = "UPDATE covet_users SET password_hash = ? WHERE id = ? AND password_hash IS ?"
    return bool(connection.execute(statement, (new_hash, user_id, old_hash)).rowcount == 1)


__all__ = ["SQLiteUsers"]

"""
Users with passwords in one file that the workers of a machine share, by SQLite of the standard library.
"""

import json
import os
from typing import Any, Final

from covet.auth.errors import AuthenticationSetupError, AuthStoreError, UsernameTakenError
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
        Add a user, or replace the one with the same id; it is in the file when this returns.

        Args:
            user: The user; its `user` is the application's, and cannot be kept here.

        Raises:
            UsernameTakenError: If another user has the name: 409.
            AuthenticationSetupError: If there is a `user`.
            AuthStoreError: If it cannot be written.
        """
        if user.user is not None:
            raise AuthenticationSetupError(
                f"SQLiteUsers keeps no object of the application's, got user={user.user!r}.",
                hint="Leave it out, or write a UserStore over a database of your own.",
            )
        if not await self._thread.run(_add, user):
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

    async def update_password(self, user_id: int | str, password_hash: str, /) -> None:
        """
        Keep another hash; of a user who is not there, nothing is kept.

        Raises:
            AuthStoreError: If it cannot be written.
        """
        await self._thread.run(_update_password, str(user_id), password_hash)

    async def aclose(self) -> None:
        """Close the file; the next call opens it again."""
        await self._thread.aclose()

    def __repr__(self) -> str:
        return repr(self._thread)


# ── In the thread ────────────────────────────────────────────────────────────


# Any: the connection, whose module is loaded by those who use it, here and below.
def _add(connection: Any, user: UserRecord) -> bool:
    import sqlite3

    try:
        connection.execute(
            f"INSERT INTO covet_users (id, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
            " ON CONFLICT (id) DO UPDATE SET typed_id = excluded.typed_id, username = excluded.username,"
            " password_hash = excluded.password_hash, scopes = excluded.scopes, roles = excluded.roles,"
            " is_active = excluded.is_active",
            (
                str(user.id),
                json.dumps(user.id),
                user.username,
                user.password_hash,
                json.dumps(sorted(user.scopes)),
                json.dumps(sorted(user.roles)),
                user.is_active,
            ),
        )
    except sqlite3.IntegrityError:
        # Of the constraints, this is the one that can fail: of two who take a name at once, one gets it.
        return False
    return True


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


def _update_password(connection: Any, user_id: str, password_hash: str) -> None:
    connection.execute("UPDATE covet_users SET password_hash = ? WHERE id = ?", (password_hash, user_id))


__all__ = ["SQLiteUsers"]

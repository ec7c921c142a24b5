"""
API keys in one file that the workers of a machine share, by SQLite of the standard library.
"""

import json
import os
from typing import Any, Final

from covet.auth.api_keys import APIKey
from covet.auth.errors import AuthStoreError
from covet.options import refuse_unknown
from covet.sqlite_files import FileFormat, roll_back
from covet.sqlite_threads import SQLiteThread

_FORMAT: Final = FileFormat(
    "API keys",
    application_id=0x4376416B,  # "CvAk"
    migrations=(
        (
            """CREATE TABLE covet_api_keys (
                key_hash TEXT PRIMARY KEY,
                user_id TEXT NOT NULL,
                scopes TEXT NOT NULL,
                roles TEXT NOT NULL,
                expires_at REAL,
                name TEXT NOT NULL
            ) WITHOUT ROWID""",
            "CREATE INDEX covet_api_keys_by_user ON covet_api_keys (user_id)",
        ),
        (
            "ALTER TABLE covet_api_keys ADD COLUMN family TEXT NOT NULL DEFAULT ''",
            "UPDATE covet_api_keys SET family = key_hash",
            "CREATE INDEX covet_api_keys_by_family ON covet_api_keys (family)",
        ),
    ),
)
_COLUMNS: Final = "key_hash, user_id, scopes, roles, expires_at, name, family"


class SQLiteAPIKeys:
    """
    Keep API keys in a file: their hashes, so that whoever reads it can use none.

    Args:
        path: The file; it is made if it is not there, its folder is not. Nobody but its owner may read it.
        busy_timeout: Seconds to wait for another process that writes.

    Raises:
        ConfigurationError: If there is no path.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     store = SQLiteAPIKeys(f"{folder}/keys.db")
        ...     await store.add(APIKey(key_hash="5e55", user_id=7, name="laptop"))
        ...     print([key.name for key in await store.list_user(7)])
        ...     await store.aclose()
        ['laptop']
    """

    @refuse_unknown
    def __init__(self, path: str | os.PathLike[str], *, busy_timeout: float = 5.0) -> None:
        self._thread = SQLiteThread(
            path,
            _FORMAT,
            owner=type(self).__name__,
            alternative="MemoryAPIKeys",
            busy_timeout=busy_timeout,
            fail=AuthStoreError,
            # A key that was given away has to be known, and one that was revoked must not come back.
            is_durable=True,
        )

    async def add(self, key: APIKey, /) -> None:
        """
        Keep a key, in the place of the one with its hash; it is in the file when this returns.

        Raises:
            AuthStoreError: If it cannot be written.
        """
        await self._thread.run(_add, key)

    async def find(self, key_hash: str, /) -> APIKey | None:
        """
        Find a key by its hash.

        Raises:
            AuthStoreError: If the file cannot be read.
        """
        return await self._thread.run(_find, key_hash)

    async def replace(self, old: APIKey, new: APIKey, /) -> bool:
        """
        Keep a key in the place of one with the same hash, if that is there as it was found; tells whether it was.

        Raises:
            AuthStoreError: If it cannot be written.
        """
        return await self._thread.run(_replace, old, new)

    async def remove(self, key_hash: str, /) -> APIKey | None:
        """
        Forget a key; gives what was there.

        Raises:
            AuthStoreError: If it cannot be written.
        """
        removed = await self._thread.run(_remove, "key_hash", key_hash)
        return removed[0] if removed else None

    async def remove_family(self, family: str, /) -> list[APIKey]:
        """
        Forget all keys of a family at once; gives what was there.

        Raises:
            AuthStoreError: If it cannot be written.
        """
        return await self._thread.run(_remove, "family", family)

    async def list_user(self, user_id: int | str) -> list[APIKey]:
        """
        List the keys of a user, those that have expired too, by their names.

        Raises:
            AuthStoreError: If the file cannot be read.
        """
        return await self._thread.run(_list_user, user_id)

    async def aclose(self) -> None:
        """Close the file; the next call opens it again."""
        await self._thread.aclose()

    def __repr__(self) -> str:
        return repr(self._thread)


# ── In the thread ────────────────────────────────────────────────────────────


# Any: the connection, whose module is loaded by those who use it, here and below.
def _add(connection: Any, key: APIKey) -> None:
    connection.execute(
        f"INSERT OR REPLACE INTO covet_api_keys ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        _make_row(key),
    )


def _replace(connection: Any, old: APIKey, new: APIKey) -> bool:
    # One statement: of two processes that change a key, or one that removes it, one is first.
    changed = connection.execute(
        f"UPDATE covet_api_keys SET ({_COLUMNS}) = (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
        f" WHERE ({_COLUMNS}) IS (?, ?, ?, ?, ?, ?, ?)",
        (*_make_row(new), *_make_row(old)),
    )
    return bool(changed.rowcount == 1)


def _find(connection: Any, key_hash: str) -> APIKey | None:
    found = _select(connection, "key_hash", key_hash)
    return found[0] if found else None


def _remove(connection: Any, column: str, value: str) -> list[APIKey]:
    # Of several processes that remove a key, one is given it.
    connection.execute("BEGIN IMMEDIATE")
    try:
        found = _select(connection, column, value)
        connection.execute(f"DELETE FROM covet_api_keys WHERE {column} = ?", (value,))  # noqa: S608 - one of ours
        connection.execute("COMMIT")
    except BaseException:
        roll_back(connection)
        raise
    return found


def _list_user(connection: Any, user_id: int | str) -> list[APIKey]:
    return _select(connection, "user_id", json.dumps(user_id))


def _select(connection: Any, column: str, value: str) -> list[APIKey]:
    statement = f"SELECT {_COLUMNS} FROM covet_api_keys WHERE {column} = ? ORDER BY name, key_hash"  # noqa: S608
    return [_make_key(row) for row in connection.execute(statement, (value,)).fetchall()]


def _make_row(key: APIKey) -> tuple[str | float | None, ...]:
    return (
        key.key_hash,
        # As JSON: 7 and "7" are two users.
        json.dumps(key.user_id),
        json.dumps(sorted(key.scopes)),
        json.dumps(sorted(key.roles)),
        key.expires_at,
        key.name,
        key.family,
    )


# Any: a row.
def _make_key(row: Any) -> APIKey:
    key_hash, user_id, scopes, roles, expires_at, name, family = row
    return APIKey(
        key_hash=key_hash,
        user_id=json.loads(user_id),
        scopes=frozenset(json.loads(scopes)),
        roles=frozenset(json.loads(roles)),
        expires_at=expires_at,
        name=name,
        family=family,
    )


__all__ = ["SQLiteAPIKeys"]

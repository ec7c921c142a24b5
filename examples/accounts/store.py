"""
The accounts and their API keys, in one file of SQLite, which Python brings along. It knows nothing of HTTP but that
what is taken is 409.

A file, since accounts have to outlast the process and be the same for all of its workers.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from covet.auth import APIKey, UserRecord
from covet.config import section
from covet.exceptions import ConflictError
from covet.threads import run_in_thread

TABLES = """
CREATE TABLE IF NOT EXISTS accounts (
    username TEXT PRIMARY KEY,
    password_hash TEXT NOT NULL,
    is_admin INTEGER NOT NULL,
    is_active INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE IF NOT EXISTS keys (
    key_hash TEXT PRIMARY KEY,
    username TEXT NOT NULL REFERENCES accounts,
    scopes TEXT NOT NULL,
    name TEXT NOT NULL,
    expires_at REAL,
    family TEXT NOT NULL
);
"""


@section
class StorageSettings:
    """
    Where everything is kept: `COVET_STORAGE__DIRECTORY=/var/lib/accounts`, or `[storage]` in config.toml.
    """

    directory: Path = Path("accounts-data")


class Database:
    """
    A file of SQLite. Each statement has a connection of its own, in a thread, so the event loop never waits.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    async def open(self) -> None:
        """
        Make the file and its tables, where they are missing.
        """
        await run_in_thread(self._open)

    async def run(self, statement: str, *values: object) -> list[sqlite3.Row]:
        """
        Run a statement, keep what it changes, and return its rows.
        """
        return await run_in_thread(self._run, statement, values)

    def _open(self) -> None:
        # It has hashes of passwords: whatever its folder is, nobody else reads it.
        self._path.touch(mode=0o600)
        with closing(sqlite3.connect(self._path)) as connection:
            connection.executescript(TABLES)

    def _run(self, statement: str, values: tuple[object, ...]) -> list[sqlite3.Row]:
        with closing(sqlite3.connect(self._path)) as connection, connection:
            connection.row_factory = sqlite3.Row
            return connection.execute(statement, values).fetchall()


class Accounts:
    """
    The accounts by their names: a `UserStore`, as logins need it, with what registering and administrating need.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, username: str, password_hash: str) -> None:
        """
        Add an account. The first one is the administrator's.
        """
        statement = "INSERT INTO accounts SELECT ?, ?, NOT EXISTS (SELECT 1 FROM accounts), 1"
        try:
            await self._database.run(statement, username, password_hash)
        except sqlite3.IntegrityError:
            raise ConflictError(f"There is a {username!r} already.") from None

    async def list_all(self) -> list[UserRecord]:
        """
        List all accounts in the order of their names.
        """
        return [to_user(row) for row in await self._database.run("SELECT * FROM accounts ORDER BY username")]

    async def set_active(self, username: str, is_active: bool) -> None:
        """
        Close an account, or open it again.
        """
        await self._database.run("UPDATE accounts SET is_active = ? WHERE username = ?", is_active, username)

    async def find_by_id(self, user_id: str, /) -> UserRecord | None:
        rows = await self._database.run("SELECT * FROM accounts WHERE username = ?", user_id)
        return to_user(rows[0]) if rows else None

    async def find_by_username(self, username: str, /) -> UserRecord | None:
        return await self.find_by_id(username.lower())

    async def update_password(self, user_id: int | str, old_hash: str | None, new_hash: str, /) -> bool:
        # One statement: of several who change a password at once, one changes it.
        statement = "UPDATE accounts SET password_hash = ? WHERE username = ? AND password_hash IS ? RETURNING 1"
        return bool(await self._database.run(statement, new_hash, user_id, old_hash))


class Keys:
    """
    The API keys by their hashes: an `APIKeyStore`, and the list of somebody's keys.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_of(self, username: str) -> list[APIKey]:
        """
        List somebody's keys in the order of their names.
        """
        rows = await self._database.run("SELECT * FROM keys WHERE username = ? ORDER BY name", username)
        return [to_key(row) for row in rows]

    async def add(self, key: APIKey, /) -> None:
        await self._database.run("INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?, ?, ?)", *to_row(key))

    async def find(self, key_hash: str, /) -> APIKey | None:
        rows = await self._database.run("SELECT * FROM keys WHERE key_hash = ?", key_hash)
        return to_key(rows[0]) if rows else None

    async def replace(self, old: APIKey, new: APIKey, /) -> bool:
        statement = "UPDATE keys SET (key_hash, username, scopes, name, expires_at, family) = (?, ?, ?, ?, ?, ?)"
        condition = "WHERE (key_hash, username, scopes, name, expires_at, family) IS (?, ?, ?, ?, ?, ?) RETURNING 1"
        return bool(await self._database.run(f"{statement} {condition}", *to_row(new), *to_row(old)))

    async def remove(self, key_hash: str, /) -> APIKey | None:
        rows = await self._database.run("DELETE FROM keys WHERE key_hash = ? RETURNING *", key_hash)
        return to_key(rows[0]) if rows else None

    async def remove_family(self, family: str, /) -> list[APIKey]:
        rows = await self._database.run("DELETE FROM keys WHERE family = ? RETURNING *", family)
        return [to_key(row) for row in rows]


def to_user(row: sqlite3.Row) -> UserRecord:
    is_admin = bool(row["is_admin"])
    return UserRecord(
        id=row["username"],
        username=row["username"],
        password_hash=row["password_hash"],
        scopes=frozenset({"account", "admin"} if is_admin else {"account"}),
        roles=frozenset({"admin"} if is_admin else ()),
        is_active=bool(row["is_active"]),
    )


def to_row(key: APIKey) -> tuple[object, ...]:
    return key.key_hash, key.user_id, " ".join(sorted(key.scopes)), key.name, key.expires_at, key.family


def to_key(row: sqlite3.Row) -> APIKey:
    return APIKey(
        key_hash=row["key_hash"],
        user_id=row["username"],
        scopes=frozenset(row["scopes"].split()),
        name=row["name"],
        expires_at=row["expires_at"],
        family=row["family"],
    )

"""
API keys, in a file.
"""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from covet.auth import APIKey, APIKeyAuthProvider, AuthStoreError, MemoryAPIKeys, Principal, SQLiteAPIKeys
from covet.auth.sqlite_api_keys import _FORMAT
from covet.sqlite_files import FileFormat, open_sqlite
from covet.testing.api_key_store import APIKeyStoreConformance
from covet.testing.auth_provider import AuthProviderConformance
from covet.threads import run_in_thread


class TestSQLiteAPIKeys(APIKeyStoreConformance):
    """The suite that every store passes."""

    @pytest.fixture(autouse=True)
    def _keep_folder(self, tmp_path: Path) -> None:
        self.path = tmp_path / "keys.db"

    async def make_store(self) -> SQLiteAPIKeys:
        return SQLiteAPIKeys(self.path)


class TestProviderOverAFile(AuthProviderConformance):
    """The suite that every provider passes."""

    @pytest.fixture(autouse=True)
    def _keep_folder(self, tmp_path: Path) -> None:
        self.path = tmp_path / "keys.db"

    async def make_provider(self) -> APIKeyAuthProvider:
        return APIKeyAuthProvider(SQLiteAPIKeys(self.path))

    def write_headers(self, token: str) -> dict[str, str]:
        return {"X-API-Key": token}


async def test_keys_outlive_the_process_and_are_shared(tmp_path: Path) -> None:
    """What one store makes another knows, and the file is its owner's alone; no key stands in it."""
    path = tmp_path / "keys.db"
    first, second = (APIKeyAuthProvider(SQLiteAPIKeys(path)) for _ in range(2))
    key = await first.create_token(Principal("ada"))
    found = await second.validate_token(key)
    await second.revoke_token(key)
    after = await first.validate_token(key)
    await first.aclose()
    await second.aclose()

    assert found is not None
    assert (found.id, after) == ("ada", None)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert key.encode() not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


async def test_a_file_of_before_there_were_families_is_read(tmp_path: Path) -> None:
    """Its keys are families of their own."""
    path = tmp_path / "keys.db"
    before = FileFormat("API keys", _FORMAT.application_id, _FORMAT.migrations[:1])

    def write() -> None:
        with closing(open_sqlite(str(path), before, busy_timeout=1, fail=AuthStoreError)) as connection:
            connection.execute("INSERT INTO covet_api_keys VALUES ('5e55', '7', '[]', '[]', NULL, 'laptop')")

    await run_in_thread(write)
    store = SQLiteAPIKeys(path)
    found = await store.find("5e55")
    removed = await store.remove_family("5e55")
    await store.aclose()

    assert found == APIKey(key_hash="5e55", user_id=7, name="laptop", family="5e55")
    assert removed == [found]


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
async def test_the_keys_of_a_user_are_listed(tmp_path: Path, kind: str) -> None:
    """By their names, so that their owner can revoke one; those of others are not."""
    store = MemoryAPIKeys() if kind == "memory" else SQLiteAPIKeys(tmp_path / "keys.db")
    provider = APIKeyAuthProvider(store)
    for user, name in ((7, "phone"), (7, "laptop"), ("7", "another's"), (77, "another's")):
        await store.add(APIKey(key_hash=f"{user!r}{name}", user_id=user, name=name))

    listed = await store.list_user(7)
    await provider.revoke_hash(listed[0].key_hash)
    left = await store.list_user(7)
    await provider.aclose()

    assert [key.name for key in listed] == ["laptop", "phone"]
    assert [key.name for key in left] == ["phone"]


async def test_a_file_of_something_else_is_left_alone(tmp_path: Path) -> None:
    """Keys never become a table of somebody else's database."""
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE orders (id INTEGER)")
    store = SQLiteAPIKeys(path)

    with pytest.raises(AuthStoreError, match="is a database with other tables"):
        await store.find("a")
    await store.aclose()


async def test_what_cannot_be_opened_lets_nobody_in(tmp_path: Path) -> None:
    """The error says what to look at."""
    store = SQLiteAPIKeys(tmp_path / "nowhere" / "keys.db")

    with pytest.raises(AuthStoreError, match=r"(?s)The store of API keys .* failed: .*See that its folder is there"):
        await store.find("a")
    await store.aclose()

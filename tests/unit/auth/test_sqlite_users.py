"""
Users, in a file.
"""

import asyncio
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from covet import Request
from covet.auth import (
    AuthenticationSetupError,
    AuthStoreError,
    InvalidCredentialsError,
    PasswordAuthProvider,
    Principal,
    SQLiteUsers,
    UserIDTakenError,
    UsernameTakenError,
    UserRecord,
)
from covet.exceptions import ConflictError
from covet.security import PasswordHasher, Scrypt
from covet.testing.user_store import UserStoreConformance
from tests.unit.auth.logins import FakeSession


class TestSQLiteUsers(UserStoreConformance):
    """The suite that every store passes."""

    @pytest.fixture(autouse=True)
    def _keep_folder(self, tmp_path: Path) -> None:
        self.path = tmp_path / "users.db"

    async def make_store(self, users: Sequence[UserRecord]) -> SQLiteUsers:
        store = SQLiteUsers(self.path)
        try:
            for user in users:
                await store.add(user)
        except ConflictError:
            await store.aclose()
            raise
        return store


class TestSQLiteUsersWithTexts(TestSQLiteUsers):
    """With ids that are texts, of numbers too: they come back as texts."""

    ids = ("7", "a-b", "8")


async def test_a_user_logs_in_after_the_process_has_ended(tmp_path: Path) -> None:
    """The file is its owner's alone."""
    path, hasher = tmp_path / "users.db", PasswordHasher([Scrypt(cost=4)])
    first = SQLiteUsers(path)
    await first.add(UserRecord(id=7, username="ada", password_hash=await hasher.hash("correct horse")))
    await first.aclose()
    logins = PasswordAuthProvider(SQLiteUsers(path), hasher=hasher)

    found = await logins.check_password(None, "ada", "correct horse")
    await logins.aclose()

    assert (found.id, stat.S_IMODE(path.stat().st_mode)) == (7, 0o600)


async def test_no_session_outlives_the_password_that_it_began_with(tmp_path: Path) -> None:
    """Of logins and changes at once, in two processes, each session that was made and is good has the last password."""
    hasher = PasswordHasher([Scrypt(cost=4)])
    stores = [SQLiteUsers(tmp_path / "users.db") for _ in range(2)]
    await stores[0].add(UserRecord(id=7, username="ada", password_hash=await hasher.hash("horse 0")))
    logins, changes = (PasswordAuthProvider(store, hasher=hasher) for store in stores)
    good = 0

    async def log_in(password: str) -> tuple[str, Request]:
        request = Request()
        request.state.session = FakeSession()
        with suppress(InvalidCredentialsError):
            user = await logins.check_password(None, "ada", password)
            await asyncio.sleep(0)
            await logins.login(request, user)
        return password, request

    for number in range(30):
        async with asyncio.TaskGroup() as group:
            began = [group.create_task(log_in(f"horse {number}")) for _ in range(3)]
            group.create_task(changes.change_password(None, Principal(7), f"horse {number + 1}"))
        for password, request in (task.result() for task in began):
            if (found := logins.find_credentials(request)) is None:
                continue
            with suppress(InvalidCredentialsError):
                await logins.authenticate(request, found)
                good += password != f"horse {number + 1}"
    _, request = await log_in("horse 30")
    last = logins.find_credentials(request)
    for store in stores:
        await store.aclose()

    assert good == 0
    assert last is not None


async def test_a_name_is_one_users(tmp_path: Path) -> None:
    """Of many who take it at once, in two processes, one gets it: 409 for the others."""
    stores = [SQLiteUsers(tmp_path / "users.db") for _ in range(2)]

    async def register(number: int) -> int | None:
        try:
            await stores[number % 2].add(UserRecord(id=number, username="ada", password_hash=None))
        except UsernameTakenError as exc:
            assert (exc.status_code, exc.username, str(exc)) == (409, "ada", "The name is taken.")
            return None
        return number

    winners = [number for number in await asyncio.gather(*map(register, range(20))) if number is not None]
    found = await stores[0].find_by_username("ada")
    for store in stores:
        await store.aclose()

    assert found is not None
    assert winners == [found.id]


@pytest.mark.parametrize("user_id", [7, "7"])
async def test_an_id_is_one_users(tmp_path: Path, user_id: int | str) -> None:
    """Of many who take it at once, in two processes, one gets it, and stays who they are: 409 for the others."""
    stores = [SQLiteUsers(tmp_path / "users.db") for _ in range(2)]

    async def register(number: int) -> str | None:
        name = f"user {number}"
        try:
            await stores[number % 2].add(UserRecord(id=(7, user_id)[number % 2], username=name, password_hash=None))
        except UserIDTakenError as exc:
            assert (exc.status_code, str(exc.user_id), str(exc)) == (409, "7", "The id is taken.")
            return None
        return name

    winners = [name for name in await asyncio.gather(*map(register, range(20))) if name is not None]
    found = await stores[0].find_by_id("7")
    for store in stores:
        await store.aclose()

    assert found is not None
    assert winners == [found.username]


async def test_a_user_is_replaced_by_the_one_with_the_same_id(tmp_path: Path) -> None:
    """So somebody gets another name; the old one is nobody's then, and nobody is made or loses a name so."""
    users = SQLiteUsers(tmp_path / "users.db")
    await users.add(UserRecord(id=7, username="ada", password_hash="old"))
    changed = UserRecord(id=7, username="grace", password_hash="new", is_active=False)
    await users.replace(changed)
    await users.replace(UserRecord(id=8, username="eve", password_hash=None))

    assert (await users.find_by_username("ada"), await users.find_by_username("grace")) == (None, changed)
    assert await users.find_by_username("eve") is None
    await users.add(UserRecord(id=9, username="zed", password_hash=None))
    with pytest.raises(UsernameTakenError):
        await users.replace(UserRecord(id=9, username="grace", password_hash=None))
    assert await users.find_by_username("grace") == changed
    await users.aclose()


async def test_an_object_of_the_applications_is_refused(tmp_path: Path) -> None:
    """It would be lost silently."""
    users = SQLiteUsers(tmp_path / "users.db")

    with pytest.raises(AuthenticationSetupError, match="keeps no object of the application's"):
        await users.add(UserRecord(id=7, username="ada", password_hash=None, user=object()))
    await users.aclose()


async def test_what_cannot_be_opened_is_an_error_that_says_so(tmp_path: Path) -> None:
    """Nobody is let in then."""
    users = SQLiteUsers(tmp_path / "nowhere" / "users.db")

    with pytest.raises(AuthStoreError, match=r"(?s)The store of users .* failed: .*See that its folder is there"):
        await users.find_by_id("7")
    await users.aclose()

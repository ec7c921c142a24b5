"""
Checking a name and a password.
"""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from covet import CovetPy, Request
from covet.auth import (
    BasicAuthProvider,
    InvalidCredentialsError,
    LockedOutError,
    Lockout,
    MemoryUsers,
    PasswordAuthProvider,
    UserRecord,
)
from covet.auth.events import AccountLockedEvent, AuthenticationFailedEvent
from covet.events import Event
from covet.exceptions import ConfigurationError
from covet.security import PasswordHasher, Scrypt
from covet.security.errors import InvalidPasswordError
from covet.testing import TestClient
from tests.unit.auth.logins import make_users


@pytest.mark.row(90)
@pytest.mark.parametrize("username", ["ada", "nobody", "grace", "eve", "", "x" * 10_000])
async def test_row_090_every_attempt_costs_one_verification(username: str) -> None:
    """Whether the user is there or not, has a password or not, may log in or not; the answer is the same."""
    users, hasher, scheme = await make_users()
    provider = PasswordAuthProvider(users, hasher=hasher)
    before = scheme.verifications
    with pytest.raises(InvalidCredentialsError) as caught:
        await provider.check_password(None, username, "wrong horse")

    assert scheme.verifications == before + 1
    assert str(caught.value) == "The name or the password is wrong."


@pytest.mark.parametrize("username", ["ada", "nobody"])
async def test_a_password_that_cannot_be_one_is_400(username: str) -> None:
    """Whoever the user is; nothing is hashed."""
    users, hasher, scheme = await make_users()
    before = scheme.verifications
    with pytest.raises(InvalidPasswordError):
        await PasswordAuthProvider(users, hasher=hasher).check_password(None, username, "x" * 1025)
    assert scheme.verifications == before


async def test_who_guesses_is_locked_out_before_any_work() -> None:
    """The right password does not help then; one who is not there is locked just the same."""
    users, hasher, scheme = await make_users()
    for username in ("ada", "nobody"):
        provider = PasswordAuthProvider(users, hasher=hasher, lockout=Lockout(max_failures=3))
        for _ in range(3):
            with pytest.raises(InvalidCredentialsError):
                await provider.check_password(Request(client=("192.0.2.1", 1)), username, "wrong horse")
        before = scheme.verifications
        with pytest.raises(LockedOutError) as caught:
            await provider.check_password(None, username, "correct horse")
        assert (caught.value.headers["retry-after"], scheme.verifications) == ("30", before)


class ForgivingUsers(MemoryUsers):
    """A store that forgives more than the lockout knows of: whole other names."""

    async def find_by_username(self, username: str, /) -> UserRecord | None:
        return await super().find_by_username("ada" if username.startswith("alias") else username)


async def test_other_names_of_a_user_give_no_further_attempts() -> None:
    """And do not tell that there is such a user: the answer and the work are those of a wrong password."""
    users, hasher, scheme = await make_users()
    ada = await users.find_by_id("7")
    assert ada is not None
    provider = PasswordAuthProvider(ForgivingUsers([ada]), hasher=hasher, lockout=Lockout(max_failures=3))
    for number in range(3):
        with pytest.raises(InvalidCredentialsError):
            await provider.check_password(None, f"alias {number}", "wrong horse")

    for username in ("alias 8", "ada", "nobody"):
        before = scheme.verifications
        with pytest.raises(InvalidCredentialsError, match=r"^The name or the password is wrong\.$"):
            await provider.check_password(None, username, "correct horse")
        assert scheme.verifications == before + 1


async def test_many_good_attempts_at_once_are_all_good() -> None:
    """As a browser makes them for a page with many parts, over HTTP Basic."""
    users, hasher, _ = await make_users()
    provider = PasswordAuthProvider(users, hasher=hasher, lockout=Lockout(max_failures=2, max_address_failures=3))
    request = Request(client=("192.0.2.1", 5))
    found = await asyncio.gather(*(provider.check_password(request, "ada", "correct horse") for _ in range(20)))

    assert {principal.id for principal in found} == {7}


async def test_many_bad_attempts_at_once_are_as_few_as_one_after_the_other() -> None:
    """The others are refused, once those have failed; who leaves while waiting holds nobody up."""
    users, hasher, scheme = await make_users()
    provider = PasswordAuthProvider(users, hasher=hasher, lockout=Lockout(max_failures=3))
    before = scheme.verifications
    attempts = [asyncio.create_task(provider.check_password(None, "ada", "wrong horse")) for _ in range(50)]
    await asyncio.sleep(0)
    attempts[0].cancel()
    attempts[-1].cancel()
    results = await asyncio.gather(*attempts, return_exceptions=True)

    assert sum(isinstance(result, LockedOutError) for result in results) == 46
    assert scheme.verifications <= before + 3
    with pytest.raises(LockedOutError):
        await provider.check_password(None, "ada", "correct horse")


@pytest.mark.parametrize(("make", "challenge"), [(PasswordAuthProvider, "Session"), (BasicAuthProvider, "Basic ")])
async def test_a_refusal_that_is_let_through_has_a_challenge(make: Any, challenge: str) -> None:
    """RFC 9110 §15.5.2: a 401 has one, with no middleware around the handler, too."""
    users, hasher, _ = await make_users()
    provider, app = make(users, hasher=hasher), CovetPy()

    @app.get("/")
    async def log_in(request: Request) -> str:
        return str((await provider._check.find(request, "ada", "wrong horse")).id)

    response = await TestClient(app).get("/")

    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith(challenge)


async def test_an_old_hash_is_replaced() -> None:
    """When somebody logs in who knows the password."""
    users, _, _ = await make_users()
    newer = PasswordHasher([Scrypt(cost=5)])
    provider = PasswordAuthProvider(users, hasher=newer)
    await provider.check_password(None, "ada", "correct horse")
    record = await users.find_by_id("7")

    assert record is not None
    assert record.password_hash is not None
    assert not newer.needs_rehash(record.password_hash)


class ChangedMeanwhile(MemoryUsers):
    """A store in which a user is changed while somebody logs in with the password before."""

    def __init__(self, before: UserRecord, after: UserRecord | None) -> None:
        super().__init__([before])
        self._after = after

    async def find_by_username(self, username: str, /) -> UserRecord | None:
        found = await super().find_by_username(username)
        if self._after is None:
            self._users.clear()
        else:
            await self.replace(self._after)
        return found


@pytest.mark.parametrize("cost", [4, 5])
@pytest.mark.parametrize("change", ["password", "none", "closed", "gone"])
async def test_what_was_changed_while_a_password_was_verified_stays(cost: int, change: str) -> None:
    """The hash of the one before is not made anew, and it is good for no login."""
    users, hasher, _ = await make_users()
    ada = await users.find_by_id("7")
    assert ada is not None
    after = {
        "password": replace(ada, password_hash=await hasher.hash("another horse")),
        "none": replace(ada, password_hash=None),
        "closed": replace(ada, is_active=False),
    }.get(change)
    changing = ChangedMeanwhile(ada, after)
    provider = PasswordAuthProvider(changing, hasher=PasswordHasher([Scrypt(cost=cost)]))
    with pytest.raises(InvalidCredentialsError, match=r"^The name or the password is wrong\.$"):
        await provider.check_password(None, "ada", "correct horse")

    found = await changing.find_by_id("7")
    if change == "closed":
        # The password is the same: its hash may be another one.
        assert found is not None
        assert await hasher.verify(found.password_hash, "correct horse")
    else:
        assert found == after


async def test_logins_at_once_that_make_a_hash_anew_are_all_let_in() -> None:
    """One of them makes it, and the others find that it is of the same password."""
    users, _, _ = await make_users()
    newer = PasswordHasher([Scrypt(cost=5)])
    provider = PasswordAuthProvider(users, hasher=newer)
    found = await asyncio.gather(*(provider.check_password(None, "ada", "correct horse") for _ in range(8)))

    assert [principal.id for principal in found] == [7] * 8
    record = await users.find_by_id("7")
    assert record is not None
    assert not newer.needs_rehash(record.password_hash or "")


async def test_failures_are_told_without_what_may_be_a_password() -> None:
    """The name is told if it is somebody's; a lock is told once."""
    users, hasher, _ = await make_users()
    app, seen = CovetPy(), list[Event]()
    app.events.subscribe(AuthenticationFailedEvent, seen.append)
    app.events.subscribe(AccountLockedEvent, seen.append)
    provider = PasswordAuthProvider(users, hasher=hasher, lockout=Lockout(max_failures=2))
    provider.prepare(app)
    request = Request(client=("192.0.2.1", 5))
    for username in ("ada", "hunter22", "ada"):
        with pytest.raises(InvalidCredentialsError):
            await provider.check_password(request, username, "secret horse")

    assert [(event.event_type, getattr(event, "account", None)) for event in seen] == [
        ("auth.failed", "ada"),
        ("auth.failed", None),
        ("auth.failed", "ada"),
        ("auth.locked", "ada"),
    ]
    assert "hunter22" not in repr(seen)
    with pytest.raises(InvalidCredentialsError):
        await provider.check_password(request, "hunter22", "secret horse")
    assert (type(seen[-1]), getattr(seen[-1], "account", None)) == (AccountLockedEvent, "")
    assert "hunter22" not in repr(seen)
    assert "secret horse" not in repr(seen)


def test_users_have_the_methods_of_the_contract() -> None:
    """Or the error says where they stand."""
    with pytest.raises(ConfigurationError, match=r"users is \{\}, expected a UserStore"):
        PasswordAuthProvider({})  # type: ignore[arg-type]

"""
Checking a name and a password.
"""

import pytest

from covet import CovetPy, Request
from covet.auth import InvalidCredentialsError, LockedOutError, Lockout, PasswordAuthProvider
from covet.auth.events import AccountLockedEvent, AuthenticationFailedEvent
from covet.events import Event
from covet.exceptions import ConfigurationError
from covet.security import PasswordHasher, Scrypt
from covet.security.errors import InvalidPasswordError
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
    assert "secret horse" not in repr(seen)


def test_users_have_the_methods_of_the_contract() -> None:
    """Or the error says where they stand."""
    with pytest.raises(ConfigurationError, match=r"users is \{\}, expected a UserStore"):
        PasswordAuthProvider({})  # type: ignore[arg-type]

"""
Checking a name and a password: what logins by form and HTTP Basic have in common.

It must never say which users there are, by its answer, its work or its time (docs/security.md, row 90).
"""

from collections.abc import Sequence

from covet.auth.errors import AuthenticationSetupError, InvalidCredentialsError, LockedOutError
from covet.auth.lockout import Lock, Lockout
from covet.auth.principal import Principal
from covet.auth.provider import AuthProvider
from covet.auth.reporting import read_address
from covet.auth.unshared import FAILURES, USERS, Unshared
from covet.auth.users import MemoryUsers, UserRecord, UserStore, has_hash
from covet.http.request import Request
from covet.security.passwords import PasswordHasher
from covet.security.tokens import hash_token

_REFUSAL = "The name or the password is wrong."


def make_stamp(user: UserRecord) -> str:
    """Say which password a user has, without saying anything of the password."""
    return hash_token(user.password_hash or "")


class PasswordCheck:
    """
    Check names and passwords.

    Args:
        users: Where the users are.
        hasher: What verifies passwords; Argon2id or scrypt by default.
        lockout: What slows down guessing; `None` for the usual.
        provider: For whom: it has the name of the method, publishes events and writes challenges.

    Raises:
        ConfigurationError: If the users are none.
    """

    def __init__(
        self, users: UserStore, hasher: PasswordHasher | None, lockout: Lockout | None, *, provider: AuthProvider
    ) -> None:
        if not isinstance(users, UserStore):
            raise AuthenticationSetupError(
                f"users is {users!r}, expected a UserStore.", hint="See covet.auth.users.UserStore for its methods."
            )
        self.users = users
        self.hasher = PasswordHasher() if hasher is None else hasher
        self._lockout = Lockout() if lockout is None else lockout
        self._provider = provider

    async def find(self, request: Request | None, username: str, password: str) -> UserRecord:
        """
        Find the user whose name and password these are.

        Args:
            request: The request that they came with.
            username: The name.
            password: The password.

        Raises:
            InvalidCredentialsError: If they are not good, without saying which.
            LockedOutError: If too many have failed.
            InvalidPasswordError: If the password cannot be one: 400.
        """
        address = read_address(request)
        wait = await self._lockout.wait(username, address)
        if wait > 0:
            # Neither looked up nor hashed: guessing costs the application nothing.
            raise LockedOutError(wait)
        with self._lockout.run(username, address):
            user, new_hash = await self._verify(username, password, address)
        verified = user.password_hash
        if new_hash is not None and await self.users.update_password(user.id, verified, new_hash):
            verified = new_hash
        # Verifying takes its time: a password that was changed meanwhile is good for no login. Where only its hash is
        # another one, as somebody else logs in at the same time, it is.
        found = await self.users.find_by_id(str(user.id))
        if (
            found is None
            or not found.is_active
            or not (has_hash(found, verified) or await self.hasher.verify(found.password_hash, password))
        ):
            raise self.refuse()
        return found

    def list_unshared(self) -> Sequence[Unshared]:
        """Say what is counted in memory, and the users, if they are there."""
        return (FAILURES, USERS) if isinstance(self.users, MemoryUsers) else (FAILURES,)

    def make_principal(self, user: UserRecord) -> Principal:
        """Make the principal of a user."""
        return Principal(user.id, user.scopes, user.roles, None, self._provider.name, user.user, stamp=make_stamp(user))

    def refuse(self) -> InvalidCredentialsError:
        """Make the error of a name and a password that are not good, without saying which."""
        return self._provider.make_refusal(_REFUSAL)

    async def _verify(self, username: str, password: str, address: str) -> tuple[UserRecord, str | None]:
        locked, is_allowed = self._lockout.begin(username, address), True
        user = await self.users.find_by_username(username)
        if user is not None:
            is_allowed, lock = self._lockout.begin_user(user.id, username)
            if lock is not None and all(other.account is None for other in locked):
                locked.append(lock)
        stored = user.password_hash if user is not None and user.is_active and is_allowed else None
        # One verification for everybody: who is not there is verified against a hash that nobody has.
        is_valid, new_hash = await self.hasher.verify_and_update(stored, password)
        if user is None or not is_valid:
            await self._tell(username, address, locked, is_known=user is not None)
            raise self._provider.make_refusal(_REFUSAL, is_reported=True)
        self._lockout.succeed(username, address, user.id)
        return user, new_hash

    async def _tell(self, username: str, address: str, locked: list[Lock], *, is_known: bool) -> None:
        await self._provider.report(
            "AuthenticationFailedEvent",
            method=self._provider.name,
            reason=_REFUSAL,
            client_ip=address,
            # A password may be typed where the name goes: what is nobody's name is not told.
            account=username if is_known else None,
        )
        for lock in locked:
            await self._provider.report(
                "AccountLockedEvent",
                account=lock.account if is_known or lock.account is None else "",
                client_ip=lock.address,
                failures=lock.failures,
                seconds=lock.seconds,
            )

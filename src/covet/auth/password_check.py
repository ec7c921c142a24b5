"""
Checking a name and a password: what logins by form and HTTP Basic have in common.

It must never say which users there are, by its answer, its work or its time (docs/security.md, row 90).
"""

from collections.abc import Awaitable, Callable

from covet.auth.errors import AuthenticationSetupError, InvalidCredentialsError, LockedOutError
from covet.auth.lockout import Lockout
from covet.auth.principal import Principal
from covet.auth.reporting import read_address
from covet.auth.users import UserRecord, UserStore
from covet.http.request import Request
from covet.security.passwords import PasswordHasher

Report = Callable[..., Awaitable[None]]


class PasswordCheck:
    """
    Check names and passwords.

    Args:
        users: Where the users are.
        hasher: What verifies passwords; Argon2id or scrypt by default.
        lockout: What slows down guessing; `None` for the usual.
        method: What `Principal.method` says.
        report: What publishes events.

    Raises:
        ConfigurationError: If the users are none.
    """

    def __init__(
        self, users: UserStore, hasher: PasswordHasher | None, lockout: Lockout | None, *, method: str, report: Report
    ) -> None:
        if not isinstance(users, UserStore):
            raise AuthenticationSetupError(
                f"users is {users!r}, expected a UserStore.", hint="See covet.auth.users.UserStore for its methods."
            )
        self.users = users
        self.hasher = PasswordHasher() if hasher is None else hasher
        self._lockout = Lockout() if lockout is None else lockout
        self._method = method
        self._report = report

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
        wait = self._lockout.find_wait(username, address)
        if wait > 0:
            # Neither looked up nor hashed: guessing costs the application nothing.
            raise LockedOutError(wait)
        locked = self._lockout.begin(username, address)
        user = await self.users.find_by_username(username)
        stored = user.password_hash if user is not None and user.is_active else None
        # One verification for everybody: who is not there is verified against a hash that nobody has.
        is_valid, new_hash = await self.hasher.verify_and_update(stored, password)
        if user is None or not is_valid:
            await self._tell(None if user is None else username, address)
            for lock in locked:
                await self._report(
                    "AccountLockedEvent",
                    account=lock.account,
                    client_ip=lock.address,
                    failures=lock.failures,
                    seconds=lock.seconds,
                )
            raise InvalidCredentialsError("The name or the password is wrong.", is_reported=True)
        self._lockout.succeed(username, address)
        if new_hash is not None:
            await self.users.update_password(user.id, new_hash)
            found = await self.users.find_by_id(str(user.id))
            user = user if found is None else found
        return user

    def make_principal(self, user: UserRecord) -> Principal:
        """Make the principal of a user."""
        return Principal(user.id, user.scopes, user.roles, None, self._method, user.user)

    async def _tell(self, username: str | None, address: str) -> None:
        await self._report(
            "AuthenticationFailedEvent",
            method=self._method,
            reason="The name or the password is wrong.",
            client_ip=address,
            # A password may be typed where the name goes: what is nobody's name is not told.
            account=username,
        )

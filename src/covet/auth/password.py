"""
`PasswordAuthProvider`: somebody logs in with a name and a password once, and is known by their session afterwards.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol, runtime_checkable

from covet.auth.errors import AuthenticationSetupError, PasswordChangedError
from covet.auth.lockout import Lockout
from covet.auth.password_check import PasswordCheck, make_stamp
from covet.auth.principal import Principal
from covet.auth.provider import Credentials, close_store
from covet.auth.schemes import SecurityScheme
from covet.auth.tokenless import TokenlessProvider
from covet.auth.unshared import Unshared
from covet.auth.users import UserStore
from covet.exceptions import AuthenticationError
from covet.http.request import Request
from covet.options import refuse_unknown
from covet.security.passwords import PasswordHasher
from covet.security.tokens import hash_token, is_same_secret

OTHER_LOGIN: Final = "_oauth"
"""What a session has, beside its user, that began with another service: `OAuth2Provider` keeps its record there."""

_STAMP: Final = "_password"
_COOKIE: Final = {"type": "apiKey", "in": "cookie", "name": "session"}


@runtime_checkable
class LoginSession(Protocol):
    """What a login needs of a session: `covet.sessions.Session` has it."""

    @property
    def user_id(self) -> str | None:
        """Whose it is, if anybody has logged in."""
        ...

    @property
    def is_closed(self) -> bool:
        """Whether it can be read only."""
        ...

    def log_in(self, user_id: str, /) -> None:
        """Make it somebody's, under a new id."""
        ...

    def rotate(self) -> None:
        """Give it a new id."""
        ...

    def invalidate(self) -> None:
        """End it."""
        ...

    # Any: whatever JSON can hold.
    def get(self, key: str, /) -> Any:
        """Read a value."""
        ...

    def __setitem__(self, key: str, value: Any, /) -> None:
        """Keep a value."""
        ...


@runtime_checkable
class KeepsSessions(Protocol):
    """Middleware that brings sessions: `covet.middleware.SessionMiddleware` is such."""

    @property
    def cookie_name(self) -> str:
        """What the cookie is called where the application is deployed."""
        ...


class PasswordAuthProvider(TokenlessProvider):
    """
    Logins with a name and a password, kept by the session that `SessionMiddleware` brings.

    A session knows with which password it began: once that is changed, all other sessions of the user are over.

    Args:
        users: Where the users are.
        hasher: What verifies passwords; Argon2id or scrypt by default.
        lockout: What slows down guessing.
        cookie: The session's cookie, for documents; that of the session middleware by default.

    Raises:
        ConfigurationError: If the users are none.

    Example:
        >>> from covet.auth.users import MemoryUsers, UserRecord
        >>> from covet.security import PasswordHasher, Scrypt
        >>> hasher = PasswordHasher([Scrypt(cost=4)])
        >>> ada = UserRecord(id=7, username="ada", password_hash=await hasher.hash("correct horse"))
        >>> provider = PasswordAuthProvider(MemoryUsers([ada]), hasher=hasher)
        >>> (await provider.check_password(Request(), "ada", "correct horse")).id
        7
    """

    name = "password"
    raises: tuple[type[Exception], ...] = (AuthenticationError,)
    reports_each_request = False
    needs_session = True
    hint = "Write await provider.login(request, user): its session is what is brought from then on."

    @refuse_unknown
    def __init__(
        self,
        users: UserStore,
        *,
        hasher: PasswordHasher | None = None,
        lockout: Lockout | None = None,
        cookie: str | None = None,
    ) -> None:
        self._check = PasswordCheck(users, hasher, lockout, provider=self)
        self._cookie = cookie
        self.scheme = SecurityScheme("session", "Session", _COOKIE if cookie is None else {**_COOKIE, "name": cookie})

    # Any: as OpenAPI has it.
    def describe_scheme(self, outer: Sequence[object]) -> Mapping[str, Any]:
        """
        Name the cookie of the session for documents.

        Args:
            outer: The middleware around the route's guard; the innermost that brings sessions knows its name.
        """
        found = next((item for item in reversed(outer) if isinstance(item, KeepsSessions)), None)
        if self._cookie is not None or found is None:
            return self.scheme.description
        return {**_COOKIE, "name": found.cookie_name}

    def find_credentials(self, request: Request) -> Credentials | None:
        """Find the user of a session that somebody has logged in to."""
        session: LoginSession | None = getattr(request.state, "session", None)
        user_id = None if session is None else session.user_id
        # Who has logged in with another service began with no password, and is that provider's affair.
        if session is None or user_id is None or session.get(OTHER_LOGIN) is not None:
            return None
        return {"user_id": user_id, "stamp": session.get(_STAMP)}

    async def authenticate(self, request: Request, credentials: Credentials) -> Principal | None:
        """
        Tell whose session, or whose name and password it is.

        Args:
            request: The request.
            credentials: What `find_credentials` gives; or `{"username": …, "password": …}`, which logs nobody in.

        Raises:
            InvalidCredentialsError: If they are not good.
            LockedOutError: If too many have failed.
        """
        if "username" in credentials:
            return await self.check_password(request, credentials["username"], credentials["password"])
        user = await self._check.users.find_by_id(credentials["user_id"])
        stamp = credentials["stamp"]
        if user is None or not user.is_active or not is_same_secret(stamp or "", make_stamp(user)):
            session = _get_session(request)
            if not session.is_closed:
                # It says nothing any more; without it the next request is nobody's, and may log in. The handshake of a
                # WebSocket can change no session, and is refused all the same.
                session.invalidate()
            raise self.make_refusal("The session is over.")
        return self._check.make_principal(user)

    async def check_password(self, request: Request | None, username: str, password: str) -> Principal:
        """
        Tell whose name and password these are, without logging anybody in.

        Args:
            request: The request that they came with.
            username: The name.
            password: The password.

        Raises:
            InvalidCredentialsError: If they are not good, without saying which.
            LockedOutError: If too many have failed.
            InvalidPasswordError: If the password cannot be one: 400.
        """
        return self._check.make_principal(await self._check.find(request, username, password))

    async def login(self, request: Request, user: Principal) -> None:
        """
        Log somebody in: the session is theirs from now on, under a new id.

        Who was checked is logged in with the password that was checked: if it was changed since, nobody is.

        Args:
            request: The request.
            user: Who, as `check_password` gave it; one made by hand was proved in another way.

        Raises:
            InvalidCredentialsError: If the password is another one than was checked, or they may not log in any more.
            AuthenticationSetupError: If there is no session, or no such user.
        """
        session = _get_session(request)
        record = await self._check.users.find_by_id(str(user.id))
        if record is None:
            if user.stamp is None:
                raise AuthenticationSetupError(f"There is no user with the id {user.id!r} to log in.")
            raise self._check.refuse()
        stamp = make_stamp(record)
        if not record.is_active or not is_same_secret(user.stamp or stamp, stamp):
            raise self._check.refuse()
        session.log_in(str(record.id))
        session[_STAMP] = stamp
        request.state.user = user
        await self.report("UserAuthenticatedEvent", user_id=record.id, method=self.name)

    async def logout(self, request: Request) -> None:
        """
        Log out: nothing is left of the session.

        Args:
            request: The request.

        Raises:
            AuthenticationSetupError: If there is no session.
        """
        session = _get_session(request)
        user_id = session.user_id
        session.invalidate()
        if user_id is not None:
            await self.report("UserLoggedOutEvent", user_id=user_id)

    async def change_password(self, request: Request | None, user: Principal, password: str) -> None:
        """
        Give somebody another password. All their sessions are over but this one, which gets a new id.

        Of several who do so at once, one does; a session that began with another password than there is changes none.

        Args:
            request: The request in whose session that happens; `None` for another, as when it was forgotten.
            user: Whose.
            password: The new password.

        Raises:
            InvalidPasswordError: If it cannot be one: 400.
            PasswordChangedError: If somebody else has changed it meanwhile: 409.
            AuthenticationSetupError: If there is no such user.
        """
        known = None if user.id is None else await self._check.users.find_by_id(str(user.id))
        if known is None:
            raise AuthenticationSetupError(f"There is no user with the id {user.id!r} whose password could be changed.")
        session = None if request is None else getattr(request.state, "session", None)
        if session is not None and session.user_id != str(user.id):
            session = None
        stamp = None if session is None else session.get(_STAMP)
        if stamp is not None and not is_same_secret(stamp, make_stamp(known)):
            raise PasswordChangedError
        new_hash = await self._check.hasher.hash(password)
        if not await self._check.users.update_password(known.id, known.password_hash, new_hash):
            raise PasswordChangedError
        if session is not None:
            session.rotate()
            session[_STAMP] = hash_token(new_hash)
        await self.report("PasswordChangedEvent", user_id=user.id)

    def list_unshared(self) -> Sequence[Unshared]:
        """Say what is counted in memory, and the users, if they are there."""
        return self._check.list_unshared()

    async def aclose(self) -> None:
        """Close the store of users, if it has something to close."""
        await close_store(self._check.users)


def _get_session(request: Request) -> LoginSession:
    session = getattr(request.state, "session", None)
    if isinstance(session, LoginSession):
        return session
    raise AuthenticationSetupError(
        "There is no session to log in to: no SessionMiddleware is around this route.",
        hint="Write app.add_middleware(SessionMiddleware(secret_key=...)).",
    )

"""
`BasicAuthProvider`: a name and a password with each request (RFC 7617).

Each request costs the work of a password's verification, on purpose: it is for tools and internal pages.
"""

from collections.abc import Sequence

from covet.auth.errors import InvalidCredentialsError, LockedOutError
from covet.auth.lockout import Lockout
from covet.auth.password_check import PasswordCheck
from covet.auth.principal import Principal
from covet.auth.provider import MAX_CREDENTIALS_BYTES, Credentials, close_store
from covet.auth.schemes import SecurityScheme, read_authorization
from covet.auth.tokenless import TokenlessProvider
from covet.auth.unshared import Unshared
from covet.auth.users import UserStore
from covet.http.request import Request
from covet.options import refuse_unknown
from covet.security.passwords import PasswordHasher
from covet.validation.scalars import read_bytes


class BasicAuthProvider(TokenlessProvider):
    """
    HTTP Basic (RFC 7617), in UTF-8.

    Args:
        users: Where the users are.
        realm: The realm that browsers show.
        hasher: What verifies passwords; Argon2id or scrypt by default.
        lockout: What slows down guessing.

    Raises:
        ConfigurationError: If the users are none.

    Example:
        >>> from covet.auth.users import MemoryUsers
        >>> BasicAuthProvider(MemoryUsers(), realm="shop").scheme.write_challenge()
        'Basic realm="shop", charset="UTF-8"'
    """

    name = "basic"
    raises: tuple[type[Exception], ...] = (*TokenlessProvider.raises, LockedOutError)
    hint = "With HTTP Basic the name and the password come with each request."

    @refuse_unknown
    def __init__(
        self,
        users: UserStore,
        *,
        realm: str = "api",
        hasher: PasswordHasher | None = None,
        lockout: Lockout | None = None,
    ) -> None:
        self._check = PasswordCheck(users, hasher, lockout, provider=self)
        self.scheme = SecurityScheme("basic", "Basic", {"type": "http", "scheme": "basic"}, realm, {"charset": "UTF-8"})

    def find_credentials(self, request: Request) -> Credentials | None:
        """
        Find a name and a password.

        Raises:
            BadRequestError: If there are several `Authorization` headers.
            InvalidCredentialsError: If it cannot be read.
        """
        token = read_authorization(request, "basic")
        return None if token is None else {"token": token}

    async def authenticate(self, request: Request, credentials: Credentials) -> Principal | None:
        """
        Tell whose name and password these are.

        Raises:
            InvalidCredentialsError: If they are not good.
            LockedOutError: If too many have failed.
        """
        username, password = _read(credentials["token"])
        return self._check.make_principal(await self._check.find(request, username, password))

    def list_unshared(self) -> Sequence[Unshared]:
        """Say what is counted in memory, and the users, if they are there."""
        return self._check.list_unshared()

    async def aclose(self) -> None:
        """Close the store of users, if it has something to close."""
        await close_store(self._check.users)


def _read(token: str) -> tuple[str, str]:
    if len(token) <= MAX_CREDENTIALS_BYTES:
        try:
            username, colon, password = (read_bytes(token) or b"").decode("utf-8").partition(":")
        except UnicodeDecodeError:
            colon = ""
        if colon and password and username.isprintable():
            return username, password
    raise InvalidCredentialsError("The name or the password is wrong.")

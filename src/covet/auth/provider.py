"""
The contract of authentication providers: one way to prove who one is.

Absent and bad credentials are two things. Where there are none the request is anonymous, and a guard decides; where
there are some and they are not good, it is refused.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Final
from weakref import ref

from covet.auth.errors import InvalidCredentialsError
from covet.auth.principal import Principal
from covet.auth.reporting import report
from covet.auth.schemes import BEARER, SecurityScheme, read_authorization
from covet.auth.unshared import Unshared
from covet.exceptions import AuthenticationError, BadRequestError
from covet.http.request import Request

# Any: what a provider finds in a request is its own affair.
Credentials = Mapping[str, Any]

MAX_CREDENTIALS_BYTES: Final = 8 * 1024
"""How long a token or key is at most: a longer one is refused unread."""


class AuthProvider(ABC):
    """
    One way to prove who one is: subclass it to add another.

    Attributes:
        name: What it is called in `Principal.method`, in events and in tables.
        scheme: How its credentials travel: for challenges and documents.
        reports_each_request: Whether a `UserAuthenticatedEvent` is published for each request that it lets in; not
            where somebody logs in once and brings a session afterwards.
        needs_session: Whether its credentials are in a session, which a middleware around it has to bring.
        raises: The errors that requests with credentials of its kind may be answered with, for the documents.

    Example:
        >>> class HouseKeys(AuthProvider):
        ...     name = "house"
        ...     async def authenticate(self, request, credentials):
        ...         return await self.validate_token(credentials["token"])
        ...     async def validate_token(self, token):
        ...         return Principal("ada") if token == "under the mat" else None
        ...     async def create_token(self, user):
        ...         return "under the mat"
        ...     async def revoke_token(self, token):
        ...         raise NotImplementedError("There is one key.")
        >>> (await HouseKeys().validate_token("under the mat")).id
        'ada'
    """

    name: str = "token"
    scheme: SecurityScheme = BEARER
    reports_each_request: bool = True
    needs_session: bool = False
    raises: tuple[type[Exception], ...] = (AuthenticationError, BadRequestError)
    # Any: the application's class stands on a higher floor, here and below.
    _app: "ref[Any] | None" = None

    def find_credentials(self, request: Request) -> Credentials | None:
        """
        Find credentials of its kind in a request, without judging them.

        By default it is a token in `Authorization`, behind the word that its `scheme` challenges with: `Bearer`.

        The first provider that finds some decides: where two of them read the same header, each tells its own apart.

        Args:
            request: The request, or the handshake of a WebSocket.

        Returns:
            The credentials, as `authenticate` takes them; `None` if there are none.

        Raises:
            HTTPError: If the request cannot be meant, such as with two `Authorization` headers.
        """
        token = read_authorization(request, self.scheme.challenge.lower())
        return None if token is None else {"token": token}

    @abstractmethod
    async def authenticate(self, request: Request, credentials: Credentials) -> Principal | None:
        """
        Tell whose credentials they are.

        Args:
            request: The request that they came with.
            credentials: The credentials, as `find_credentials` gives them.

        Returns:
            Whose they are; `None` if they are not good.

        Raises:
            InvalidCredentialsError: If they are not good, and the client is to be told why.
        """

    @abstractmethod
    async def validate_token(self, token: str) -> Principal | None:
        """
        Tell whose token it is.

        Args:
            token: The token.

        Returns:
            Whose it is; `None` if it is not good.
        """

    @abstractmethod
    async def create_token(self, user: Principal) -> str:
        """
        Make a token for somebody.

        Args:
            user: For whom.
        """

    @abstractmethod
    async def revoke_token(self, token: str) -> None:
        """
        Make a token good for nothing; one that is not good already is left at that.

        Args:
            token: The token.
        """

    def prepare(self, app: Any) -> None:
        """
        Get ready to serve an application; called at its start, for each of its routes.

        Args:
            app: The application; `None` where there is none.

        Raises:
            ConfigurationError: If something is missing.
        """
        self._app = None if app is None else ref(app)

    # Any: as OpenAPI has it.
    def describe_scheme(self, outer: Sequence[object]) -> Mapping[str, Any]:  # noqa: ARG002
        """
        Describe how its credentials travel to one route, for documents; as `scheme` says by default.

        Args:
            outer: The middleware around the route's guard, the outermost first.

        Returns:
            A security scheme object of OpenAPI.
        """
        return self.scheme.description

    def make_refusal(
        self, reason: str = "The credentials are not good.", *, is_reported: bool = False
    ) -> InvalidCredentialsError:
        """
        Make the error that refuses credentials, with the challenge that a 401 has to have (RFC 9110 §15.5.2).

        Args:
            reason: What the client is told.
            is_reported: Whether those who audit have been told.
        """
        said = {"error": "invalid_token", "error_description": reason} if self.scheme.is_bearer else {}
        headers = {"www-authenticate": self.scheme.write_challenge(**said)}
        return InvalidCredentialsError(reason, is_reported=is_reported, headers=headers)

    async def report(self, event: str, /, **fields: object) -> None:
        """
        Publish an event on the bus of the application that it serves, if anybody wants it.

        Args:
            event: The name of its class in `covet.auth.events`.
            **fields: Its fields.
        """
        await report(None if self._app is None else self._app(), event, **fields)

    def list_unshared(self) -> Sequence[Unshared]:
        """List what each of several workers would have of its own; nothing by default."""
        return ()

    async def aclose(self) -> None:  # noqa: B027 - most have nothing to close
        """Close what was opened, when its application stops; it may be used again afterwards."""


async def close_store(store: object) -> None:
    """
    Close what keeps keys or users, if it has an `aclose()`.

    Args:
        store: The store.
    """
    # Any: what a store of somebody else's has.
    close: Any = getattr(store, "aclose", None)
    if close is not None:
        await close()

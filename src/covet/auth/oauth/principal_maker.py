"""
Who somebody is here: a function of one's own makes the principal of what a provider says, with services injected.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from covet.auth.errors import AuthenticationSetupError
from covet.auth.oauth.errors import OAuthLoginError
from covet.auth.oauth.identity import OAuthIdentity
from covet.auth.principal import Principal
from covet.core.layer_binding import LayerBinding
from covet.core.middleware import Middleware
from covet.error_text import name_callable
from covet.exceptions import RouteError
from covet.http.request import Request
from covet.introspection import ParameterInfo, inspect_callable
from covet.threads import call_anywhere
from covet.types import UNSET

# Any: it takes whatever can be injected, and gives a Principal or None, or an awaitable of it.
MakePrincipal = Callable[..., Any]

_STATE: Final = "_oauth_make_principal"
# What is said of a person, is short, and is of use on a page; a claim of several hundred groups would fill a session.
_KEPT: Final = (
    "name", "given_name", "family_name", "preferred_username", "email", "email_verified", "picture", "locale",
)  # fmt: skip


def make_usual_principal(identity: OAuthIdentity) -> Principal:
    """
    Make a principal where nobody has said how: its id has the provider's name in front.

    Example:
        >>> from covet.auth.oauth.identity import OAuthTokens
        >>> identity = OAuthIdentity("google", "10769", {"name": "Ada", "groups": ["x"] * 500}, OAuthTokens("secret"))
        >>> ada = make_usual_principal(identity)
        >>> ada.id, dict(ada.claims)
        ('google:10769', {'name': 'Ada'})
    """
    return Principal(
        f"{identity.provider}:{identity.subject}",
        scopes=identity.tokens.scopes,
        claims={name: identity.claims[name] for name in _KEPT if name in identity.claims},
        method=identity.provider,
    )


class PrincipalMaker(Middleware):
    """
    Find out at start-up what the function is called with, and call it when somebody has logged in.

    It stands around the route that they come back to, and does nothing to requests but say what it has found out.

    Args:
        func: The function; `None` for the usual principal.
        prepare: What is called with the application.

    Raises:
        AuthenticationSetupError: If it cannot be called.
    """

    # Any: the application's class stands on a higher floor.
    def __init__(self, func: MakePrincipal | None, prepare: Callable[[Any], None]) -> None:
        if func is not None and (not callable(func) or isinstance(func, type)):
            raise AuthenticationSetupError(
                f"OAuth2Provider: make_principal has {func!r}, expected a function.",
                hint="Write async def make(identity: OAuthIdentity, users: Users) -> Principal | None.",
            )
        self._func = make_usual_principal if func is None else func
        self._prepare = prepare

    def bind_route(self, binding: LayerBinding) -> Middleware | None:
        """
        Find out what the function is called with.

        Raises:
            RouteError: If it takes what cannot be injected.
            ConfigurationError: If the provider lacks something.
        """
        self._prepare(binding.app)
        name = name_callable(self._func)
        wanted: list[ParameterInfo] = []
        # What each argument is made of that is of the request, or of who has logged in.
        own: dict[str, Callable[[Request, OAuthIdentity], object]] = {}
        for parameter in inspect_callable(self._func).parameters:
            is_named = parameter.kind in (parameter.kind.POSITIONAL_OR_KEYWORD, parameter.kind.KEYWORD_ONLY)
            if is_named and parameter.annotation is OAuthIdentity:
                own[parameter.name] = _give_identity
            elif is_named and hasattr(parameter.annotation, "__from_request__"):
                own[parameter.name] = _read_request(parameter.annotation)
            elif (
                is_named
                and parameter.annotation is not UNSET
                and binding.services.knows(parameter.annotation, parameter.metadata)
            ):
                wanted.append(parameter)
            elif parameter.default is UNSET:
                raise RouteError(
                    f"{name} makes principals, and takes {parameter.name!r}, which cannot be injected.",
                    route=str(binding.route),
                    parameter=parameter.name,
                    hint="Annotate it with OAuthIdentity, Request, Session or a service, and leave out * and /.",
                )
        injected = binding.services.inject(binding.route, wanted, self._func) if wanted else None
        return _BoundMaker(self._func, own, injected)

    def process_request(self, request: Request) -> None:
        """
        Refuse: it is what `bind_route` makes that knows the route.

        Raises:
            AuthenticationSetupError: Always.
        """
        raise AuthenticationSetupError(f"{type(self).__name__} is bound to no route: {request.method} goes nowhere.")


class _BoundMaker(Middleware):
    # Any: what injects is of a class that those alone load who inject.
    def __init__(
        self, func: MakePrincipal, own: Mapping[str, Callable[[Request, OAuthIdentity], object]], injected: Any
    ) -> None:
        self._func = func
        self._own = own
        self._injected = injected

    def bind_route(self, binding: LayerBinding) -> Middleware | None:  # noqa: ARG002 - it is bound already
        return self

    def process_request(self, request: Request) -> None:
        setattr(request.state, _STATE, self)

    async def make(self, request: Request, identity: OAuthIdentity) -> Principal | None:
        # Any: the scope's class, as above.
        arguments: dict[str, Any] = {name: give(request, identity) for name, give in self._own.items()}
        if self._injected is not None:
            arguments |= await self._injected.resolve(_open_scope(request))
        made = await call_anywhere(self._func, **arguments)
        if made is None:
            return None
        if not isinstance(made, Principal) or made.id is None:
            raise TypeError(f"{name_callable(self._func)} gave {type(made).__name__}, expected a Principal or None.")
        return made


async def make_principal(request: Request, identity: OAuthIdentity) -> Principal:
    """
    Make the principal of who has logged in, within the request that has come back.

    Args:
        request: The request.
        identity: What the provider says.

    Raises:
        OAuthLoginError: If they have no business here: the function gave `None`.
        AuthenticationSetupError: If the request is of no route that the provider has made.
        TypeError: If the function gives something else.
    """
    maker = getattr(request.state, _STATE, None)
    if not isinstance(maker, _BoundMaker):
        raise AuthenticationSetupError(
            "A login comes back to a route that its provider has not made.",
            hint="Write app.include_router(provider.router).",
        )
    principal = await maker.make(request, identity)
    if principal is None:
        raise OAuthLoginError(identity.provider, "They have no business here.", is_refused=True)
    return principal


def _give_identity(request: Request, identity: OAuthIdentity) -> object:  # noqa: ARG001 - as all of them
    return identity


# Any: a class that says itself what of it a request has.
def _read_request(cls: Any) -> Callable[[Request, OAuthIdentity], object]:
    return lambda request, _: cls.__from_request__(request)


# Any: the scope's class is loaded by those alone who inject.
def _open_scope(request: Request) -> Any:
    """Return the scope of a request; the first who asks opens it."""
    try:
        return request.services
    except AttributeError:
        scope = request.services = request.app.open_services(request)
        return scope

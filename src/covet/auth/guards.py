"""
Guards: who may call a route. `requires(...)` is middleware, for a route, a router or the application.

A guard runs before the body is read. Whoever is not known is refused with 401, whoever may not with 403. All guards
around a route have to agree; `allow_anyone()` lifts those further out.
"""

from collections.abc import Awaitable, Iterable, Sequence
from typing import Any, Final

from covet.auth.errors import AuthenticationSetupError, MissingPermissionError
from covet.auth.policies import BoundPolicy, Policy, bind_policy, check_policy
from covet.auth.principal import Principal, find_principal
from covet.auth.provider import AuthProvider
from covet.auth.reporting import report
from covet.auth.schemes import join_challenges
from covet.core.layer_binding import LayerBinding
from covet.core.middleware import Middleware
from covet.error_text import name_callable
from covet.exceptions import AuthenticationError
from covet.http.request import Request
from covet.options import refuse_unknown

GUARD_PRIORITY: Final = 95
"""Where guards stand: inside of the authentication, outside of middleware of one's own."""


class Guard(Middleware):
    """
    Let in who may; made by `requires()`.

    Args:
        scopes: What a token or key must have been given for: all of them.
        roles: What the user must be: one of them.
        policies: Functions that decide: all of them must agree.
    """

    priority: int = GUARD_PRIORITY

    def __init__(self, scopes: Sequence[str] = (), roles: Sequence[str] = (), policies: Sequence[Policy] = ()) -> None:
        self.scopes = tuple(scopes)
        self.roles = tuple(roles)
        self.policies = tuple(policies)

    def bind_route(self, binding: LayerBinding) -> Middleware | None:
        """
        Check that somebody finds out who asks, and what the policies take.

        Raises:
            AuthenticationSetupError: If no provider stands around it.
            RouteError: If a policy takes what is not there.
        """
        if any(isinstance(item, Opening) for item in binding.inner):
            return None
        providers = [
            provider for item in binding.outer for provider in getattr(item, "providers", ()) if _is_provider(provider)
        ]
        if not providers:
            raise AuthenticationSetupError(
                f"{self!r} guards {binding.route}, and nothing around it finds out who asks.",
                hint="Write app.add_middleware(AuthenticationMiddleware(provider=...)), or put it around the router.",
            )
        policies = [bind_policy(policy, binding) for policy in self.policies]
        return BoundGuard(self, providers, policies, binding.outer)

    def check_mount(self, prefix: str, inner: Sequence[object]) -> None:
        """
        Refuse an application that is mounted in a guarded router: it would be open.

        Raises:
            AuthenticationSetupError: Unless the guard is lifted there.
        """
        if any(isinstance(item, Opening) for item in inner):
            return
        raise AuthenticationSetupError(
            f"{self!r} is around a router, and not around the application that it mounts at {prefix!r}: "
            "that one has middleware of its own.",
            hint="Mount it in the application, and guard it inside; or include it with middleware=[allow_anyone()].",
        )

    def process_request(self, request: Request) -> Awaitable[None] | None:
        """
        Refuse: it is the guard that `bind_route` makes for each route which lets anybody in.

        Raises:
            AuthenticationSetupError: Always.
        """
        raise AuthenticationSetupError(
            f"{self!r} does not know which route it is around: {request.method} is not let in.",
            hint="Give it to a route, a router or an application as middleware.",
        )

    # Any: a WebSocket, whose class is loaded with the first route of WebSockets.
    def websocket_connect(self, websocket: Any) -> Awaitable[None] | None:
        """Do for the handshake of a WebSocket what `process_request` does."""
        return self.process_request(websocket.request)

    @property
    def layer_title(self) -> str:
        """What tables call it: what it was declared as."""
        return repr(self)

    def __repr__(self) -> str:
        names = [name_callable(item) for item in self.policies]
        options = {
            "scope": _write_texts(self.scopes),
            "role": _write_texts(self.roles),
            "policy": names[0] if len(names) == 1 else f"[{', '.join(names)}]" if names else "",
        }
        said = ", ".join(f"{name}={text}" for name, text in options.items() if text)
        return f"requires({said})"


class BoundGuard(Guard):
    """
    A guard around one route.

    Args:
        guard: What it was declared as.
        providers: What finds out who asks.
        policies: The policies, with what they are called with.
        outer: The middleware around it, the outermost first.
    """

    def __init__(
        self,
        guard: Guard,
        providers: Sequence[AuthProvider],
        policies: Sequence[BoundPolicy],
        outer: Sequence[object] = (),
    ) -> None:
        super().__init__(guard.scopes, guard.roles, guard.policies)
        self.providers_of_guard = tuple(providers)
        self._bound = tuple(policies)
        self._outer = outer
        self._wanted = frozenset(guard.scopes)
        self._allowed = frozenset(guard.roles)
        schemes = [provider.scheme for provider in providers]
        self._challenge = join_challenges(scheme.write_challenge() for scheme in schemes)
        bearer = next((scheme for scheme in schemes if scheme.is_bearer), None)
        needed = " ".join(self.scopes) or None
        # RFC 6750 §3.1: a client learns which token it needs.
        self._denial = (
            {}
            if bearer is None or needed is None
            else {"www-authenticate": bearer.write_challenge(error="insufficient_scope", scope=needed)}
        )

    @property
    def security(self) -> tuple[dict[str, list[str]], ...]:
        """What it asks for, as documents have it: one of the providers' schemes, with the scopes."""
        return tuple({provider.scheme.name: list(self.scopes)} for provider in self.providers_of_guard)

    @property
    def security_schemes(self) -> dict[str, dict[str, Any]]:
        """The security schemes of the providers, as OpenAPI has them."""
        return {item.scheme.name: dict(item.describe_scheme(self._outer)) for item in self.providers_of_guard}

    def bind_route(self, binding: LayerBinding) -> Middleware | None:  # noqa: ARG002 - it is bound already
        """Stay what it is."""
        return self

    def process_request(self, request: Request) -> Awaitable[None] | None:
        """
        Refuse who may not.

        Raises:
            AuthenticationError: If it is not known who asks.
            MissingPermissionError: If they may not.
        """
        principal = find_principal(request)
        if not principal.is_authenticated:
            raise AuthenticationError("Authentication is required.", headers={"www-authenticate": self._challenge})
        if not principal.scopes >= self._wanted:
            missing = " ".join(scope for scope in self.scopes if scope not in principal.scopes)
            return self._deny(request, principal, f"scope {missing}", self._denial)
        if self._allowed and principal.roles.isdisjoint(self._allowed):
            return self._deny(request, principal, f"role {' or '.join(self.roles)}")
        return self._ask_policies(request, principal) if self._bound else None

    async def _ask_policies(self, request: Request, principal: Principal) -> None:
        for policy in self._bound:
            if not await policy.allows(request):
                await self._deny(request, principal, f"policy {policy.name}")

    async def _deny(
        self, request: Request, principal: Principal, missing: str, headers: dict[str, str] | None = None
    ) -> None:
        await report(request.app, "PermissionDeniedEvent", user_id=principal.id, path=request.path, missing=missing)
        raise MissingPermissionError("You may not do this.", headers=headers)


class Opening(Middleware):
    """Lift the guards further out; made by `allow_anyone()`."""

    priority: int = GUARD_PRIORITY

    def bind_route(self, binding: LayerBinding) -> Middleware | None:  # noqa: ARG002
        """Leave itself out: it says something to the guards around it, and nothing to requests."""
        return None

    def process_request(self, request: Request) -> None:
        """Let anybody in."""

    # Any: a WebSocket, as above.
    def websocket_connect(self, websocket: Any) -> None:
        """Let anybody in."""

    @property
    def layer_title(self) -> str:
        """What tables call it."""
        return repr(self)

    def __repr__(self) -> str:
        return "allow_anyone()"


@refuse_unknown
def requires(
    *,
    scope: str | Iterable[str] | None = None,
    role: str | Iterable[str] | None = None,
    policy: Policy | Iterable[Policy] | None = None,
) -> Guard:
    """
    Make a guard: middleware for a route, a router or the application.

    Without any argument it lets in everybody who is known.

    Args:
        scope: What the token or key must have been given for; of several, all.
        role: What the user must be; of several, one.
        policy: A function that decides, with what it takes injected: `Request`, `Principal`, services. It returns
            `True` or `False`, or raises an `HTTPError` of its own. Of several, all must agree.

    Raises:
        ConfigurationError: If an argument cannot be meant.

    Example:
        >>> from covet import CovetPy
        >>> app = CovetPy()
        >>> @app.get("/orders", middleware=[requires(scope="orders:read")])
        ... async def list_orders() -> list[str]:
        ...     return ["tea"]
        >>> requires(scope="orders:read", role=["admin", "clerk"])
        requires(scope='orders:read', role=['admin', 'clerk'])
    """
    policies = () if policy is None else _read_policies(policy)
    return Guard(_read_texts("scope", scope), _read_texts("role", role), policies)


def allow_anyone() -> Opening:
    """
    Lift the guards further out: a route that anybody may call, in a router or an application that is guarded.

    Example:
        >>> from covet.core import CovetRouter
        >>> router = CovetRouter(middleware=[requires()])
        >>> @router.get("/health", middleware=[allow_anyone()])
        ... async def health() -> str:
        ...     return "good"
    """
    return Opening()


def _is_provider(value: object) -> bool:
    return isinstance(value, AuthProvider)


def _read_texts(option: str, value: str | Iterable[str] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    texts = (value,) if isinstance(value, str) else tuple(value)
    for text in texts:
        # RFC 6749 §3.3: a scope has no blanks in it; they are what stands between two.
        if not isinstance(text, str) or not text or not text.isprintable() or " " in text or '"' in text:
            raise AuthenticationSetupError(
                f"requires(): {option} has {text!r}, expected a word.", hint=f"Write {option}=['read', 'write']."
            )
    if not texts:
        raise _make_empty(option)
    return tuple(dict.fromkeys(texts))


def _read_policies(policy: Policy | Iterable[Policy]) -> tuple[Policy, ...]:
    policies = tuple(policy) if isinstance(policy, Iterable) and not callable(policy) else (policy,)
    for item in policies:
        check_policy(item)
    if not policies:
        raise _make_empty("policy")
    return policies


def _make_empty(option: str) -> AuthenticationSetupError:
    return AuthenticationSetupError(
        f"requires(): {option} is empty, and would say nothing.", hint="Leave it out to let in everybody known."
    )


def _write_texts(texts: Sequence[str]) -> str:
    return repr(texts[0]) if len(texts) == 1 else repr(list(texts)) if texts else ""


__all__ = ["GUARD_PRIORITY", "BoundGuard", "Guard", "Opening", "allow_anyone", "requires"]

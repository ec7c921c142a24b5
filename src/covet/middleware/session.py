"""
Sessions of requests: read from a cookie on the way in, and saved on the way out, before the response begins.
"""

from collections.abc import Awaitable
from datetime import timedelta
from math import isfinite
from typing import Any, ClassVar, Final

from covet.core.awaitable_hooks import NOTHING, Settled, SometimesAwaits
from covet.core.layer_binding import LayerBinding
from covet.core.middleware import Middleware
from covet.exceptions import ConfigurationError
from covet.http.cookies import SameSite
from covet.http.request import Request
from covet.http.response import Response
from covet.middleware.option_checks import OptionChecks
from covet.middleware.places import Place
from covet.middleware.session_cookie import make_cookie, make_private
from covet.options import refuse_unknown
from covet.security.clock import Clock, utc_now
from covet.security.key_ring import MIN_SECRET_BYTES, KeyRing, KeysLike, SecretLike, to_key_ring
from covet.security.signing import Signer
from covet.sessions.cookie_keeper import CookieKeeper, SignedCookieSessions
from covet.sessions.keeper import SavedSession, SessionKeeper, SessionLimits
from covet.sessions.memory import MemorySessionStore
from covet.sessions.server_keeper import ServerKeeper
from covet.sessions.session import Session
from covet.sessions.store import SessionStore
from covet.sessions.store_urls import make_session_store

_check: Final = OptionChecks("SessionMiddleware")
_IDLE_TIMEOUT: Final = timedelta(days=7)
_MAKE_ONE: Final = "Make one with: covet secret, and give secret_key=settings.security.secret_key."


class SessionMiddleware(SometimesAwaits):
    """
    Give each client a session: handlers take a `Session` by its type, other code has `get_session(request)`.

    On the server a store has what is in it, and the client a cookie with a signed random id. There is no cookie before
    something is kept. Whoever looks into the session makes the response private to its client.

    Args:
        secret_key: What signs the cookies: `settings.security.secret_key`, several secrets with the one in use first,
            or a `KeyRing`.
        store: Where sessions are kept: a `SessionStore` or its URL, such as `"sqlite:///sessions.db"`; in memory by
            default; `SignedCookieSessions()` or `EncryptedCookieSessions()` for the cookie itself.
        cookie: The cookie's name; where it is secure, `__Host-` stands in front, or `__Secure-` with a domain or path.
        lifetime: How long a session lasts from its beginning, in seconds or as a `timedelta`.
        idle_timeout: How long it lasts from its last use.
        max_size: How many bytes the JSON of a session may have.
        secure: Whether only `https` carries the cookie. `None` for always, but in development at `localhost`.
        same_site: Which pages of other sites may bring the cookie along: those that link here (`"lax"`), none
            (`"strict"`), or all (`"none"`).
        domain: The domain that gets the cookie, subdomains included; this host alone by default.
        path: The path that the cookie is for.
        persistent: Whether the cookie outlives the browser.
        clock: What tells the time.

    Raises:
        ConfigurationError: If there is no secret key, it is weak, or an option is wrong.

    Attributes:
        is_in_memory: Whether the sessions are in the memory of this process.

    Example:
        >>> from covet import CovetPy
        >>> from covet.security import generate_token
        >>> from covet.testing import TestClient
        >>> app = CovetPy(middleware=[SessionMiddleware(secret_key=generate_token())])
        >>> @app.get("/visits")
        ... async def count(session: Session) -> int:
        ...     session["visits"] = session.get("visits", 0) + 1
        ...     return session["visits"]
        >>> async with TestClient(app, base_url="https://example.com") as client:
        ...     [(await client.get("/visits")).text for _ in range(2)]
        ['1', '2']
    """

    priority: int = Place.SESSION
    reads_headers = True
    sometimes: ClassVar = frozenset({"process_request", "process_response"})

    @refuse_unknown
    def __init__(
        self,
        secret_key: KeysLike | None = None,
        *,
        store: SessionStore | SignedCookieSessions | str | None = None,
        cookie: str = "session",
        lifetime: timedelta | float = timedelta(days=30),
        idle_timeout: timedelta | float = _IDLE_TIMEOUT,
        max_size: int = 64 * 1024,
        secure: bool | None = None,
        same_site: SameSite = "lax",
        domain: str | None = None,
        path: str = "/",
        persistent: bool = True,
        clock: Clock = utc_now,
    ) -> None:
        ring = check_secret_key("SessionMiddleware", secret_key)
        limits = SessionLimits(
            lifetime=_to_milliseconds("lifetime", lifetime),
            idle_time=_to_milliseconds("idle_timeout", idle_timeout),
            max_size=_check.count("max_size", max_size, minimum=1),
        )
        if limits.idle_time > limits.lifetime and idle_timeout is not _IDLE_TIMEOUT:
            hint = "Leave it out, or give lifetime a longer time."
            raise _check.fail("idle_timeout", "is longer than lifetime, which ends every session before.", hint)
        self._cookie = make_cookie(
            _check, "cookie", cookie, secure=secure, same_site=same_site, domain=domain, path=path
        )
        self._is_persistent = _check.flag("persistent", persistent)
        if store is None:
            store = MemorySessionStore()
        elif isinstance(store, str):
            store = make_session_store(store)
        self.is_in_memory = isinstance(store, MemorySessionStore)
        self._keeper = _make_keeper(store, ring, limits, clock, context=self._cookie.secure_name)
        self._going_on = NOTHING if self.is_subclassed else None

    def bind_route(self, binding: LayerBinding) -> Middleware:
        """
        See that no other one around the same route writes the same cookie: each would undo what the other kept.

        Raises:
            ConfigurationError: If there is one.
        """
        for item in binding.outer:
            if isinstance(item, SessionMiddleware) and item.cookie_name == self.cookie_name:
                raise ConfigurationError(
                    f"Two SessionMiddleware around {binding.route} have the cookie {self.cookie_name!r}.",
                    hint="Leave one out, or give one of them another cookie=.",
                )
        return self

    @property
    def cookie_name(self) -> str:
        """What its cookie is called where the application is deployed; in development it may have no prefix."""
        return self._cookie.name if self._cookie.secure is False else self._cookie.secure_name

    @property
    def sends_in_clear(self) -> bool:
        """Whether its cookie goes over connections without TLS, because somebody said so."""
        return self._cookie.secure is False

    # PERF: what is read in memory or in the cookie awaits nothing, and makes no coroutine (benchmarks/production.py).

    def process_request(self, request: Request) -> Awaitable[None] | None:
        """Find the session of a request."""
        token = self._cookie.read(request)
        session = Session() if token is None else self._keeper.begin(token)
        if session is None:
            return self._load(request)
        request.state.session = session
        return self._going_on

    async def _load(self, request: Request) -> None:
        request.state.session = await self._find(request)

    def process_response(self, request: Request, response: Response) -> Response | Awaitable[Response]:
        """
        Save the session of a request, before anything of the response is sent.

        A response of 500 or above saves nothing: it comes from a handler that did half of its work. What it has
        invalidated ends all the same.
        """
        session = getattr(request.state, "session", None)
        if isinstance(session, Session):
            if not session.rest():
                return self._save(request, response, session)
            if session.is_touched:
                make_private(response.headers)
        return response if self._going_on is None else Settled(response)

    async def _save(self, request: Request, response: Response, session: Session) -> Response:
        is_failed = response.status_code >= 500
        saved = await (self._keeper.abandon(session) if is_failed else self._keeper.save(session))
        make_private(response.headers)
        self._tell(request, response, saved)
        return response

    async def websocket_connect(self, websocket: Any) -> None:  # Any: its class is loaded with the first route of them
        """Find the session of a handshake; it can be read, and not be changed, since nothing could be saved."""
        request = websocket.request
        request.state.session = session = await self._find(request)
        session.freeze()

    async def revoke_user(self, user_id: str) -> int:
        """
        End all sessions of a user, wherever they are: after a new password, or when an account is closed.

        Args:
            user_id: What `session.log_in()` was given.

        Returns:
            How many there were.

        Raises:
            SessionError: If sessions are kept in cookies, which nobody can take back.
        """
        return await self._keeper.revoke_user(user_id)

    async def purge(self) -> int:
        """Delete the sessions that have expired, and say how many; stores do so little by little by themselves."""
        return await self._keeper.purge()

    async def startup(self, app: Any) -> None:  # Any: the application, whose class stands on a higher floor
        """
        Open the store, and see that the workers of the application share it.

        Raises:
            ConfigurationError: If it cannot be used, or each of several workers has its own in memory.
        """
        if self.is_in_memory and app.worker_count > 1:
            raise ConfigurationError(
                f"SessionMiddleware keeps sessions in the memory of each of {app.worker_count} workers: a client would "
                "have another one with each.",
                hint="Give store='sqlite:///sessions.db' for one machine, or store='redis://…' for several.",
            )
        try:
            await self._keeper.open()
        except Exception as exc:
            await self._keeper.aclose()
            hint = "See that its folder or its server is there: store=, or security.session_store of the settings."
            raise _check.fail("store", f"cannot be used: {exc}", hint) from exc

    async def shutdown(self) -> None:
        """Close the store."""
        await self._keeper.aclose()

    async def _find(self, request: Request) -> Session:
        token = self._cookie.read(request)
        return Session() if token is None else await self._keeper.load(token)

    def _tell(self, request: Request, response: Response, saved: SavedSession) -> None:
        if saved.token is not None:
            self._cookie.set(request, response, saved.token, saved.max_age if self._is_persistent else None)
        elif saved.is_ended:
            self._cookie.delete(request, response)


def get_session(request: Request) -> Session:
    """
    Return the session of a request.

    Args:
        request: The request.

    Raises:
        SessionStateError: If no `SessionMiddleware` is around its route.

    Example:
        >>> request = Request()
        >>> request.state.session = Session()
        >>> get_session(request)
        <Session>
    """
    return Session.__from_request__(request)


def check_secret_key(owner: str, secret_key: KeysLike | None) -> KeyRing:
    """
    Make the key ring of a middleware's `secret_key`, unless it is weak.

    Args:
        owner: The middleware.
        secret_key: The secret, several of them, or a ring.

    Raises:
        ConfigurationError: If there is none, or it is a placeholder, too short, or otherwise weak. It is not shown.

    Example:
        >>> check_secret_key("SessionMiddleware", "your-secret-key")
        Traceback (most recent call last):
            ...
        covet.exceptions.ConfigurationError: SessionMiddleware: secret_key is a placeholder.
          Make one with: covet secret, and give secret_key=settings.security.secret_key.
    """
    if secret_key is None:
        raise ConfigurationError(f"{owner} requires 'secret_key'.", hint=_MAKE_ONE)
    if isinstance(secret_key, KeyRing):
        return secret_key
    # Any: whatever was given; each is looked at.
    several: Any = secret_key if isinstance(secret_key, list | tuple) else [secret_key]
    for secret in several:
        weakness = _find_weakness(secret)
        if weakness is not None:
            raise ConfigurationError(f"{owner}: secret_key {weakness}.", hint=_MAKE_ONE)
    return to_key_ring(secret_key)


def _find_weakness(secret: SecretLike) -> str | None:
    # Loaded here: who imports this module need not have settings.
    from covet.config.secret import find_weakness

    text = secret if isinstance(secret, str | bytes) or not hasattr(secret, "reveal") else secret.reveal()
    if isinstance(text, bytes):
        # Bytes that no text has are random, or nobody's words.
        text = text.decode("latin-1")
        return "is empty" if not text else find_weakness(text, min_bytes=MIN_SECRET_BYTES)
    if not isinstance(text, str):
        return f"is of type {type(text).__name__}, expected a text"
    return "is empty" if not text else find_weakness(text, min_bytes=MIN_SECRET_BYTES)


# Any: the options, before they are checked.
def _make_keeper(store: Any, ring: KeyRing, limits: SessionLimits, clock: Clock, *, context: str) -> SessionKeeper:
    if isinstance(store, SignedCookieSessions):
        return CookieKeeper(store.make_sealer(ring, clock), limits, clock=clock, context=context)
    if isinstance(store, type) or not isinstance(store, SessionStore):
        hint = (
            "Write store=MemorySessionStore(), SQLiteSessionStore(path), RedisSessionStore(url) or an own SessionStore."
        )
        raise _check.fail("store", f"is {store!r}, expected a store of sessions.", hint)
    return ServerKeeper(
        store, Signer(ring, purpose="covet.sessions id", clock=clock), limits, clock=clock, context=context
    )


def _to_milliseconds(option: str, value: object) -> int:
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if isinstance(seconds, float) and not isfinite(seconds):
        seconds = None
    return max(1, round(_check.seconds(option, seconds) * 1000))


__all__ = ["SessionMiddleware", "check_secret_key", "get_session"]

"""
CSRF: nobody's browser does here what a page of another site wants it to.

Whether a request may change something is decided by its method and by where the browser says it comes from. Where it
says nothing, a token decides, which only pages of this application have. The type of the body is never asked.
"""

from collections.abc import Awaitable, Collection
from copy import copy
from datetime import timedelta
from typing import ClassVar, Final, NoReturn
from weakref import ref

from covet.core.awaitable_hooks import NOTHING, SometimesAwaits
from covet.core.layer_binding import LayerBinding
from covet.core.middleware import Middleware
from covet.core.mount_guards import MountBinding, MountGuard
from covet.exceptions import BadRequestError, ConfigurationError, PermissionDeniedError, ResponseError
from covet.http.form_reading import MULTIPART, URLENCODED
from covet.http.request import Request
from covet.http.response import Response
from covet.http.response_headers import check_header_name
from covet.middleware.csrf_exemption import CSRFExemption
from covet.middleware.option_checks import OptionChecks
from covet.middleware.places import Place
from covet.middleware.request_origin import Source, check_origins, find_source
from covet.middleware.session import SessionMiddleware, check_secret_key
from covet.middleware.session_cookie import make_cookie, make_private
from covet.options import refuse_unknown
from covet.security.clock import Clock, utc_now
from covet.security.csrf import is_csrf_token_valid, make_csrf_token
from covet.security.errors import BadSignatureError
from covet.security.key_ring import KeysLike
from covet.security.sealing import Sealed
from covet.security.signing import Signer
from covet.security.tokens import generate_token
from covet.serialization import parse_media_type
from covet.sessions.session import Session

_check: Final = OptionChecks("CSRFMiddleware")
# RFC 9110 §9.2.1: these change nothing.
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_HERE: Final = Source.HERE
_LIFETIME: Final = timedelta(days=30)
_REFRESH: Final = timedelta(days=1)

_DETAILS: Final = {
    "cross_site": "Pages of other sites may not do this here.",
    "other_origin": "Pages of other origins may not do this here.",
    "token_missing": "The request has no CSRF token.",
    "token_invalid": "The CSRF token is not the one of this session.",
}


class CSRFError(PermissionDeniedError):
    """
    A request that may come from another site wants to change something.

    Attributes:
        code: Why: `cross_site`, `other_origin`, `token_missing` or `token_invalid`; `csrf_` and this is the `code` of
            the problem.

    Example:
        >>> print(CSRFError("token_missing"))
        The request has no CSRF token.
    """

    def __init__(self, code: str) -> None:
        super().__init__(_DETAILS[code], extensions={"code": f"csrf_{code}"})
        self.code = code


class CSRFMiddleware(SometimesAwaits):
    """
    Refuse what pages of other sites make browsers send: 403, before anything of the body is read.

    `GET`, `HEAD` and `OPTIONS` pass, and so does what the browser says is sent by a page of the application itself
    (`Sec-Fetch-Site`, `Origin`). A request that says neither passes without cookies, as there is nothing that another
    site could use; with cookies it needs a token, in the header `X-CSRF-Token` or in a field of its form.

    `request.state.csrf_token()` makes tokens, another one at each call; in templates `csrf_token()` and `csrf_field()`
    do. They belong to the session, or, without `SessionMiddleware`, to a signed cookie.

    Args:
        secret_key: What signs that cookie; not needed where there are sessions.
        trusted_origins: Other origins whose pages may do what those of this application may.
        require_token: Whether a token is needed whatever the browser says.
        header: The header that has the token.
        field: The field of a form that has it.
        cookie: The name of the cookie; where it is secure, `__Host-` stands in front.
        secure: Whether only `https` carries it. `None` for always, but in development at `localhost`.
        clock: What tells the time.

    Raises:
        ConfigurationError: If an option is wrong, or the key is weak.

    Example:
        >>> from covet import CovetPy
        >>> from covet.testing import TestClient
        >>> app = CovetPy(middleware=[CSRFMiddleware()])
        >>> @app.post("/transfer")
        ... async def transfer() -> str:
        ...     return "done"
        >>> async with TestClient(app) as client:
        ...     own = await client.post("/transfer", headers={"sec-fetch-site": "same-origin"})
        ...     foreign = await client.post("/transfer", headers={"sec-fetch-site": "cross-site"})
        >>> own.text, foreign.status_code, foreign.json()["code"]
        ('done', 403, 'csrf_cross_site')
    """

    priority: int = Place.CSRF
    sometimes: ClassVar = frozenset({"process_request"})
    raises: tuple[type[Exception], ...] = (CSRFError,)

    @property
    def sends_in_clear(self) -> bool:
        """Whether its cookie goes over connections without TLS, because somebody said so."""
        return self._cookie.secure is False

    @refuse_unknown
    def __init__(
        self,
        secret_key: KeysLike | None = None,
        *,
        trusted_origins: Collection[str] = (),
        require_token: bool = False,
        header: str = "X-CSRF-Token",
        field: str = "csrf_token",
        cookie: str = "csrf",
        secure: bool | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self._trusted = check_origins(_check, "trusted_origins", trusted_origins)
        self._requires_token = _check.flag("require_token", require_token)
        self._header = _check_header(header)
        self.field = _check_text("field", field)
        self._cookie = make_cookie(_check, "cookie", cookie, secure=secure, same_site="lax")
        self._clock = clock
        self._signer: Signer | None = None
        if secret_key is not None:
            ring = check_secret_key("CSRFMiddleware", secret_key)
            self._signer = Signer(ring, purpose="covet.csrf", clock=clock)
        self._is_lifted = False
        self._going_on = NOTHING if self.is_subclassed else None

    def bind_route(self, binding: LayerBinding) -> Middleware:
        """
        Learn whether the route takes what other sites send; it makes tokens all the same.

        Raises:
            ConfigurationError: If a token is needed, and there is nothing that one could belong to.
        """
        if not any(isinstance(item, CSRFExemption) for item in binding.inner):
            is_bound = self._signer is not None or any(isinstance(item, SessionMiddleware) for item in binding.outer)
            if self._requires_token and not is_bound and not _SAFE.issuperset(binding.route.methods):
                raise ConfigurationError(
                    f"CSRFMiddleware with require_token=True has nothing around {binding.route} to bind a token to.",
                    hint="Add SessionMiddleware outside of it, or give secret_key=settings.security.secret_key.",
                )
            return self
        lifted = copy(self)
        lifted._is_lifted = True  # noqa: SLF001 - another instance of this class
        return lifted

    def list_raised(self, method: str) -> tuple[type[Exception], ...]:
        """List the errors that it answers requests of a method with: none, where it lets all of them pass."""
        return () if self._is_lifted or method in _SAFE else self.raises

    def guard_mount(self, binding: MountBinding) -> MountGuard | None:
        """
        Look at what is for a mounted application, too, unless it has its own `CSRFMiddleware` or its router is exempt.

        Raises:
            ConfigurationError: If a token is needed, and there is no cookie that one could belong to.
        """
        if any(isinstance(item, CSRFExemption) for item in binding.inner):
            return None
        if any(isinstance(item, CSRFMiddleware) for item in binding.own):
            return None
        if self._requires_token and self._signer is None:
            raise ConfigurationError(
                f"CSRFMiddleware with require_token=True cannot check tokens for what is mounted at "
                f"{binding.prefix or '/'!r}: sessions are not around it.",
                hint="Give secret_key=settings.security.secret_key, or mount it in a router that has csrf_exempt().",
            )
        return self._check_mounted

    def process_request(self, request: Request) -> Response | Awaitable[Response | None] | None:
        """
        Let a request pass, or refuse it.

        Raises:
            CSRFError: If it may come from another site.
        """
        request.state.csrf_token = CSRFToken(self, request)
        # PERF: asked here as well, since most requests change nothing (benchmarks/production.py).
        if request.method not in _SAFE and self._needs_token(request):
            return self._check_token(request)
        return self._going_on

    def _needs_token(self, request: Request) -> bool:
        if self._is_lifted or request.method in _SAFE:
            return False
        # APPSEC: docs/security.md, row 67: the type of the body has no say in this.
        source = find_source(request, self._trusted)
        if source is _HERE:
            return self._requires_token
        if source is not Source.UNKNOWN:
            raise CSRFError(source.value)
        return self._requires_token or "cookie" in request.headers

    def _check_mounted(self, request: Request) -> None:
        # The body is for whatever is mounted: a token comes in the header, and belongs to the cookie.
        if self._needs_token(request):
            self._judge_token(request.headers.get(self._header), self._find_sealed(request))

    def process_response(self, request: Request, response: Response) -> Response:
        """Give the client the cookie that a token in the response belongs to, if it belongs to one."""
        token = getattr(request.state, "csrf_token", None)
        if isinstance(token, CSRFToken) and token.is_of_cookie:
            make_private(response.headers)
            if token.cookie is not None:
                self._cookie.set(request, response, token.cookie, None)
        return response

    async def _check_token(self, request: Request) -> None:
        text = request.headers.get(self._header)
        if text is None and _is_form(request):
            found = (await request.form()).get(self.field)
            text = found if isinstance(found, str) else None
        self._judge_token(text, None if text is None else self._find_secret(request))

    @staticmethod
    def _judge_token(text: str | None, secret: str | None) -> None:
        if text is None:
            raise CSRFError("token_missing")
        # APPSEC: docs/security.md, row 68: compared in constant time, and with the secret of this session alone.
        if secret is None or not is_csrf_token_valid(text, secret):
            raise CSRFError("token_invalid")

    def _find_secret(self, request: Request) -> str | None:
        """Find what the tokens of a request's client belong to."""
        session = getattr(request.state, "session", None)
        if isinstance(session, Session):
            return None if session.is_new else session.derive_secret("csrf")
        return self._find_sealed(request)

    def _find_sealed(self, request: Request) -> str | None:
        # Without a key no token was made here: whoever brings one has it from elsewhere.
        sealed = None if self._signer is None else self.read_cookie(request)
        return None if sealed is None else str(sealed.payload)

    def read_cookie(self, request: Request) -> Sealed | None:
        """Read the cookie that the tokens of a client without a session belong to; `None` if there is no good one."""
        signer = self._signer or _refuse()
        text = self._cookie.read(request)
        if text is None:
            return None
        try:
            return signer.read(text)
        except BadSignatureError:
            return None

    def seal_cookie(self, secret: str) -> str:
        """Make that cookie."""
        return (self._signer or _refuse()).seal(secret, expires_in=_LIFETIME)

    def is_old(self, sealed: Sealed) -> bool:
        """Tell whether that cookie is to be made anew."""
        return not sealed.is_current or self._clock() - sealed.issued_at >= _REFRESH


class CSRFToken:
    """
    The tokens of one request: each call makes another one.

    Args:
        middleware: The middleware.
        request: The request.

    Attributes:
        cookie: The cookie that they belong to, if the client has to be given one.
        is_of_cookie: Whether they belong to a cookie.
    """

    # PERF: one is made for each request, and few are asked for anything (benchmarks/production.py).
    _secret: str | None = None
    cookie: str | None = None
    is_of_cookie = False

    def __init__(self, middleware: CSRFMiddleware, request: Request) -> None:
        self._middleware = middleware
        # PERF: the request holds it; a circle of both would be left to the garbage collector, which takes as long as
        # all the rest of this middleware (benchmarks/production.py).
        self._request = ref(request)

    @property
    def field(self) -> str:
        """The field of a form that has the token."""
        return self._middleware.field

    def __call__(self) -> str:
        """
        Make a token for a page of this client.

        Raises:
            ConfigurationError: If there is neither a session nor a secret key.
            SessionStateError: If there was no session, and the response has begun.
            RuntimeError: If the request is over.
        """
        request = self._request()
        if request is None:
            raise RuntimeError("The request is over: make its CSRF tokens while it is answered.")
        session = getattr(request.state, "session", None)
        if isinstance(session, Session):
            return make_csrf_token(session.derive_secret("csrf"))
        return make_csrf_token(self._secret or self._begin(request))

    def _begin(self, request: Request) -> str:
        self.is_of_cookie = True
        sealed = self._middleware.read_cookie(request)
        self._secret = secret = generate_token() if sealed is None else str(sealed.payload)
        if sealed is None or self._middleware.is_old(sealed):
            self.cookie = self._middleware.seal_cookie(secret)
        return secret


def _is_form(request: Request) -> bool:
    content_type = request.headers.get("content-type")
    try:
        return content_type is not None and parse_media_type(content_type)[0] in {URLENCODED, MULTIPART}
    except BadRequestError:
        return False


def _check_text(option: str, value: object) -> str:
    if not isinstance(value, str) or not value.isascii() or not value.isprintable() or not value:
        raise _check.fail(option, f"is {value!r}, expected a name.", "Leave it out for the default.")
    return value


def _check_header(value: object) -> str:
    try:
        return check_header_name(_check_text("header", value))
    except ResponseError as exc:
        raise _check.fail("header", f"is {value!r}, which is no header.", "Leave it out for the default.") from exc


def _refuse() -> NoReturn:
    raise ConfigurationError(
        "CSRFMiddleware has no session to bind a token to, and no secret_key to do without.",
        hint="Add SessionMiddleware, or write CSRFMiddleware(secret_key=settings.security.secret_key).",
    )


__all__ = ["CSRFError", "CSRFMiddleware", "CSRFToken"]

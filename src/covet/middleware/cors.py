"""
CORS: which pages of other origins may read what the application answers.

The browser asks, and the browser enforces the answer (https://fetch.spec.whatwg.org/#http-cors-protocol); any
other client goes on as it likes, so this is never an access control. An origin is compared whole, by its
labels, and never by a pattern of text: `https://a.example.com.evil` is somebody else.
"""

import re
from collections.abc import Collection, Iterable
from typing import Final

from covet.core.errors import make_problem
from covet.core.middleware import Middleware
from covet.exceptions import PermissionDeniedError, suggest
from covet.http.headers import Headers
from covet.http.request import Request
from covet.http.response import Response
from covet.http.response_headers import Field, check_header_value, make_field
from covet.http.urls import URL
from covet.middleware.option_checks import OptionChecks
from covet.middleware.places import Place
from covet.options import refuse_unknown

# Fetch: a page may send these anyway, as long as Content-Type is a form's; listed, JSON is allowed as well.
_SAFELISTED_NAMES: Final = ("Accept", "Accept-Language", "Content-Language", "Content-Type")
_DEFAULT_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_SAFELISTED: Final = frozenset(map(str.lower, _SAFELISTED_NAMES))
_ALL_METHODS: Final = (*_DEFAULT_METHODS, "OPTIONS")

_ALLOW_ORIGIN: Final = "access-control-allow-origin"
_ALLOW_CREDENTIALS: Final = "access-control-allow-credentials"
_CREDENTIALS: Final = frozenset({_ALLOW_CREDENTIALS})
_GRANTING: Final = frozenset({_ALLOW_ORIGIN, _ALLOW_CREDENTIALS})
_EVERY_ORIGIN: Final = make_field(_ALLOW_ORIGIN, "*")

# RFC 9110 §5.6.2: token
_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# What `*` stands for in an origin: one label of a host, as browsers send it.
_LABEL: Final = re.compile(r"[0-9a-z_-]{1,63}")
_check: Final = OptionChecks("CORSMiddleware")
_fail = _check.fail
_ORIGIN_HINT: Final = "Write scheme, host and, unless it is the scheme's own, port: 'https://example.com'."


class CORSMiddleware(Middleware):
    """
    Let pages of other origins use the application: those that are listed, and by default none.

    Preflights are answered here and reach no handler: 204 with what is allowed, or 403. Every other response,
    errors included, carries `Access-Control-Allow-Origin` if its origin is allowed. This layer has the last word:
    what the inside says about origins and credentials is replaced or removed.

    Args:
        allow_origins: The origins: `"https://example.com"`, `"https://*.example.com"` for any one label, or `["*"]`
            for every page of the web.
        allow_methods: The methods that pages may use; `["*"]` for all.
        allow_headers: The headers that pages may send, besides `Accept`, `Accept-Language`, `Content-Language` and
            `Content-Type`; `["*"]` for all.
        allow_credentials: Pages may send cookies and HTTP authentication, and read the answers to them.
        expose_headers: The headers of responses that pages may read; `["*"]` for all.
        max_age: Seconds that browsers may remember a preflight; `None` leaves it to them.
        allow_private_network: Pages of the public web may reach the application in a private network.

    Raises:
        ConfigurationError: If an option is wrong, or allows everybody to act with somebody's credentials.

    Example:
        >>> from covet import CovetPy
        >>> from covet.testing import TestClient
        >>> app = CovetPy(middleware=[CORSMiddleware(allow_origins=["https://example.com"])])
        >>> @app.get("/")
        ... async def index() -> str:
        ...     return "hello"
        >>> response = await TestClient(app).get("/", headers={"Origin": "https://example.com"})
        >>> response.headers["access-control-allow-origin"], response.headers["vary"]
        ('https://example.com', 'Origin')
    """

    priority: int = Place.CORS
    reads_headers = True

    @refuse_unknown
    def __init__(
        self,
        *,
        allow_origins: Collection[str] | None = None,
        allow_methods: Collection[str] | None = _DEFAULT_METHODS,
        allow_headers: Collection[str] | None = None,
        allow_credentials: bool = False,
        expose_headers: Collection[str] | None = None,
        max_age: int | None = 600,
        allow_private_network: bool = False,
    ) -> None:
        self._allow_credentials = _check.flag("allow_credentials", allow_credentials)
        self._allow_private_network = _check.flag("allow_private_network", allow_private_network)
        origins = _check_texts("allow_origins", allow_origins)
        methods = _check_methods(_DEFAULT_METHODS if allow_methods is None else allow_methods)
        headers = _check_names("allow_headers", allow_headers)
        exposed = _check_names("expose_headers", expose_headers)
        self._allow_all_origins = "*" in origins
        if self._allow_all_origins and self._allow_private_network:
            hint = "List the origins whose pages may reach it, or leave allow_private_network out."
            raise _fail("allow_private_network", "is True for every origin: every site could reach in.", hint)
        if allow_credentials:
            _refuse_credentials_for_everybody(origins, exposed)
        checked = () if self._allow_all_origins else tuple(map(_check_origin, origins))
        self._origins = frozenset(origin for origin in checked if "*" not in origin)
        self._grants = {origin.encode(): make_field(_ALLOW_ORIGIN, origin) for origin in self._origins}
        self._wildcards = frozenset(origin for origin in checked if "*" in origin)
        self._methods = frozenset(methods)
        # None: every header.
        self._headers = None if "*" in headers else frozenset(map(str.lower, headers)) | _SAFELISTED
        self._exposed = ", ".join(exposed)

        # What does not depend on the request is written once.
        self._preflight = {"access-control-allow-methods": ", ".join(methods)}
        if self._headers is not None:
            own = [name for name in headers if name.lower() not in _SAFELISTED]
            self._preflight["access-control-allow-headers"] = ", ".join([*_SAFELISTED_NAMES, *own])
        self._max_age = _check_max_age(max_age)
        varying = ["Access-Control-Request-Method", "Access-Control-Request-Headers"]
        if not self._allow_all_origins:
            varying.insert(0, "Origin")
        if allow_private_network:
            varying.append("Access-Control-Request-Private-Network")
        self._preflight_vary = ", ".join(varying)

    # PERF: both hooks await nothing, so they are plain functions; that saves two coroutines per request
    # (benchmarks/onion.py).

    def process_request(self, request: Request) -> Response | None:
        """Answer a preflight; whatever else it is goes on, a plain `OPTIONS` too."""
        if request.method != "OPTIONS" or not _is_preflight(request):
            return None
        response = self._answer_preflight(request.headers)
        response.headers["vary"] = self._preflight_vary
        return response

    def process_response(self, request: Request, response: Response) -> Response:
        """Say on every response whether the page that asked may read it."""
        headers = response.headers
        granted: Field | None = _EVERY_ORIGIN
        if not self._allow_all_origins:
            # On responses to requests without an origin as well: a cache must not hand them to a page.
            headers.add_vary("Origin")
            # PERF: nearly always there is none, or one as it is listed: nothing is decoded (benchmarks/production.py).
            raw = request.headers.get_bytes(b"origin")
            granted = None if raw is None else self._grants.get(raw) or self._grant(raw.decode("latin-1"))
        if granted is None:
            headers.discard(_GRANTING)
            return response
        headers.set_field(granted)
        if self._allow_credentials:
            headers[_ALLOW_CREDENTIALS] = "true"
        else:
            # APPSEC: beside our origin, what a proxied service said of itself would allow credentials here.
            headers.discard(_CREDENTIALS)
        if self._exposed and not _is_preflight(request):
            headers["access-control-expose-headers"] = self._exposed
        return response

    def _grant(self, origin: str) -> Field | None:
        """Make the header for an origin that may be written in another way than it is listed; `None` if it is none."""
        return (
            make_field(_ALLOW_ORIGIN, check_header_value(_ALLOW_ORIGIN, origin)) if self._is_allowed(origin) else None
        )

    def _is_allowed(self, origin: str) -> bool:
        """Tell whether an origin is listed. A text of several origins, as two headers make it, never is."""
        if origin in self._origins:
            return True
        # Browsers send lower case; RFC 6454 §4 compares without.
        origin = origin.lower()
        if origin in self._origins:
            return True
        if not self._wildcards:
            return False
        scheme, _, host = origin.partition("://")
        label, _, parent = host.partition(".")
        return f"{scheme}://*.{parent}" in self._wildcards and _LABEL.fullmatch(label) is not None

    def _answer_preflight(self, headers: Headers) -> Response:
        if not self._allow_all_origins and not self._is_allowed(headers["origin"]):
            # Fetch, CORS protocol, HTTP responses: who takes no part says so with 403 and none of the headers.
            return make_problem(PermissionDeniedError("Pages of this origin are not allowed here."))
        requested = _split(headers.get("access-control-request-headers", ""))
        refusal = self._find_refusal(headers["access-control-request-method"], requested)
        response = Response(None, 204) if refusal is None else make_problem(PermissionDeniedError(refusal))
        response.headers.update(self._preflight)
        if refusal is not None:
            return response
        if self._headers is None and requested:
            # `*` would not cover Authorization, and nothing at all with credentials.
            response.headers["access-control-allow-headers"] = ", ".join(requested)
        if self._max_age is not None:
            response.headers["access-control-max-age"] = self._max_age
        if self._allow_private_network and headers.get("access-control-request-private-network") == "true":
            response.headers["access-control-allow-private-network"] = "true"
        return response

    def _find_refusal(self, method: str, requested: Iterable[str]) -> str | None:
        if method not in self._methods:
            return "Pages of other origins may not use this method here."
        if self._headers is None:
            is_allowed = all(map(_TOKEN.fullmatch, requested))
        else:
            is_allowed = self._headers.issuperset(map(str.lower, requested))
        return None if is_allowed else "Pages of other origins may not send one of these headers here."


# ── Request time ─────────────────────────────────────────────────────────────


def _is_preflight(request: Request) -> bool:
    if request.method != "OPTIONS":
        return False
    headers = request.headers
    return "origin" in headers and "access-control-request-method" in headers


def _split(text: str) -> list[str]:
    return [name for part in text.split(",") if (name := part.strip(" \t"))]


# ── Start-up ─────────────────────────────────────────────────────────────────


def _check_max_age(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        hint = "Write 0 to have each request asked for, None to leave it to browsers."
        raise _fail("max_age", f"is {value!r}, expected a number of seconds.", hint)
    return str(value)


def _check_texts(option: str, value: object) -> tuple[str, ...]:
    texts = _check.texts(option, value)
    if "*" in texts and len(texts) > 1:
        raise _fail(option, "has '*' beside others, which it includes.", f"Write {option}=['*'], or leave '*' out.")
    return texts


def _check_methods(value: Collection[str]) -> tuple[str, ...]:
    methods = _check_texts("allow_methods", value)
    if methods == ("*",):
        return _ALL_METHODS
    for method in methods:
        if _TOKEN.fullmatch(method) is None:
            raise _fail("allow_methods", f"has {method!r}, which is no method.", suggest(method, _ALL_METHODS))
        if method != method.upper():
            raise _fail("allow_methods", f"has {method!r}; methods are case-sensitive.", f"Write {method.upper()!r}.")
    return methods


def _check_names(option: str, value: Collection[str] | None) -> tuple[str, ...]:
    names = _check_texts(option, value)
    for name in names:
        if _TOKEN.fullmatch(name) is None:
            raise _fail(
                option, f"has {name!r}, which is no header name.", f"Write one name each: {option}=['X-Total']."
            )
        if "*" in name and name != "*":
            raise _fail(option, f"has {name!r}, which is no header name.", f"Write whole names, or {option}=['*'].")
    return names


def _check_origin(text: str) -> str:
    if text == "null":
        return text
    is_wildcard = "*" in text
    if is_wildcard:
        _check_wildcard(text)
    try:
        # A letter stands for the label while the rest is read.
        origin = URL(text.replace("*", "x", 1)).origin
    except ValueError as exc:
        raise _fail("allow_origins", f"has {text!r}, which is no origin.", _origin_hint(text)) from exc
    if not origin:
        raise _fail("allow_origins", f"has {text!r}, which has no scheme.", f"Write {f'https://{text}'!r}.")
    if is_wildcard:
        origin = origin.replace("://x.", "://*.", 1)
    if origin != text.lower():
        # A path, be it "/", a query, or the port that browsers leave out.
        raise _fail("allow_origins", f"has {text!r}, which is more than an origin.", f"Write {origin!r}.")
    return origin


def _check_wildcard(text: str) -> None:
    scheme, _, host = text.partition("://")
    parent = host.removeprefix("*.")
    if parent == host or "*" in scheme + parent:
        hint = "'*' stands for one whole label, in front: 'https://*.example.com'."
        raise _fail("allow_origins", f"has {text!r}, whose '*' cannot stand there.", hint)
    if "." not in parent.strip("."):
        hint = "Write the domain that is yours: 'https://*.example.com'."
        raise _fail("allow_origins", f"has {text!r}, which is a whole top-level domain.", hint)


def _origin_hint(text: str) -> str:
    return (
        _ORIGIN_HINT
        if text.isascii()
        else "Write the host in the ASCII form that browsers send: 'https://xn--….example'."
    )


def _refuse_credentials_for_everybody(origins: Iterable[str], exposed: Iterable[str]) -> None:
    hint = "List the origins that may act for a user who is signed in, or leave allow_credentials out."
    if "*" in origins:
        raise _fail(
            "allow_origins", "is ['*'] with allow_credentials=True: every site could act for its visitors.", hint
        )
    if "null" in origins:
        problem = "has 'null' with allow_credentials=True: every site can send that origin, from a sandboxed frame."
        raise _fail("allow_origins", problem, hint)
    if "*" in exposed:
        problem = "is ['*'] with allow_credentials=True, where browsers take it for a header's name."
        raise _fail("expose_headers", problem, "List the headers.")


__all__ = ["CORSMiddleware"]

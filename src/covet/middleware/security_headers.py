"""
What browsers are told to refuse: the headers that keep a page to itself.
"""

import re
from collections.abc import Mapping, Sequence
from secrets import token_urlsafe
from types import MappingProxyType
from typing import Final, Literal

from covet.core.middleware import Middleware
from covet.exceptions import ConfigurationError, ResponseError, suggest
from covet.http.request import Request
from covet.http.response import Response
from covet.http.response_headers import MutableHeaders, check_header_value
from covet.middleware.browser_features import BROWSER_FEATURES, is_browser_feature
from covet.middleware.content_security import NONCE, write_policy
from covet.middleware.option_checks import OptionChecks
from covet.middleware.places import Place
from covet.options import refuse_unknown

_check: Final = OptionChecks("SecurityHeadersMiddleware")

DEFAULT_POLICY: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "default-src": ("'self'",),
        "base-uri": ("'none'",),
        "form-action": ("'self'",),
        "frame-ancestors": ("'none'",),
        "object-src": ("'none'",),
    }
)
"""What pages may load unless they say otherwise: what is the application's own."""

DEFAULT_PERMISSIONS: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    dict.fromkeys(("camera", "display-capture", "geolocation", "microphone", "payment", "usb"), ())
)
"""What pages may ask their readers for unless they say otherwise: nothing that is worth a question."""

_ONE_YEAR: Final = 31_536_000
# HTML, Referrer Policy, Fetch: the values that browsers know.
_OPENER: Final = ("same-origin", "same-origin-allow-popups", "noopener-allow-popups", "unsafe-none")
_EMBEDDER: Final = ("require-corp", "credentialless", "unsafe-none")
_RESOURCE: Final = ("same-origin", "same-site", "cross-origin")
_REFERRER: Final = (
    "no-referrer",
    "no-referrer-when-downgrade",
    "origin",
    "origin-when-cross-origin",
    "same-origin",
    "strict-origin",
    "strict-origin-when-cross-origin",
    "unsafe-url",
)
_FRAMES: Final = ("DENY", "SAMEORIGIN")
# Permissions Policy: a feature's name, and whom it is allowed to.
_FEATURE: Final = re.compile(r"[a-z][a-z0-9-]*")


class SecurityHeadersMiddleware(Middleware):
    """
    Say on each response what browsers shall refuse; what a handler says of it stays.

    `Strict-Transport-Security` is sent over `https` alone, as RFC 6797 §7.2 has it. The constant headers are written
    once, when the application starts; a request pays for one merge, and for a nonce if the policy has one.

    Args:
        hsts_enabled: Whether browsers shall use `https` alone from now on.
        hsts_max_age: For how many seconds.
        hsts_include_subdomains: Whether for every name below the host, too.
        hsts_preload: Whether the host asks to be built into browsers; it needs a year and the subdomains.
        csp_policy: The Content-Security-Policy: a text, or the sources of each directive; `None` for none. `{nonce}` in
            it, as in `"'nonce-{nonce}'"`, is new for each request: `request.state.csp_nonce`, in templates
            `csp_nonce()`.
        csp_report_only: A policy that is only reported on; beside the other, or with `csp_policy=None` alone.
        reporting_endpoints: Where reports go, by the names that `report-to` in a policy uses.
        opener_policy: `Cross-Origin-Opener-Policy`; `None` for none.
        embedder_policy: `Cross-Origin-Embedder-Policy`; none by default, as it breaks what others serve for a page.
        resource_policy: `Cross-Origin-Resource-Policy`; `None` for none.
        referrer_policy: `Referrer-Policy`; `None` for none.
        permissions_policy: The origins that may use a feature of the browser, by its name; `None` for no header.
        frame_options: `X-Frame-Options`, for browsers that do not know `frame-ancestors`; `None` for none.

    Raises:
        ConfigurationError: If an option is wrong.

    Example:
        >>> from covet import CovetPy
        >>> from covet.testing import TestClient
        >>> app = CovetPy(middleware=[SecurityHeadersMiddleware(csp_policy={"default-src": ["'self'"]})])
        >>> @app.get("/")
        ... async def index() -> str:
        ...     return "hello"
        >>> headers = (await TestClient(app).get("/")).headers
        >>> headers["content-security-policy"], headers["x-content-type-options"]
        ("default-src 'self'", 'nosniff')
    """

    priority: int = Place.SECURITY_HEADERS

    @refuse_unknown
    def __init__(
        self,
        *,
        hsts_enabled: bool = True,
        hsts_max_age: int = _ONE_YEAR,
        hsts_include_subdomains: bool = False,
        hsts_preload: bool = False,
        csp_policy: str | Mapping[str, Sequence[str]] | None = DEFAULT_POLICY,
        csp_report_only: str | Mapping[str, Sequence[str]] | None = None,
        reporting_endpoints: Mapping[str, str] | None = None,
        opener_policy: str | None = "same-origin",
        embedder_policy: str | None = None,
        resource_policy: str | None = "same-origin",
        referrer_policy: str | None = "strict-origin-when-cross-origin",
        permissions_policy: Mapping[str, Sequence[str]] | None = DEFAULT_PERMISSIONS,
        frame_options: Literal["DENY", "SAMEORIGIN"] | None = "DENY",
    ) -> None:
        choices: dict[str, tuple[str, str | None, Sequence[str]]] = {
            "opener_policy": ("cross-origin-opener-policy", opener_policy, _OPENER),
            "embedder_policy": ("cross-origin-embedder-policy", embedder_policy, _EMBEDDER),
            "resource_policy": ("cross-origin-resource-policy", resource_policy, _RESOURCE),
            "referrer_policy": ("referrer-policy", referrer_policy, _REFERRER),
            "frame_options": ("x-frame-options", frame_options, _FRAMES),
        }
        policies = {
            "content-security-policy": write_policy(_check, "csp_policy", csp_policy),
            "content-security-policy-report-only": write_policy(_check, "csp_report_only", csp_report_only),
        }
        constant = {"x-content-type-options": "nosniff"}
        constant |= {name: text for name, text in policies.items() if text is not None and NONCE not in text}
        for option, (name, value, known) in choices.items():
            if value is not None:
                constant[name] = _check_choice(option, value, known)
        if permissions_policy is not None:
            constant["permissions-policy"] = _write_permissions(permissions_policy)
        if reporting_endpoints is not None:
            constant["reporting-endpoints"] = _write_endpoints(reporting_endpoints)
        self._constant = MutableHeaders(constant)
        self._with_nonce = {name: text for name, text in policies.items() if text is not None and NONCE in text}
        # What goes out over `https`: with what is said there alone.
        self._secure_constant = MutableHeaders(constant)
        if _check.flag("hsts_enabled", hsts_enabled):
            hsts = _write_hsts(hsts_max_age, subdomains=hsts_include_subdomains, preload=hsts_preload)
            self._secure_constant["strict-transport-security"] = hsts

    def process_request(self, request: Request) -> None:
        """Give a request its nonce, if the policy has one."""
        if self._with_nonce:
            request.state.csp_nonce = token_urlsafe(16)

    def process_response(self, request: Request, response: Response) -> Response:
        """Set the headers that the handler did not set."""
        headers = response.headers
        headers.set_defaults(self._secure_constant if request.scheme == "https" else self._constant)
        if self._with_nonce:
            for name, text in self._with_nonce.items():
                if name not in headers:
                    headers[name] = text.replace(NONCE, request.state.csp_nonce)
        return response


# ── Start-up ─────────────────────────────────────────────────────────────────


def _check_choice(option: str, value: str, known: Sequence[str]) -> str:
    # Several referrer policies may stand in a row: a browser takes the last one that it knows.
    values = value.split(",") if isinstance(value, str) and option == "referrer_policy" else [value]
    for item in values:
        text = item.strip() if isinstance(item, str) else item
        if text not in known:
            hint = suggest(text, known) if isinstance(text, str) else f"Write one of {', '.join(known)}."
            raise _check.fail(option, f"is {value!r}, which browsers do not know.", hint)
    return value


def _write_hsts(max_age: int, *, subdomains: bool, preload: bool) -> str:
    seconds = _check.count("hsts_max_age", max_age)
    _check.flag("hsts_include_subdomains", subdomains)
    if _check.flag("hsts_preload", preload) and (seconds < _ONE_YEAR or not subdomains):
        hint = f"Give hsts_include_subdomains=True and a hsts_max_age of at least {_ONE_YEAR}, or leave it out."
        raise _check.fail("hsts_preload", "is True, but browsers' lists take no such host.", hint)
    parts = [f"max-age={seconds}", *["includeSubDomains"] * subdomains, *["preload"] * preload]
    return "; ".join(parts)


def _write_permissions(permissions: Mapping[str, Sequence[str]]) -> str:
    if not isinstance(permissions, Mapping):
        hint = 'Write {"camera": []} to refuse, {"camera": ["self"]} to allow one\'s own pages.'
        raise _check.fail("permissions_policy", f"is {permissions!r}, expected a mapping.", hint)
    parts = []
    for feature, origins in permissions.items():
        if not isinstance(feature, str) or _FEATURE.fullmatch(feature) is None:
            raise _check.fail("permissions_policy", f"has {feature!r}, which is no feature.", "Write 'camera'.")
        if not is_browser_feature(feature):
            hint = suggest(feature, BROWSER_FEATURES)
            raise _check.fail("permissions_policy", f"has {feature!r}, which no browser knows.", hint)
        allowed = [_write_allowed(feature, item) for item in _check.texts(f"permissions_policy[{feature!r}]", origins)]
        parts.append(f"{feature}=*" if allowed == ["*"] else f"{feature}=({' '.join(allowed)})")
    return ", ".join(parts)


def _write_allowed(feature: str, item: str) -> str:
    if item in {"*", "self"}:
        return item
    if re.fullmatch(r"https?://[^\s\"\\;,()]+", item) is None:
        hint = "Write 'self', '*' alone, or an origin such as 'https://example.com'."
        raise _check.fail(f"permissions_policy[{feature!r}]", f"has {item!r}, which is no origin.", hint)
    return f'"{item}"'


def _write_endpoints(endpoints: Mapping[str, str]) -> str:
    parts = []
    for name, url in endpoints.items():
        if _FEATURE.fullmatch(name) is None or re.fullmatch(r"(https://|/)[^\s\"\\]+", url) is None:
            hint = 'Write {"csp": "https://example.com/reports"}.'
            raise _check.fail("reporting_endpoints", f"has {name!r}: {url!r}, which is none.", hint)
        parts.append(f'{name}="{url}"')
    try:
        return check_header_value("reporting-endpoints", ", ".join(parts))
    except ResponseError as exc:
        raise ConfigurationError(str(exc)) from exc


__all__ = ["DEFAULT_PERMISSIONS", "DEFAULT_POLICY", "SecurityHeadersMiddleware"]

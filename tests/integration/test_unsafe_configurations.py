"""
What is unsafe does not start: each of these configurations is refused, and the refusal names the setting and the fix.
"""

from collections.abc import Callable
from typing import Any

import pytest

from covet import CovetPy, create_app
from covet.auth import (
    JWKS,
    APIKeyAuthProvider,
    AuthenticationSetupError,
    JWTAuthProvider,
    Lockout,
    requires,
)
from covet.config import Settings, Sources
from covet.debug import DebugPlugin
from covet.exceptions import CovetError
from covet.middleware import (
    AuthenticationMiddleware,
    ConcurrencyLimitMiddleware,
    CORSMiddleware,
    CSRFMiddleware,
    DecompressionMiddleware,
    HTTPSRedirectMiddleware,
    ProxyHeadersMiddleware,
    RateLimitMiddleware,
    RequestIDMiddleware,
    RequestLoggingMiddleware,
    SecurityHeadersMiddleware,
    SessionMiddleware,
    TrustedHostMiddleware,
)
from covet.security import Argon2id, KeyRing, PasswordHasher, Signer
from covet.server.options import ServerOptions
from covet.staticfiles import StaticFiles
from covet.testing import TestClient

KEY = "mKQ0pJ7cR2vT9xW4zL8nB5hG1dF6sA3e"
OTHER_KEY = "Zr8wE2yU5iO9pA1sD4fG7hJ0kL3xC6vB"
SAFE: dict[str, Any] = {
    "secret_key": KEY,
    "jwt_secret_key": OTHER_KEY,
    "allowed_hosts": ["example.com"],
    "trusted_proxies": ["10.0.0.0/8"],
}

# What is unsafe; what the refusal calls it; a part of the fix that it gives.
Case = tuple[Callable[[], object], str, str]


def produce(*middleware: object, plugins: tuple[object, ...] = (), **given: Any) -> CovetPy:
    """Make an application for production that is safe, but for what is said."""
    security = SAFE | given.pop("security", {})
    return create_app(
        Settings(environment="production", security=security, sources=Sources.none(), **given), middleware, plugins
    )


def secured(**security: Any) -> Callable[[], object]:
    """Make what gives production a setting of the section `security`."""
    return lambda: produce(security=security)


def served(**server: Any) -> Callable[[], object]:
    """Make what gives production a setting of the section `server`."""
    return lambda: produce(server=server)


def around(make: Callable[..., object], *arguments: Any, **options: Any) -> Callable[[], object]:
    """Make an application of a middleware, as everywhere."""
    return lambda: CovetPy(middleware=[make(*arguments, **options)])


def make(cls: Callable[..., object], *arguments: Any, **options: Any) -> Callable[[], object]:
    """Make a part of an application."""
    return lambda: cls(*arguments, **options)


SETTINGS: dict[str, Case] = {
    "debug": (lambda: produce(debug=True), "debug is on, which production refuses", "COVET_DEBUG=false"),
    "debug of the application": (
        lambda: CovetPy(debug=True, settings=Settings(environment="production", sources=Sources.none())),
        "[D101] debug is on",
        "Set debug = false",
    ),
    "debug plugin": (lambda: produce(plugins=(DebugPlugin,)), "debug pages", "Take the plugin 'debug' out"),
    "placeholder for a key": (secured(secret_key="your-secret-key-here"), "security.secret_key is a", "COVET_SECURITY"),
    "placeholder for a JWT key": (
        secured(jwt_secret_key="change-me"),
        "security.jwt_secret_key is a",
        "COVET_SECURITY",
    ),
    "short key": (secured(secret_key="x7Gq2!vR9"), "security.secret_key has 9 bytes", "COVET_SECURITY"),
    "empty key": (
        lambda: produce("session", "csrf", security={"secret_key": ""}),
        "'security.secret_key' is missing",
        "covet secret",
    ),
    "key of one character": (secured(secret_key="k" * 40), "security.secret_key repeats one", "COVET_SECURITY"),
    "weak old key": (
        secured(secret_key_fallbacks=["changeme"]),
        "security.secret_key_fallbacks is a",
        "COVET_SECURITY",
    ),
    "reference not followed": (secured(jwt_secret_key="${JWT_KEY}"), "security.jwt_secret_key", "COVET_SECURITY"),
    "rotation to the same key": (
        lambda: produce("session", "csrf", security={"secret_key_fallbacks": [KEY]}),
        "same secret",
        "A rotation puts a new one",
    ),
    "placeholder in a URL": (
        lambda: produce(database={"url": "postgresql://ada:password@db/shop"}),
        "[D108] The password in database.url is a placeholder",
        "Give it a value of its own",
    ),
    "any host": (secured(allowed_hosts=["*"]), "security.allowed_hosts contains '*'", "list the names"),
    "any origin": (secured(cors_allow_origins=["*"]), "security.cors_allow_origins contains '*'", "list the origins"),
    "any proxy": (secured(trusted_proxies=["*"]), "trusted_proxies has '*'", "List the networks"),
    "any proxy by network": (secured(trusted_proxies=["0.0.0.0/0"]), "trusted_proxies has '0.0.0.0/0'", "List the"),
    "half of the net": (
        secured(trusted_proxies=["0.0.0.0/1"]),
        "[D111] security.trusted_proxies",
        "of the proxies alone",
    ),
    "no rate": (secured(rate_limit_requests=0), "security.rate_limit_requests must be", "COVET_SECURITY__RATE_LIMIT"),
    "no window": (secured(rate_limit_window=0), "security.rate_limit_window must be", "COVET_SECURITY__RATE_LIMIT"),
    "unknown setting": (secured(secret_keyy=KEY), "security.secret_keyy is no setting", "Did you mean 'secret_key'?"),
    "reload": (served(reload=True), "[D104] server.reload is on", "Set server.reload = false"),
    "negative body limit": (served(body_limit=-1), "server.body_limit must be at least 0", "COVET_SERVER__BODY_LIMIT"),
    "no time for a head": (served(header_timeout=0), "server.header_timeout must be", "COVET_SERVER__HEADER_TIMEOUT"),
    "negative keep-alive": (served(keep_alive=-1), "server.keep_alive must be", "COVET_SERVER__KEEP_ALIVE"),
    "no drain": (served(drain_timeout=0), "server.drain_timeout must be", "COVET_SERVER__DRAIN_TIMEOUT"),
    "unreadable TLS key": (
        served(tls_certificate="/nowhere.pem", tls_key="/nowhere.key"),
        "[D304] server.tls_key is '/nowhere.key'",
        "chmod 600",
    ),
    "negative form limit": (
        lambda: produce(limits={"form_max_fields": -1}),
        "limits.form_max_fields must",
        "COVET_LIMITS",
    ),
    "redirects for ever": (
        lambda: produce(HTTPSRedirectMiddleware(), security={"trusted_proxies": []}),
        "[D303] HTTPSRedirectMiddleware without TLS",
        "List the proxy in security.trusted_proxies",
    ),
    "sessions without CSRF": (lambda: produce("session"), "[D116] SessionMiddleware without CSRFMiddleware", "Add it"),
    "session in the clear": (
        lambda: produce(SessionMiddleware(KEY, secure=False), "csrf"),
        "[D118] SessionMiddleware has secure=False",
        "Leave secure out",
    ),
    "CSRF token in the clear": (
        lambda: produce("session", CSRFMiddleware(KEY, secure=False)),
        "[D118] CSRFMiddleware has secure=False",
        "Leave secure out",
    ),
    "any host by middleware": (
        lambda: produce(TrustedHostMiddleware(["*"])),
        "[D110] security.allowed_hosts",
        "List the",
    ),
    "any origin by middleware": (
        lambda: produce(CORSMiddleware(allow_origins=["*"])),
        "[D112] security.cors_allow_origins",
        "List the origins",
    ),
}

MIDDLEWARE: dict[str, Case] = {
    "CORS of everybody with credentials": (
        around(CORSMiddleware, allow_origins=["*"], allow_credentials=True),
        "allow_origins is ['*'] with allow_credentials",
        "List the origins",
    ),
    "CORS of null with credentials": (
        around(CORSMiddleware, allow_origins=["null"], allow_credentials=True),
        "allow_origins has 'null' with allow_credentials",
        "List the origins",
    ),
    "CORS of a top-level domain": (
        around(CORSMiddleware, allow_origins=["https://*.com"]),
        "allow_origins has 'https://*.com'",
        "Write the domain that is yours",
    ),
    "CORS into private networks": (
        around(CORSMiddleware, allow_origins=["*"], allow_private_network=True),
        "allow_private_network is True for every origin",
        "List the origins",
    ),
    "CORS with a misspelt option": (
        around(CORSMiddleware, allow_origin=["https://a.example"]),
        "no option 'allow_origin'",
        "Did you mean 'allow_origins'?",
    ),
    "CORS exposing everything": (
        around(CORSMiddleware, allow_origins=["https://a.example"], expose_headers=["*"], allow_credentials=True),
        "expose_headers is ['*']",
        "List the headers",
    ),
    "hosts of a top-level domain": (
        around(TrustedHostMiddleware, ["*.com"]),
        "has '*.com'",
        "Write the domain that is",
    ),
    "hosts as one text": (
        around(TrustedHostMiddleware, "example.com"),
        "allowed_hosts is the text",
        "Write allowed_hosts=",
    ),
    "hosts as a pattern": (
        around(TrustedHostMiddleware, ["exam*.com"]),
        "allowed_hosts has 'exam*.com'",
        "Write 'example",
    ),
    "proxies of IPv6": (around(ProxyHeadersMiddleware, ["::/0"]), "trusted_proxies has '::/0'", "List the networks"),
    "proxies with host bits": (
        around(ProxyHeadersMiddleware, ["10.0.0.1/8"]),
        "trusted_proxies is",
        "Write '10.0.0.0/8'",
    ),
    "preload that is too short": (
        around(SecurityHeadersMiddleware, hsts_preload=True, hsts_include_subdomains=True, hsts_max_age=3600),
        "hsts_preload is True",
        "hsts_max_age of at least 31536000",
    ),
    "preload without subdomains": (
        around(SecurityHeadersMiddleware, hsts_preload=True),
        "hsts_preload is True",
        "Give hsts_include_subdomains=True",
    ),
    "negative HSTS": (around(SecurityHeadersMiddleware, hsts_max_age=-1), "hsts_max_age is -1", "Write hsts_max_age="),
    "policy with a misspelt directive": (
        around(SecurityHeadersMiddleware, csp_policy={"default-source": ["'self'"]}),
        "csp_policy has 'default-source'",
        "Did you mean 'default-src'?",
    ),
    "policy without quotes": (
        around(SecurityHeadersMiddleware, csp_policy={"default-src": ["self"]}),
        "csp_policy has 'self'",
        "with the quotes",
    ),
    "frames for all": (
        around(SecurityHeadersMiddleware, frame_options="ALLOWALL"),
        "frame_options is 'ALLOWALL'",
        "DENY",
    ),
    "session without a key": (around(SessionMiddleware), "SessionMiddleware requires 'secret_key'", "covet secret"),
    "session in a cookie without a key": (
        around(SessionMiddleware, store="cookie://"),
        "SessionMiddleware requires 'secret_key'",
        "covet secret",
    ),
    "session with a weak key": (around(SessionMiddleware, "short"), "secret_key has 5 bytes", "covet secret"),
    "SameSite=None without Secure": (
        around(SessionMiddleware, KEY, same_site="none", secure=False),
        "same_site is 'none'",
        "Leave secure out",
    ),
    "__Host- with a domain": (
        around(SessionMiddleware, KEY, cookie="__Host-s", domain="example.com"),
        "cookie is '__Host-s'",
        "Write cookie='s'",
    ),
    "session without an end": (around(SessionMiddleware, KEY, lifetime=0), "lifetime is 0", "Write lifetime="),
    "CSRF with a weak key": (around(CSRFMiddleware, "short"), "secret_key has 5 bytes", "covet secret"),
    "CSRF that trusts everybody": (
        around(CSRFMiddleware, KEY, trusted_origins=["*"]),
        "trusted_origins has '*'",
        "Write",
    ),
    "CSRF that trusts null": (
        around(CSRFMiddleware, KEY, trusted_origins=["null"]),
        "trusted_origins has 'null'",
        "Write",
    ),
    "rate of nothing": (around(RateLimitMiddleware, 0), "calls is 0", "Write calls=100"),
    "negative rate": (around(RateLimitMiddleware, -5), "calls is -5", "Write calls=100"),
    "rate within no time": (around(RateLimitMiddleware, 5, 0), "period is 0", "Write period=60"),
    "cost of nothing": (around(RateLimitMiddleware, cost=0), "cost is 0", "Write cost=1"),
    "rates in no store": (around(RateLimitMiddleware, store="http://a"), "store", "Write 'memory://'"),
    "no concurrency": (around(ConcurrencyLimitMiddleware, 0), "limit is 0", "Write limit=1"),
    "inflation without a limit": (around(DecompressionMiddleware, max_ratio=0), "max_ratio must", "number above 0"),
    "line break in a header": (around(RequestIDMiddleware, header="X\r\nY"), "header is 'X\\r\\nY'", "Leave it out"),
    "negative log": (around(RequestLoggingMiddleware, max_body=-1), "max_body is -1", "Write max_body=1"),
    "authentication by nobody": (around(AuthenticationMiddleware), "provider is missing", "Write provider="),
}

PARTS: dict[str, Case] = {
    "JWT of none": (make(JWTAuthProvider, KEY, algorithms=["none"]), "algorithms=['none']", "Leave algorithms out"),
    "JWT of two kinds": (
        make(JWTAuthProvider, KEY, algorithms=["RS256"]),
        "algorithms=['RS256']",
        "Leave algorithms out",
    ),
    "JWT with an empty key": (make(JWTAuthProvider, ""), "secret 1", "covet secret"),
    "JWT with a short key": (make(JWTAuthProvider, "short"), "secret of a JWT key has 5 bytes", "covet secret"),
    "JWT with a placeholder": (
        make(JWTAuthProvider, "your-secret-key-" * 3),
        "secret 1 is a placeholder",
        "covet secret",
    ),
    "JWT without a key": (
        around(lambda: AuthenticationMiddleware(JWTAuthProvider())),
        "'security.jwt_secret_key' is missing",
        "set COVET_SECURITY_JWT_SECRET_KEY",
    ),
    "JWT with a month of leeway": (make(JWTAuthProvider, KEY, leeway=2_592_000), "leeway=2592000", "Write leeway=30"),
    "JWT without an end": (
        make(JWTAuthProvider, KEY, access_lifetime=float("inf")),
        "lifetime of inf",
        "Write timedelta",
    ),
    "JWT for no audience": (make(JWTAuthProvider, KEY, audience=[]), "audience=[]", "Write audience="),
    "JWT of no issuer": (make(JWTAuthProvider, KEY, issuer=[]), "issuer=[]", "Write issuer="),
    "keys of an issuer in the clear": (
        make(JWKS, "http://issuer.example/jwks"),
        "JWKS: 'http://issuer.example/jwks'",
        "https://",
    ),
    "keys of a host that looks like this one": (
        make(JWKS, "http://localhost:x@evil.example/jwks"),
        "no address whose keys can be trusted",
        "https://",
    ),
    "keys of a file": (make(JWKS, "file:///etc/passwd"), "JWKS: 'file:///etc/passwd'", "https://"),
    "keys that are never good": (make(JWKS, "https://a.example", max_age=0), "max_age is 0", "Leave max_age out"),
    "keys that are not waited for": (make(JWKS, "https://a.example", timeout=-1), "timeout is -1", "Leave timeout out"),
    "keys without algorithms": (
        make(JWTAuthProvider, jwks=JWKS("https://a.example")),
        "algorithms",
        "Write algorithms=",
    ),
    "logins without a limit": (make(Lockout, max_failures=0), "max_failures is 0", "at least 1"),
    "logins without a delay": (make(Lockout, delay=-1), "delay is -1", "above 0"),
    "API keys without a prefix": (make(APIKeyAuthProvider, prefix=""), "prefix", "Write prefix="),
    "guard of nothing": (make(requires, scope=[]), "scope is empty", "Leave it out"),
    "weak Argon2id": (make(Argon2id, memory_kib=8), "memory_kib=8", "8 KiB of memory for each lane"),
    "passwords without a scheme": (make(PasswordHasher, []), "schemes", "Without any it takes"),
    "key ring of a short secret": (make(KeyRing, "short"), "Secret 1 of the key ring has 5 bytes", "covet secret"),
    "signer with an empty key": (make(Signer, "", purpose="mail"), "Secret 1 of the key ring is empty", "covet secret"),
    "public key as a secret": (
        make(
            JWTAuthProvider,
            "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----",
        ),
        "secret of a JWT key is a key in PEM",
        "Write JWTKey.from_pem",
    ),
    "the whole machine as files": (make(StaticFiles, "/"), "'/' is the root of the file system", "Name the directory"),
    "certificate without its key": (make(ServerOptions, tls_certificate="a.pem"), "tls_certificate", "tls_key"),
    "negative body limit of a program": (make(CovetPy, body_limit=-1), "body_limit must be", "number of bytes or None"),
}

CASES = {**SETTINGS, **MIDDLEWARE, **PARTS}


def test_there_are_enough() -> None:
    """At least sixty, and no two share a name."""
    assert len(CASES) == len(SETTINGS) + len(MIDDLEWARE) + len(PARTS) >= 60


@pytest.mark.parametrize("name", CASES)
async def test_unsafe_configuration_is_refused(name: str) -> None:
    """When it is made, or at the latest when the application starts; by the setting's name, with the fix."""
    configure, setting, fix = CASES[name]

    with pytest.raises((CovetError, AuthenticationSetupError, ExceptionGroup)) as caught:
        app = configure()
        if isinstance(app, CovetPy):
            async with TestClient(app):
                pass

    message = str(caught.value)
    assert setting in message
    assert fix in message
    assert KEY not in message
    assert OTHER_KEY not in message


async def test_a_safe_configuration_starts() -> None:
    """What the tests above change one thing of is accepted as it is, with all that it can have."""
    app = produce(HTTPSRedirectMiddleware(), "session", "csrf", AuthenticationMiddleware(JWTAuthProvider(KEY)))

    async with TestClient(app, base_url="https://example.com") as client:
        assert (await client.get("/")).status_code == 404

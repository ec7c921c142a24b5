"""
Checks of whom an application believes: keys, hosts, proxies, other origins, debug pages.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Final

from covet.checks import Check
from covet.config import Settings
from covet.config.masking import collect_secrets
from covet.config.secret import MIN_SECRET_BYTES, Secret, find_weakness
from covet.deployment.subject import Subject
from covet.middleware import (
    CSRFMiddleware,
    ProxyHeadersMiddleware,
    SessionMiddleware,
    TrustedHostMiddleware,
)
from covet.middleware.limiting import LimitingMiddleware

_MIN_KEY_BYTES: Final = 32
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_KEYS: Final = frozenset({"security.secret_key", "security.secret_key_fallbacks", "security.jwt_secret_key"})
_PRIVATE: Final = ("http://localhost", "http://127.0.0.1", "https://localhost")


def _find_debug(subject: Subject) -> str | None:
    if subject.app.debug or subject.settings.debug:
        return "debug is on: errors show source and variables."
    for mount in subject.mounts:
        if getattr(mount.app, "debug", False) is True:
            return f"debug is on in what is mounted at {mount.prefix or '/'!r}: errors show source and variables."
    return None


def _find_environment(subject: Subject) -> str | None:
    if subject.settings.is_production:
        return None
    return f"environment is {str(subject.settings.environment)!r}: what production refuses is not refused."


def _find_reload(subject: Subject) -> str | None:
    return "server.reload is on: a file that changes restarts the workers." if subject.settings.server.reload else None


def _find_weak_keys(subject: Subject) -> str | None:
    security = subject.settings.security
    for name in ("secret_key", "jwt_secret_key"):
        secret: Secret | None = getattr(security, name)
        weakness = None if secret is None else find_weakness(secret.reveal(), min_bytes=_MIN_KEY_BYTES)
        if weakness is not None:
            return f"security.{name} {weakness}: whoever guesses it signs what the application believes."
    return None


def _find_weak_fallbacks(subject: Subject) -> str | None:
    for secret in subject.settings.security.secret_key_fallbacks:
        weakness = find_weakness(secret.reveal(), min_bytes=_MIN_KEY_BYTES)
        if weakness is not None:
            return f"security.secret_key_fallbacks has a key that {weakness}: what it signed is believed still."
    return None


def _find_one_key(subject: Subject) -> str | None:
    security = subject.settings.security
    first, second = security.secret_key, security.jwt_secret_key
    if first is not None and second is not None and first.reveal() == second.reveal():
        return "security.secret_key and security.jwt_secret_key are the same: who learns one has both."
    return None


def _find_weak_secrets(subject: Subject) -> str | None:
    for path, secret in _walk(subject.settings):
        if path in _KEYS:
            continue
        weakness = find_weakness(secret, min_bytes=MIN_SECRET_BYTES)
        if weakness == "is a placeholder":
            return f"{path} {weakness}."
    return None


def _walk(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Find the secrets, and the passwords within URLs."""
    if isinstance(value, Secret):
        yield path, value.reveal()
    elif isinstance(value, str):
        for password in collect_secrets(value):
            yield f"The password in {path}", password
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _walk(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, Settings):
        for name in value.read_shape().members:
            yield from _walk(getattr(value, name), name)
    elif is_dataclass(value):
        for item in fields(value):
            yield from _walk(getattr(value, item.name), f"{path}.{item.name}" if path else item.name)


def _find_hosts(subject: Subject) -> str | None:
    if subject.find(TrustedHostMiddleware) is None:
        return "No TrustedHostMiddleware: links and redirects are built from whatever host a request names."
    return None


def _find_open_hosts(subject: Subject) -> str | None:
    if subject.find(TrustedHostMiddleware) is not None and subject.answers_any_host:
        return "security.allowed_hosts is any host: a forged Host header reaches links and caches."
    return None


def _find_credulity(subject: Subject) -> str | None:
    if subject.believes_strangers:
        return "security.trusted_proxies has addresses of the public net: anybody there says who they are."
    return None


def _find_open_origins(subject: Subject) -> str | None:
    found = subject.may_read()
    if found is None:
        return None
    where, with_cookies = found
    what = f"CORSMiddleware around {where} allows" if where else "security.cors_allow_origins is"
    return f"{what} every origin: the pages of every site read what is answered" + (
        ", as their visitors." if with_cookies else "."
    )


def _find_null_origin(subject: Subject) -> str | None:
    found = None if subject.may_read() else subject.may_read("null")
    if found is None:
        return None
    what = f"CORSMiddleware around {found[0]}" if found[0] else "security.cors_allow_origins"
    return f"{what} has 'null': every site can send that origin."


def _find_clear_origins(subject: Subject) -> str | None:
    for origin in subject.settings.security.cors_allow_origins:
        if origin.startswith("http://"):
            return f"security.cors_allow_origins has {origin!r}: whoever is on the way writes its pages."
    return None


def _find_local_origins(subject: Subject) -> str | None:
    for origin in subject.settings.security.cors_allow_origins:
        if origin.startswith(_PRIVATE):
            return f"security.cors_allow_origins has {origin!r}: any program on a visitor's machine is that origin."
    return None


def _find_no_csrf(subject: Subject) -> str | None:
    what = "the pages of other sites act for whoever is signed in."
    passing = subject.passes_other_sites
    if passing is not None:
        where = f" around {passing[0]}" if passing[0] else ""
        return f"{type(passing[1]).__name__}{where} lets through what pages of other sites send: {what}"
    if subject.find(CSRFMiddleware) is not None:
        return None
    if subject.find(SessionMiddleware) is not None:
        return f"SessionMiddleware without CSRFMiddleware: {what}"
    for route in subject.routes:
        around = route.all_middleware
        # RFC 9110 §9.2.1: what is asked with other methods changes nothing.
        changes = [method for method in sorted(route.methods) if method not in _SAFE]
        if changes and _has(around, SessionMiddleware) and not _has(around, CSRFMiddleware):
            return f"SessionMiddleware without CSRFMiddleware around {'/'.join(changes)} {route.path}: {what}"
    return None


def _has(around: Sequence[object], cls: type) -> bool:
    return any(isinstance(item, cls) or (isinstance(item, type) and issubclass(item, cls)) for item in around)


def _find_clear_cookie(subject: Subject) -> str | None:
    for layer in (subject.find(SessionMiddleware), subject.find(CSRFMiddleware)):
        if layer is not None and layer.sends_in_clear:
            return (
                f"{type(layer).__name__} has secure=False: its cookie is sent in the clear, too, and read on its way."
            )
    return None


def _find_shared_limit(subject: Subject) -> str | None:
    if subject.find(ProxyHeadersMiddleware) is not None or subject.settings.server.tls_certificate is not None:
        return None
    what = "without trusted proxies: behind a proxy all clients share one limit."
    limit = subject.find(LimitingMiddleware)
    if limit is not None:
        return f"{type(limit).__name__} {what}"
    for route in subject.routes:
        if _has(route.all_middleware, LimitingMiddleware):
            return f"A limit around {'/'.join(sorted(route.methods))} {route.path} {what}"
    return None


TRUST_CHECKS: Final = (
    Check("D101", "error", "debug", "Set debug = false, or COVET_DEBUG=false.", _find_debug),
    Check("D103", "warning", "environment", 'Set environment = "production", or COVET_ENV.', _find_environment),
    Check("D104", "error", "server.reload", "Set server.reload = false.", _find_reload),
    Check("D105", "error", "security.secret_key", "Make one with: covet secret", _find_weak_keys),
    Check(
        "D106",
        "error",
        "security.secret_key_fallbacks",
        "Take the key out: covet secret makes new ones.",
        _find_weak_fallbacks,
    ),
    Check("D107", "warning", "security.jwt_secret_key", "Make one for each with: covet secret", _find_one_key),
    Check(
        "D108",
        "error",
        "secrets",
        "Give it a value of its own, by the environment or a file of secrets.",
        _find_weak_secrets,
    ),
    Check("D109", "warning", "security.allowed_hosts", 'Set security.allowed_hosts = ["example.com"].', _find_hosts),
    Check("D110", "error", "security.allowed_hosts", "List the hosts by their names.", _find_open_hosts),
    Check(
        "D111",
        "error",
        "security.trusted_proxies",
        "List the networks of the proxies alone: 10.0.0.0/8.",
        _find_credulity,
    ),
    Check(
        "D112",
        "error",
        "security.cors_allow_origins",
        "List the origins whose pages may read answers.",
        _find_open_origins,
    ),
    Check("D113", "warning", "security.cors_allow_origins", "Take it out of the list.", _find_null_origin),
    Check(
        "D114",
        "warning",
        "security.cors_allow_origins",
        "Serve those pages over https, and list that.",
        _find_clear_origins,
    ),
    Check(
        "D115",
        "warning",
        "security.cors_allow_origins",
        "Write it into config.development.toml alone.",
        _find_local_origins,
    ),
    Check("D116", "error", "CSRFMiddleware", 'Add it: middleware = ["session", "csrf"].', _find_no_csrf),
    Check("D117", "warning", "security.trusted_proxies", "List the proxy's network.", _find_shared_limit),
    Check(
        "D118", "error", "secure", "Leave secure out: it follows the scheme in development alone.", _find_clear_cookie
    ),
)

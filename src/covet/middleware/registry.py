"""
Middleware by name: what settings list, and what other distributions offer.
"""

from typing import Final

from covet.core.middleware import Middleware, check_middleware, import_middleware
from covet.entry_points import find_entry_points, load_entry_point
from covet.exceptions import ConfigurationError, ItemNotFoundError
from covet.middleware.auth import AuthenticationMiddleware
from covet.middleware.body_limit import BodyLimitMiddleware
from covet.middleware.cache import CacheMiddleware
from covet.middleware.compression import CompressionMiddleware, GZipMiddleware
from covet.middleware.concurrency_limit import ConcurrencyLimitMiddleware
from covet.middleware.conditional import ConditionalMiddleware
from covet.middleware.cors import CORSMiddleware
from covet.middleware.csrf import CSRFMiddleware
from covet.middleware.debug import DebugToolbarMiddleware
from covet.middleware.decompression import DecompressionMiddleware
from covet.middleware.https_redirect import HTTPSRedirectMiddleware
from covet.middleware.proxy_headers import ProxyHeadersMiddleware
from covet.middleware.rate_limit import RateLimitMiddleware
from covet.middleware.request_id import RequestIDMiddleware
from covet.middleware.request_logging import RequestLoggingMiddleware
from covet.middleware.security_headers import SecurityHeadersMiddleware
from covet.middleware.session import SessionMiddleware
from covet.middleware.timeout import TimeoutMiddleware
from covet.middleware.trusted_hosts import TrustedHostMiddleware
from covet.registry import Registry

MIDDLEWARE_GROUP: Final = "covet.middleware"
"""The group of entry points that distributions offer middleware under."""


def get_middleware_registry() -> Registry[type[Middleware]]:
    """
    Return the registry of middleware classes.

    Example:
        >>> get_middleware_registry().get("cors")
        <class 'covet.middleware.cors.CORSMiddleware'>
    """
    return _REGISTRY


def find_middleware(name: str) -> object:
    """
    Find middleware by name: in the registry, by `"package.module:Name"`, or among the entry points.

    Of the entry points of the group `covet.middleware`, the one of that name is loaded, and no other.

    Raises:
        ItemNotFoundError: If nothing has the name.
        ConfigurationError: If what has it cannot be imported, or is no middleware.

    Example:
        >>> find_middleware("corz")
        Traceback (most recent call last):
            ...
        covet.exceptions.ItemNotFoundError: 'corz' is not registered in middleware.
          Did you mean 'cors'? Available: authentication, ...
    """
    registered = _REGISTRY.get(name)
    if registered is not None:
        return registered
    if ":" in name:
        return _check(import_middleware(name), repr(name))
    offered = find_entry_points(MIDDLEWARE_GROUP)
    loaded = load_entry_point(offered, name, kind="middleware", setting="the settings")
    if loaded is None:
        raise ItemNotFoundError(name, available={*_REGISTRY, *(item.name for item in offered)}, registry="middleware")
    return _check(loaded.item, f"What {loaded.distribution} offers as {name!r}")


def _check(found: object, place: str) -> object:
    """Refuse what is no middleware, with the name that led there; what a class needs is known when it is made."""
    try:
        check_middleware(found)
    except ConfigurationError as exc:
        raise ConfigurationError(f"{place} cannot be used: {exc.message}", hint=exc.hint) from exc
    return found


def _is_middleware_class(item: object) -> bool:
    return isinstance(item, type) and issubclass(item, Middleware)


_REGISTRY: Final[Registry[type[Middleware]]] = Registry(
    _is_middleware_class, name="middleware", expected="a subclass of Middleware"
)
for _name, _class in {
    "authentication": AuthenticationMiddleware,
    "body_limit": BodyLimitMiddleware,
    "cache": CacheMiddleware,
    "compression": CompressionMiddleware,
    "concurrency_limit": ConcurrencyLimitMiddleware,
    "conditional": ConditionalMiddleware,
    "cors": CORSMiddleware,
    "csrf": CSRFMiddleware,
    "debug_toolbar": DebugToolbarMiddleware,
    "decompression": DecompressionMiddleware,
    "gzip": GZipMiddleware,
    "https_redirect": HTTPSRedirectMiddleware,
    "proxy_headers": ProxyHeadersMiddleware,
    "rate_limit": RateLimitMiddleware,
    "request_id": RequestIDMiddleware,
    "request_logging": RequestLoggingMiddleware,
    "security_headers": SecurityHeadersMiddleware,
    "session": SessionMiddleware,
    "timeout": TimeoutMiddleware,
    "trusted_hosts": TrustedHostMiddleware,
}.items():
    _REGISTRY.register(_name, _class)

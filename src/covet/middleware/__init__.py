"""
Middleware: the base, the pipeline, the built-in ones, and how they are found and stacked.
"""

from covet.core.middleware import CallNext, Middleware
from covet.core.pipeline import MiddlewarePipeline
from covet.middleware.auth import AuthenticationMiddleware
from covet.middleware.body_limit import BodyLimitMiddleware
from covet.middleware.builder import MiddlewareBuilder
from covet.middleware.cache import CacheMiddleware
from covet.middleware.client_keys import by_address, by_header, by_user
from covet.middleware.compression import CompressionMiddleware, GZipMiddleware
from covet.middleware.concurrency_limit import ConcurrencyLimitMiddleware
from covet.middleware.conditional import ConditionalMiddleware
from covet.middleware.cors import CORSMiddleware
from covet.middleware.csrf import CSRFError, CSRFMiddleware
from covet.middleware.csrf_exemption import csrf_exempt
from covet.middleware.decompression import DecompressionMiddleware
from covet.middleware.https_redirect import HTTPSRedirectMiddleware
from covet.middleware.injection import DIMiddleware
from covet.middleware.proxy_headers import ProxyHeadersMiddleware
from covet.middleware.rate_limit import RateLimitMiddleware
from covet.middleware.registry import MIDDLEWARE_GROUP, find_middleware, get_middleware_registry
from covet.middleware.request_id import RequestIDMiddleware, get_request_id
from covet.middleware.request_logging import RequestLoggingMiddleware
from covet.middleware.security_headers import SecurityHeadersMiddleware
from covet.middleware.session import SessionMiddleware, get_session
from covet.middleware.timeout import TimeoutMiddleware
from covet.middleware.trusted_hosts import TrustedHostMiddleware

__all__ = [
    "MIDDLEWARE_GROUP",
    "AuthenticationMiddleware",
    "BodyLimitMiddleware",
    "CORSMiddleware",
    "CSRFError",
    "CSRFMiddleware",
    "CacheMiddleware",
    "CallNext",
    "CompressionMiddleware",
    "ConcurrencyLimitMiddleware",
    "ConditionalMiddleware",
    "DIMiddleware",
    "DecompressionMiddleware",
    "GZipMiddleware",
    "HTTPSRedirectMiddleware",
    "Middleware",
    "MiddlewareBuilder",
    "MiddlewarePipeline",
    "ProxyHeadersMiddleware",
    "RateLimitMiddleware",
    "RequestIDMiddleware",
    "RequestLoggingMiddleware",
    "SecurityHeadersMiddleware",
    "SessionMiddleware",
    "TimeoutMiddleware",
    "TrustedHostMiddleware",
    "by_address",
    "by_header",
    "by_user",
    "csrf_exempt",
    "find_middleware",
    "get_middleware_registry",
    "get_request_id",
    "get_session",
]

"""
Wrap the Starlette application in five middleware: its own CORS and gzip, three by hand (the fast way, pure ASGI).
"""

from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

from benchmarks.apps.five import ALLOWED_ORIGINS, MINIMUM_SIZE
from benchmarks.apps.raw_asgi_middleware import RateLimit, RequestId, SecurityHeaders
from benchmarks.apps.starlette_app import app as plain_app

by_hand: list[Any] = [RequestId, SecurityHeaders, RateLimit]

app = Starlette(
    routes=list(plain_app.routes),
    middleware=[
        Middleware(by_hand[0]),
        Middleware(CORSMiddleware, allow_origins=list(ALLOWED_ORIGINS)),
        Middleware(by_hand[1]),
        Middleware(by_hand[2]),
        Middleware(GZipMiddleware, minimum_size=MINIMUM_SIZE),
    ],
)

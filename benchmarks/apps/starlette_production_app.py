"""
Answer as somebody who is known, with Starlette behind the middleware of a service in production.

Trusted hosts, CORS and the session (in a signed cookie) are its own, the proxy headers uvicorn's. Request id, security
headers, the guard against CSRF and the rate limit are written by hand the fast way, as pure ASGI: it has none.
"""

from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from benchmarks.apps.models import Item
from benchmarks.apps.production import HOST, PARTNER, PROXY, SECRET
from benchmarks.apps.raw_asgi_middleware import RateLimit, RequestId, SecurityHeaders
from benchmarks.apps.raw_asgi_origin import SameOrigin
from benchmarks.cases import GREETING

decode_item = msgspec.json.Decoder(Item).decode


async def begin(request: Request) -> Response:
    """
    Begin the session; nothing but its cookie is to be sent along.
    """
    request.session["greeting"] = GREETING
    return JSONResponse({})


async def read(request: Request) -> Response:
    """
    Answer with what the session has.
    """
    return JSONResponse({"message": request.session["greeting"]})


async def create(request: Request) -> Response:
    """
    Answer with the validated body, if the session has what it has to have.
    """
    if request.session["greeting"] != GREETING:
        raise ValueError("This is another session.")
    return JSONResponse(msgspec.to_builtins(decode_item(await request.body())))


# Their signatures are not those that Starlette's types want.
by_hand: list[Any] = [ProxyHeadersMiddleware, RequestId, SecurityHeaders, SameOrigin, RateLimit]

app = Starlette(
    routes=[Route("/begin", begin), Route("/me", read), Route("/mine", create, methods=["POST"])],
    middleware=[
        Middleware(TrustedHostMiddleware, allowed_hosts=[HOST]),
        Middleware(by_hand[0], trusted_hosts=[PROXY]),
        Middleware(by_hand[1]),
        Middleware(by_hand[2]),
        Middleware(CORSMiddleware, allow_origins=[PARTNER]),
        Middleware(SessionMiddleware, secret_key=SECRET, https_only=True),
        Middleware(by_hand[3]),
        Middleware(by_hand[4]),
    ],
)

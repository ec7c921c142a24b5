"""
Answer as somebody who is known, with Litestar behind the middleware of a service in production.

Allowed hosts, CORS, the session (on the server, in memory), CSRF (a token in a cookie and in a header), the rate limit
and the constant headers are its own, the proxy headers uvicorn's; the request id is written by hand, as pure ASGI.
"""

from typing import Any

from litestar import Litestar, Request, get, post
from litestar.config.allowed_hosts import AllowedHostsConfig
from litestar.config.cors import CORSConfig
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import ResponseHeader
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.middleware.session.server_side import ServerSideSessionConfig
from litestar.utils.scope.state import ScopeState
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from benchmarks.apps.five import SECURITY_HEADERS
from benchmarks.apps.models import Item
from benchmarks.apps.production import HOST, PARTNER, PROXY, REQUEST_LIMIT, SECRET
from benchmarks.apps.raw_asgi_middleware import RequestId
from benchmarks.cases import GREETING


@get("/begin")
async def begin(request: Request[Any, Any, Any]) -> dict[str, str]:
    """
    Begin the session, and give the token that a POST has to bring.
    """
    request.session["greeting"] = GREETING
    return {"x-csrftoken": str(ScopeState.from_scope(request.scope).csrf_token)}


@get("/me")
async def read(request: Request[Any, Any, Any]) -> dict[str, str]:
    """
    Answer with what the session has.
    """
    return {"message": request.session["greeting"]}


@post("/mine", status_code=200)
async def create(request: Request[Any, Any, Any], data: Item) -> Item:
    """
    Answer with the validated body, if the session has what it has to have.
    """
    if request.session["greeting"] != GREETING:
        raise ValueError("This is another session.")
    return data


by_hand: list[Any] = [RequestId]

app: Any = ProxyHeadersMiddleware(
    Litestar(
        route_handlers=[begin, read, create],
        allowed_hosts=AllowedHostsConfig(allowed_hosts=[HOST]),
        cors_config=CORSConfig(allow_origins=[PARTNER]),
        csrf_config=CSRFConfig(secret=SECRET),
        response_headers=[ResponseHeader(name=name, value=value) for name, value in SECURITY_HEADERS],
        middleware=[
            by_hand[0],
            ServerSideSessionConfig().middleware,
            RateLimitConfig(rate_limit=("minute", REQUEST_LIMIT)).middleware,
        ],
    ),
    trusted_hosts=[PROXY],
)

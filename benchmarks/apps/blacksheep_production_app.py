"""
Answer as somebody who is known, with BlackSheep behind the middleware of a service in production.

Proxy headers with the hosts that are allowed, CORS, the session (on the server, in memory), HSTS and the guard against
CSRF (a token in a cookie and in a header) are its own; request id, the other security headers and the rate limit are
written by hand, as its middleware.
"""

from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import Any

from blacksheep import Application, FromJSON, Request, Response, Router, json
from blacksheep.server.csrf import AntiForgeryHandler
from blacksheep.server.remotes.forwarding import XForwardedHeadersMiddleware
from blacksheep.server.security.hsts import HSTSMiddleware
from blacksheep.sessions.memory import InMemorySessionStore
from essentials.secrets import Secret
from pydantic import BaseModel

from benchmarks.apps.five import REQUEST_LIMIT, SECURITY_HEADERS, Windows, make_request_id
from benchmarks.apps.production import HOST, PARTNER, PROXY, SECRET
from benchmarks.cases import GREETING

Next = Callable[[Request], Awaitable[Response]]

RAW_SECURITY_HEADERS = [(name.encode(), value.encode()) for name, value in SECURITY_HEADERS]
LIMIT = str(REQUEST_LIMIT).encode()
windows = Windows()


class Item(BaseModel):
    """
    Describe the body of the post case.
    """

    name: str
    price: float
    quantity: int
    in_stock: bool


async def identify(request: Request, handler: Next) -> Response:
    """
    Give every request an id, the client's own if it sent one, and put it on the response.
    """
    request_id = request.headers.get_first(b"x-request-id") or make_request_id().encode()
    response = await handler(request)
    response.headers.add(b"x-request-id", request_id)
    return response


async def protect(request: Request, handler: Next) -> Response:
    """
    Add constant headers to every response.
    """
    response = await handler(request)
    for name, value in RAW_SECURITY_HEADERS:
        response.headers.add(name, value)
    return response


async def limit(request: Request, handler: Next) -> Response:
    """
    Refuse a client that asks too often.
    """
    left = windows.take(request.original_client_ip)
    if left < 0:
        return Response(429)
    response = await handler(request)
    response.headers.add(b"x-ratelimit-limit", LIMIT)
    response.headers.add(b"x-ratelimit-remaining", str(left).encode())
    return response


# One of its own: the one that the package has is that of the bare application.
app = Application(router=Router())
proxies = XForwardedHeadersMiddleware(allowed_hosts=[HOST], known_proxies=[ip_address(PROXY)])
middlewares: list[Any] = [proxies, identify, HSTSMiddleware(), protect, limit]
app.middlewares.extend(middlewares)
# Its own origin is one that it has to be told of.
app.use_cors(allow_origins=[PARTNER, f"https://{HOST}"], allow_methods=["GET", "POST"])
app.use_sessions(InMemorySessionStore())
# As `use_anti_forgery` does, without the templates that it sets up as well.
anti_forgery = AntiForgeryHandler(secret_keys=[Secret.from_plain_text(SECRET)])
app.middlewares.append(anti_forgery)


@app.router.get("/begin")
async def begin(request: Request) -> Response:
    """
    Begin the session, and give the token that a POST has to bring.
    """
    request.session["greeting"] = GREETING
    return json({anti_forgery.header_name: anti_forgery.get_tokens(request)[1]})


@app.router.get("/me")
async def read(request: Request) -> Response:
    """
    Answer with what the session has.
    """
    return json({"message": request.session["greeting"]})


@app.router.post("/mine")
async def create(request: Request, data: FromJSON[Item]) -> Response:
    """
    Answer with the bound body, if the session has what it has to have.
    """
    if request.session["greeting"] != GREETING:
        raise ValueError("This is another session.")
    return json(data.value.model_dump())

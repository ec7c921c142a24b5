"""
Answer the json case with CovetPy behind five middleware of the benchmark's own, written with the public hooks.
"""

import gzip

from benchmarks.apps.five import (
    ALLOWED_ORIGINS,
    MINIMUM_SIZE,
    REQUEST_LIMIT,
    SECURITY_HEADERS,
    Windows,
    make_request_id,
)
from benchmarks.cases import GREETING
from covet import CovetPy, Request, Response
from covet.http import MutableHeaders
from covet.middleware import Middleware


class RequestId(Middleware):
    """
    Give every request an id, the client's own if it sent one, and put it on the response.
    """

    def process_request(self, request: Request) -> Response | None:
        request.state.request_id = request.headers.get("x-request-id") or make_request_id()
        return None

    def process_response(self, request: Request, response: Response) -> Response:
        response.headers["x-request-id"] = request.state.request_id
        return response


class Cors(Middleware):
    """
    Answer preflights and allow the listed origins.
    """

    def __init__(self) -> None:
        vary = {"vary": "Origin"}
        self.refused = MutableHeaders(vary)
        self.allowed = {
            origin: MutableHeaders(vary | {"access-control-allow-origin": origin}) for origin in ALLOWED_ORIGINS
        }

    def process_request(self, request: Request) -> Response | None:
        if request.method == "OPTIONS" and "access-control-request-method" in request.headers:
            if request.headers.get("origin") not in self.allowed:
                return Response(status_code=400)
            return Response(status_code=204, headers={"access-control-allow-methods": "GET, POST"})
        return None

    def process_response(self, request: Request, response: Response) -> Response:
        origin = request.headers.get("origin")
        if origin is not None:
            response.headers.update(self.allowed.get(origin, self.refused))
        return response


class SecurityHeaders(Middleware):
    """
    Add constant headers to every response.
    """

    def __init__(self) -> None:
        self.headers = MutableHeaders(SECURITY_HEADERS)

    def process_response(self, request: Request, response: Response) -> Response:
        response.headers.update(self.headers)
        return response


class RateLimit(Middleware):
    """
    Refuse a client that asks too often.
    """

    def __init__(self) -> None:
        self.windows = Windows()
        self.limit = MutableHeaders({"x-ratelimit-limit": str(REQUEST_LIMIT)})

    def process_request(self, request: Request) -> Response | None:
        left = self.windows.take(request.client.host if request.client else "")
        if left < 0:
            return Response(status_code=429)
        request.state.requests_left = left
        return None

    def process_response(self, request: Request, response: Response) -> Response:
        headers = response.headers
        headers.update(self.limit)
        headers["x-ratelimit-remaining"] = str(request.state.requests_left)
        return response


class GZip(Middleware):
    """
    Compress bodies that are large enough, for clients that accept it.
    """

    def process_response(self, request: Request, response: Response) -> Response:
        body = response.body
        if len(body) < MINIMUM_SIZE or "gzip" not in request.headers.get("accept-encoding", ""):
            return response
        response.body = gzip.compress(body, 5)
        response.headers["content-encoding"] = "gzip"
        return response


# From the outside in: request id, CORS, security headers, rate limit, gzip.
app = CovetPy(middleware=[RequestId(), Cors(), SecurityHeaders(), RateLimit(), GZip()])


@app.get("/json")
async def json_() -> dict[str, str]:
    """
    Answer a dictionary.
    """
    return {"message": GREETING}

"""
Answer the json case with CovetPy behind a middleware that does one thing of what the five do.

The difference of two of these applications is what the thing costs.
"""

from benchmarks.apps.five import REQUEST_LIMIT, SECURITY_HEADERS, Windows, make_request_id
from benchmarks.cases import CLIENT, GREETING
from covet import CovetPy, Request, Response
from covet.http import MutableHeaders
from covet.middleware import Middleware

windows = Windows()
REQUEST_ID = make_request_id()


class Entry(Middleware):
    """
    Do nothing on the way in.
    """

    def process_request(self, request: Request) -> Response | None:
        return None


class Exit(Middleware):
    """
    Do nothing on the way out.
    """

    def process_response(self, request: Request, response: Response) -> Response:
        return response


class Look(Middleware):
    """
    Look for a header.
    """

    def process_request(self, request: Request) -> Response | None:
        request.headers.get("x-request-id")
        return None


class LookTwice(Middleware):
    """
    Look for two headers, one of which came.
    """

    def process_request(self, request: Request) -> Response | None:
        request.headers.get("x-request-id")
        request.headers.get("origin")
        return None


class Client(Middleware):
    """
    Ask for the address of the client.
    """

    def process_request(self, request: Request) -> Response | None:
        if request.client:
            request.client.host  # noqa: B018 - what it costs is the question
        return None


class Remember(Middleware):
    """
    Keep something in the request's state, and take it out.
    """

    def process_request(self, request: Request) -> Response | None:
        request.state.request_id = REQUEST_ID
        request.state.request_id  # noqa: B018 - as above
        return None


class Count(Middleware):
    """
    Count the client's requests, as the limiter does.
    """

    def process_request(self, request: Request) -> Response | None:
        str(windows.take(CLIENT[0]))
        return None


class Identify(Middleware):
    """
    Make an id.
    """

    def process_request(self, request: Request) -> Response | None:
        make_request_id()
        return None


class Measure(Middleware):
    """
    Ask how large the body is.
    """

    def process_response(self, request: Request, response: Response) -> Response:
        len(response.body)
        return response


class Change(Middleware):
    """
    Set a header that is different each time.
    """

    def process_response(self, request: Request, response: Response) -> Response:
        response.headers["x-request-id"] = REQUEST_ID
        return response


class Constants(Middleware):
    """
    Set headers that never change.
    """

    def __init__(self, *pairs: tuple[str, str]) -> None:
        self.headers = MutableHeaders(pairs)

    def process_response(self, request: Request, response: Response) -> Response:
        response.headers.update(self.headers)
        return response


def make_app(*middleware: Middleware) -> CovetPy:
    """
    Make an application with these layers.
    """
    app = CovetPy(middleware=list(middleware))

    @app.get("/json")
    async def json_() -> dict[str, str]:
        return {"message": GREETING}

    return app


nothing = make_app()
entry = make_app(Entry())
entries = make_app(Entry(), Entry())
exit_ = make_app(Exit())
look = make_app(Look())
looks = make_app(LookTwice())
client = make_app(Client())
remember = make_app(Remember())
count = make_app(Count())
identify = make_app(Identify())
size = make_app(Measure())
change = make_app(Change())
one_constant = make_app(Constants(("x-ratelimit-limit", str(REQUEST_LIMIT))))
two_constants = make_app(Constants(("vary", "Origin"), ("access-control-allow-origin", "https://example.com")))
four_constants = make_app(Constants(*SECURITY_HEADERS))

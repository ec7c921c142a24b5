"""Early hints: what goes before a response, and where nothing does."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from covet import CovetPy, Request, Response
from covet.core import CovetRouter
from covet.middleware import CompressionMiddleware, Middleware
from covet.responses import EventStream, StreamingResponse
from covet.testing import TestClient
from covet.types import ASGIApp, Message, Receive, Scope, Send
from tests.integration.wire import WireProtocol, assert_problem, on_both_protocols

STYLE = "</site.css>; rel=preload; as=style"
SCRIPT = "</site.js>; rel=preload; as=script"


class HintMiddleware(Middleware):
    """Send a hint before the handler, and note what became of it."""

    def __init__(self) -> None:
        self.was_sent: bool | None = None

    async def process_request(self, request: Request) -> Response | None:
        """Send it."""
        self.was_sent = await request.send_early_hints([SCRIPT])
        return None


class PassingMiddleware(Middleware):
    """Change nothing."""

    def process_response(self, request: Request, response: Response) -> Response:
        """Let it pass."""
        return response


async def call(app: ASGIApp, scope: dict[str, object], sent: list[Message]) -> None:
    """Call an application as a server with a scope of its own would."""

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    full: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"a")],
        **scope,
    }
    await app(full, receive, send)


@on_both_protocols
async def test_hints_go_before_the_response(protocol: WireProtocol) -> None:
    """As often as they are sent; RSGI has no way for them, and says so."""
    app = CovetPy()
    outcomes = []

    @app.get("/")
    async def index(request: Request) -> Response:
        outcomes.append(await request.send_early_hints([STYLE]))
        outcomes.append(await request.send_early_hints(iter([STYLE, SCRIPT])))
        return Response("page", headers={"link": STYLE})

    response = await TestClient(app, protocol=protocol).get("/")

    can = protocol == "asgi"
    assert outcomes == [can, can]
    assert response.early_hints == ([STYLE, STYLE, SCRIPT] if can else [])
    assert (response.status_code, response.text, response.headers["link"]) == (200, "page", STYLE)


@on_both_protocols
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_hints_go_from_middleware_and_through_it(protocol: WireProtocol, method: str) -> None:
    """The onion stays what it is, and what fails afterwards is a clean answer."""
    hints = HintMiddleware()
    app = CovetPy(middleware=[CompressionMiddleware(minimum_size=0, codings=["gzip"]), hints])

    @app.get("/")
    async def index(request: Request) -> str:
        await request.send_early_hints([STYLE])
        return "page"

    @app.get("/fails")
    async def fail(request: Request) -> str:
        await request.send_early_hints([STYLE])
        raise ValueError("secret")

    client = TestClient(app, protocol=protocol, raise_app_exceptions=False)
    page, failed, missing = [await client.request(method, path) for path in ("/", "/fails", "/missing")]

    can = protocol == "asgi"
    assert hints.was_sent is can
    assert page.early_hints == failed.early_hints == ([SCRIPT, STYLE] if can else [])
    assert (missing.status_code, missing.early_hints) == (404, [SCRIPT] if can else [])
    assert page.headers["vary"] == "Accept-Encoding"
    if method == "GET":
        assert_problem(failed, 500, echo="secret")


async def test_hints_go_through_what_wraps_and_mounts() -> None:
    """Raw ASGI middleware sees the message, and a mounted application sends its own."""
    seen = []

    class Wrapper:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            async def note(message: Message) -> None:
                seen.append(message["type"])
                await send(message)

            await self.app(scope, receive, note)

    inner, outer = CovetPy(), CovetPy()

    @inner.get("/")
    async def index(request: Request) -> str:
        return str(await request.send_early_hints([STYLE]))

    outer.wrap(Wrapper)
    outer.mount("/inner", inner)

    response = await TestClient(outer).get("/inner/")

    assert (response.text, response.early_hints) == ("True", [STYLE])
    assert seen == ["http.response.early_hint", "http.response.start", "http.response.body"]


async def test_wrapped_application_has_none_over_rsgi() -> None:
    """The bridge offers what RSGI can do."""
    app = CovetPy()
    app.wrap(lambda inner: inner)

    @app.get("/")
    async def index(request: Request) -> str:
        return str(await request.send_early_hints([STYLE]))

    assert (await TestClient(app, protocol="rsgi").get("/")).text == "False"


def stream_plainly(pieces: AsyncIterator[str]) -> StreamingResponse:
    """Stream text."""
    return StreamingResponse(pieces, media_type="text/plain")


def stream_events(pieces: AsyncIterator[str]) -> EventStream:
    """Stream events."""
    return EventStream(pieces)


@on_both_protocols
@pytest.mark.parametrize("make", [stream_plainly, stream_events])
async def test_stream_sends_them_before_its_first_piece_alone(
    protocol: WireProtocol, make: Callable[[AsyncIterator[str]], Response]
) -> None:
    """Once it has begun, nothing goes before it, and that is no error."""
    app = CovetPy()
    outcomes = []

    @app.get("/")
    async def index(request: Request) -> Response:
        async def pieces() -> AsyncIterator[str]:
            outcomes.append(await request.send_early_hints([STYLE]))
            yield "first"
            outcomes.append(await request.send_early_hints([SCRIPT]))
            yield "second"

        return make(pieces())

    response = await TestClient(app, protocol=protocol).get("/")

    can = protocol == "asgi"
    assert outcomes == [can, False]
    assert response.early_hints == ([STYLE] if can else [])
    assert response.text.replace("data: ", "").replace("\n", "").removeprefix(":") == "firstsecond"


@pytest.mark.parametrize("has_layers", [False, True])
@pytest.mark.parametrize("returns", ["page", Response("page"), Response("page", headers={"set-cookie": "a=1"})])
async def test_nothing_goes_after_the_response_has_begun(has_layers: bool, returns: object) -> None:
    """Neither from what is deferred, nor from a task that outlives its request."""
    app = CovetPy(middleware=[PassingMiddleware()] if has_layers else [])
    tasks = []
    outcomes = []
    answered = asyncio.Event()

    @app.get("/")
    async def index(request: Request) -> object:
        async def late() -> None:
            outcomes.append(await request.send_early_hints([STYLE]))

        async def outlive() -> None:
            await answered.wait()
            await late()

        request.defer(late)
        tasks.append(asyncio.create_task(outlive()))
        return returns

    response = await TestClient(app).get("/")
    answered.set()
    await asyncio.gather(*tasks)

    assert (response.text, response.early_hints, outcomes) == ("page", [], [False, False])


async def test_on_finish_comes_too_late() -> None:
    """The response has gone by then."""
    outcomes = []

    class Late(Middleware):
        async def on_finish(self, request: Request, response: Response | None, error: BaseException | None) -> None:
            outcomes.append(await request.send_early_hints([STYLE]))

    app = CovetPy(middleware=[Late()])
    app.add_route("/", lambda: "page")

    assert (await TestClient(app).get("/")).early_hints == []
    assert outcomes == [False]


@pytest.mark.parametrize(
    ("scope", "is_sent"),
    [
        ({"extensions": {"http.response.early_hint": {}}}, True),
        ({"extensions": {"http.response.early_hint": {}}, "http_version": "2"}, True),
        ({"extensions": {"http.response.early_hint": {}}, "http_version": "1.0"}, False),
        ({"extensions": {"http.response.trailers": {}}}, False),
        ({"extensions": None}, False),
        ({}, False),
    ],
    ids=["http/1.1", "http/2", "http/1.0", "other", "none", "absent"],
)
async def test_server_and_client_have_to_know_them(scope: dict[str, object], is_sent: bool) -> None:
    """A client of HTTP/1.0 would take them for its response (RFC 9110 §15.2)."""
    app = CovetPy()

    @app.get("/")
    async def index(request: Request) -> str:
        return str(await request.send_early_hints([STYLE]))

    sent: list[Message] = []
    await call(app, scope, sent)

    hints = [message for message in sent if message["type"] == "http.response.early_hint"]
    assert hints == ([{"type": "http.response.early_hint", "links": [STYLE.encode()]}] if is_sent else [])
    assert sent[-1]["body"] == str(is_sent).encode()


async def test_client_that_has_left_gets_none() -> None:
    """A server says so with an OSError, which stays inside."""
    app = CovetPy()
    outcomes = []

    @app.get("/")
    async def index(request: Request) -> str:
        outcomes.append(await request.send_early_hints([STYLE]))
        return ""

    async def send(message: Message) -> None:
        if message["type"] == "http.response.early_hint":
            raise OSError("gone")

    await app(
        {
            "type": "http",
            "http_version": "2",
            "method": "GET",
            "path": "/",
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"a")],
            "extensions": {"http.response.early_hint": {}},
        },
        asyncio.Event().wait,  # type: ignore[arg-type] # nobody asks for a message
        send,
    )

    assert outcomes == [False]


@on_both_protocols
async def test_what_is_no_link_is_an_error_everywhere(protocol: WireProtocol) -> None:
    """Where nothing would be sent as well, so that a test finds it; and nothing of it reaches the wire."""
    app = CovetPy()

    @app.get("/")
    async def index(request: Request) -> str:
        await request.send_early_hints(["</a>\r\nset-cookie: a=b"])
        return ""

    response = await TestClient(app, protocol=protocol, raise_app_exceptions=False).get("/")

    assert_problem(response, 500, echo="set-cookie")
    assert response.early_hints == []


@on_both_protocols
async def test_no_links_are_no_hints(protocol: WireProtocol) -> None:
    """An interim response without any would say nothing."""
    router = CovetRouter()

    @router.get("/")
    async def index(request: Request) -> str:
        return str(await request.send_early_hints([]))

    app = CovetPy()
    app.include_router(router)

    response = await TestClient(app, protocol=protocol).get("/")

    assert (response.text, response.early_hints) == ("False", [])

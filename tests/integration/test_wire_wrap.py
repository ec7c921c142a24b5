"""
Raw ASGI middleware around the whole application. Over both protocols.
"""

from collections.abc import AsyncIterator, Callable

import pytest

from covet import CovetPy, Request, Response
from covet.exceptions import ConfigurationError
from covet.responses import StreamingResponse
from covet.testing import IncompleteResponseError, TestClient
from covet.types import ASGIApp, Message, Receive, Scope, Send
from tests.integration.asgi_applications import Recorder, mount, respond
from tests.integration.wire import WireProtocol, on_both_protocols


class Stamp:
    """Raw ASGI middleware that adds a header."""

    def __init__(self, app: ASGIApp, name: bytes = b"x-stamp") -> None:
        self.app = app
        self.name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the header to every response."""

        async def stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (self.name, b"1")]
            await send(message)

        await self.app(scope, receive, stamped)


@on_both_protocols
async def test_wrap_is_around_everything(protocol: WireProtocol) -> None:
    """Routes, 404, streams, HEAD, malformed requests and mounts all pass raw middleware."""
    app = mount(Recorder())
    app.wrap(Stamp)

    @app.get("/stream")
    async def stream() -> AsyncIterator[bytes]:
        yield b"one"
        yield b"two"

    @app.get("/latin")
    async def latin() -> Response:
        return Response("é", headers={"x-own": "a"})

    @app.post("/echo")
    async def echo(request: Request) -> bytes:
        return await request.body()

    async with TestClient(app, protocol=protocol) as client:
        responses = [
            await client.get("/own"),
            await client.get("/own"),
            await client.get("/nowhere"),
            await client.get("/stream"),
            await client.head("/own"),
            await client.post("/echo", content=bytes(100_000)),
            await client.get("/sub"),
            await client.get("/own", headers={"host": "a b"}),
            await client.get("/latin"),
        ]

    assert [response.status_code for response in responses] == [200, 200, 404, 200, 200, 200, 200, 400, 200]
    assert all(response.headers["x-stamp"] == "1" for response in responses)
    assert responses[3].content == b"onetwo"
    assert responses[4].headers["content-length"] == "3"
    assert len(responses[5].content) == 100_000
    assert responses[8].text == "é"


@on_both_protocols
async def test_first_wrapper_is_outermost(protocol: WireProtocol) -> None:
    """Wrappers are applied in the order in which they were added, from the outside."""
    app = mount(Recorder())
    order: list[str] = []

    def make_wrapper(name: str) -> Callable[[ASGIApp], ASGIApp]:
        def wrap(inner: ASGIApp) -> ASGIApp:
            async def wrapper(scope: Scope, receive: Receive, send: Send) -> None:
                order.append(name)
                await inner(scope, receive, send)

            return wrapper

        return wrap

    app.wrap(make_wrapper("first"))
    app.wrap(make_wrapper("second"))

    await TestClient(app, protocol=protocol).get("/own")

    assert order == ["first", "second"]


@on_both_protocols
async def test_wrapper_may_answer_itself(protocol: WireProtocol) -> None:
    """What raw middleware answers does not reach the routes."""
    app = mount(Recorder())

    def refuse(inner: ASGIApp) -> ASGIApp:
        async def wrapper(scope: Scope, receive: Receive, send: Send) -> None:
            await respond(send, b"maintenance", status=503, headers=((b"retry-after", b"60"),))

        return wrapper

    app.wrap(refuse)

    response = await TestClient(app, protocol=protocol).get("/own")

    assert (response.status_code, response.text, response.headers["retry-after"]) == (503, "maintenance", "60")


@on_both_protocols
async def test_error_in_the_middle_of_a_wrapped_stream_is_no_whole_body(protocol: WireProtocol) -> None:
    """Through the bridge, too, a body that failed does not end as if it were whole."""
    app = CovetPy()
    app.wrap(Stamp)

    @app.get("/")
    async def breaks() -> StreamingResponse:
        async def make() -> AsyncIterator[bytes]:
            yield b"one"
            raise ValueError("in the middle")

        return StreamingResponse(make())

    with pytest.raises(IncompleteResponseError):
        await TestClient(app, protocol=protocol, raise_app_exceptions=False).get("/")


@on_both_protocols
async def test_late_wrapper_holds_for_the_next_request(protocol: WireProtocol) -> None:
    """Raw middleware that is added after requests were served is around the next one."""
    app = mount(Recorder())
    client = TestClient(app, protocol=protocol)

    before = await client.get("/own")
    app.wrap(Stamp)
    after = await client.get("/own")

    assert ("x-stamp" in before.headers, "x-stamp" in after.headers) == (False, True)


async def test_wrapper_that_gives_no_application_is_refused() -> None:
    """The start fails and names the wrapper."""
    app = CovetPy()

    def forgets(inner: ASGIApp) -> ASGIApp:
        return None  # type: ignore[return-value] # the mistake

    app.wrap(forgets)

    with pytest.raises(ConfigurationError, match=r"forgets.* must give an ASGI application, got NoneType"):
        await app.startup()

"""
The names of requests.
"""

from typing import Any

import pytest

from covet import CovetPy, Request
from covet.exceptions import ConfigurationError
from covet.http.websocket import WebSocket
from covet.middleware import RequestIDMiddleware, get_request_id
from covet.responses import StreamingResponse
from covet.testing import TestClient

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def make_app(**options: Any) -> CovetPy:
    """Make an application whose requests have ids."""
    app = CovetPy(middleware=[RequestIDMiddleware(**options)])

    @app.get("/")
    async def show(request: Request) -> list[str | None]:
        return [request.state.request_id, get_request_id(), request.state.trace.trace_id]

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def pieces() -> Any:
            yield f"{get_request_id()} "
            yield f"{get_request_id()}"

        return StreamingResponse(pieces())

    @app.get("/fail")
    async def fail() -> None:
        raise RuntimeError("no tea")

    @app.websocket("/feed")
    async def feed(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(f"{get_request_id()}")

    return app


@Protocols
async def test_a_request_has_one_id_everywhere(protocol: Any) -> None:
    """In its state, in its context, on its response; another request has another one."""
    async with TestClient(make_app(), protocol=protocol) as client:
        first, second = await client.get("/"), await client.get("/")

    assert first.json() == [first.headers["x-request-id"]] * 3
    assert len(first.headers["x-request-id"]) == 32
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert get_request_id() is None


@Protocols
async def test_errors_streams_and_sockets_have_one(protocol: Any) -> None:
    """A path that nobody answers, too."""
    headers = {"x-request-id": "cup-7"}
    async with TestClient(make_app(), protocol=protocol, raise_app_exceptions=False) as client:
        answers = [await client.get(path, headers=headers) for path in ("/missing", "/fail", "/stream")]
        async with client.websocket_connect("/feed", headers=headers) as socket:
            told = await socket.receive_text()

    assert [answer.status_code for answer in answers] == [404, 500, 200]
    assert [answer.headers["x-request-id"] for answer in answers] == ["cup-7"] * 3
    assert answers[2].text == "cup-7 cup-7"
    assert told == "cup-7"


@Protocols
@pytest.mark.parametrize(
    "given", ["", "a b", "a\u00e9", "x" * 129, "a,b", "${jndi:ldap://evil}", "<script>", "../x", "a\tb", '"a"']
)
async def test_row_101_an_id_that_is_no_word_is_replaced(protocol: Any, given: str) -> None:
    """It is written to logs."""
    async with TestClient(make_app(), protocol=protocol) as client:
        response = await client.get(
            "/", headers={"x-request-id": given.encode("latin-1").decode("latin-1")} if given.isascii() else {}
        )

    assert response.headers["x-request-id"] != given
    assert len(response.headers["x-request-id"]) == 32


@Protocols
async def test_two_ids_are_none(protocol: Any) -> None:
    """Nobody knows which one is meant."""
    async with TestClient(make_app(), protocol=protocol) as client:
        response = await client.get("/", headers=[("x-request-id", "one"), ("x-request-id", "two")])

    assert response.headers["x-request-id"] not in {"one", "two", "one, two"}


@Protocols
async def test_a_trace_goes_on(protocol: Any) -> None:
    """Its id is that of the request, unless the request brings one."""
    headers = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    async with TestClient(make_app(), protocol=protocol) as client:
        plain = await client.get("/", headers=headers)
        named = await client.get("/", headers={**headers, "x-request-id": "cup-7"})

    assert plain.json() == [TRACE] * 3
    assert named.json() == ["cup-7", "cup-7", TRACE]


@Protocols
async def test_ids_may_be_ones_own(protocol: Any) -> None:
    """With another header, and without those of clients."""
    app = make_app(header="X-Correlation", accept_incoming=False, generate=iter(["a", "b"]).__next__)

    async with TestClient(app, protocol=protocol) as client:
        response = await client.get("/", headers={"x-correlation": "mine"})

    assert (response.headers["x-correlation"], response.json()[0]) == ("a", "a")
    assert "x-request-id" not in response.headers


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"header": "X Request"}, "header is 'X Request', which is no header name.\n  Leave it out."),
        ({"header": None}, "header is None, which is no header name."),
        ({"accept_incoming": 1}, "accept_incoming is 1, expected True or False."),
        ({"generate": "uuid4"}, "generate is 'uuid4', expected a function of nothing.\n  Leave it out."),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], text: str) -> None:
    """Where they are written."""
    with pytest.raises(ConfigurationError) as caught:
        RequestIDMiddleware(**options)

    assert str(caught.value).startswith(f"RequestIDMiddleware: {text}")

"""
How a request ends, well or not, over both protocols.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from covet.testing import (
    IncompleteResponseError,
    ProtocolViolation,
    StatusError,
    TestClient,
)
from covet.testing.rsgi_fakes import RSGIHTTPProtocol, RSGIScope
from covet.types import Receive, Scope, Send
from tests.unit.testing.apps import Both, Protocol, answer, read_body


def failing(when: str) -> Both:
    """
    Make an application that raises before, or in the middle of its response.
    """

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        if when == "middle":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"part", "more_body": True})
        raise KeyError(when)

    async def rsgi(scope: RSGIScope, protocol: RSGIHTTPProtocol) -> None:
        if when == "middle":
            await protocol.response_stream(200, []).send_str("part")
        raise KeyError(when)

    return Both(asgi, rsgi)


@pytest.mark.parametrize("when", ["before", "middle"])
async def test_what_the_application_raises_is_raised(protocol: Protocol, when: str) -> None:
    """
    An exception that leaves the application arrives in the test.
    """
    with pytest.raises(KeyError, match=when):
        await TestClient(failing(when), protocol=protocol).get("/")


async def test_what_the_application_raises_becomes_a_500_by_choice(protocol: Protocol) -> None:
    """
    With raise_app_exceptions=False the test sees what a server's client would.
    """
    response = await TestClient(failing("before"), protocol=protocol, raise_app_exceptions=False).get("/")

    assert (response.status_code, response.text) == (500, "Internal Server Error")


async def test_a_response_that_breaks_off_is_an_error(protocol: Protocol) -> None:
    """
    Half a response is never taken for a whole one.
    """
    with pytest.raises(IncompleteResponseError, match=r"KeyError\('middle'\) in the middle of its response to GET /"):
        await TestClient(failing("middle"), protocol=protocol, raise_app_exceptions=False).get("/")


def recording() -> Both:
    """
    Make an application that answers 500 by itself and records the exception.
    """

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        scope["extensions"]["covet.test"]["exceptions"].append(KeyError("recorded"))
        await answer(send, b"sorry" * 50_000, status=500)

    async def rsgi(scope: RSGIScope, protocol: RSGIHTTPProtocol) -> None:
        protocol.covet_test["exceptions"].append(KeyError("recorded"))
        protocol.response_bytes(500, [], b"sorry" * 50_000)

    return Both(asgi, rsgi)


async def test_a_recorded_exception_is_raised(protocol: Protocol) -> None:
    """
    A framework that answers 500 by itself puts the exception where the client finds it.
    """
    with pytest.raises(KeyError, match="recorded"):
        await TestClient(recording(), protocol=protocol).get("/")


async def test_a_recorded_exception_is_a_response_by_choice(protocol: Protocol) -> None:
    """
    With raise_app_exceptions=False the framework's own 500 is returned.
    """
    response = await TestClient(recording(), protocol=protocol, raise_app_exceptions=False).get("/")

    assert (response.status_code, response.text) == (500, "sorry" * 50_000)
    with pytest.raises(StatusError, match=r"GET http://testserver/ answered 500 Internal Server Error\.") as caught:
        response.raise_for_status()
    assert caught.value.status_code == 500


def endless(seen: list[str]) -> Both:
    """
    Make an application that streams until its client leaves.
    """

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        await read_body(receive)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            while True:
                await send({"type": "http.response.body", "body": b"line\n", "more_body": True})
        except OSError:
            seen.append((await receive())["type"])
            raise

    async def rsgi(scope: RSGIScope, protocol: RSGIHTTPProtocol) -> None:
        transport = protocol.response_stream(200, [])
        try:
            while True:
                await transport.send_str("line\n")
        except RuntimeError:
            await protocol.client_disconnect()
            seen.append("http.disconnect")
            raise

    return Both(asgi, rsgi)


async def test_leaving_a_stream_early_disconnects(protocol: Protocol) -> None:
    """
    Whoever leaves the block is gone for the application, which has finished when the block is over.
    """
    seen: list[str] = []

    async with TestClient(endless(seen), protocol=protocol).stream("GET", "/") as response:
        lines = []
        async for line in response.aiter_lines():
            lines.append(line)
            if len(lines) == 3:
                break

    assert lines == ["line"] * 3
    assert seen == ["http.disconnect"]


async def test_an_error_in_the_stream_block_comes_out(protocol: Protocol) -> None:
    """
    The test's own error is not hidden by what the application does when its client leaves.
    """
    seen: list[str] = []

    with pytest.raises(ZeroDivisionError):
        async with TestClient(endless(seen), protocol=protocol).stream("GET", "/"):
            raise ZeroDivisionError

    assert seen == ["http.disconnect"]


async def test_a_cancelled_request_disconnects(protocol: Protocol) -> None:
    """
    A test that stops waiting is a client that left.
    """
    seen: list[str] = []

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await TestClient(endless(seen), protocol=protocol).get("/")

    assert seen == ["http.disconnect"]


async def test_an_application_that_ignores_the_disconnect_is_named(protocol: Protocol) -> None:
    """
    An application that goes on for ever is cancelled, and the test fails with the reason.
    """

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.sleep(60)

    async def rsgi(scope: RSGIScope, protocol: RSGIHTTPProtocol) -> None:
        transport = protocol.response_stream(200, [])
        await asyncio.sleep(60)
        del transport

    client = TestClient(Both(asgi, rsgi), protocol=protocol, leave_timeout=0.05)
    with pytest.raises(TimeoutError, match=r"went on for 0\.05 s after the client had left \(GET /x\); leave_timeout="):
        async with client.stream("GET", "/x"):
            pass


async def test_a_body_that_fails_is_the_tests_own_error(protocol: Protocol) -> None:
    """
    An error in `content=` comes back to the test; the application sees its client leave.
    """

    def parts() -> Iterator[bytes]:
        yield b"one"
        raise ZeroDivisionError

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        kinds.extend([(await receive())["type"], (await receive())["type"]])

    async def rsgi(scope: RSGIScope, protocol: RSGIHTTPProtocol) -> None:
        with pytest.raises(RuntimeError, match="RSGI transport is closed"):
            await protocol()
        kinds.extend(["http.request", "http.disconnect"])

    kinds: list[str] = []
    with pytest.raises(ZeroDivisionError):
        await TestClient(Both(asgi, rsgi), protocol=protocol).post("/", content=parts())

    assert kinds == ["http.request", "http.disconnect"]


async def test_a_client_that_leaves_in_the_middle_of_its_upload(protocol: Protocol) -> None:
    """
    ASGI says http.disconnect; RSGI's iteration ends as if the body were whole, as Granian's does.
    """
    seen: list[object] = []

    async def parts() -> AsyncIterator[bytes]:
        yield b"one"
        await asyncio.sleep(60)

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        seen.extend([(await receive())["body"], (await receive())["type"]])

    async def rsgi(scope: RSGIScope, protocol: RSGIHTTPProtocol) -> None:
        protocol.response_stream(200, [])
        seen.append([part async for part in protocol])

    async with TestClient(Both(asgi, rsgi), protocol=protocol).stream("POST", "/", content=parts()):
        await asyncio.sleep(0.01)

    assert seen == ([b"one", "http.disconnect"] if protocol == "asgi" else [[b"one", b"", b""]])


async def test_an_exception_after_the_whole_response_is_raised(protocol: Protocol) -> None:
    """
    What fails behind a complete response is not lost; by choice the response is returned.
    """

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, b"whole")
        raise KeyError("after")

    async def rsgi(scope: RSGIScope, protocol: RSGIHTTPProtocol) -> None:
        protocol.response_str(200, [], "whole")
        raise KeyError("after")

    app = Both(asgi, rsgi)
    with pytest.raises(KeyError, match="after"):
        await TestClient(app, protocol=protocol).get("/")
    response = await TestClient(app, protocol=protocol, raise_app_exceptions=False).get("/")

    assert response.text == "whole"


async def test_the_client_waits_for_work_after_the_response(protocol: Protocol) -> None:
    """
    A request is over when the application has returned: what it deferred has run then.
    """
    done: list[str] = []

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send)
        await asyncio.sleep(0.01)
        done.append("deferred")

    async def rsgi(scope: RSGIScope, protocol: RSGIHTTPProtocol) -> None:
        protocol.response_empty(200, [])
        await asyncio.sleep(0.01)
        done.append("deferred")

    await TestClient(Both(asgi, rsgi), protocol=protocol).get("/")

    assert done == ["deferred"]


async def test_an_application_that_answers_nothing_is_named(protocol: Protocol) -> None:
    """
    To return without an answer breaks the protocol.
    """

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None: ...
    async def rsgi(scope: RSGIScope, protocol: RSGIHTTPProtocol) -> None: ...

    with pytest.raises(ProtocolViolation, match=r"returned without answering \(GET /x\)"):
        await TestClient(Both(asgi, rsgi), protocol=protocol).get("/x")

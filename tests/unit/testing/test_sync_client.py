"""
The client in code that is not async.
"""

import asyncio

import pytest

from covet.testing import SyncTestClient, TestClient
from covet.types import Receive, Scope, Send
from tests.unit.testing.apps import PROTOCOLS, Echo, Protocol, answer

pytestmark = pytest.mark.parametrize("protocol", PROTOCOLS)


def test_methods_return_responses(protocol: Protocol) -> None:
    """
    Within `with` nothing is awaited, and the lifespan runs.
    """
    app = Echo()

    with TestClient(app, protocol=protocol) as client:
        assert isinstance(client, SyncTestClient)
        assert app.steps == ["startup"]
        told = client.post("/x", json=[1]).json()
        client.get("/set?a=1")
        cookies = dict(client.cookies)

    assert (told["method"], told["body"], cookies) == ("POST", "[1]", {"a": "1"})
    assert app.steps == ["startup", "shutdown"]


def test_streams_are_read_in_parts(protocol: Protocol) -> None:
    """
    Bytes, text and lines come from plain iterators.
    """
    with TestClient(Echo(), protocol=protocol) as client:
        with client.stream("POST", "/x", content=b"a\nb") as response:
            by_bytes = b"".join(response.iter_bytes())
        with client.stream("POST", "/x", content=b"a\nb") as response:
            by_text = "".join(response.iter_text())
        with client.stream("POST", "/x", content=b"a\nb") as response:
            by_line = "".join(response.iter_lines())
        with client.stream("POST", "/x", content=b"a\nb") as response:
            whole = response.read()

    assert by_bytes == whole == by_text.encode() == by_line.encode()
    assert response.status_code == 200


def test_an_error_in_the_stream_block_comes_out(protocol: Protocol) -> None:
    """
    The test's own error leaves the block.
    """
    with (
        TestClient(Echo(), protocol=protocol) as client,
        pytest.raises(ZeroDivisionError),
        client.stream("GET", "/"),
    ):
        raise ZeroDivisionError


def test_a_client_that_was_left_says_so(protocol: Protocol) -> None:
    """
    Outside its block the client has no loop any more.
    """
    with TestClient(Echo(), protocol=protocol) as client:
        pass

    with pytest.raises(RuntimeError, match="use it inside its 'with' block"):
        client.get("/")


async def test_a_running_loop_refuses_the_synchronous_client(protocol: Protocol) -> None:
    """
    To wait inside a running loop would stop it, so the error names the way out.
    """
    message = r"An event loop runs here already; use 'async with TestClient\(\.\.\.\)'"
    with pytest.raises(RuntimeError, match=message), TestClient(Echo(), protocol=protocol):
        pytest.fail("the block was entered")


def test_a_failing_startup_is_raised_and_the_thread_ends(protocol: Protocol) -> None:
    """
    A start-up that fails leaves no thread behind.
    """

    class Broken(Echo):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await receive()
            raise KeyError("no database")

        def __rsgi_init__(self, loop: object) -> None:
            raise KeyError("no database")

    client = TestClient(Broken(), protocol=protocol)

    with pytest.raises(KeyError, match="no database"):
        client.__enter__()


def test_a_forgotten_task_is_named(protocol: Protocol) -> None:
    """
    The leak check holds here too.
    """

    class Forgetful(Echo):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                self.task = asyncio.create_task(asyncio.sleep(60), name="cleaner")
                await answer(send)

        async def __rsgi__(self, scope: object, protocol: object) -> None:
            self.task = asyncio.create_task(asyncio.sleep(60), name="cleaner")
            protocol.response_empty(200, [])  # type: ignore[attr-defined]

    message = r"left 1 tasks running after its shutdown: cleaner \(sleep\)"
    with pytest.warns(ResourceWarning, match=message), TestClient(Forgetful(), protocol=protocol) as client:
        client.get("/")


def test_early_hints_come_with_both(protocol: Protocol) -> None:
    """
    The response that is read, and the one that is streamed; RSGI has none.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.early_hint", "links": [b"</a.css>"]})
            await answer(send)

    with TestClient(Echo() if protocol == "rsgi" else app, protocol=protocol) as client:
        with client.stream("GET", "/") as streamed:
            pass
        hints = client.get("/").early_hints

    assert hints == streamed.early_hints == ([] if protocol == "rsgi" else ["</a.css>"])

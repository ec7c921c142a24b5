"""
What the RSGI stand-ins give an application, and what they do not let it do.

`test_rsgi_fakes.py` compares them with Granian itself.
"""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from covet.testing import ProtocolViolation, TestClient
from covet.testing.errors import RSGIProtocolError
from covet.testing.rsgi_fakes import RSGIHTTPProtocol, RSGIScope
from tests.unit.testing.apps import Answers

OK: tuple[str, tuple[Any, ...]] = ("response_empty", (200, []))

VIOLATIONS: list[tuple[list[tuple[str, tuple[Any, ...]]], str]] = [
    ([], "returned without answering"),
    ([OK, OK], "The request was answered twice"),
    ([OK, ("response_stream", (200, []))], "The request was answered twice"),
    ([("response_str", ("200", [], ""))], "status must be an int, got '200'"),
    ([("response_str", (True, [], ""))], "status must be an int, got True"),
    ([("response_empty", (70000, []))], "status must be from 200 to 999, got 70000"),
    ([("response_stream", (101, []))], "status must be from 200 to 999, got 101"),
    ([("response_str", (200, [], b"x"))], "response_str takes a str, got bytes"),
    ([("response_str", (200, [], "\ud800"))], "text that UTF-8 cannot carry"),
    ([("response_bytes", (200, [], "x"))], "response_bytes takes bytes, got str"),
    ([("response_bytes", (200, [], memoryview(b"x")))], "response_bytes takes bytes, got memoryview"),
    ([("response_empty", (200, iter([])))], "headers must be a list of pairs of str, got list_iterator"),
    ([("response_empty", (200, [(b"a", b"b")]))], r"A header must be a pair of str, got \(b'a', b'b'\)"),
    ([("response_empty", (200, [("a", "b", "c")]))], "A header must be a pair of str"),
    ([("response_empty", (200, [("a", "\ud800")]))], "A header must be text that UTF-8 can carry"),
    ([("response_empty", (200, [("x-a", "b\r\nc: d")]))], "b'x-a' has a control character in its value"),
    ([("response_empty", (200, [("x a", "b")]))], "name must be an RFC 9110 token"),
    ([("response_empty", (200, [("Transfer-Encoding", "chunked")]))], "belongs to the server"),
    ([("response_str", (200, [("content-length", "5")], "four"))], "content-length is 5, but its body has 4 bytes"),
    ([("response_empty", (200, [("content-length", "5")]))], "content-length is 5, but its body has 0 bytes"),
    ([("response_str", (204, [], "body"))], "with status 204 must not have a body"),
    ([("response_str", (304, [], "body"))], "with status 304 must not have a body"),
    ([("response_file", (200, [], b"x"))], "The file's path must be a str, got bytes"),
    ([("response_file_range", (206, [], "x", 2, 2))], "takes 0 <= start < end, got 2 and 2"),
]


@pytest.mark.parametrize(("calls", "text"), VIOLATIONS)
async def test_a_violation_fails_the_test(calls: list[tuple[str, tuple[Any, ...]]], text: str) -> None:
    """
    What Granian drops, ignores or dies of is refused with the reason.
    """
    with pytest.raises(ProtocolViolation, match=text):
        await TestClient(Answers(*calls), protocol="rsgi").get("/")


@pytest.mark.parametrize(
    ("method", "data", "text"),
    [
        ("send_str", b"x", "send_str takes a str, got bytes"),
        ("send_str", "\ud800", "text that UTF-8 cannot carry"),
        ("send_bytes", "x", "send_bytes takes bytes, got str"),
    ],
)
async def test_a_part_of_the_wrong_type_is_refused(method: str, data: Any, text: str) -> None:
    """
    A stream takes bytes by one name and text by the other.
    """

    class App:
        async def __rsgi__(self, scope: RSGIScope, protocol: RSGIHTTPProtocol) -> None:
            await getattr(protocol.response_stream(200, []), method)(data)

    with pytest.raises(ProtocolViolation, match=text):
        await TestClient(App(), protocol="rsgi").get("/")


async def test_a_body_to_head_is_refused() -> None:
    """
    For HEAD an application names the length and sends nothing.
    """
    response = await TestClient(Answers(("response_empty", (200, [("content-length", "3")]))), protocol="rsgi").head(
        "/"
    )

    assert response.headers["content-length"] == "3"
    with pytest.raises(ProtocolViolation, match="A response to HEAD must not have a body"):
        await TestClient(Answers(("response_str", (200, [], "abc"))), protocol="rsgi").head("/")


async def test_a_stream_is_over_when_the_application_returns() -> None:
    """
    Parts become the body; a part that comes after the application returned is refused.
    """
    late: list[BaseException] = []

    class App:
        async def __rsgi__(self, scope: RSGIScope, protocol: RSGIHTTPProtocol) -> None:
            transport = protocol.response_stream(200, [("Content-Length", "6")])
            await transport.send_str("one")
            await transport.send_bytes(b"")
            await transport.send_bytes(b"two")
            self.transport = transport

    app = App()
    response = await TestClient(app, protocol="rsgi").get("/")
    with pytest.raises(ProtocolViolation, match="after the application had returned") as caught:
        await app.transport.send_str("late")
    late.append(caught.value)

    assert (response.content, response.headers["content-length"]) == (b"onetwo", "6")


async def test_the_body_is_read_once() -> None:
    """
    A second reading, by either way, fails where it stands.
    """

    class App:
        async def __rsgi__(self, scope: RSGIScope, protocol: RSGIHTTPProtocol) -> None:
            first = [part async for part in protocol]
            with pytest.raises(RSGIProtocolError, match="RSGI protocol error"):
                await protocol()
            with pytest.raises(RSGIProtocolError, match="RSGI protocol error"):
                aiter(protocol)
            protocol.response_str(200, [], repr(first))

    response = await TestClient(App(), protocol="rsgi").post("/", content=iter([b"one", b"two"]))

    assert response.text == "[b'one', b'two', b'']"


async def test_a_file_is_sent_by_the_server(tmp_path: Path) -> None:
    """
    A whole file, a part of one, and one that is not there.
    """
    file = tmp_path / "file.txt"
    file.write_text("0123456789")

    async def get(name: str, *arguments: Any) -> tuple[int, str]:
        response = await TestClient(Answers((name, (*arguments,))), protocol="rsgi").get("/")
        return response.status_code, response.text

    assert await get("response_file", 200, [], str(file)) == (200, "0123456789")
    assert await get("response_file_range", 206, [], str(file), 2, 5) == (206, "234")
    assert await get("response_file_range", 206, [], str(file), 8, 99) == (206, "89")
    assert await get("response_file", 200, [], str(tmp_path / "gone")) == (404, "Not found")


async def test_the_hooks_see_a_loop_that_stands_still_and_is_the_tests_own() -> None:
    """
    Both hooks run coroutines and start tasks on the test's loop, as if it were not running.
    """
    loops: list[asyncio.AbstractEventLoop] = []

    class App:
        def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
            assert not loop.is_running()
            self.task = loop.create_task(self.note(), name="kept")
            loop.run_until_complete(self.note())

        def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
            assert loop.time() > 0
            loop.run_until_complete(self.task)

        async def note(self) -> None:
            loops.append(asyncio.get_running_loop())

        async def __rsgi__(self, scope: RSGIScope, protocol: RSGIHTTPProtocol) -> None:
            protocol.response_empty(200, [])

    async with TestClient(App(), protocol="rsgi") as client:
        await client.get("/")

    assert loops == [asyncio.get_running_loop()] * 2

"""
WebSockets on every server, with a client that is not ours; the cases of Autobahn on Granian.
"""

import asyncio
import contextlib
import os
import random
import socket
import sys
import time
import warnings
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.e2e.canary import MIB, WorkerMemory
from tests.e2e.server_process import ServerProcess, serve

ROOT = Path(__file__).parents[2]
SERVERS = [("granian", "rsgi"), ("granian", "asgi"), ("uvicorn", "asgi"), ("hypercorn", "asgi")]
IS_CAMPAIGN = os.environ.get("HYPOTHESIS_PROFILE") == "campaign"
# The last part of the cases measures speed with messages of up to 16 MiB; a few stand for them.
USUAL_CASES = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "9.1.1", "9.2.1", "9.5.1", "9.7.1", "10.*"]
USUAL_COMPRESSED_CASES = [f"12.{part}.1" for part in range(1, 6)] + [f"13.{part}.1" for part in range(1, 8)]


@pytest.fixture(scope="module", params=SERVERS, ids=lambda value: "-".join(value))
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    """Serve the application in every way there is."""
    name, interface = request.param
    with serve("tests.e2e.websocket_application:app", server=name, interface=interface, directory=ROOT) as server:
        yield server


@pytest.fixture(scope="module", params=["rsgi", "asgi"])
def granian(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    """Serve the application on Granian alone."""
    with serve("tests.e2e.websocket_application:app", interface=request.param, directory=ROOT) as server:
        yield server


@pytest.fixture(scope="module")
def compressing() -> Iterator[ServerProcess]:
    """Serve the application on uvicorn, which compresses if it is asked to."""
    with serve(
        "tests.e2e.websocket_application:app",
        server="uvicorn",
        directory=ROOT,
        arguments=["--websocket-compression"],
    ) as server:
        yield server


# Any: the options of the client.
def open_socket(server: ServerProcess, path: str, **options: Any) -> connect:
    """Connect a WebSocket."""
    return connect(f"ws://127.0.0.1:{server.port}{path}", **options)


async def read_end(server: ServerProcess, path: str, **options: Any) -> tuple[int, str]:
    """Connect, read to the end, and return the code and the reason of the close."""
    async with open_socket(server, path, **options) as client:
        try:
            while True:
                await asyncio.wait_for(client.recv(), 10)
        except ConnectionClosed as exc:
            assert exc.rcvd is not None, exc
            return exc.rcvd.code, exc.rcvd.reason


async def read_refusal(server: ServerProcess, path: str, **options: Any) -> int:
    """Connect, and return the status of the refusal."""
    with pytest.raises(InvalidStatus) as caught:
        async with open_socket(server, path, **options):
            raise AssertionError
    return caught.value.response.status_code


# ── Messages and closes ──────────────────────────────────────────────────────


async def test_messages_come_back(server: ServerProcess) -> None:
    """
    Of both kinds, small and as large as allowed.
    """
    async with open_socket(server, "/", max_size=None) as client:
        for message in ("", "käse", b"\x00", "x" * MIB, b"y" * MIB):
            await client.send(message)

            assert await client.recv() == message


async def test_a_wait_that_is_given_up_loses_no_message(server: ServerProcess) -> None:
    """
    A handler gives up waiting a thousand times in a second, and whatever comes meanwhile is there for its next wait.
    """

    async def talk() -> list[str | bytes]:
        answers = []
        async with open_socket(server, "/impatient") as client:
            for number in range(50):
                await asyncio.sleep(random.uniform(0, 0.004))
                await client.send(str(number))
                answers.append(await asyncio.wait_for(client.recv(), 5))
        return answers

    answers = await asyncio.gather(*(talk() for _ in range(4)))

    assert answers == [[str(number) for number in range(50)]] * 4


@pytest.mark.parametrize(("code", "reason"), [(1000, ""), (1000, "done"), (1008, "ü" * 61), (4999, "")])
async def test_codes_and_reasons_arrive(server: ServerProcess, code: int, reason: str) -> None:
    """
    Behind the last message, over RSGI too.
    """
    assert await read_end(server, f"/close/{code}?reason={reason}") == (code, reason)


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 2000, 5000, 65536])
async def test_codes_that_no_wire_carries_are_an_error_of_the_application(server: ServerProcess, code: int) -> None:
    """
    The client gets 1011, and the worker lives on.
    """
    before = httpx2.get(f"{server.url}/ok").json()["pid"]

    assert await read_end(server, f"/close/{code}") == (1011, "")
    assert httpx2.get(f"{server.url}/ok").json()["pid"] == before


async def test_reasons_that_are_too_long_are_an_error_of_the_application(server: ServerProcess) -> None:
    """
    A frame of control has no room for them.
    """
    assert await read_end(server, f"/close/1000?reason={'x' * 124}") == (1011, "")


async def test_an_error_tells_nothing(server: ServerProcess) -> None:
    """
    1011, and the text stays in the log.
    """
    assert await read_end(server, "/fail") == (1011, "")
    assert "ValueError: secret" in server.log()


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/close/x", 422), ("/ok", 404)])
async def test_refusals_have_their_status(server: ServerProcess, path: str, status: int) -> None:
    """
    As that of a request.
    """
    assert await read_refusal(server, path) == status


async def test_a_refusal_is_no_error_in_the_log(server: ServerProcess) -> None:
    """
    Whatever the server makes of it.
    """
    assert [await read_refusal(server, path) for path in ("/nowhere", "/close/x")] == [404, 422]
    httpx2.get(f"{server.url}/ok")

    assert "without completing handshake" not in server.log()


async def test_a_client_that_vanishes_ends_its_handler(server: ServerProcess) -> None:
    """
    One that sends without end, and one that only waits.
    """
    for path, said in (("/flood", "flood"), ("/watch", "watch 100")):
        async with open_socket(server, path) as client:
            if path == "/flood":
                await client.recv()
            client.transport.abort()

        await asyncio.to_thread(_wait_until_said, server, said)


@pytest.mark.parametrize("unread", [0, 30])
@pytest.mark.parametrize("pause", [0, 0.05])
async def test_a_handler_that_only_sends_learns_that_its_client_has_left(
    server: ServerProcess, pause: float, unread: int
) -> None:
    """
    With its next messages, whatever the client sent before; nothing piles up for nobody.
    """
    httpx2.delete(f"{server.url}/ended")
    memory = WorkerMemory(server)
    async with open_socket(server, f"/feed/4000?pause={pause}") as client:
        await client.recv()
        for _ in range(unread):
            await client.send("hello")
        client.transport.abort()
    await asyncio.to_thread(_wait_until_said, server, f"feed {pause:g}")

    assert httpx2.get(f"{server.url}/ended").json() == [f"feed {pause:g} cut"]
    assert memory.measure_peak() < 64 * MIB


@pytest.mark.parametrize("unread", [0, 30])
async def test_a_close_is_answered_while_the_handler_only_sends(server: ServerProcess, unread: int) -> None:
    """
    The client need not wait until it gives up.
    """
    httpx2.delete(f"{server.url}/ended")
    async with open_socket(server, "/feed/4000?pause=0.05", close_timeout=20) as client:
        await client.recv()
        for _ in range(unread):
            await client.send("hello")
        started = time.monotonic()
        await client.close()

    assert (client.close_code, time.monotonic() - started < 10) == (1000, True)
    await asyncio.to_thread(_wait_until_said, server, "feed 0.05 cut")


def _wait_until_said(server: ServerProcess, said: str) -> None:
    deadline = time.monotonic() + 10
    while True:
        items = httpx2.get(f"{server.url}/ended").json()
        if any(item.startswith(said) for item in items):
            return
        assert time.monotonic() < deadline, items
        time.sleep(0.02)


# ── What must never happen ───────────────────────────────────────────────────


async def test_row_069_pages_of_other_origins_may_not_connect(server: ServerProcess) -> None:
    """
    An origin that is not the application's own or listed gets 403; who names none may connect.
    """
    own, cookie = f"http://127.0.0.1:{server.port}", {"cookie": "session=1"}
    refused = [
        ("/", "https://evil.example"),
        ("/", "null"),
        ("/", f"http://127.0.0.1:{server.port + 1}"),
        ("/", f"http://127.0.0.1.evil.example:{server.port}"),
        ("/listed", "https://evil.example"),
        ("/listed", "https://app.example.com.evil.example"),
        ("/listed", "http://app.example.com"),
        ("/listed", "null"),
        ("/listed", own),
    ]

    statuses = [await read_refusal(server, path, origin=origin, additional_headers=cookie) for path, origin in refused]
    for path, origin in (("/", own), ("/", None), ("/listed", "https://app.example.com"), ("/listed", None)):
        async with open_socket(server, path, origin=origin, additional_headers=cookie):
            pass

    assert statuses == [403] * len(refused)


async def test_row_070_a_message_beyond_the_limit_closes(server: ServerProcess) -> None:
    """
    1009, in one frame or in many, and the worker lives on.
    """
    before = httpx2.get(f"{server.url}/ok").json()["pid"]

    async def send(message: object) -> int | None:
        async with open_socket(server, "/", max_size=None) as client:
            try:
                await client.send(message)  # type: ignore[arg-type]
                await client.recv()
            except ConnectionClosed:
                pass
            return client.close_code

    assert [await send(b"x" * (MIB + 1)), await send(["x" * 1024] * 1025)] == [1009, 1009]
    assert httpx2.get(f"{server.url}/ok").json()["pid"] == before


async def test_row_070_fragments_without_an_end_are_cut(granian: ServerProcess) -> None:
    """
    The server gives up within its own limit of 64 MiB; whoever else comes is answered meanwhile.
    """
    before, memory = httpx2.get(f"{granian.url}/ok").json(), WorkerMemory(granian)
    sent = 0

    async def fragments() -> Any:
        nonlocal sent
        for _ in range(200):
            yield b"x" * MIB
            sent += 1
            assert httpx2.get(f"{granian.url}/ok", timeout=1).status_code == 200

    async with open_socket(granian, "/") as client:
        with pytest.raises(ConnectionClosed):
            await client.send(fragments())
            await client.recv()
    after = httpx2.get(f"{granian.url}/ok").json()

    assert after == before
    # What the kernel holds for a busy machine comes on top of the limit.
    assert sent < 120
    memory.assert_bounded(64 * MIB)


@pytest.mark.parametrize("name", ["uvicorn", "hypercorn"])
async def test_row_070_others_close_at_their_limit(name: str) -> None:
    """
    They read no further, and keep nothing.
    """
    sent = 0

    async def fragments() -> Any:
        nonlocal sent
        for _ in range(100):
            yield b"x" * MIB
            sent += 1

    with serve("tests.e2e.websocket_application:app", server=name, directory=ROOT) as server:
        before, memory = httpx2.get(f"{server.url}/ok").json(), WorkerMemory(server)
        async with open_socket(server, "/") as client:
            with pytest.raises(ConnectionClosed):
                await client.send(fragments())
                await client.recv()
        after = httpx2.get(f"{server.url}/ok").json()
        memory.assert_bounded(16 * MIB)

    # uvicorn cuts the connection at once: whoever still sends may not see its 1009.
    assert client.close_code in ((1009, 1006) if name == "uvicorn" else (1009,))
    assert after == before
    assert sent < 50


async def test_row_070_joins_without_an_end_close(server: ServerProcess) -> None:
    """
    1008 with the channel that is one too many; of 100,000 that are asked for, nothing more is held, nor logged.
    """
    memory = WorkerMemory(server)
    ends = []

    for count in (101, 100_000):
        async with open_socket(server, "/rooms") as client:
            with pytest.raises(ConnectionClosed):
                for number in range(count):
                    await client.send(f"room {number}")
                await client.recv()
        ends.append((client.close_code, client.close_reason))

    # Who sends on while the connection is closed may not see the frame.
    assert ends[0] == (1008, "Too many channels.")
    assert ends[1] in {ends[0], (1006, "")}
    assert httpx2.get(f"{server.url}/ok").status_code == 200
    assert "TooManyChannelsError" not in server.log()
    memory.assert_bounded(0)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("is_split", [False, True], ids=["one frame", "fragments of a byte"])
def test_row_070_a_message_in_single_bytes_is_bounded(server: ServerProcess, *, is_split: bool) -> None:
    """
    One byte at a time, or one in each frame: a message of its size, closed at the limit, and let go of afterwards.
    """
    before, memory = httpx2.get(f"{server.url}/ok").json(), WorkerMemory(server)
    count = 20_000 if is_split else MIB + 1

    with shake_hands(server, "/") as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError):
            if is_split:
                # A first piece that leaves room for half of them.
                connection.sendall(make_frame(b"x" * (MIB - count // 2), is_last=False))
                for number in range(count):
                    connection.sendall(make_frame(b"x", opcode=0, is_last=number == count - 1))
            else:
                frame = make_frame(b"x" * count)
                for position in range(20_000):
                    connection.sendall(frame[position : position + 1])
                connection.sendall(frame[20_000:])
        code = read_close(connection)

    # Whoever cuts the connection while bytes still come is seen without a code.
    assert code in {1009, None}
    assert httpx2.get(f"{server.url}/ok").json() == before
    memory.assert_bounded(MIB)


async def test_row_071_compression_is_not_negotiated(server: ServerProcess) -> None:
    """
    Nobody can be made to inflate a bomb: the offer is left unanswered, and a frame that is compressed all the same ends
    the connection.
    """
    async with open_socket(server, "/", compression="deflate") as client:
        assert client.response is not None
        assert "Sec-WebSocket-Extensions" not in client.response.headers

    code, grown = await asyncio.to_thread(send_bomb, server)

    assert code in {1002, None}
    assert grown < 16 * MIB


async def test_row_071_inflated_messages_are_limited(compressing: ServerProcess) -> None:
    """
    Where compression is asked for, a frame of half a megabyte that would become 500 is given up long before.
    """
    code, grown = await asyncio.to_thread(send_bomb, compressing)

    assert code in {1009, None}
    assert grown < (2 * 16 + 16) * MIB


@cache
def make_bomb() -> bytes:
    """
    Write a frame that is a thousand times as large when it is inflated.
    """
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -12)
    pieces = [squeeze.compress(bytes(MIB)) for _ in range(500)]
    # RFC 7692 §7.2.1: the last four bytes are left out.
    payload = b"".join([*pieces, squeeze.flush(zlib.Z_SYNC_FLUSH)])[:-4]
    # The first bit behind FIN says that it is compressed (§6).
    return make_frame(payload, opcode=0x40 | 0x2)


def make_frame(payload: bytes, *, opcode: int = 0x2, is_last: bool = True) -> bytes:
    """
    Write a frame as it goes over the wire; a mask of zeros leaves it as it is (RFC 6455 §5.3).
    """
    size = bytes((0x80 | len(payload),)) if len(payload) < 126 else bytes((0x80 | 127,)) + len(payload).to_bytes(8)
    return bytes((opcode | (0x80 if is_last else 0),)) + size + bytes(4) + payload


def shake_hands(server: ServerProcess, path: str, *headers: str) -> socket.socket:
    """
    Open a connection for frames of one's own.
    """
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        *headers,
    ]
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += connection.recv(1)
    assert head.startswith(b"HTTP/1.1 101")
    return connection


def read_close(connection: socket.socket) -> int | None:
    """
    Return the code of a close frame, if one arrives.
    """
    answer = b""
    with contextlib.suppress(OSError):
        answer = connection.recv(4096)
    return int.from_bytes(answer[2:4]) if answer[:1] == b"\x88" and len(answer) >= 4 else None


def send_bomb(server: ServerProcess) -> tuple[int | None, int]:
    """
    Send one compressed frame, and return the code of the close, if it arrived, and by how much the server has grown.
    """
    before, memory = httpx2.get(f"{server.url}/ok").json(), WorkerMemory(server)
    with shake_hands(server, "/any", "Sec-WebSocket-Extensions: permessage-deflate") as connection:
        # It may be cut off before the whole frame was sent.
        with contextlib.suppress(OSError):
            connection.sendall(make_bomb())
        code = read_close(connection)
    assert httpx2.get(f"{server.url}/ok").json() == before
    return code, memory.measure_peak()


# ── The handshake ────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["granian", "uvicorn", "hypercorn"])
async def test_subprotocols_are_agreed_on_over_asgi(name: str) -> None:
    """
    The application's best one wins; a client that offers none, or no known one, gets none.
    """
    async with serve(
        "tests.e2e.websocket_asgi_application:app", server=name, interface="asgi", directory=ROOT
    ) as server:
        agreed = []
        for offered in (["chat.v1", "chat.v2"], ["chat.v1"], ["other"], None):
            async with open_socket(server, "/", subprotocols=offered) as client:
                agreed.append((client.subprotocol, await client.recv()))

    assert agreed == [("chat.v2", '"chat.v2"'), ("chat.v1", '"chat.v1"'), (None, "null"), (None, "null")]


async def test_run_chooses_asgi_where_subprotocols_are_spoken() -> None:
    """
    RSGI cannot carry them, so Granian serves such an application over ASGI by itself.
    """
    async with serve(
        ROOT / "tests" / "e2e" / "websocket_asgi_application.py", directory=ROOT, env={"PYTHONPATH": str(ROOT)}
    ) as server:
        async with open_socket(server, "/", subprotocols=["chat.v2"]) as client:
            assert client.subprotocol == "chat.v2"
        assert "over ASGI" in server.log()


async def test_rsgi_with_subprotocols_does_not_start() -> None:
    """
    The error says what to do.
    """
    server = serve("tests.e2e.websocket_asgi_application:app", interface="rsgi", directory=ROOT, wait_until_ready=False)
    async with server:
        await asyncio.to_thread(server.wait)

        assert "RSGI cannot tell a client which subprotocol was chosen" in server.log()
        assert 'Serve with interface="asgi"' in server.log()


async def test_a_broken_handshake_is_answered(server: ServerProcess) -> None:
    """
    Without a key, or of another version, it is no WebSocket: 4xx, and the worker lives on.
    """
    heads = [
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
        (
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 12\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        ),
    ]

    answers = [await asyncio.to_thread(_ask, server, head) for head in heads]

    assert all(400 <= int(answer.split()[1]) < 500 for answer in answers), answers
    assert httpx2.get(f"{server.url}/ok").status_code == 200


@pytest.mark.parametrize("target", ["/?x=" + "a" * 9000, "/" + "a" * 9000, "/?x=" + "a" * 60_000])
async def test_a_target_that_is_too_long_is_answered(server: ServerProcess, target: str) -> None:
    """
    By the application or by the server, but not with silence.
    """
    head = (
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    )

    answer = await asyncio.to_thread(_ask, server, head, target)

    assert int(answer.split()[1]) in {400, 414}, answer
    assert httpx2.get(f"{server.url}/ok").status_code == 200


def _ask(server: ServerProcess, head: str, target: str = "/") -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{head}\r\n".encode())
        return connection.recv(4096)


# ── The stop ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("name", "interface"), SERVERS)
async def test_the_stop_closes_every_socket_with_1012(name: str, interface: str) -> None:
    """
    Those that receive, and one that does neither; the server ends long before its deadline.
    """
    async with serve("tests.e2e.websocket_application:app", server=name, interface=interface, directory=ROOT) as server:
        paths = ["/"] * 20 + ["/watch", "/deaf"]
        clients = [await open_socket(server, path, close_timeout=1) for path in paths]
        await clients[-1].recv()
        began = time.monotonic()

        server.send_signal()
        codes = []
        for client in clients:
            with pytest.raises(ConnectionClosed) as caught:
                await asyncio.wait_for(client.recv(), 15)
            codes.append(None if caught.value.rcvd is None else caught.value.rcvd.code)
        status = await asyncio.to_thread(server.wait)

    assert codes == [1012] * len(clients)
    assert status == 0
    assert time.monotonic() - began < 12


# ── Autobahn ─────────────────────────────────────────────────────────────────


@pytest.fixture
def kosoku() -> Iterator[Any]:
    """The cases; their own `pkg_resources`, which pytest would take for the real one, is put away afterwards."""
    usual = sys.modules.get("pkg_resources")
    yield pytest.importorskip("kosoku", reason="it has no wheel for this platform")
    sys.modules.pop("pkg_resources", None)
    if usual is not None:
        sys.modules["pkg_resources"] = usual


async def test_the_cases_of_autobahn_pass(granian: ServerProcess, kosoku: Any) -> None:
    """
    All cases of RFC 6455 pass; those of compression stand below. `make campaign` runs the large ones as well.
    """
    results = await kosoku.run_fuzzingclient(
        f"ws://127.0.0.1:{granian.port}/any",
        cases=None if IS_CAMPAIGN else USUAL_CASES,
        exclude_cases=["12.*", "13.*"],
        concurrency=4,
    )

    assert len(results) > 240


async def test_the_compressed_cases_of_autobahn_pass_on_uvicorn(compressing: ServerProcess, kosoku: Any) -> None:
    """
    Compression works where it is turned on. `make campaign` runs all of its cases.
    """
    # It leaves its own files to the collector.
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        results = await kosoku.run_fuzzingclient(
            f"ws://127.0.0.1:{compressing.port}/any",
            cases=["12.*", "13.*"] if IS_CAMPAIGN else USUAL_COMPRESSED_CASES,
            concurrency=4,
        )

    assert len(results) >= len(USUAL_COMPRESSED_CASES)


async def test_row_071_granian_cannot_compress_as_autobahn_finds(granian: ServerProcess, kosoku: Any) -> None:
    """
    Its library has no compression; if it has some day, the limit of what is inflated has to be tested.
    """
    # It leaves its own files to the collector.
    with (
        warnings.catch_warnings(action="ignore", category=ResourceWarning),
        pytest.raises(kosoku.FailureError) as caught,
    ):
        await kosoku.run_fuzzingclient(f"ws://127.0.0.1:{granian.port}/any", cases=["12.1.1", "13.1.1"])

    assert [result.behavior.value for result in caught.value.results] == ["UNIMPLEMENTED"] * 2

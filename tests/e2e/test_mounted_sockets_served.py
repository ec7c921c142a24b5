"""
WebSockets of mounted applications and of wrappers on every server, with a client that is not ours.
"""

import asyncio
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.e2e.server_process import ServerProcess, serve

ROOT = Path(__file__).parents[2]
TARGETS = [
    ("mounted", "granian", "rsgi"),
    ("wrapped", "granian", "rsgi"),
    ("mounted", "granian", "asgi"),
    ("mounted", "uvicorn", "asgi"),
    ("mounted", "hypercorn", "asgi"),
]


def start(name: str, server: str, interface: str) -> ServerProcess:
    """
    Serve one of the applications.
    """
    target = f"tests.e2e.mounted_socket_application:{name}"
    return serve(target, server=server, interface=interface, directory=ROOT, env={"PYTHONPATH": str(ROOT)})


@pytest.fixture(scope="module", params=TARGETS, ids=lambda value: "-".join(value))
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    """
    Serve in every way there is.
    """
    with start(*request.param) as server:
        yield server


@pytest.fixture(scope="module", params=TARGETS[:2], ids=lambda value: "-".join(value))
def rsgi(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    """
    Serve over RSGI alone.
    """
    with start(*request.param) as server:
        yield server


# Any: the options of the client.
def open_socket(server: ServerProcess, path: str, **options: Any) -> connect:
    """
    Connect a WebSocket.
    """
    return connect(f"ws://127.0.0.1:{server.port}/sub/{path}", **options)


async def read_end(server: ServerProcess, path: str) -> tuple[int, str]:
    """
    Read to the end, and return the code and the reason of the close.
    """
    async with open_socket(server, path) as client:
        with pytest.raises(ConnectionClosed) as caught:
            while True:
                await asyncio.wait_for(client.recv(), 10)
    assert caught.value.rcvd is not None, caught.value
    return caught.value.rcvd.code, caught.value.rcvd.reason


async def read_refusal(server: ServerProcess, path: str, **options: Any) -> int:
    """
    Return the status of the refusal.
    """
    with pytest.raises(InvalidStatus) as caught:
        async with open_socket(server, path, **options):
            raise AssertionError
    return caught.value.response.status_code


def wait_until_ended(server: ServerProcess, expected: object) -> None:
    """
    Wait until a connection has ended so.
    """
    deadline = time.monotonic() + 10
    while expected not in (items := httpx2.get(f"{server.url}/ended").json()):
        assert time.monotonic() < deadline, items
        time.sleep(0.02)


async def test_messages_come_back(server: ServerProcess) -> None:
    """
    Of both kinds, the empty ones and large ones too.
    """
    async with open_socket(server, "echo", max_size=None) as client:
        for message in ("", "käse", b"\x00", b"", "x" * 2_000_000):
            await client.send(message)

            assert await client.recv() == message


async def test_the_scope_tells_the_handshake(server: ServerProcess) -> None:
    """
    Its path, its query and what the client offers.
    """
    async with open_socket(server, "describe?a=%C3%A9", subprotocols=None) as client:
        told = json.loads(await client.recv())

    assert (told["type"], told["path"], told["scheme"], told["query"]) == (
        "websocket",
        "/sub/describe",
        "ws",
        {"a": "é"},
    )
    assert told["subprotocols"] == []


@pytest.mark.parametrize(("code", "reason"), [(1000, ""), (1001, "later"), (4999, "ü" * 61)])
async def test_codes_and_reasons_arrive(server: ServerProcess, code: int, reason: str) -> None:
    """
    Over RSGI, too, which has no word for them.
    """
    assert await read_end(server, f"close?code={code}&reason={reason}") == (code, reason)


@pytest.mark.parametrize(
    ("path", "code"),
    [("fail-late", 1011), ("leave-late", 1000), ("close?code=99999", 1011), ("close?code=1005", 1011)],
)
async def test_what_is_left_open_is_closed(server: ServerProcess, path: str, code: int) -> None:
    """
    The same on every server, and the worker lives on.
    """
    before = httpx2.get(f"{server.url}/ok").json()

    assert await read_end(server, path) == (code, "")
    assert httpx2.get(f"{server.url}/ok").json() == before


@pytest.mark.parametrize(
    ("path", "status"),
    [("refuse?status=429", 429), ("turn-away", 403), ("fail-early", 500), ("leave-early", 500)],
)
async def test_refusals_have_their_status(server: ServerProcess, path: str, status: int) -> None:
    """
    Those of the application, and those that are made for it.
    """
    assert await read_refusal(server, path) == status


@pytest.mark.row(48)
@pytest.mark.parametrize("path", ["agree?name=a%0d%0ab", "refuse?status=70000", "refuse?status=0"])
async def test_row_048_no_handshake_ends_a_worker(server: ServerProcess, path: str) -> None:
    """
    A line break in a subprotocol would, over ASGI on Granian, and a status that is none.
    """
    before = httpx2.get(f"{server.url}/ok").json()

    assert await read_refusal(server, path, subprotocols=["a"]) == 500
    assert httpx2.get(f"{server.url}/ok").json() == before


async def test_subprotocols_are_agreed_on_over_asgi(server: ServerProcess) -> None:
    """
    Over RSGI they are an error of the application, whose text says what to do.
    """
    if "rsgi" in server._command:
        assert await read_refusal(server, "agree", subprotocols=["chat"]) == 500
        # The server writes it when it has answered.
        for _ in range(200):
            if 'Serve with interface="asgi"' in server.log():
                return
            await asyncio.sleep(0.05)
        pytest.fail(server.log())
    async with open_socket(server, "agree", subprotocols=["chat"]) as client:
        assert (client.subprotocol, await client.recv()) == ("chat", "agreed")


async def test_headers_arrive_or_are_an_error(server: ServerProcess) -> None:
    """
    Granian leaves them out, over either protocol; a cookie is not lost without a word.
    """
    if "granian" in server._command:
        assert await read_refusal(server, "add-header") == 500
        assert "WebSocketError" in server.log()
        return
    async with open_socket(server, "add-header") as client:
        assert client.response is not None
        assert client.response.headers["x-own"] == "1"


async def test_a_wait_that_is_given_up_loses_no_message(server: ServerProcess) -> None:
    """
    Messages come while the application gives up waiting for one, a thousand times in a second.
    """

    async def talk() -> list[str | bytes]:
        answers = []
        async with open_socket(server, "impatient") as client:
            for number in range(50):
                await asyncio.sleep(random.uniform(0, 0.004))
                await client.send(str(number))
                answers.append(await asyncio.wait_for(client.recv(), 5))
        return answers

    answers = await asyncio.gather(*(talk() for _ in range(4)))

    assert answers == [[str(number) for number in range(50)]] * 4


async def test_a_client_that_vanishes_ends_its_application(rsgi: ServerProcess) -> None:
    """
    One that sends without end, and is held back by a client that reads nothing; one that waits.
    """
    async with open_socket(rsgi, "flood", max_queue=1) as client:
        await client.recv()
        client.transport.abort()
    await asyncio.to_thread(wait_until_ended, rsgi, "flood")
    async with open_socket(rsgi, "echo") as client:
        await client.send("there")
        await client.recv()
        client.transport.abort()

    await asyncio.to_thread(wait_until_ended, rsgi, [1006, ""])


@pytest.mark.parametrize(("name", "server", "interface"), TARGETS)
async def test_the_stop_closes_every_socket_with_1012(name: str, server: str, interface: str) -> None:
    """
    Those that receive, and one that does neither; the server ends long before its deadline.
    """
    async with start(name, server, interface) as running:
        clients = [await open_socket(running, path, close_timeout=1) for path in ["echo"] * 20 + ["deaf"]]
        await clients[-1].recv()
        began = time.monotonic()

        running.send_signal()
        codes = []
        for client in clients:
            with pytest.raises(ConnectionClosed) as caught:
                await asyncio.wait_for(client.recv(), 15)
            codes.append(None if caught.value.rcvd is None else caught.value.rcvd.code)
        status = await asyncio.to_thread(running.wait)

    assert codes == [1012] * len(clients)
    assert status == 0
    assert time.monotonic() - began < 12

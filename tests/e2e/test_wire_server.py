"""
What only a real server shows: connections that are cut, bodies that end, workers that live on.
"""

import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection, IncompleteRead, RemoteDisconnected
from pathlib import Path

import httpx2
import pytest

from tests.e2e.server_process import ServerProcess, serve

ROOT = Path(__file__).parents[2]

# One process each: the drivers, both protocols of Granian, and the bridge between them.
SERVERS = [
    ("granian", "rsgi", "app"),
    ("granian", "rsgi", "wrapped"),
    ("granian", "asgi", "app"),
    ("uvicorn", "asgi", "app"),
    ("hypercorn", "asgi", "app"),
]


@pytest.fixture(scope="module", params=SERVERS, ids=lambda value: "-".join(value))
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    """Serve the application in every way there is."""
    name, interface, app = request.param
    with serve(f"tests.e2e.wire_application:{app}", server=name, interface=interface, directory=ROOT) as server:
        yield server


def test_application_is_recognised_and_answers(server: ServerProcess) -> None:
    """
    Every server takes the application for what it is.
    """
    response = httpx2.get(f"{server.url}/response")

    assert (response.status_code, response.text) == (200, "é" * 10)
    assert response.headers["content-length"] == "20"


def test_head_has_the_length_and_no_body(server: ServerProcess) -> None:
    """
    HEAD over a socket: the length of GET, and the connection goes on behind it.
    """
    with httpx2.Client(base_url=server.url) as client:
        head = client.head("/response")
        get = client.get("/response")

    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "20")
    assert get.status_code == 200


def test_error_in_the_middle_cuts_the_connection(server: ServerProcess) -> None:
    """
    A client never takes a body that failed for a whole one, and the log has the error once.
    """
    before = server.log().count("ValueError: in the middle")
    connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", "/breaks")
    response = connection.getresponse()

    with pytest.raises((IncompleteRead, RemoteDisconnected, ConnectionResetError)):
        response.read()

    connection.close()
    assert httpx2.get(f"{server.url}/pid").status_code == 200
    # The connection is cut first, and the error logged after it.
    for _ in range(100):
        if server.log().count("ValueError: in the middle") > before:
            break
        time.sleep(0.05)
    assert server.log().count("ValueError: in the middle") == before + 1


def test_departure_of_another_client_cuts_the_connection(server: ServerProcess) -> None:
    """
    A stream that says its client left, while it is there, is neither whole nor left open.
    """
    connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", "/foreign")

    with pytest.raises((IncompleteRead, RemoteDisconnected, ConnectionResetError)):
        connection.getresponse().read()

    connection.close()
    assert httpx2.get(f"{server.url}/pid").status_code == 200


def test_error_before_the_first_piece_is_a_problem(server: ServerProcess) -> None:
    """
    A stream that fails before it begins is a clean 500.
    """
    response = httpx2.get(f"{server.url}/late")

    assert response.status_code == 500
    assert response.json()["title"] == "Internal Server Error"


def test_deferred_work_does_not_hold_a_stream_open(server: ServerProcess) -> None:
    """
    The client has the end of the body while the deferred work still runs.
    """
    response = httpx2.get(f"{server.url}/deferring", timeout=2)

    assert response.text == "one"


@pytest.mark.parametrize("path", ["/forever", "/watched"])
def test_client_that_leaves_is_noticed(server: ServerProcess, path: str) -> None:
    """
    A stream's generator and a watched handler end when their client goes.
    """
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        if path == "/forever":
            assert connection.recv(65_536)
        else:
            # Nothing comes; let the handler begin.
            connection.settimeout(0.3)
            with pytest.raises(TimeoutError):
                connection.recv(1)

    response = httpx2.get(f"{server.url}/left", timeout=10)

    assert response.text == "left"


def test_client_that_stays_is_there(server: ServerProcess) -> None:
    """
    `is_disconnected()` says no while the client waits, and the connection is of use afterwards.
    """
    with httpx2.Client(base_url=server.url) as client:
        answers = [client.get("/here").text for _ in range(3)]

    assert answers == ["False"] * 3


def test_requests_have_contexts_of_their_own(server: ServerProcess) -> None:
    """
    What one request sets in a context variable, another on the same connection does not see.
    """
    with httpx2.Client(base_url=server.url) as client:
        seen = [client.get("/mark").text for _ in range(5)]

    assert seen == ["unset"] * 5


@pytest.mark.parametrize("name", ["exit", "interrupt", "cancel"])
def test_exception_that_is_none_does_not_end_the_worker(server: ServerProcess, name: str) -> None:
    """
    `SystemExit` and its like in a handler end the request, not the process.
    """
    before = httpx2.get(f"{server.url}/pid").text

    try:
        status = httpx2.get(f"{server.url}/raise/{name}").status_code
    except httpx2.TransportError:
        status = 500

    assert status == 500
    assert httpx2.get(f"{server.url}/pid").text == before


def test_websocket_is_refused(server: ServerProcess) -> None:
    """
    A WebSocket that nobody serves gets 404 (403 where only ASGI could show it to a wrapper), and the worker lives on.
    """
    headers = {
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    }

    response = httpx2.get(f"{server.url}/pid", headers=headers)

    # uvicorn finds a WebSocket library, since Hypercorn brings one; without any it answers it as plain HTTP.
    assert response.status_code in {403, 404}
    assert httpx2.get(f"{server.url}/pid").status_code == 200


@pytest.mark.parametrize("interface", ["rsgi", "asgi"])
def test_host_of_http2_is_its_authority(interface: str) -> None:
    """
    HTTP/2 has no Host header; the request has one all the same.
    """
    with (
        serve(
            "tests.e2e.wire_application:app", interface=interface, directory=ROOT, arguments=["--http", "2"]
        ) as server,
        httpx2.Client(http1=False, http2=True) as client,
    ):
        response = client.get(f"{server.url}/host")

    assert response.http_version == "HTTP/2"
    assert response.text == f"127.0.0.1:{server.port} {server.url}/host"

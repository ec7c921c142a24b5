"""
Early hints on every server: on the wire where it can, and a clean answer where it cannot.
"""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import httpx2
import pytest

from tests.e2e.hint_application import FONT, STYLE
from tests.e2e.server_process import ServerProcess, serve

ROOT = Path(__file__).parents[2]
SERVERS = [("granian", "rsgi"), ("granian", "asgi"), ("uvicorn", "asgi"), ("hypercorn", "asgi")]
TARGET = "tests.e2e.hint_application:app"

Heads = list[tuple[str, list[tuple[str, str]]]]


@pytest.fixture(scope="module", params=SERVERS, ids="-".join)
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    """Serve the application with each of them."""
    name, interface = request.param
    with serve(TARGET, server=name, interface=interface, directory=ROOT) as server:
        yield server


def ask_over_http2(port: int) -> tuple[Heads, bytes]:
    """
    Ask for `/` over a socket of its own, in HTTP/2 without TLS.

    Returns:
        Every head that came, as its status and its headers, and the body.
    """
    connection = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
    connection.initiate_connection()
    pairs = [(":method", "GET"), (":path", "/"), (":scheme", "http"), (":authority", "test")]
    connection.send_headers(1, pairs, end_stream=True)
    heads: Heads = []
    body = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
        raw.sendall(connection.data_to_send())
        while data := raw.recv(65_536):
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.InformationalResponseReceived | h2.events.ResponseReceived):
                    headers = [(str(name), str(value)) for name, value in event.headers or []]
                    heads.append((dict(headers)[":status"], headers))
                elif isinstance(event, h2.events.DataReceived):
                    body += event.data or b""
                elif isinstance(event, h2.events.StreamEnded):
                    return heads, body
            raw.sendall(connection.data_to_send())
    raise AssertionError(f"The connection ended before the response: {heads!r}")


def links_of(headers: list[tuple[str, str]]) -> list[str]:
    """List the links of a head."""
    return [value for name, value in headers if name == "link"]


def test_hypercorn_sends_them_over_http2() -> None:
    """Two heads of 103, then the response as it is; what comes too late is not sent."""
    with serve(TARGET, server="hypercorn", directory=ROOT, arguments=["--http", "auto"]) as server:
        heads, body = ask_over_http2(server.port)
        late = httpx2.get(f"{server.url}/late").json()

        assert [(status, links_of(headers)) for status, headers in heads] == [
            ("103", [STYLE, FONT]),
            ("103", [STYLE]),
            ("200", [STYLE]),
        ]
        assert json.loads(body) == [True, True]
        assert late == [False]
        assert "Traceback" not in server.log()


def test_granian_has_none_over_http2() -> None:
    """Its protocols know none."""
    with serve(TARGET, directory=ROOT, arguments=["--http", "2"]) as server:
        heads, body = ask_over_http2(server.port)

    assert [status for status, _ in heads] == ["200"]
    assert json.loads(body) == [False, False]


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_nothing_goes_before_a_response_of_http1(server: ServerProcess, version: str) -> None:
    """No server sends them there; the response is the first and only thing on the wire."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
        raw.sendall(f"GET / HTTP/{version}\r\nHost: test\r\nConnection: close\r\n\r\n".encode())
        with raw.makefile("rb") as reader:
            head, _, body = reader.read().partition(b"\r\n\r\n")

    # Granian answers in the version of the request, the others in their own.
    assert head.split(b" ", 1)[1].startswith(b"200 ")
    assert f"link: {STYLE}" in head.decode().splitlines()
    assert json.loads(body) == [False, False]

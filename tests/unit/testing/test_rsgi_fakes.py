"""
The RSGI stand-ins against Granian itself: one application, asked the same by both.
"""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from covet.testing.rsgi_fakes import RSGIHTTPProtocol, RSGIScope
from tests.integration.wire import AnyTarget

pytest.importorskip("granian", reason="Granian is what the stand-ins are compared with")


class Probe:
    """
    Tell what Granian, or its stand-in, shows of a request.
    """

    async def __rsgi__(self, scope: RSGIScope, protocol: RSGIHTTPProtocol) -> None:
        headers = scope.headers
        told: dict[str, Any] = {
            name: getattr(scope, name)
            for name in (
                "proto",
                "http_version",
                "rsgi_version",
                "scheme",
                "method",
                "path",
                "query_string",
                "authority",
            )
        }
        told |= {
            "keys": headers.keys(),
            "values": headers.values(),
            "items": headers.items(),
            "iterated": list(headers),
            "len": len(headers),
        }
        for name in ("x-a", "X-A", "x-bin", "x-none"):
            told[name] = [name in headers, headers.get(name), headers.get(name, "default"), headers.get_all(name)]
            try:
                told[name].append(headers[name])
            except KeyError as exc:
                told[name].append(repr(exc))
        told["types"] = [type(headers.keys()).__name__, type(headers.values()).__name__, type(headers.items()).__name__]
        if scope.path == "/iterate":
            parts = [part async for part in protocol]
            told["body"] = [b"".join(parts).decode("latin-1"), parts[-1].decode(), type(parts[0]).__name__]
        else:
            told["body"] = (await protocol()).decode("latin-1")
        for name, read in (("again", protocol), ("iterated again", lambda: aiter(protocol))):
            try:
                read()
            except RuntimeError as exc:
                told[name] = [type(exc).__name__, str(exc)]
        protocol.response_str(200, [("X-Upper", "é")], json.dumps(told))


app = Probe()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """
    Serve the probe with Granian, on loopback.
    """
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        chosen: int = reserved.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "rsgi", "--host", "127.0.0.1", "--port", str(chosen)]
    process = subprocess.Popen([*command, "--no-log", f"{__file__}:app"], stdout=subprocess.DEVNULL, cwd=".")
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", chosen), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield chosen
    finally:
        process.terminate()
        process.wait(10)


def ask_granian(port: int, method: str, target: str, headers: list[tuple[bytes, bytes]], body: bytes) -> bytes:
    """
    Send a request as it stands, and read the whole answer.
    """
    lines = [f"{method} {target} HTTP/1.1".encode(), *(name + b": " + value for name, value in headers)]
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"\r\n".join([*lines, b"", b""]) + body)
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    return answer


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/x?a=%20b&c=d+e&x=%ff"),
        ("GET", "/p%20a%2Fb%C3%A9%ff"),
        ("GET", "//evil/x/../y;z"),
        ("GET", "/x%00y%"),
        ("OPTIONS", "*"),
        ("GET", "@evil"),
        ("query", "/x"),
        ("POST", "/x"),
        ("POST", "/iterate"),
    ],
)
async def test_the_stand_ins_show_what_granian_shows(port: int, method: str, target: str) -> None:
    """
    Scope, headers and body are equal to the last method and error.
    """
    headers = [
        (b"host", b"testserver"),
        (b"connection", b"close"),
        (b"x-a", b"one"),
        (b"x-bin", b"caf\xc3\xa9"),
        (b"x-a", b"  two\twords "),
        (b"x-empty", b""),
        (b"host", b"second"),
    ]
    body = b"\x00body\xff" if method == "POST" else b""
    if body:
        # The client sends it by itself, before the test's own headers; so it stands first here.
        headers.insert(0, (b"content-length", str(len(body)).encode()))

    answer = ask_granian(port, method, target, headers, body)
    pairs: list[tuple[str | bytes, str | bytes]] = [*headers]
    client = AnyTarget(app, protocol="rsgi", headers={"user-agent": None, "accept": None})
    options: Any = {"content": body} if body else {}
    response = await client.request(method, target, headers=pairs, **options)

    head, _, content = answer.partition(b"\r\n\r\n")
    assert response.json() == json.loads(content)
    assert b"x-upper: \xc3\xa9" in head
    assert dict(response.headers.raw)[b"x-upper"] == b"\xc3\xa9"

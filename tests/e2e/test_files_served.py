"""
Files over real servers, read off the socket byte by byte.
"""

import gzip
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.server_process import ServerProcess, serve
from tests.e2e.wire_client import WireClient

ROOT = Path(__file__).parents[2]
SERVERS = [("granian", "rsgi"), ("granian", "asgi"), ("uvicorn", "asgi"), ("hypercorn", "asgi")]
SMALL = b"0123456789"
LARGE = os.urandom(3_000_000)
HUGE = 64 * 1024 * 1024
SECRET = b"secret"


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make files, and a secret beside their directory."""
    outside = tmp_path_factory.mktemp("files")
    root = outside / "static"
    root.mkdir()
    (root / "small.txt").write_bytes(SMALL)
    (root / "large.bin").write_bytes(LARGE)
    (root / "text.txt").write_bytes(SMALL * 50_000)
    (root / "index.html").write_text("home")
    (root / "link").symlink_to(outside / "secret.txt")
    (outside / "secret.txt").write_bytes(SECRET)
    return root


@pytest.fixture(scope="module", params=SERVERS, ids=lambda value: "-".join(value))
def server(request: pytest.FixtureRequest, directory: Path) -> Iterator[ServerProcess]:
    """Serve the files in every way there is."""
    name, interface = request.param
    env = {"FILES": str(directory)}
    with serve("tests.e2e.file_application:app", server=name, interface=interface, directory=ROOT, env=env) as server:
        yield server


@pytest.fixture
def client(server: ServerProcess) -> Iterator[WireClient]:
    """Open one connection, which has to stay usable for all of a test."""
    with WireClient(server.port) as client:
        yield client


def count_open(server: ServerProcess, *, patience: float = 10) -> int:
    """Ask how many of the files are open; wait for the end of what is under way."""
    deadline = time.monotonic() + patience
    with WireClient(server.port) as client:
        while (count := int(client.ask("GET", "/open").body)) and time.monotonic() < deadline:
            time.sleep(0.05)
    return count


@pytest.mark.parametrize("prefix", ["/static", "/file"])
@pytest.mark.parametrize(("name", "content"), [("small.txt", SMALL), ("large.bin", LARGE)])
def test_file_conditions_and_ranges(client: WireClient, prefix: str, name: str, content: bytes) -> None:
    """On one connection, one after the other: whole, head, part, parts, nothing, the same, and whole again."""
    path = f"{prefix}/{name}"
    whole = client.ask("GET", path)
    etag = whole.get("etag") or ""
    head = client.ask("HEAD", path)
    part = client.ask("GET", path, {"Range": "bytes=3-7"})
    end = client.ask("GET", path, {"Range": f"bytes={len(content) - 2}-"})
    parts = client.ask("GET", path, {"Range": "bytes=0-1,-2"})
    none = client.ask("GET", path, {"Range": f"bytes={len(content)}-"})
    same = client.ask("GET", path, {"If-None-Match": etag})
    other = client.ask("GET", path, {"If-Match": '"other"'})
    refused = client.ask("POST", path)
    again = client.ask("GET", path)

    assert (whole.status, whole.body, whole.get("content-length")) == (200, content, str(len(content)))
    assert (head.status, head.get("content-length"), head.get("etag")) == (200, str(len(content)), etag)
    assert (part.status, part.body, part.get("content-range")) == (206, content[3:8], f"bytes 3-7/{len(content)}")
    assert (end.status, end.body) == (206, content[-2:])
    assert (parts.status, (parts.get("content-type") or "")[:20]) == (206, "multipart/byteranges")
    assert content[:2] in parts.body
    assert (none.status, none.get("content-range")) == (416, f"bytes */{len(content)}")
    assert (same.status, same.body, same.get("etag")) == (304, b"", etag)
    assert (other.status, refused.status) == (412, 405)
    assert again.body == content


@pytest.mark.row(38)
@pytest.mark.parametrize(
    "target",
    ["/static/../secret.txt", "/static/%2e%2e/secret.txt", "/static/..%2fsecret.txt", "/static/..%5csecret.txt",
     "/static/%252e%252e/secret.txt", "/static/....//secret.txt", "/static//etc/passwd", "/static/%c0%af../secret.txt",
     "/static/link", "/static/%00", "/static/small.txt%00.html", "/static/%ff", "/static/small.txt/", "/file/link"],
)  # fmt: skip
def test_nothing_from_outside_is_sent(client: WireClient, target: str) -> None:
    """As it stands on the wire: no client library has tidied the path up."""
    response = client.ask("GET", target)

    assert response.status in {400, 404}
    assert SECRET not in response.body
    assert b"root:" not in response.body
    assert client.ask("GET", "/static/small.txt").body == SMALL


def test_compressed_file(client: WireClient) -> None:
    """Streamed, with chunks in place of a length."""
    response = client.ask("GET", "/compressed/text.txt", {"Accept-Encoding": "gzip"})

    assert (response.status, response.get("content-encoding"), response.is_whole) == (200, "gzip", True)
    assert gzip.decompress(response.body) == SMALL * 50_000


def test_client_that_leaves_leaves_no_file_open(server: ServerProcess) -> None:
    """In the middle of a whole file, of its parts and of a compressed one."""
    for path, headers in [
        ("/static/large.bin", ""),
        ("/file/large.bin", ""),
        ("/file/large.bin", "Range: bytes=0-1400000,1400002-2900000\r\n"),
        ("/compressed/text.txt", "Accept-Encoding: gzip\r\n"),
    ] * 5:
        client = WireClient(server.port)
        client.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n{headers}\r\n".encode())
        client.close()

    assert count_open(server) == 0


def test_file_that_shrinks_is_cut_off(server: ServerProcess, directory: Path) -> None:
    """No next answer is read as the rest of this one: the connection ends."""
    path = directory / "shrinking.bin"
    # Far more than the kernel and a server hold for a client that does not read.
    path.touch()
    os.truncate(path, HUGE)
    client = WireClient(server.port)
    client.send(b"GET /static/shrinking.bin HTTP/1.1\r\nHost: a\r\n\r\n")

    line = client._line()
    while client._line():
        pass
    os.truncate(path, 1000)
    rest = client._reader.read()
    client.close()

    assert line.startswith(b"HTTP/1.1 200 ")
    assert len(rest) < HUGE
    assert count_open(server) == 0

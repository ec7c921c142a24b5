"""
Uploads through real servers: memory, what is left behind, and bodies that are no forms.
"""

import random
import socket
import tempfile
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx2
import pytest

from tests.e2e.server_process import ServerProcess, serve

ROOT = Path(__file__).parents[2]
MIB = 1024 * 1024
SERVERS = [("granian", "rsgi"), ("granian", "asgi"), ("uvicorn", None)]
HEAD = b'--b\r\nContent-Disposition: form-data; name="photo"; filename="tea.bin"\r\n\r\n'
TAIL = b"\r\n--b--\r\n"
FORM = {"content-type": "multipart/form-data; boundary=b"}


@pytest.fixture(scope="module", params=SERVERS, ids=lambda item: f"{item[0]}-{item[1]}")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with a directory of its own for temporary files."""
    name, interface = request.param
    directory = tmp_path_factory.mktemp("uploads")
    with serve(
        "tests.e2e.upload_application:app",
        server=name,
        interface=interface,
        directory=ROOT,
        env={"TMPDIR": str(directory)},
    ) as server:
        server.uploads = directory  # type: ignore[attr-defined] # for the tests of this module
        yield server


def directory_of(server: ServerProcess) -> Path:
    """Name the directory of a server's temporary files."""
    directory: Path = server.uploads  # type: ignore[attr-defined]
    return directory


def read_process(server: ServerProcess) -> dict[str, int]:
    """Ask what the worker holds."""
    found: dict[str, int] = httpx2.get(f"{server.url}/process", timeout=20).json()
    return found


def assert_nothing_is_left(server: ServerProcess) -> None:
    """Check that no temporary file is there or open, once the server has noticed what became of its clients."""
    deadline = time.monotonic() + 20
    while read_process(server)["deleted"] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert read_process(server)["deleted"] == 0
    assert list(directory_of(server).iterdir()) == []


def make_chunks(size: int) -> Iterator[bytes]:
    """Make a form with one large file."""
    piece = bytes(range(256)) * 1024
    yield HEAD
    for _ in range(size // len(piece)):
        yield piece
    yield TAIL


def digest_of(size: int) -> str:
    """Say what such a file adds up to."""
    digest = sha256()
    piece = bytes(range(256)) * 1024
    for _ in range(size // len(piece)):
        digest.update(piece)
    return digest.hexdigest()


def upload(server: ServerProcess, path: str, size: int) -> httpx2.Response:
    """Upload a file of a size."""
    return httpx2.post(f"{server.url}{path}", content=make_chunks(size), headers=FORM, timeout=300)


@pytest.mark.row(16)
@pytest.mark.parametrize("path", ["/store", "/pass"])
def test_a_large_file_takes_little_memory(server: ServerProcess, path: str) -> None:
    """
    64 MiB arrive whole, the process never holds 24 MiB more than before, and nothing is left.
    """
    upload(server, path, MIB)
    before = read_process(server)["now"]

    response = upload(server, path, 64 * MIB)

    assert (response.json()["size"], response.json()["digest"]) == (64 * MIB, digest_of(64 * MIB))
    assert read_process(server)["peak"] - before <= 24 * MIB
    assert_nothing_is_left(server)


@pytest.mark.campaign
@pytest.mark.timeout(600)
@pytest.mark.parametrize("path", ["/store", "/pass"])
def test_a_gibibyte_takes_64_mib(server: ServerProcess, path: str) -> None:
    """
    1 GiB arrives whole in a process that never holds more than 64 MiB above what it held before.
    """
    upload(server, path, MIB)
    before = read_process(server)["now"]

    response = upload(server, path, 1024 * MIB)

    assert (response.json()["size"], response.json()["digest"]) == (1024 * MIB, digest_of(1024 * MIB))
    assert read_process(server)["peak"] - before <= 64 * MIB
    assert_nothing_is_left(server)


def test_a_client_that_leaves_leaves_nothing_behind(server: ServerProcess) -> None:
    """
    A connection that is cut in the middle of a file ends its request, and the file is gone.
    """
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(
                b"POST /store HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data; boundary=b\r\n"
                b"content-length: 100000000\r\n\r\n" + HEAD
            )
            for _ in range(8):
                connection.sendall(bytes(512 * 1024))

    assert_nothing_is_left(server)


@pytest.mark.row(15)
def test_no_body_ends_the_process(server: ServerProcess) -> None:
    """
    Whatever is sent as a form is answered with 200 or a clear 4xx, by the same worker, without a traceback in the log.
    """
    chance = random.Random(20)
    whole = HEAD + b"x" * 300 + b'\r\n--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1' + TAIL
    workers = server.worker_pids()
    statuses = set()

    with httpx2.Client(timeout=20) as client:
        for _ in range(150):
            body = bytearray(whole)
            for _ in range(chance.randint(0, 6)):
                place = chance.randrange(len(body))
                body[place : place + chance.randint(0, 3)] = chance.choice([b"", b"\r\n", b"--b", b"\0", b'"', b"\xff"])
            path = chance.choice(["/any", "/store", "/pass"])
            response = client.post(f"{server.url}{path}", content=bytes(body[: chance.randint(1, 600)]), headers=FORM)
            statuses.add(response.status_code)

    assert statuses <= {200, 400, 413, 415, 422}
    assert {200, 400} <= statuses
    assert server.worker_pids() == workers
    assert "Traceback" not in server.log()
    assert_nothing_is_left(server)


def test_the_directory_is_the_one_that_is_looked_at(server: ServerProcess) -> None:
    """
    The tests above would see a file: the server makes its temporary files where they look.
    """
    assert directory_of(server) != Path(tempfile.gettempdir())
    assert upload(server, "/store", 4 * MIB).json()["in_memory"] is False

"""
The shelf of files as it is served: a real server, a real HTTP client, a real browser.
"""

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.e2e.browser import CHROMIUM
from tests.e2e.devtools import Page, open_browser
from tests.e2e.server_process import ServerProcess, serve
from tests.e2e.wire_client import WireClient

ROOT = Path(__file__).parents[2]
MIB = 1024 * 1024
CONTENT = bytes(range(256)) * (50 * MIB // 256)
FILE_LIMIT = 60_000_000
PATIENCE = 20.0

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server is started; its shelf is in there."""
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module", params=["rsgi", "asgi"])
def server(request: pytest.FixtureRequest, directory: Path) -> Iterator[ServerProcess]:
    """The application as its README starts it, from another directory, and with a smaller limit."""
    env = {"PYTHONPATH": str(ROOT), "COVET_SHELF__FILE_LIMIT": str(FILE_LIMIT), "COVET_SHELF__QUOTA": "100MB"}
    with serve("examples.files.app:app", interface=request.param, directory=directory, env=env) as server:
        yield server


@pytest.fixture
def shelf(server: ServerProcess, directory: Path) -> Path:
    """The server's directory of files, which is empty."""
    for path in (directory / "shelf").iterdir():
        path.unlink()
    return directory / "shelf"


@pytest.fixture
def client(server: ServerProcess, shelf: Path) -> Iterator[httpx2.Client]:
    """A real HTTP client; there are no files yet."""
    with httpx2.Client(base_url=server.url, timeout=PATIENCE) as client:
        yield client


def list_names(directory: Path) -> list[str]:
    """List what is in a directory."""
    return sorted(path.name for path in directory.iterdir())


def wait_for_nothing_hidden(shelf: Path) -> list[str]:
    """Wait until no upload has a file any more; returns the names of those that are there."""
    deadline = time.monotonic() + PATIENCE
    while any(path.name.startswith(".") for path in shelf.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return list_names(shelf)


# ── Files ────────────────────────────────────────────────────────────────────


def test_50_mib_go_there_and_back(client: httpx2.Client) -> None:
    """
    A file that is far larger than bodies usually may be comes back byte by byte, the second half after an interruption.
    """
    put = client.put("/files/large.bin", content=CONTENT)
    [listed] = client.get("/files").json()["files"]

    received = bytearray()
    with client.stream("GET", "/files/large.bin") as response:
        for piece in response.iter_bytes():
            received += piece
            if len(received) > len(CONTENT) // 2:
                break
    going_on = {"Range": f"bytes={len(received)}-", "If-Range": response.headers["etag"]}
    rest = client.get("/files/large.bin", headers=going_on)
    same = client.get("/files/large.bin", headers={"If-None-Match": response.headers["etag"]})

    assert put.status_code == 201
    assert put.json() == listed
    assert (listed["name"], listed["size"], listed["type"]) == ("large.bin", len(CONTENT), "application/octet-stream")
    assert rest.status_code == 206
    assert rest.headers["content-range"] == f"bytes {len(received)}-{len(CONTENT) - 1}/{len(CONTENT)}"
    assert received + rest.content == CONTENT
    assert response.headers["content-disposition"] == 'attachment; filename="large.bin"'
    assert (same.status_code, same.content) == (304, b"")
    assert client.delete("/files/large.bin").status_code == 204
    assert client.get("/files").json()["files"] == []


@pytest.mark.parametrize("end", ["close", "half"])
def test_upload_that_is_cut_leaves_nothing_behind(server: ServerProcess, shelf: Path, end: str) -> None:
    """
    Whether the client leaves altogether, or only sends no more.
    """
    for number in range(5):
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
            connection.sendall(b"PUT /files/%d HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n" % number)
            connection.sendall(bytes(3_000_000))
            if end == "half":
                connection.shutdown(socket.SHUT_WR)
                assert connection.recv(12) in {b"HTTP/1.1 400", b""}

    assert wait_for_nothing_hidden(shelf) == []


@pytest.mark.parametrize(
    ("target", "statuses"),
    [
        ("/files/../../escaped", {404, 405}),
        ("/files/..%2f..%2fescaped", {404, 405}),
        ("/files/%2e%2e%2fescaped", {404, 405}),
        ("/files/..%5cescaped", {422}),
        ("/files/..", {404, 405, 422}),
        ("/files/%2e%2e", {404, 405, 422}),
        ("/files/.arriving-1", {422}),
        ("/files/a%00b", {422}),
        ("/files/c:escaped", {422}),
        ("/files/" + "%C3%A9" * 200, {422}),
    ],
)
def test_no_name_leads_elsewhere(
    server: ServerProcess, directory: Path, shelf: Path, target: str, statuses: set[int]
) -> None:
    """
    As it stands on the wire: no client library has tidied the path up.
    """
    before = {path: list_names(path) for path in (directory.parent, directory, shelf)}
    answers = []
    for method in ("PUT", "GET", "DELETE"):
        with WireClient(server.port) as wire:
            answers.append(wire.ask(method, target, body=b"tea" if method == "PUT" else b"").status)

    assert answers[0] in statuses
    assert answers[1] == 404
    assert answers[2] in {404, 405}
    assert {path: list_names(path) for path in before} == before


def test_too_large_is_refused_before_it_is_sent(client: httpx2.Client, server: ServerProcess, shelf: Path) -> None:
    """
    What a file may not have, and what there is no room for.
    """
    client.put("/files/first", content=CONTENT)
    answers = []
    for size in (FILE_LIMIT + 1, FILE_LIMIT):
        with WireClient(server.port) as wire:
            wire.send(b"PUT /files/second HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size)
            answers.append(wire.receive())

    assert [answer.status for answer in answers] == [413, 413]
    assert [json.loads(answer.body)["detail"] for answer in answers] == [
        f"The limit is {FILE_LIMIT} bytes.",
        "There is no room left for 'second'.",
    ]
    assert wait_for_nothing_hidden(shelf) == ["first"]


# ── Events ───────────────────────────────────────────────────────────────────


class Reader:
    """A reader of the stream of events, as a browser is one."""

    def __init__(self, response: httpx2.Response) -> None:
        self._lines = response.iter_lines()
        self.last_id = ""

    # Any: JSON.
    def read(self) -> tuple[str, Any]:
        """Wait for the next event; returns its type and its data."""
        fields: dict[str, str] = {}
        for line in self._lines:
            name, _, value = line.partition(":")
            if line:
                fields[name] = value.removeprefix(" ")
            elif "data" in fields:
                self.last_id = fields["id"]
                return fields["event"], json.loads(fields["data"] or "null")
            else:
                fields = {}
        raise AssertionError("The stream has ended.")

    # Any: JSON.
    def read_until(self, event: str) -> list[tuple[str, Any]]:
        """Read up to the first event of a type."""
        told = [self.read()]
        while told[-1][0] != event:
            told.append(self.read())
        return told


@contextmanager
def follow(server: ServerProcess, seen: str | None = None) -> Iterator[Reader]:
    """Open the stream of events, from the beginning or after one that was seen."""
    headers = {"Accept": "text/event-stream"} | ({} if seen is None else {"Last-Event-ID": seen})
    with httpx2.stream("GET", f"{server.url}/events", headers=headers, timeout=PATIENCE) as response:
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        yield Reader(response)


def test_two_readers_see_an_upload_come_and_one_that_left_goes_on(server: ServerProcess, shelf: Path) -> None:
    """
    Both are told how far it is; the one that comes back gets what it missed, and nothing that it knew.
    """
    with follow(server) as one, WireClient(server.port) as wire:
        with follow(server) as other:
            for reader in (one, other):
                reader.read_until("reset")
            wire.send(b"PUT /files/tea.bin HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n" + bytes(1_000_000))
            begun = [read_progress(reader, 1_000_000) for reader in (one, other)]
            seen = other.last_id
        wire.send(bytes(2_000_000))
        status = wire.receive().status
        ended = one.read_until("files")
        with follow(server, seen) as back:
            missed = back.read_until("files")

    assert begun[0] == begun[1]
    assert (begun[0]["name"], begun[0]["size"], begun[0]["state"]) == ("tea.bin", 3_000_000, "running")
    assert status == 201
    assert missed[-2:] == ended[-2:]
    assert (missed[-2][1]["state"], missed[-1][1]) == ("done", {"added": "tea.bin"})
    assert all(event == "upload" and data["id"] == begun[0]["id"] for event, data in missed[:-1])


# Any: JSON.
def read_progress(reader: Reader, received: int) -> dict[str, Any]:
    """Read until an upload that runs has come so far."""
    while True:
        event, data = reader.read()
        if event == "upload" and data["state"] == "running" and data["received"] == received:
            found: dict[str, Any] = data
            return found


# ── The browser ──────────────────────────────────────────────────────────────


@pytest.fixture
def page(server: ServerProcess, shelf: Path, tmp_path: Path) -> Iterator[Page]:
    """A browser with the page, which is live and shows no file."""
    with open_browser(tmp_path / "profile") as page:
        page.go(f"{server.url}/")
        page.wait_for("document.getElementById('connection').innerText == 'Live'")
        page.wait_for("document.getElementById('summary').innerText.startsWith('No files yet')")
        yield page


def make_file(path: Path, size: int) -> Path:
    """Make a file to upload."""
    path.write_bytes(b"tea\n" * (size // 4))
    return path


@needs_browser
def test_person_uploads_downloads_and_deletes(page: Page, server: ServerProcess, shelf: Path, tmp_path: Path) -> None:
    """
    The row appears with name, type and size; what the link gives is the file; a deleted file is gone everywhere.
    """
    downloads = tmp_path / "downloads"
    file = make_file(tmp_path / 'Grüner "Tee"?.txt', 4_000_000)

    page.choose_files("#chosen", file)
    row = page.read("#files tr")
    summary = page.read("#summary")
    page.keep_downloads(downloads)
    page.click("#files a")
    downloaded = wait_for_download(downloads / "Grüner _Tee__.txt", file.stat().st_size)
    page.click("#files button")
    page.wait_for("!document.querySelector('#files tr')")

    assert row.split("\t")[:3] == ["Grüner _Tee__.txt", "text/plain", "4 MB"]
    assert summary == "1 file, 4 MB of 100 MB"
    assert downloaded == file.read_bytes()
    assert page.questions == ["Delete Grüner _Tee__.txt?"]
    assert list_names(shelf) == []
    assert page.read("#summary") == "No files yet, 0 bytes of 100 MB"
    assert page.complaints == []
    assert all(request.startswith(server.url) for request in page.requests)


def wait_for_download(path: Path, size: int) -> bytes:
    """Wait until a download is complete."""
    deadline = time.monotonic() + PATIENCE
    while not (path.exists() and path.stat().st_size == size) and time.monotonic() < deadline:
        time.sleep(0.02)
    return path.read_bytes()


@needs_browser
def test_person_sees_what_others_do(page: Page, server: ServerProcess, client: httpx2.Client) -> None:
    """
    Somebody else's upload has a bar that moves and goes, and a row after it; the focus stays where it was.
    """
    client.put("/files/mine.txt", content=b"mine")
    page.wait_for("document.querySelectorAll('#files tr').length == 1")
    page.evaluate("document.querySelector('#files button').focus()")
    shown = []
    with WireClient(server.port) as wire:
        wire.send(b"PUT /files/lead.bin HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n")
        for part in (1, 2, 3):
            wire.send(bytes(1_000_000))
            page.wait_for(f"document.querySelector('#uploads progress').value == {part * 1_000_000}")
            shown.append(page.read("#uploads li").split("\n"))
        wire.send(bytes(1_000_000))
        assert wire.receive().status == 201
    page.wait_for("document.querySelectorAll('#files tr').length == 2")
    page.wait_for("!document.querySelector('#uploads li')")

    assert [[line for line in lines if line] for lines in shown] == [
        ["lead.bin", "25 %"],
        ["lead.bin", "50 %"],
        ["lead.bin", "75 %"],
    ]
    assert page.evaluate("document.activeElement.ariaLabel") == "Delete mine.txt"
    assert page.evaluate("[...document.querySelectorAll('#files a')].map((link) => link.innerText)") == [
        "lead.bin",
        "mine.txt",
    ]


@needs_browser
def test_person_is_told_what_went_wrong(page: Page, client: httpx2.Client, shelf: Path, tmp_path: Path) -> None:
    """
    Of several files the good one is taken, and every other one has its sentence.
    """
    client.put("/files/taken.txt", content=b"first")
    client.put("/files/large.bin", content=CONTENT)
    too_large = tmp_path / "huge.bin"
    no_room = tmp_path / "more.bin"
    for path, size in ((too_large, FILE_LIMIT + 1), (no_room, FILE_LIMIT)):
        path.touch()
        os.truncate(path, size)
    good, taken = make_file(tmp_path / "good.txt", 40), make_file(tmp_path / "taken.txt", 40)
    hidden = make_file(tmp_path / ".profile", 40)

    page.choose_files("#chosen", too_large, no_room, taken, hidden, good)
    page.wait_for("[...document.querySelectorAll('#files a')].some((link) => link.innerText == 'good.txt')")
    errors = page.evaluate("[...document.querySelectorAll('[role=alert] p')].map((error) => error.innerText)")
    page.choose_files("#chosen", make_file(tmp_path / "next.txt", 40))
    page.wait_for("!document.querySelector('[role=alert] p')")

    assert errors == [
        "huge.bin: It is larger than 60 MB.",
        "more.bin: There is no room left for 'more.bin'.",
        "taken.txt: There is a file 'taken.txt' already.",
        ".profile: A file cannot be called '.profile' here. It could be 'profile'.",
    ]
    assert (shelf / "taken.txt").read_bytes() == b"first"


@needs_browser
def test_page_survives_a_restart(tmp_path: Path) -> None:
    """
    It says that it has lost the server, comes back by itself, and shows what has changed meanwhile.
    """
    server = serve("examples.files.app:app", directory=tmp_path, env={"PYTHONPATH": str(ROOT)})
    with server, open_browser(tmp_path / "profile") as page:
        page.go(f"{server.url}/")
        page.wait_for("document.getElementById('connection').innerText == 'Live'")

        server.stop()
        page.wait_for("document.getElementById('connection').innerText == 'Connecting …'")
        (tmp_path / "shelf" / "tea.txt").write_bytes(b"Sencha")
        server.start()

        page.wait_for("document.getElementById('connection').innerText == 'Live'")
        assert page.read("#files tr").startswith("tea.txt")


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_page_fits(page: Page, client: httpx2.Client, scheme: Any, width: int) -> None:
    """
    On a phone and on a desk nothing sticks out, and text stands out from its ground, in both colour schemes.
    """
    client.put(f"/files/{'a very long name ' * 8}.txt", content=b"tea")
    page.wait_for("!!document.querySelector('#files tr')")

    page.look_like(width=width, height=900, scheme=scheme)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CONTRAST) >= 4.5


# The least contrast between a text and the page's surface (WCAG 2.2, 1.4.3).
CONTRAST = """
(() => {
  const luminance = (color) => {
    const [red, green, blue] = color.match(/[\\d.]+/g).slice(0, 3).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const style = (selector) => getComputedStyle(document.querySelector(selector));
  const grounds = [style("html").backgroundColor, style("#drop").backgroundColor].map(luminance);
  const texts = ["h1", "#connection", "strong", "small", "#summary", "#files a", "#files td", "#files button"];
  return Math.min(...texts.flatMap((selector) => grounds.map((ground) => {
    const [dark, light] = [luminance(style(selector).color), ground].sort((one, other) => one - other);
    return (light + 0.05) / (dark + 0.05);
  })));
})()
"""

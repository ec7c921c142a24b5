"""
The shelf of files in process, over both protocols: what it takes, gives, refuses, and tells.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from covet.testing import TestClient
from examples.files import feed
from examples.files.app import app
from examples.files.shelf import ARRIVING, Shelf, ShelfSettings

QUOTA = 1000
FILE_LIMIT = 600


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Where the files are kept."""
    return tmp_path / "shelf"


@pytest.fixture(params=["asgi", "rsgi"])
async def client(request: pytest.FixtureRequest, directory: Path) -> AsyncIterator[TestClient]:
    """A client of the application, whose shelf is small and empty."""
    shelf = Shelf(ShelfSettings(directory=directory, quota=QUOTA, file_limit=FILE_LIMIT))
    with app.container.override(Shelf, shelf):
        async with TestClient(app, protocol=request.param) as client:
            yield client


class Told(NamedTuple):
    """An event as a page gets it."""

    id: str
    event: str
    # Any: JSON.
    data: Any


@asynccontextmanager
async def follow(client: TestClient, seen: str | None = None) -> AsyncIterator[AsyncIterator[Told]]:
    """Open the stream of events, from the beginning or after one that was seen."""

    async def read() -> AsyncIterator[Told]:
        fields: dict[str, str] = {}
        async for line in response.aiter_lines():
            name, _, value = line.partition(": ")
            if line:
                fields[name] = value
            elif "event" in fields:
                yield Told(fields["id"], fields["event"], json.loads(fields.get("data") or "null"))
                fields = {}

    headers = {} if seen is None else {"last-event-id": seen}
    async with asyncio.timeout(10), client.stream("GET", "/events", headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        yield read()


async def read_until(events: AsyncIterator[Told], event: str) -> list[Told]:
    """Read events up to the first one of a type."""
    told = []
    async for item in events:
        told.append(item)
        if item.event == event:
            return told
    raise AssertionError(f"The stream ended after {told!r}.")


async def list_names(client: TestClient) -> list[str]:
    """List the names of the files."""
    return [file["name"] for file in (await client.get("/files")).json()["files"]]


# ── Files ────────────────────────────────────────────────────────────────────


async def test_file_is_stored_listed_fetched_and_deleted(client: TestClient) -> None:
    """
    A file goes its whole way, and its name may be anything that people write.
    """
    put = await client.put("/files/Grüner%20Tee.txt", content=b"Sencha")
    listing = (await client.get("/files")).json()
    got = await client.get("/files/Grüner%20Tee.txt")
    deleted = await client.delete("/files/Grüner%20Tee.txt")

    file = put.json()
    assert (put.status_code, file["name"], file["size"]) == (201, "Grüner Tee.txt", 6)
    assert file["type"] == "text/plain; charset=utf-8"
    assert listing == {"files": [file], "used": 6, "quota": QUOTA, "file_limit": FILE_LIMIT}
    assert got.content == b"Sencha"
    assert got.headers["content-disposition"].startswith('attachment; filename="Gr')
    assert got.headers["content-security-policy"] == "sandbox"
    assert (deleted.status_code, await list_names(client)) == (204, [])
    for method in ("GET", "DELETE"):
        assert (await client.request(method, "/files/Grüner%20Tee.txt")).status_code == 404


async def test_part_and_state_are_asked_for(client: TestClient) -> None:
    """
    A download goes on where it was interrupted, and what a client has is not sent again.
    """
    await client.put("/files/tea.txt", content=b"Sencha")
    beginning = await client.get("/files/tea.txt", headers={"range": "bytes=0-1"})
    etag = beginning.headers["etag"]

    rest = await client.get("/files/tea.txt", headers={"range": "bytes=2-", "if-range": etag})
    same = await client.get("/files/tea.txt", headers={"if-none-match": etag})
    beyond = await client.get("/files/tea.txt", headers={"range": "bytes=6-"})

    assert (beginning.status_code, rest.status_code) == (206, 206)
    assert beginning.content + rest.content == b"Sencha"
    assert rest.headers["content-range"] == "bytes 2-5/6"
    assert (same.status_code, same.content) == (304, b"")
    assert beyond.status_code == 416


@pytest.mark.parametrize(
    ("name", "status", "better"),
    [
        (".profile", 422, "profile"),
        ("a:b.txt", 422, "a_b.txt"),
        ("what%3F", 422, "what_"),
        ("NUL.txt", 422, "_NUL.txt"),
        ("tea%00.txt", 422, "tea.txt"),
        ("%20tea.txt", 422, "tea.txt"),
        ("..%5Ctea.txt", 422, "tea.txt"),
        ("a" * 256, 422, "a" * 255),
        ("..%2Ftea.txt", 405, None),
        ("%2Fetc%2Fpasswd", 405, None),
    ],
)
async def test_name_that_some_system_does_not_take_is_refused(
    client: TestClient, directory: Path, name: str, status: int, better: str | None
) -> None:
    """
    What is no name of a plain file is not stored, neither here nor elsewhere, and the answer says what would do.
    """
    response = await client.put(f"/files/{name}", content=b"tea")

    assert response.status_code == status
    assert better is None or response.json()["detail"].endswith(f"It could be {better!r}.")
    assert list(directory.iterdir()) == []
    assert list(directory.parent.iterdir()) == [directory]
    assert (await client.get(f"/files/{name}")).status_code == 404
    assert (await client.delete(f"/files/{name}")).status_code in {404, 405}


async def test_file_is_not_replaced(client: TestClient) -> None:
    """
    Whoever comes second is told so, and the first file stays.
    """
    await client.put("/files/tea.txt", content=b"Sencha")

    response = await client.put("/files/tea.txt", content=b"Assam")

    assert (response.status_code, response.json()["detail"]) == (409, "There is a file 'tea.txt' already.")
    assert (await client.get("/files/tea.txt")).content == b"Sencha"


async def test_of_two_uploads_of_one_name_the_first_to_end_wins(client: TestClient, directory: Path) -> None:
    """
    The other one is told so at its end.
    """
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def send_slowly() -> AsyncIterator[bytes]:
        yield b"As"
        begun.set()
        await go_on.wait()
        yield b"sam"

    slow = asyncio.create_task(client.put("/files/tea.txt", content=send_slowly(), headers={"content-length": "5"}))
    async with asyncio.timeout(10):
        await begun.wait()
        quick = await client.put("/files/tea.txt", content=b"Sencha")
        go_on.set()
        late = await slow

    assert (quick.status_code, late.status_code) == (201, 409)
    assert [path.read_bytes() for path in directory.iterdir()] == [b"Sencha"]


async def test_too_large_a_file_is_refused(client: TestClient, directory: Path) -> None:
    """
    One that is larger than a file may be, and one for which there is no room left.
    """
    await client.put("/files/first", content=bytes(FILE_LIMIT))

    too_large = await client.put("/files/large", content=bytes(FILE_LIMIT + 1))
    too_much = await client.put("/files/second", content=bytes(QUOTA - FILE_LIMIT + 1))
    fitting = await client.put("/files/third", content=bytes(QUOTA - FILE_LIMIT))

    assert (too_large.status_code, too_large.json()["detail"]) == (413, f"The limit is {FILE_LIMIT} bytes.")
    assert (too_much.status_code, too_much.json()["detail"]) == (413, "There is no room left for 'second'.")
    assert fitting.status_code == 201
    assert sorted(path.name for path in directory.iterdir()) == ["first", "third"]


async def test_room_is_taken_from_the_beginning(client: TestClient) -> None:
    """
    Two uploads under way cannot have the same room; it is free again when one ends badly.
    """
    begun = asyncio.Event()

    async def send_slowly() -> AsyncIterator[bytes]:
        yield b"x"
        begun.set()
        await asyncio.Event().wait()

    upload = client.put("/files/slow", content=send_slowly(), headers={"content-length": str(FILE_LIMIT)})
    slow = asyncio.create_task(upload)
    async with asyncio.timeout(10):
        await begun.wait()
        listed = await list_names(client)
        refused = await client.put("/files/other", content=bytes(FILE_LIMIT))
        slow.cancel()
        await asyncio.wait([slow])
        taken = await client.put("/files/other", content=bytes(FILE_LIMIT))

    assert (listed, refused.status_code, taken.status_code) == ([], 413, 201)


async def test_upload_says_how_large_it_is(client: TestClient) -> None:
    """
    Nothing is begun without a length.
    """
    response = await client.put("/files/tea.txt", content=iter([b"Sen", b"cha"]))

    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/content-length"


async def test_pages_of_other_sites_may_not_write(client: TestClient) -> None:
    """
    A browser that asks on behalf of another site hears of no permission.
    """
    for method in ("PUT", "DELETE"):
        response = await client.options(
            "/files/tea.txt", headers={"origin": "https://evil.example", "access-control-request-method": method}
        )

        assert not [name for name in response.headers if name.startswith("access-control-")]


def test_what_a_killed_process_left_is_removed(directory: Path) -> None:
    """
    The next process begins without it, and keeps the files.
    """
    directory.mkdir()
    (directory / f"{ARRIVING}1").touch()
    (directory / "tea.txt").touch()

    Shelf(ShelfSettings(directory=directory))

    assert [path.name for path in directory.iterdir()] == ["tea.txt"]


# ── Events ───────────────────────────────────────────────────────────────────


async def test_every_page_is_told(client: TestClient) -> None:
    """
    Two pages see an upload from its beginning to its end, the new file, and its deletion.
    """
    async with follow(client) as one, follow(client) as other:
        for events in (one, other):
            await read_until(events, "reset")
        await client.put("/files/tea.txt", content=b"Sencha")
        first = await read_until(one, "files")
        second = await read_until(other, "files")
        await client.delete("/files/tea.txt")
        deleted = await read_until(one, "files")

    last = first[-2].data
    assert first[-1] == second[-1]
    assert (last["name"], last["size"], last["received"], last["state"]) == ("tea.txt", 6, 6, "done")
    assert (first[-1].data, deleted[-1].data) == ({"added": "tea.txt"}, {"deleted": "tea.txt"})
    assert [int(item.id) for item in first] == sorted({int(item.id) for item in first})


async def test_page_that_comes_back_goes_on(client: TestClient) -> None:
    """
    What happened since the last event it saw is told, and nothing else.
    """
    async with follow(client) as events:
        await client.put("/files/first", content=b"1")
        seen = (await read_until(events, "files"))[-1].id
    await client.put("/files/second", content=b"2")

    async with follow(client, seen) as events:
        told = await read_until(events, "files")

    assert [item.event for item in told] == ["upload", "files"]
    assert (told[0].data["name"], told[1].data) == ("second", {"added": "second"})


@pytest.mark.parametrize("seen", [None, "0", "7", "99999999999999"])
async def test_page_that_knows_nothing_of_use_starts_afresh(client: TestClient, seen: str | None) -> None:
    """
    One that is new, and one whose number is another process's.
    """
    await client.put("/files/tea.txt", content=b"Sencha")

    async with follow(client, seen) as events:
        told = await read_until(events, "files")

    assert [item.event for item in told] == ["reset", "upload", "files"]


async def test_page_that_was_away_for_too_long_starts_afresh(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    When an end was forgotten that it has not seen, it must forget the beginning.
    """
    monkeypatch.setattr(feed, "MAX_SUBJECTS", 3)
    async with follow(client) as events:
        await client.put("/files/first", content=b"1")
        seen = (await read_until(events, "files"))[-1].id
    for number in range(4):
        await client.put(f"/files/{number}", content=b"1")

    async with follow(client, seen) as events:
        told = await read_until(events, "files")

    assert told[0].event == "reset"
    assert [item.data["name"] for item in told[1:-1]] == ["2", "3"]


async def test_refused_upload_ends_on_every_page(client: TestClient) -> None:
    """
    Its bar goes away.
    """
    async with follow(client) as events:
        await read_until(events, "reset")
        await client.put("/files/.profile", content=b"tea")
        await client.put("/files/tea.txt", content=b"tea")
        told = await read_until(events, "files")

    states = [item.data["state"] for item in told[:-1] if item.data["name"] == ".profile"]
    assert states[-1] == "failed"


async def test_progress_is_told_while_the_file_comes(client: TestClient) -> None:
    """
    A page learns of every piece after which the client pauses.
    """
    told: list[Told] = []
    turns: asyncio.Queue[None] = asyncio.Queue()

    async def send() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"xx"
            await turns.get()

    async with follow(client) as events:
        upload = asyncio.create_task(client.put("/files/tea", content=send(), headers={"content-length": "6"}))
        async for item in events:
            told.append(item)
            if item.event == "files":
                break
            if item.event == "upload" and item.data["received"]:
                turns.put_nowait(None)
        await upload

    received = [item.data["received"] for item in told if item.event == "upload"]
    assert received == sorted(received)
    assert set(received) >= {2, 4, 6}


# ── The page ─────────────────────────────────────────────────────────────────


async def test_page_keeps_to_its_policy(client: TestClient) -> None:
    """
    Page, script, style and icon come from here, and there is nothing in the page that a strict policy forbids.
    """
    page = await client.get("/")

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"].startswith("default-src 'self'; ")
    assert "<script>" not in page.text
    assert "style=" not in page.text
    assert "://" not in page.text
    for name in ("page.js", "page.css", "icon.svg"):
        assert f'"{name}"' in page.text
        assert (await client.get(f"/{name}")).status_code == 200

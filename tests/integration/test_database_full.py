"""
A file of SQLite on a disk without room: clients are told so, nothing is damaged, and all goes on when there is room.
"""

import asyncio
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from covet import CovetPy, create_app
from covet.database import DatabaseError, DatabasePlugin, SQLAdapter, transaction
from covet.testing import TestClient

_DISK = 4 * 1024 * 1024
_TEXT = "tea " * 2048


@dataclass
class Disk:
    """A folder in which there is little room, and what makes some."""

    folder: Path
    fill: Callable[[SQLAdapter], Any]
    make_room: Callable[[SQLAdapter], Any]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk of a few megabytes, which only root can have."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_DISK}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small disk is for root alone, where root may mount")
    filler = folder / "filler"

    async def fill(_: SQLAdapter) -> None:
        filler.write_bytes(b"\0" * (_DISK // 2))

    async def make_room(_: SQLAdapter) -> None:
        filler.unlink()

    try:
        yield Disk(folder, fill, make_room)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def small_file(tmp_path: Path) -> Disk:
    """A file that may not grow: SQLite says the same of it as of a full disk. It holds for one connection."""

    async def fill(database: SQLAdapter) -> None:
        await database.execute("PRAGMA max_page_count = 200")

    async def make_room(database: SQLAdapter) -> None:
        await database.execute("PRAGMA max_page_count = 100000")

    return Disk(tmp_path, fill, make_room)


@pytest.fixture(params=["small_disk", "small_file"])
def disk(request: pytest.FixtureRequest) -> Disk:
    """Little room, in both ways."""
    found: Disk = request.getfixturevalue(request.param)
    return found


def make_app(folder: Path, pool_size: int) -> CovetPy:
    """Make an application that keeps notes, one by one and in pairs."""
    app = create_app(
        plugins=[DatabasePlugin], database={"url": f"sqlite:///{folder / 'notes.db'}", "pool_size": pool_size}
    )

    @app.on_event("startup")
    async def create_table() -> None:
        database = await app.container.resolve(SQLAdapter)
        await database.execute("CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY, pair INTEGER, text TEXT)")

    @app.post("/notes", status_code=201)
    async def add(database: SQLAdapter) -> dict[str, int]:
        return {"id": await database.insert("note", {"text": _TEXT})}

    @app.post("/pairs/{number:int}", status_code=201)
    async def add_pair(database: SQLAdapter, number: int) -> dict[str, int]:
        async with transaction():
            await database.insert("note", {"pair": number, "text": _TEXT * 4})
            await database.insert("note", {"pair": number, "text": _TEXT * 4})
        return {"number": number}

    @app.get("/notes")
    async def count(database: SQLAdapter) -> dict[str, int]:
        return {"notes": await database.fetch_val("SELECT count(*) FROM note WHERE pair IS NULL")}

    return app


async def test_a_full_disk_is_told_and_nothing_is_damaged(disk: Disk) -> None:
    """With 507, or 503 and Retry-After; what was confirmed is there, and all goes on when there is room."""
    app = make_app(disk.folder, pool_size=4 if disk.folder.name == "disk" else 1)
    async with TestClient(app, raise_app_exceptions=False) as client:
        database = await app.container.resolve(SQLAdapter)
        assert (await client.post("/notes")).status_code == 201
        await disk.fill(database)
        confirmed, refused = 1, []
        for _ in range(300):
            for answer in await asyncio.gather(*(client.post("/notes") for _ in range(4))):
                if answer.status_code == 201:
                    confirmed += 1
                else:
                    refused.append(answer)
            if len(refused) > 40:
                break
        pairs = await asyncio.gather(*(client.post(f"/pairs/{number}") for number in range(8)))
        refused += [answer for answer in pairs if answer.status_code != 201]

        assert refused
        for answer in refused:
            assert answer.status_code in {503, 507}, answer.text
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.status_code == 507 or answer.headers["retry-after"] == "1"
            assert "disk" not in answer.text
            assert "sqlite" not in answer.text.lower()
        assert 507 in {answer.status_code for answer in refused}
        assert (await client.get("/notes")).json() == {"notes": confirmed}
        assert await database.fetch_val("PRAGMA integrity_check") == "ok"
        halves = "SELECT count(*) FROM note WHERE pair IS NOT NULL GROUP BY pair HAVING count(*) <> 2"
        assert await database.fetch_all(halves) == []

        await disk.make_room(database)
        answers = await asyncio.gather(*(client.post("/notes") for _ in range(8)))

        assert [answer.status_code for answer in answers] == [201] * 8
        assert (await client.post("/pairs/100")).status_code == 201
        assert (await client.get("/notes")).json() == {"notes": confirmed + 8}
        assert await database.fetch_val("PRAGMA integrity_check") == "ok"
        assert database.stats.idle == database.stats.size


@pytest.mark.parametrize("cache", [1, 2000])
async def test_a_block_that_goes_on_after_a_full_disk_is_whole_or_nothing(disk: Disk, cache: int) -> None:
    """SQLite may undo all of a transaction there: what comes after must not be kept without what was before."""
    app = make_app(disk.folder, pool_size=1)
    async with TestClient(app):
        database = await app.container.resolve(SQLAdapter)
        await database.execute(f"PRAGMA cache_size = {cache}")
        await disk.fill(database)
        was_full, was_told = False, False
        try:
            async with transaction():
                await database.insert("note", {"pair": 1, "text": "before"})
                for _ in range(20):
                    try:
                        await database.insert("note", {"pair": 1, "text": _TEXT * 200})
                    except DatabaseError:
                        was_full = True
                        break
                await database.insert("note", {"pair": 1, "text": "after"})
        except DatabaseError:
            was_told = True
        rows = await database.fetch_all("SELECT text FROM note WHERE pair = 1 AND length(text) < 10 ORDER BY id")

    assert was_full
    assert [row["text"] for row in rows] == ([] if was_told else ["before", "after"])

"""
Files of forms: read and written off the event loop, and gone when they are closed, whatever was under way.
"""

import asyncio
import gc
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from covet.http.headers import Headers
from covet.http.uploads import UploadFile, close_uploads


def list_open_uploads() -> list[str]:
    """List the temporary files that this process holds open."""
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            target = str(entry.readlink())
        except OSError:
            continue
        if target.startswith(tempfile.gettempdir()) and "(deleted)" in target:
            found.append(target)
    return found


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test that leaves a temporary file behind, open or not."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    yield

    gc.collect()
    # A thread that was left with a file closes it in a moment.
    deadline = time.monotonic() + 10
    while list_open_uploads() and time.monotonic() < deadline:
        time.sleep(0.001)
    assert list_open_uploads() == []
    assert list(tmp_path.iterdir()) == []


async def make_upload(content: bytes, *, in_memory: bool) -> UploadFile:
    """Receive a file in pieces."""
    upload = UploadFile("tea.txt", Headers({"Content-Type": "text/plain"}))
    for start in range(0, len(content), 100_000):
        await upload.append(content[start : start + 100_000], keeps_in_memory=in_memory)
    await upload.rewind()
    return upload


@pytest.mark.parametrize("in_memory", [True, False])
async def test_a_file_is_read_and_written(in_memory: bool) -> None:
    """In memory and on disk, reading, seeking and writing do the same."""
    upload = await make_upload(b"0123456789" * 100_000, in_memory=in_memory)

    assert upload.is_in_memory is in_memory
    assert (await upload.read(4), await upload.read(3)) == (b"0123", b"456")
    assert await upload.seek(-5, 2) == 999_995
    assert await upload.read() == b"56789"
    assert await upload.write(b"more") == 4
    assert upload.size == 1_000_004
    assert await upload.seek(10) == 10
    assert await upload.write(b"x") == 1
    assert await upload.read(2) == b"12"
    assert upload.size == 1_000_004
    await upload.close()


async def test_what_is_said_of_a_file() -> None:
    """Name, type, headers and size are the client's; the name is cleaned."""
    upload = UploadFile("../tea.txt", Headers({"Content-Type": "text/plain", "X-Own": "1"}), b"12")

    assert (upload.filename, upload.content_type, upload.headers["x-own"], upload.size) == (
        "tea.txt",
        "text/plain",
        "1",
        2,
    )
    assert UploadFile().content_type == "application/octet-stream"
    assert repr(upload) == "<UploadFile 'tea.txt': 2 bytes>"


@pytest.mark.parametrize("in_memory", [True, False])
async def test_a_closed_file_says_so(in_memory: bool) -> None:
    """Whoever keeps a file longer than its request learns why it cannot be read."""
    upload = await make_upload(b"x" * 600_000, in_memory=in_memory)
    await upload.close()
    await upload.close()

    assert upload.is_closed
    for use in (upload.read, lambda: upload.seek(0), lambda: upload.write(b"")):
        with pytest.raises(ValueError, match=r"^The file 'tea\.txt' is closed: files last as long as their request\.$"):
            await use()


async def test_a_file_on_disk_has_no_name(tmp_path: Path) -> None:
    """Nothing is in the directory even while the file is open: the end of the process ends it, too."""
    upload = await make_upload(b"x" * 600_000, in_memory=False)

    assert len(list_open_uploads()) == 1
    assert list(tmp_path.iterdir()) == []
    await upload.close()


@pytest.mark.row(16)
async def test_row_016_the_disk_is_touched_in_threads_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Making, writing, reading and closing the file are never done by the event loop's thread."""
    threads: set[int] = set()
    make = tempfile.TemporaryFile

    class Noting:
        def __init__(self, file: Any) -> None:
            self.file = file

        def __getattr__(self, name: str) -> Any:
            threads.add(threading.get_ident())
            return getattr(self.file, name)

    def make_noting(*args: Any, **kwargs: Any) -> Any:
        threads.add(threading.get_ident())
        return Noting(make(*args, **kwargs))

    monkeypatch.setattr(tempfile, "TemporaryFile", make_noting)

    upload = await make_upload(b"x" * 2_000_000, in_memory=False)
    await upload.read(10)
    await upload.close()

    assert threads
    assert threading.get_ident() not in threads


@pytest.mark.parametrize("turns", range(1, 7))
async def test_a_cancelled_write_leaves_nothing(turns: int) -> None:
    """Whoever is cancelled while a thread writes leaves the file to that thread, which closes it."""
    upload = UploadFile("tea.txt")

    async def receive() -> None:
        try:
            for _ in range(8):
                await upload.append(b"x" * 600_000, keeps_in_memory=False)
        finally:
            await close_uploads([upload])

    task = asyncio.create_task(receive())
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert upload.is_closed


async def test_a_file_in_use_is_closed_by_whoever_uses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A descriptor is never closed under the hands of a thread that writes to it."""
    upload = await make_upload(b"x" * 600_000, in_memory=False)
    entered, leave = threading.Event(), threading.Event()
    disk = upload._disk
    assert disk is not None

    def use_slowly(file: Any) -> bool:
        entered.set()
        leave.wait(10)
        return bool(file.closed)

    using = asyncio.get_running_loop().run_in_executor(None, disk._use, use_slowly)
    await asyncio.get_running_loop().run_in_executor(None, entered.wait, 10)

    upload.close_at_once()
    assert len(list_open_uploads()) == 1
    leave.set()

    assert await using is False
    assert list_open_uploads() == []


async def test_all_files_are_closed_also_if_closing_is_cancelled() -> None:
    """One that cannot be awaited any more is closed without waiting."""
    uploads = [await make_upload(b"x" * 600_000, in_memory=False) for _ in range(3)]

    task = asyncio.create_task(close_uploads(uploads))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert all(upload.is_closed for upload in uploads)


async def test_a_full_disk_is_an_error_that_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system says reaches whoever receives the file."""
    if not os.access("/dev/full", os.W_OK):
        pytest.skip("there is no /dev/full")
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: Path("/dev/full").open("w+b", buffering=0))  # noqa: SIM115
    upload = UploadFile("tea.txt")

    with pytest.raises(OSError, match="No space left"):
        await upload.append(b"x" * 600_000, keeps_in_memory=False)
    await upload.close()

    assert upload.is_closed

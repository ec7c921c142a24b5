"""Files that are being sent."""

import asyncio
import gc
import os
import threading
import time
from pathlib import Path

import pytest

from covet.responses.open_file import NO_FOLLOW, OpenFile, Opening


def test_file_is_read_from_any_place(tmp_path: Path) -> None:
    """What lies beyond its end is nothing."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"0123456789")

    file = OpenFile(str(path))

    assert (file.size, file.read(2, 3), file.read(8, 10), file.read(20, 5)) == (10, b"234", b"89", b"")
    file.close()


def test_reading_without_pread_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"0123456789")
    monkeypatch.delattr(os, "pread", raising=False)

    file = OpenFile(str(path))

    assert (file.read(5, 2), file.read(1, 2)) == (b"56", b"12")
    file.close()


def test_tag_changes_with_the_file(tmp_path: Path) -> None:
    """With its size, its time of change and its coding."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"a")
    os.utime(path, ns=(10**18, 10**18))
    tags = {OpenFile(str(path)).etag, OpenFile(str(path), coding="gzip").etag}

    path.write_bytes(b"ab")
    os.utime(path, ns=(10**18, 10**18))
    tags.add(OpenFile(str(path)).etag)
    os.utime(path, ns=(10**18 + 1, 10**18 + 1))
    tags.add(OpenFile(str(path)).etag)

    assert len(tags) == 4


def test_closing_twice_is_closing_once(tmp_path: Path) -> None:
    """The number of the descriptor may be somebody else's by then."""
    (tmp_path / "a").touch()
    file = OpenFile(str(tmp_path / "a"))

    file.close()
    file.close()

    assert file.is_closed


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_file_that_nobody_closes_is_closed(tmp_path: Path) -> None:
    """Its opener may have been cancelled."""
    (tmp_path / "a").touch()
    before = len(list(Path("/proc/self/fd").iterdir()))

    OpenFile(str(tmp_path / "a"))
    gc.collect()

    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    """A directory is one, a pipe is none; neither stops the thread, nor stays open."""
    os.mkfifo(tmp_path / "pipe")
    before = len(list(Path("/proc/self/fd").iterdir()))

    with pytest.raises(IsADirectoryError):
        OpenFile(str(tmp_path))
    with pytest.raises(FileNotFoundError):
        OpenFile(str(tmp_path / "pipe"))

    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_link_is_not_followed_if_it_must_not_be(tmp_path: Path) -> None:
    """One that took the place of a file in the last moment is an error."""
    (tmp_path / "a").touch()
    (tmp_path / "link").symlink_to(tmp_path / "a")

    with pytest.raises(OSError, match="symbolic links"):
        OpenFile(str(tmp_path / "link"), flags=NO_FOLLOW)


@pytest.mark.parametrize("is_open", [False, True])
async def test_file_is_closed_whose_opening_nobody_waits_for(tmp_path: Path, is_open: bool) -> None:
    """A cancellation that comes before the thread has opened it, or right after: no garbage collector is needed."""
    (tmp_path / "a").touch()
    go_on, has_opened = threading.Event(), threading.Event()
    opened: list[OpenFile] = []

    def make() -> OpenFile:
        go_on.wait(5)
        opened.append(OpenFile(str(tmp_path / "a")))
        has_opened.set()
        return opened[0]

    opening = Opening(make)
    task = asyncio.create_task(opening.open())
    await asyncio.sleep(0)
    if is_open:
        go_on.set()
        has_opened.wait(5)
        # The loop stands still meanwhile: the thread comes to its end, and its result is on the way.
        time.sleep(0.05)
        asyncio.get_running_loop().call_soon(task.cancel)
    else:
        task.cancel()
    await asyncio.wait({task})
    opening.close()
    go_on.set()
    await asyncio.to_thread(has_opened.wait, 5)
    for _ in range(500):
        if opened[0].is_closed:
            break
        await asyncio.sleep(0.01)

    assert task.cancelled()
    assert opened[0].is_closed


async def test_opening_that_fails_leaves_nothing_to_close(tmp_path: Path) -> None:
    """Closing it is no error then."""
    opening = Opening(lambda: OpenFile(str(tmp_path / "none")))

    with pytest.raises(FileNotFoundError):
        await opening.open()

    opening.close()

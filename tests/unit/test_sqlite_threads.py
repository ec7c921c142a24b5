"""
A thread of a store's own: one piece of work after the other, closed and opened again, and left alone behind a fork.
"""

import asyncio
import gc
import multiprocessing
import os
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from time import time
from typing import Any

import pytest

from covet.auth import SQLiteRevocations
from covet.exceptions import ConfigurationError
from covet.sessions import SessionRecord, SQLiteSessionStore
from covet.sqlite_files import FileFormat
from covet.sqlite_threads import ForkGuard, SQLiteThread

CUPS = FileFormat("cups", 0x43757073, (("CREATE TABLE cups (tea TEXT)",),))


class CupError(Exception):
    """The store's own error."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(f"{message} {hint}")


def make_thread(path: Path | str) -> SQLiteThread:
    """Make a thread over a file."""
    return SQLiteThread(path, CUPS, owner="Cups", alternative="Table", busy_timeout=5, fail=CupError)


# Any: the connection.
def pour(connection: Any, tea: str) -> str:
    """Put one in, and tell which thread did."""
    connection.execute("INSERT INTO cups VALUES (?)", (tea,))
    return threading.current_thread().name


# Any: as above.
def count(connection: Any) -> int:
    """Count them."""
    return int(connection.execute("SELECT count(*) FROM cups").fetchone()[0])


async def test_all_work_is_done_in_one_thread_of_its_own(tmp_path: Path) -> None:
    """However much is asked at once."""
    thread = make_thread(tmp_path / "cups.db")

    names = await asyncio.gather(*(thread.run(pour, "green") for _ in range(20)))

    assert set(names) == {"covet-cups_0"}
    assert await thread.run(count) == 20
    await thread.aclose()


async def test_it_opens_again_after_it_was_closed(tmp_path: Path) -> None:
    """Twice closed is closed; what is asked while it closes is done."""
    thread = make_thread(tmp_path / "cups.db")
    await thread.run(pour, "green")

    done = await asyncio.gather(thread.run(count), thread.aclose(), thread.run(count))
    await thread.aclose()
    await thread.aclose()

    assert (done[0], done[2]) == (1, 1)
    assert await thread.run(count) == 1
    await thread.aclose()


async def test_what_sqlite_says_comes_as_the_error_of_the_store(tmp_path: Path) -> None:
    """With the file's name, and what to look at."""
    thread = make_thread(tmp_path / "missing" / "cups.db")

    with pytest.raises(CupError) as caught:
        await thread.run(count)
    await thread.aclose()

    assert str(caught.value).startswith(f"The store of cups '{tmp_path}/missing/cups.db' failed: ")
    assert str(caught.value).endswith(
        "See that its folder is there, that both may be written, and that it is a store of cups."
    )


@pytest.mark.parametrize("path", ["", ":memory:"])
def test_its_path_is_a_file(path: str) -> None:
    """The text names what needs none."""
    with pytest.raises(ConfigurationError) as caught:
        make_thread(path)

    assert str(caught.value) == f"The path of a store of cups is a file, got {path!r}.\n  Table() needs none."


async def test_one_that_is_forgotten_warns(tmp_path: Path) -> None:
    """Its file was left open; the warning says what to await."""
    thread = make_thread(tmp_path / "cups.db")
    await thread.run(count)
    connection, pool = thread._connection, thread._thread
    assert pool is not None

    with pytest.warns(ResourceWarning, match=r"<Cups '.*cups\.db'> was never closed: await its aclose\(\)\."):
        del thread
        gc.collect()

    await asyncio.get_running_loop().run_in_executor(pool, connection.close)
    pool.shutdown()


def test_a_guard_tells_of_a_fork_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Afterwards it is the child's."""
    guard = ForkGuard()
    before = guard.has_forked()
    monkeypatch.setattr(os, "getpid", lambda: -1)

    assert (before, guard.has_forked("left"), guard.has_forked()) == (False, True, False)


def run_in_fork(work: Callable[[], None]) -> int:
    """Run a function in a process that is forked from this one, and return its exit code."""
    with warnings.catch_warnings():
        # The threads that Python warns of are what is tested.
        warnings.simplefilter("ignore", DeprecationWarning)
        process = multiprocessing.get_context("fork").Process(target=work)
        process.start()
    process.join(30)
    if process.exitcode is None:
        process.kill()
        process.join()
    return process.exitcode or 0


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="forks are no way to start processes there")
def test_a_fork_uses_the_stores_of_its_parent_as_its_own(tmp_path: Path) -> None:
    """The child waits for no thread that is not there, and parent and child see what the other wrote."""
    sessions = SQLiteSessionStore(tmp_path / "sessions.db")
    revocations = SQLiteRevocations(tmp_path / "revoked.db")

    def make_record(key: str) -> SessionRecord:
        return SessionRecord(key, "{}", "7", created_at=0, seen_at=0, expires_at=1)

    async def use(own: str, other: str | None) -> None:
        await sessions.create(make_record(own))
        if not await revocations.add(own, time() + 60):
            raise RuntimeError(own)
        if other is not None and (await sessions.load(other) is None or not await revocations.contains(other)):
            raise RuntimeError(other)

    async def use_and_close() -> None:
        async with asyncio.timeout(20):
            await use("child", "parent")
            await sessions.aclose()
            await revocations.aclose()

    async def close() -> bool:
        is_seen = await revocations.contains("child") and await sessions.load("child") is not None
        await use("parent again", "parent")
        await sessions.aclose()
        await revocations.aclose()
        return is_seen

    with asyncio.Runner() as runner:
        runner.run(use("parent", None))
    exit_code = run_in_fork(lambda: asyncio.run(use_and_close()))
    with asyncio.Runner() as runner:
        is_seen = runner.run(close())

    assert exit_code == 0
    assert is_seen

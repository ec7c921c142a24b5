"""
Counters in a file; what every store promises is in `covet.testing.rate_limit_store`.
"""

import asyncio
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from covet.exceptions import ConfigurationError
from covet.options import UnknownOptionError
from covet.rate_limiting.errors import RateLimitStoreError
from covet.rate_limiting.limit import RateLimit
from covet.rate_limiting.sqlite_store import SQLiteRateLimitStore

PROGRAM = """
import asyncio, sys
from covet.rate_limiting import RateLimit, SQLiteRateLimitStore

async def main():
    store = SQLiteRateLimitStore(sys.argv[1], busy_timeout=60)
    decisions = await asyncio.gather(*(store.hit("ada", RateLimit(100, 600)) for _ in range(200)))
    print(sum(decision.allowed for decision in decisions))
    await store.aclose()

asyncio.run(main())
"""


@pytest.mark.parametrize("path", ["", ":memory:"])
def test_a_path_is_needed(path: str) -> None:
    """The error says what needs none."""
    with pytest.raises(ConfigurationError, match=r"is a file, got '.*'\.\n  MemoryRateLimitStore\(\) needs none"):
        SQLiteRateLimitStore(path)


def test_unknown_options_are_refused() -> None:
    """With the one that was meant."""
    with pytest.raises(UnknownOptionError, match="Did you mean 'busy_timeout'"):
        SQLiteRateLimitStore("limits.db", busy_time_out=1)  # type: ignore[call-arg]


async def test_processes_count_together(tmp_path: Path) -> None:
    """Of three with two hundred calls each, exactly as many as may are allowed."""
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "limits.db")]

    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    told = [await asyncio.to_thread(process.communicate) for process in processes]

    assert sum(int(text) for text, _ in told) == 100


async def test_a_file_that_cannot_be_opened_is_an_error_for_all_who_wait(tmp_path: Path) -> None:
    """And those who ask again are answered when it can be."""
    store = SQLiteRateLimitStore(tmp_path / "folder" / "limits.db")
    results = await asyncio.gather(*(store.hit("ada", RateLimit(9, 60)) for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [RateLimitStoreError] * 3

    (tmp_path / "folder").mkdir()
    decision = await store.hit("ada", RateLimit(9, 60))
    await store.aclose()

    assert decision.remaining == 8


async def test_another_who_writes_is_waited_for_and_not_for_ever(tmp_path: Path) -> None:
    """The error says that it is locked."""
    store = SQLiteRateLimitStore(tmp_path / "limits.db", busy_timeout=0.05)
    await store.open()
    other = sqlite3.connect(tmp_path / "limits.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(RateLimitStoreError, match="database is locked"):
        await store.hit("ada", RateLimit(9, 60))
    other.execute("ROLLBACK")
    other.close()

    decision = await store.hit("ada", RateLimit(9, 60))
    await store.aclose()

    assert decision.remaining == 8


async def test_who_is_cancelled_leaves_the_others_alone(tmp_path: Path) -> None:
    """Their calls are counted."""
    store = SQLiteRateLimitStore(tmp_path / "limits.db")
    tasks = [asyncio.create_task(store.hit("ada", RateLimit(9, 60))) for _ in range(5)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    await store.aclose()

    assert isinstance(results[1], asyncio.CancelledError)
    assert [isinstance(result, tuple) for result in results] == [True, False, True, True, True]


async def test_closing_waits_for_what_was_asked_before(tmp_path: Path) -> None:
    """Nobody is left without an answer."""
    store = SQLiteRateLimitStore(tmp_path / "limits.db")
    tasks = [asyncio.create_task(store.hit("ada", RateLimit(9, 60))) for _ in range(5)]
    await asyncio.sleep(0)

    await store.aclose()

    assert [task.result().allowed for task in tasks] == [True] * 5


def test_a_store_may_be_used_on_one_loop_after_another(tmp_path: Path) -> None:
    """As in an application that is tested more than once."""
    store = SQLiteRateLimitStore(tmp_path / "limits.db")

    async def use() -> int:
        decision = await store.hit("ada", RateLimit(9, 60))
        await store.aclose()
        return decision.remaining

    assert [asyncio.run(use()) for _ in range(2)] == [8, 7]


async def test_a_fork_has_a_thread_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That of the parent does not run there."""
    store = SQLiteRateLimitStore(tmp_path / "limits.db")
    await store.hit("ada", RateLimit(9, 60))
    thread, connection = store._thread, store._file._connection
    monkeypatch.setattr(os, "getpid", lambda: -1)

    decision = await store.hit("ada", RateLimit(9, 60))

    assert store._thread is not thread
    assert decision.remaining == 7
    await store.aclose()
    assert thread is not None
    await asyncio.get_running_loop().run_in_executor(thread, connection.close)
    thread.shutdown()

"""
What holds for every test: no blocking call on an event loop, no task left behind.

Warnings are errors (see pyproject.toml), so an unclosed file, socket, loop or coroutine fails
the test that left it, too.
"""

import asyncio
import inspect
import os
from collections.abc import AsyncIterator, Iterator

import pytest
from blockbuster import BlockBuster
from hypothesis import HealthCheck, settings

from tests.services import mysql_url, postgresql_url, redis_url

__all__ = ["mysql_url", "postgresql_url", "redis_url"]

# The same examples on every run: a failure that one change shows is a failure of that change.
settings.register_profile(
    "quick",
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
# `make campaign`: other examples on every run, and the blob to reproduce a failure.
settings.register_profile(
    "campaign",
    max_examples=5_000,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """
    Mark the tests that search with Hypothesis, so that a campaign can choose them.
    """
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker(pytest.mark.property)


@pytest.fixture(scope="session")
def blockbuster() -> BlockBuster:
    """
    Watch for blocking calls that CovetPy makes on a running event loop.
    """
    watcher = BlockBuster(scanned_modules="covet")
    # Work of start-up is allowed to read files: importing or finding modules, and the source of a traceback.
    for name in ("os.stat", "os.listdir", "os.getcwd", "io.BufferedReader.read", "io.TextIOWrapper.read"):
        watcher.functions[name].can_block_in("<frozen importlib._bootstrap>", {"_find_and_load"})
        watcher.functions[name].can_block_in("linecache.py", {"updatecache", "checkcache"})
        watcher.functions[name].can_block_in("covet/entry_points.py", {"find_entry_points"})
        watcher.functions[name].can_block_in("inspect.py", {"getsourcefile", "getsource", "findsource"})
    # A semaphore of a server's that the collector finds here and now.
    watcher.functions["os.write"].can_block_in("multiprocessing/resource_tracker.py", {"_check_alive", "_send"})
    # What app.static() is told is looked at when it is told; what is served is looked at in a thread.
    for name in ("os.stat", "os.getcwd", "os.readlink", "os.path.abspath", "os.path.islink"):
        watcher.functions[name].can_block_in("covet/staticfiles/files.py", {"__init__"})
    # What a thread has looked at a moment ago stands in the kernel's cache; later a thread looks again.
    watcher.functions["os.stat"].can_block_in("covet/responses/file.py", {"_ask_kernel"})
    # An engine is made at start-up; its driver asks where a relative path begins.
    for name in ("os.getcwd", "os.path.abspath"):
        watcher.functions[name].can_block_in("covet/database/orm/engine.py", {"create_engine"})
    # Asked by the driver of PostgreSQL for each connection: whether there are files of passwords and certificates.
    for name in ("os.stat", "os.path.abspath", "os.getcwd", "io.TextIOWrapper.read", "io.BufferedReader.read"):
        watcher.functions[name].can_block_in("asyncpg/connect_utils.py", {"_parse_connect_dsn_and_args"})
    # Settings are loaded before anything is served; watching them later has its own test.
    for name in ("os.stat", "os.listdir", "os.scandir", "io.BufferedReader.read"):
        watcher.functions[name].can_block_in("covet/config/collection.py", {"collect"})
    # Alembic runs in a thread of its own, on an event loop that nobody else waits for.
    for function in watcher.functions.values():
        function.can_block_in("covet/database/migrations/environment.py", {"run_migrations"})
    return watcher


@pytest.fixture(autouse=True)
def no_blocking_calls(blockbuster: BlockBuster) -> Iterator[None]:
    """
    Fail a test in which CovetPy blocks a running event loop.
    """
    blockbuster.activate()
    try:
        yield
    finally:
        blockbuster.deactivate()


@pytest.fixture
async def watched_tasks() -> AsyncIterator[None]:
    """
    Fail an asynchronous test that ends while a task it started is still running.
    """
    before = asyncio.all_tasks()

    yield

    # A task that was just cancelled, or whose last awaited result just came, needs turns of the loop to end.
    for _ in range(5):
        await asyncio.sleep(0)
    leaked = asyncio.all_tasks() - before - {asyncio.current_task()}
    for task in leaked:
        task.cancel()
    await asyncio.gather(*leaked, return_exceptions=True)
    if leaked:
        pytest.fail("tasks left running: " + ", ".join(sorted(repr(task.get_coro()) for task in leaked)))


@pytest.fixture(autouse=True)
def no_leaked_tasks(request: pytest.FixtureRequest) -> None:
    """
    Watch the tasks of asynchronous tests only: a synchronous one gets no event loop it did not ask for.
    """
    function = inspect.unwrap(getattr(request.node, "obj", lambda: None))
    hypothesis = getattr(function, "hypothesis", None)
    if inspect.iscoroutinefunction(getattr(hypothesis, "inner_test", function)):
        request.getfixturevalue("watched_tasks")

"""
A stream of rows needs the memory of one batch, however many rows there are.
"""

import gc
import logging
import resource
import sys
import tracemalloc
from contextlib import aclosing
from pathlib import Path

import pytest

from covet.database import SQLAdapter
from tests.unit.database.databases import KINDS, find_url, open_database

logger = logging.getLogger(__name__)

SERIES = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)"
    " SELECT i, 'a text of some forty letters, as rows have it' AS text FROM n",
    "postgresql": "SELECT i, 'a text of some forty letters, as rows have it' AS text"
    " FROM generate_series(1, $1::bigint) AS t(i)",
}
MEBIBYTE = 2**20


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of database."""
    kind: str = request.param
    return kind


async def count_rows(database: SQLAdapter, rows: int) -> int:
    """Read as many rows as were asked for, and tell how many came."""
    stream = database.stream(SERIES.get(database.scheme, ""), rows)
    if database.scheme == "mysql":
        # A product of small tables: MariaDB limits how deep WITH RECURSIVE goes, and MySQL has no sequences.
        await database.execute("CREATE TABLE IF NOT EXISTS pot (i INTEGER)")
        if not await database.fetch_val("SELECT count(*) AS n FROM pot"):
            await database.execute_many("INSERT INTO pot (i) VALUES ($1)", [(number,) for number in range(1000)])
        query = (
            "SELECT a.i, 'a text of some forty letters, as rows have it' AS text"
            " FROM pot AS a CROSS JOIN pot AS b CROSS JOIN (SELECT i FROM pot LIMIT 10) AS c LIMIT "
            f"{rows:d}"
        )
        stream = database.stream(query)
    found = 0
    async with aclosing(stream):
        async for row in stream:
            found += len(row) == 2
    return found


async def test_a_stream_is_not_gathered(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """A hundred times as many rows need as much memory; all rows at once would be 60 MiB."""
    async with open_database(find_url(kind, request, tmp_path)) as database:
        assert await count_rows(database, 2_000) == 2_000
        peaks = []
        for rows in (2_000, 200_000):
            gc.collect()
            tracemalloc.start()
            try:
                assert await count_rows(database, rows) == rows
                peaks.append(tracemalloc.get_traced_memory()[1])
            finally:
                tracemalloc.stop()

    assert peaks[1] < peaks[0] + MEBIBYTE, peaks
    assert peaks[1] < 8 * MEBIBYTE


@pytest.mark.campaign
@pytest.mark.timeout(1800)
async def test_ten_million_rows_need_little(
    kind: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    """The process grows by less than 64 MiB, its libraries' buffers included."""
    async with open_database(find_url(kind, request, tmp_path)) as database:
        assert await count_rows(database, 10_000) == 10_000
        before = measure_peak()
        assert await count_rows(database, 10_000_000) == 10_000_000
        grown = measure_peak() - before

    logger.info("%s: the process grew by %.1f MiB", kind, grown / MEBIBYTE)
    assert grown < 64 * MEBIBYTE


def measure_peak() -> int:
    """Tell how much memory the process has had at most."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024

"""
The file of a `SQLiteRateLimitStore`, and what is done in its thread: nothing here may run on an event loop.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from covet.rate_limiting.algorithms import COUNTS, from_numbers, to_numbers
from covet.rate_limiting.errors import RateLimitStoreError
from covet.rate_limiting.limit import Decision, RateLimit, Slot
from covet.rate_limiting.machine_clock import read_boot_id
from covet.sqlite_files import FileFormat, open_sqlite, roll_back
from covet.sqlite_threads import ForkGuard

_FORMAT: Final = FileFormat(
    "rate limits",
    application_id=0x4376526C,  # "CvRl"
    migrations=(
        (
            "CREATE TABLE covet_run (boot_id TEXT NOT NULL)",
            "INSERT INTO covet_run VALUES ('')",
            """CREATE TABLE covet_calls (
                key TEXT PRIMARY KEY, state TEXT NOT NULL, expires INTEGER NOT NULL
            ) WITHOUT ROWID""",
            "CREATE INDEX covet_calls_by_expiry ON covet_calls (expires)",
            """CREATE TABLE covet_slots (
                key TEXT, token TEXT, expires INTEGER NOT NULL, PRIMARY KEY (key, token)
            ) WITHOUT ROWID""",
        ),
    ),
    newer_hint="Delete the file: it holds counters only.",
)
_PURGE_EVERY_MS: Final = 60_000

# Any: the connection; its module is loaded by those who use it. The time is in milliseconds.
Work = Callable[[Any, int], object]


def count_calls(key: str, limit: RateLimit, cost: int) -> Work:
    """Prepare the counting of calls."""

    def work(connection: Any, now: int) -> Decision:
        found = connection.execute("SELECT state FROM covet_calls WHERE key = ?", (key,)).fetchone()
        known = () if found is None else tuple(map(int, filter(None, found[0].split(","))))
        state, decision = COUNTS[limit.algorithm](limit, from_numbers(limit, known), now, cost)
        changed = to_numbers(limit, state)
        if changed != known:
            connection.execute(
                "INSERT INTO covet_calls VALUES (?, ?, ?)"
                " ON CONFLICT (key) DO UPDATE SET state = excluded.state, expires = excluded.expires",
                (key, ",".join(map(str, changed)), now + int(decision.reset_after * 1000) + 1),
            )
        return decision

    return work


def take_slot(key: str, token: str, slots: int, lease_ms: int) -> Work:
    """Prepare the taking of a slot."""

    def work(connection: Any, now: int) -> Slot:
        connection.execute("DELETE FROM covet_slots WHERE key = ? AND expires <= ?", (key, now))
        [(held,)] = connection.execute("SELECT count(*) FROM covet_slots WHERE key = ?", (key,))
        is_free = held < slots
        if is_free:
            connection.execute("INSERT OR REPLACE INTO covet_slots VALUES (?, ?, ?)", (key, token, now + lease_ms))
        return Slot(is_free, slots, max(slots - held - is_free, 0))

    return work


def free_slot(key: str, token: str) -> Work:
    """Prepare the giving back of a slot."""

    def work(connection: Any, now: int) -> None:  # noqa: ARG001
        connection.execute("DELETE FROM covet_slots WHERE key = ? AND token = ?", (key, token))

    return work


class SQLiteFile:
    """
    One connection to the file; it belongs to the thread that uses it, and to the process.

    Args:
        path: The file.
        busy_timeout: Seconds to wait for others who write.
        clock: Gives the time in seconds.
    """

    def __init__(self, path: str, busy_timeout: float, clock: Callable[[], float]) -> None:
        self._path = path
        self._busy_timeout = busy_timeout
        self._clock = clock
        # Any: as above.
        self._connection: Any = None
        self._fork = ForkGuard()
        self._purged = 0

    def work(self, orders: Sequence[Work]) -> list[object]:
        """
        Do some work, all of it or nothing: nobody else writes meanwhile.

        Raises:
            RateLimitStoreError: If the file cannot be used.
        """
        import sqlite3

        try:
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            try:
                # Looked at when it is our turn: it never goes back from one to the next.
                now = int(self._clock() * 1000)
                results = [order(connection, now) for order in orders]
                self._purge(connection, now)
                connection.execute("COMMIT")
            except BaseException:
                roll_back(connection)
                raise
        except (sqlite3.Error, OSError) as exc:
            raise RateLimitStoreError(
                f"The file {self._path!r} of rate limits cannot be used: {exc}.",
                hint="Its folder must be there, and this process must be allowed to write in it.",
            ) from exc
        return results

    def close(self) -> None:
        """Close the file."""
        connection, self._connection = self._connection, None
        if connection is not None and not self._fork.has_forked(connection):
            connection.close()

    def _purge(self, connection: Any, now: int) -> None:
        if abs(now - self._purged) >= _PURGE_EVERY_MS:
            self._purged = now
            connection.execute("DELETE FROM covet_calls WHERE expires <= ?", (now,))
            connection.execute("DELETE FROM covet_slots WHERE expires <= ?", (now,))

    def _open(self) -> Any:
        if self._fork.has_forked(self._connection):
            self._connection = None
        if self._connection is None:
            # Counters need not survive a loss of power: the machine starts anew then.
            connection = open_sqlite(self._path, _FORMAT, busy_timeout=self._busy_timeout, fail=RateLimitStoreError)
            try:
                _forget_former_run(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection


# Any: as above.
def _forget_former_run(connection: Any) -> None:
    """Forget what was counted before the machine started anew: its clock began anew, too."""
    boot_id = read_boot_id()
    connection.execute("BEGIN IMMEDIATE")
    try:
        if connection.execute("UPDATE covet_run SET boot_id = ? WHERE boot_id <> ?", (boot_id, boot_id)).rowcount:
            connection.execute("DELETE FROM covet_calls")
            connection.execute("DELETE FROM covet_slots")
        connection.execute("COMMIT")
    except BaseException:
        roll_back(connection)
        raise


__all__ = ["SQLiteFile", "Work", "count_calls", "free_slot", "take_slot"]

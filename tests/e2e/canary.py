"""
Somebody else, who asks all the time while one client misbehaves, and what the worker holds meanwhile.
"""

import threading
import time
from pathlib import Path
from typing import Self

from tests.e2e.server_process import ServerProcess
from tests.e2e.wire_client import WireClient

MIB = 1024 * 1024


class Canary:
    """
    Ask every 20 ms over a connection of each time, and once more at the end of the `with` block.

    Args:
        server: Whom.
        path: What for.

    Attributes:
        answers: The status of each answer, and how many seconds it took.
    """

    def __init__(self, server: ServerProcess, path: str) -> None:
        self._server = server
        self._path = path
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._ask_on)
        self._workers = server.worker_pids()
        self.answers: list[tuple[int, float]] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()
        self._ask()

    def assert_served(self) -> None:
        """See that each answer came, nearly all within 100 ms, of the same worker, with nothing in its log."""
        assert {status for status, _ in self.answers} == {200}
        seconds = sorted(seconds for _, seconds in self.answers)
        # What else the machine does may hold a few of them up; a loop that is blocked holds up all the rest.
        assert seconds[len(seconds) * 9 // 10] <= 0.1, seconds
        assert seconds[-1] <= 1.0, seconds
        assert self._server.worker_pids() == self._workers
        assert "Traceback" not in self._server.log()

    def _ask_on(self) -> None:
        while not self._is_over.wait(0.02):
            self._ask()

    def _ask(self) -> None:
        began = time.monotonic()
        with WireClient(self._server.port) as client:
            status = client.ask("GET", self._path).status
        self.answers.append((status, time.monotonic() - began))


class WorkerMemory:
    """
    Watch what the only worker of a server holds.

    Args:
        server: The server.
    """

    def __init__(self, server: ServerProcess) -> None:
        # Where one process is all there is, it serves.
        [pid] = server.worker_pids() or [server.pid]
        self._process = Path(f"/proc/{pid}")
        # The highest mark begins anew.
        (self._process / "clear_refs").write_text("5")
        self._before = self._read("VmRSS")

    def measure_growth(self) -> int:
        """Say how many bytes more than at the beginning it holds now."""
        return self._read("VmRSS") - self._before

    def measure_peak(self) -> int:
        """Say how many bytes more than at the beginning it has held at most."""
        return self._read("VmHWM") - self._before

    def assert_bounded(self, limit: int) -> None:
        """
        See that it has held no more than it may, and that it holds it no more.

        Args:
            limit: What the attack was allowed to bring, in bytes.
        """
        peak = self.measure_peak()
        assert peak <= 2 * limit + 16 * MIB
        # What a connection held goes a moment after its end; an allocator may keep one of it for the next.
        deadline = time.monotonic() + 10
        while (growth := self.measure_growth()) > limit + 16 * MIB and time.monotonic() < deadline:
            time.sleep(0.1)
        assert growth <= limit + 16 * MIB

    def _read(self, name: str) -> int:
        status = (self._process / "status").read_text()
        return 1024 * int(status.partition(f"{name}:")[2].split()[0])


__all__ = ["MIB", "Canary", "WorkerMemory"]

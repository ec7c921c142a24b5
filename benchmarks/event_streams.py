"""
Measure the CPU that a server-sent event costs the server for each of its subscribers, on Granian over RSGI.

The subscribers are sockets of this process, which read and forget; the server is pinned to core 0 as for `cpu`.
"""

import os
import socket
import statistics
import subprocess
import sys
import threading
import urllib.request
from dataclasses import dataclass, field

from benchmarks.cpu import LoadError, free_port, group_seconds, serve
from benchmarks.tables import markdown, ratio
from benchmarks.variants import Variant

SUBJECTS: dict[str, Variant] = {
    "raw": Variant("raw", "benchmarks.apps.raw_events", "rsgi", "msgspec"),
    "covet": Variant("covet", "benchmarks.apps.covet_events", "rsgi", "covet"),
}
SUBSCRIBERS = 500


@dataclass
class StreamFigures:
    """
    Hold the microseconds per event and subscriber of each round.
    """

    subject: str
    rounds: list[float] = field(default_factory=list)
    error: str = ""

    @property
    def median(self) -> float | None:
        """
        Return the median round.
        """
        return statistics.median(self.rounds) if self.rounds else None


class Subscribers:
    """
    Keep connections to `/events` open and read whatever comes, in one thread.
    """

    def __init__(self, port: int, count: int) -> None:
        self.connections = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(count)]
        self.received = 0
        self._is_over = threading.Event()
        for connection in self.connections:
            connection.sendall(b"GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
            connection.setblocking(False)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        import selectors

        os.sched_setaffinity(0, {1})
        with selectors.DefaultSelector() as selector:
            for connection in self.connections:
                selector.register(connection, selectors.EVENT_READ)
            while not self._is_over.is_set():
                for key, _ in selector.select(0.1):
                    self.received += len(key.fileobj.recv(65_536))  # type: ignore[union-attr]

    def close(self) -> None:
        """
        Leave.
        """
        self._is_over.set()
        self._thread.join()
        for connection in self.connections:
            connection.close()


def ask(port: int, path: str) -> str:
    """
    Send one request.
    """
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as response:
        return str(response.read().decode())


def measure_round(python: str, variant: Variant, *, subscribers: int, events: int) -> float:
    """
    Return the microseconds of CPU per event and subscriber.
    """
    port = free_port()
    with serve(python, variant, port) as group:
        clients = Subscribers(port, subscribers)
        try:
            while int(ask(port, "/publish/1")) < subscribers:
                pass
            ask(port, "/publish/20")
            before, received = group_seconds(group), clients.received
            ask(port, f"/publish/{events}")
            used = group_seconds(group) - before
            if clients.received - received < subscribers * events * len('data: {"number":1}'):
                raise LoadError(f"{variant.name}: the subscribers did not get their events")
        finally:
            clients.close()
    return used / (subscribers * events) * 1e6


def measure_all(python: str, *, quick: bool) -> list[StreamFigures]:
    """
    Measure the subjects in turn, round by round.
    """
    figures = {name: StreamFigures(name) for name in SUBJECTS}
    for number in range(1, (3 if quick else 9) + 1):
        for name, variant in SUBJECTS.items():
            mine = figures[name]
            try:
                value = measure_round(python, variant, subscribers=SUBSCRIBERS, events=50 if quick else 100)
            except (LoadError, OSError, subprocess.SubprocessError) as exc:
                mine.error = f"{type(exc).__name__}: {exc}"
                print(f"round {number}, {name}: {mine.error}", file=sys.stderr)
                continue
            mine.rounds.append(value)
            print(f"round {number}, {name}: {value:.1f} µs", file=sys.stderr)
    return list(figures.values())


def table(figures: list[StreamFigures]) -> str:
    """
    Return the medians, each with its multiple of the raw application.
    """
    base = next((figure.median for figure in figures if figure.subject == "raw"), None)
    rows = [
        [figure.subject, "-" if figure.median is None else f"{figure.median:.1f}", ratio(figure.median, base)]
        for figure in figures
    ]
    note = f"{SUBSCRIBERS} subscribers, Granian over RSGI; only the ratio within one run means something."
    return markdown("A server-sent event, per subscriber", ["", "µs of CPU", "/ raw"], rows, note=note)

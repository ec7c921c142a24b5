"""
Measure what a server-sent event costs the server for each of its subscribers: CovetPy and by hand, over RSGI.

In process stand-ins take the place of the server, and callgrind counts the instructions. On Granian the subscribers
are sockets of this process, which read and forget; the server is pinned to core 0 as for `cpu`. Run as
`python -m benchmarks.event_streams <subject>` it is the driver.
"""

import argparse
import asyncio
import gc
import os
import socket
import statistics
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from benchmarks import callgrind
from benchmarks.cpu import LoadError, free_port, group_seconds, missing_tools, serve
from benchmarks.driver import mark
from benchmarks.rsgi import FakeRSGIHeaders, FakeRSGIProtocol, FakeRSGIScope
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
    Hold the instructions, and the microseconds of each round, per event and subscriber.
    """

    subject: str
    rounds: list[float] = field(default_factory=list)
    error: str = ""
    instructions: float | None = None

    @property
    def median(self) -> float | None:
        """
        Return the median round.
        """
        return statistics.median(self.rounds) if self.rounds else None


# ── In process ───────────────────────────────────────────────────────────────


class Done:
    """
    Stand for what Granian's `send_bytes` gives: awaited, it is done at once, and runs nothing in Python.
    """

    __slots__ = ()
    __await__ = staticmethod(().__iter__)


class CountedStream:
    """
    Count what is sent to all subscribers.
    """

    def __init__(self) -> None:
        self.pieces = 0
        self._done = Done()

    def send_bytes(self, data: bytes) -> Done:
        self.pieces += 1
        return self._done


class StreamProtocol(FakeRSGIProtocol):
    """
    Answer with a stream.
    """

    __slots__ = ("stream",)

    stream: CountedStream

    def response_stream(self, status: int, headers: list[tuple[str, str]]) -> CountedStream:
        self.status, self.headers = status, headers
        return self.stream


async def publish(stream: CountedStream, topic: Any, make: Callable[[int], Any], count: int) -> None:
    """
    Hand out so many events, each when all subscribers were sent the last one.
    """
    for number in range(count):
        message = make(number)
        expected = stream.pieces + len(topic.queues)
        for queue in topic.queues:
            queue.put_nowait(message)
        while stream.pieces < expected:  # noqa: ASYNC110 - they set no event
            await asyncio.sleep(0)


async def run_subject(name: str, blocks: list[int]) -> None:
    """
    Send each block of events to subscribers between two marks; some come before the first, to warm up.
    """
    # Any: one or the other application.
    app: Any
    topic: Any
    make_event: Callable[[int], Any]
    if name == "raw":
        from benchmarks.apps.raw_events import app, make_event, topic
    else:
        from benchmarks.apps.covet_events import app, make_event, topic
    stream = CountedStream()
    tasks = []
    if name == "covet":
        await app.startup()
    for _ in range(SUBSCRIBERS):
        protocol = StreamProtocol(b"")
        protocol.stream = stream
        scope = FakeRSGIScope("GET", "/events", FakeRSGIHeaders([("host", "a")]))
        tasks.append(asyncio.ensure_future(app.__rsgi__(scope, protocol)))
        # The first one has been seen when the second one comes.
        await asyncio.sleep(0)
    try:
        async with asyncio.timeout(60):
            while len(topic.queues) < len(tasks) or stream.pieces < len(tasks):  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.01)
        await publish(stream, topic, make_event, blocks[0])
        gc.collect()
        gc.freeze()
        # Callgrind takes a minute for what takes a second: no ping may ring for its slowness.
        loop = asyncio.get_running_loop()
        now = loop.time()
        loop.time = lambda: now  # type: ignore[method-assign]
        for count in blocks:
            mark()
            await publish(stream, topic, make_event, count)
        mark()
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        topic.queues.clear()
        if name == "covet":
            await app.shutdown()


# ── On Granian ───────────────────────────────────────────────────────────────


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
    Measure the subjects: instructions if valgrind is there, CPU time in turn where a server can be pinned.
    """
    figures = {name: StreamFigures(name) for name in SUBJECTS}
    for name, figure in figures.items():
        try:
            if callgrind.is_available():
                arguments = ["-m", "benchmarks.event_streams", name]
                (of_all,) = callgrind.per_request(python, arguments, [10, 30] if quick else [20, 80])
                figure.instructions = of_all / SUBSCRIBERS
        except callgrind.CallgrindError as exc:
            figure.error = str(exc)
        print(f"{name}: {figure.error or figure.instructions} instructions", file=sys.stderr)
    if set(missing_tools(python)) - {"wrk"}:
        return list(figures.values())
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
    by_hand = next((figure for figure in figures if figure.subject == "raw"), StreamFigures("raw"))
    rows = [
        [
            figure.subject,
            "-" if figure.instructions is None else f"{figure.instructions:,.0f}",
            ratio(figure.instructions, by_hand.instructions),
            "-" if figure.median is None else f"{figure.median:.1f}",
            ratio(figure.median, by_hand.median),
        ]
        for figure in figures
    ]
    header = ["", "instructions", "/ raw", "µs of CPU", "/ raw"]
    note = f"{SUBSCRIBERS} subscribers, Granian over RSGI; of the times only the ratio within one run means something."
    return markdown("A server-sent event, per subscriber", header, rows, note=note)


def main() -> None:
    """
    Read the command line and run.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.event_streams", description=__doc__)
    parser.add_argument("subject", choices=list(SUBJECTS))
    parser.add_argument("--blocks", type=int, nargs="+", default=[20, 80], help="events per counted block")
    options = parser.parse_args()
    asyncio.run(run_subject(options.subject, options.blocks))


if __name__ == "__main__":
    main()

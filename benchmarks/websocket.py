"""
Measure what an echo over a WebSocket costs: CovetPy and by hand, in process and on Granian.

In process stand-ins take the place of the server, and callgrind counts the instructions per message. On Granian the
server is pinned to core 0, a client with plain sockets to core 1, and the CPU time of the server's process group is
divided by the messages that came back. Run as `python -m benchmarks.websocket <subject>` it is the driver.
"""

import argparse
import asyncio
import base64
import gc
import json
import os
import selectors
import socket
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from types import SimpleNamespace
from typing import Any

from benchmarks import callgrind, cpu
from benchmarks.apps import websocket_echo
from benchmarks.cases import CLIENT, HOST, SERVER
from benchmarks.driver import mark
from benchmarks.environment import ROOT, python_environment
from benchmarks.rsgi import FakeRSGIHeaders
from benchmarks.tables import markdown, ratio

SUBJECTS = {"raw-rsgi": "raw_rsgi", "covet-rsgi": "covet_app", "raw-asgi": "raw_asgi", "covet-asgi": "covet_app"}
MESSAGE = "x" * 64
CONNECTIONS = 16
LIMIT = 1.15


@dataclass
class WebSocketFigure:
    """
    Hold what one message costs.
    """

    subject: str
    instructions: float | None = None
    microseconds: list[float] = field(default_factory=list)
    error: str = ""

    @property
    def median(self) -> float | None:
        """
        Return the median of the rounds.
        """
        return statistics.median(self.microseconds) if self.microseconds else None


# ── In process ───────────────────────────────────────────────────────────────


class Over(RuntimeError):
    """
    Stand for the error of a connection that is over.
    """


class Script:
    """
    Play the server and the client: so many messages per block, a mark before each block, then the end.
    """

    def __init__(self, blocks: list[int], *, is_counted: bool) -> None:
        edges = [sum(blocks[:number]) for number in range(len(blocks) + 1)]
        self.marks = edges if is_counted else edges[-1:]
        self.is_counted = is_counted
        self.is_connected = False
        self.received = 0
        self.sent = 0

    def next(self) -> bool:
        """
        Tell whether another message comes; mark the edges of the blocks.
        """
        if self.received == self.marks[0]:
            del self.marks[0]
            if self.is_counted:
                mark()
            if not self.marks:
                return False
        self.received += 1
        return True

    # RSGI

    async def accept(self) -> "Script":
        return self

    def close(self, status: int | None = None) -> None:
        """
        Take the close.
        """

    async def receive(self) -> Any:
        return SimpleNamespace(kind=2, data=MESSAGE) if self.next() else SimpleNamespace(kind=0)

    async def send_str(self, text: str) -> None:
        self.sent += len(text)

    async def send_bytes(self, data: bytes) -> None:
        raise Over

    # ASGI

    async def receive_message(self) -> dict[str, Any]:
        if not self.is_connected:
            self.is_connected = True
            return {"type": "websocket.connect"}
        return {"type": "websocket.receive", "text": MESSAGE} if self.next() else {"type": "websocket.disconnect"}

    async def send_message(self, message: dict[str, Any]) -> None:
        if message["type"] == "websocket.send":
            self.sent += len(message["text"])


async def run_subject(name: str, blocks: list[int]) -> None:
    """
    Echo the messages of all blocks over one connection; some come before the first, to warm up.
    """
    app: Any = getattr(websocket_echo, SUBJECTS[name])
    for counts in ([blocks[0]], blocks):
        script = Script(counts, is_counted=counts is blocks)
        gc.collect()
        gc.freeze()
        if name.endswith("rsgi"):
            headers = FakeRSGIHeaders([("host", HOST)])
            head = SimpleNamespace(
                proto="ws", method="GET", path="/", query_string="", scheme="http", http_version="1.1", headers=headers,
                client=f"{CLIENT[0]}:{CLIENT[1]}", server=f"{SERVER[0]}:{SERVER[1]}", authority=None,
            )  # fmt: skip
            await app.__rsgi__(head, script)
        else:
            scope = {
                "type": "websocket", "path": "/", "root_path": "", "query_string": b"", "scheme": "ws",
                "headers": [(b"host", HOST.encode())], "client": CLIENT, "server": SERVER, "extensions": {},
            }  # fmt: skip
            await app(scope, script.receive_message, script.send_message)
        if script.sent != sum(counts) * len(MESSAGE):
            raise AssertionError(f"{name}: {script.sent} characters came back of {sum(counts)} messages")


# ── On Granian ───────────────────────────────────────────────────────────────


def connect(port: int) -> socket.socket:
    """
    Open a WebSocket with a plain socket.
    """
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    key = base64.b64encode(os.urandom(16)).decode()
    head = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    connection.sendall(f"{head}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(4096)
    if not answer.startswith(b"HTTP/1.1 101"):
        raise cpu.LoadError(f"the handshake was answered with {answer[:60]!r}")
    return connection


def load(port: int, seconds: float) -> int:
    """
    Send one message after the other on each connection, and return how many came back.
    """
    # RFC 6455 §5.3: a mask of zeros leaves the text as it is.
    frame = bytes((0x81, 0x80 | len(MESSAGE), 0, 0, 0, 0)) + MESSAGE.encode()
    expected = 2 + len(MESSAGE)
    count = 0
    with selectors.DefaultSelector() as selector:
        for _ in range(CONNECTIONS):
            connection = connect(port)
            selector.register(connection, selectors.EVENT_READ)
            connection.sendall(frame)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for key, _ in selector.select(1):
                connection: Any = key.fileobj  # type: ignore[no-redef]
                if len(connection.recv(4096)) != expected:
                    raise cpu.LoadError("an answer is not the message that was sent")
                connection.sendall(frame)
                count += 1
        for key in list(selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
    return count


def measure_on_granian(python: str, name: str, seconds: float) -> float:
    """
    Return the microseconds of CPU that the server spends on a message.
    """
    port = cpu.free_port()
    protocol = name.rpartition("-")[2]
    command = ["taskset", "-c", "0", python, "-m", "granian", "--interface", protocol, "--http", "1", "--ws"]
    command += ["--workers", "1", "--loop", "auto", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--log-level", "warning", f"benchmarks.apps.websocket_echo:{SUBJECTS[name]}"]
    environment = python_environment(dict(os.environ))
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    try:
        deadline = time.monotonic() + cpu.START_TIMEOUT
        while True:
            try:
                connect(port).close()
                break
            except OSError as exc:
                if time.monotonic() > deadline:
                    raise cpu.LoadError("the server did not answer") from exc
                time.sleep(0.1)
        client = ["taskset", "-c", "1", python, "-m", "benchmarks.websocket", name, "--load", str(port)]
        results: list[float] = []
        for duration in (1.0, seconds):
            before = cpu.group_seconds(process.pid)
            output = subprocess.run(
                [*client, "--seconds", str(duration)],
                cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
            ).stdout  # fmt: skip
            results.append((cpu.group_seconds(process.pid) - before) / json.loads(output) * 1e6)
        return results[-1]
    finally:
        cpu.stop(process)


def measure_all(python: str, *, rounds: int, seconds: float, quick: bool) -> list[WebSocketFigure]:
    """
    Measure every subject: instructions if valgrind is there, CPU time where a server can be pinned.
    """
    figures = {name: WebSocketFigure(name) for name in SUBJECTS}
    for name, figure in figures.items():
        try:
            if callgrind.is_available():
                arguments = ["-m", "benchmarks.websocket", name]
                (figure.instructions,) = callgrind.per_request(python, arguments, [200, 600] if quick else [500, 2500])
        except callgrind.CallgrindError as exc:
            figure.error = str(exc)
    if not set(cpu.missing_tools(python)) - {"wrk"}:
        for _ in range(rounds):
            for name, figure in figures.items():
                try:
                    figure.microseconds.append(measure_on_granian(python, name, seconds))
                except (cpu.LoadError, subprocess.SubprocessError) as exc:
                    figure.error = f"{exc}\n{getattr(exc, 'stderr', '') or ''}"
    for figure in figures.values():
        print(f"{figure.subject}: {figure.error or figure}", file=sys.stderr)
    return list(figures.values())


def table(figures: list[WebSocketFigure]) -> str:
    """
    Return the figures, each beside what the same protocol costs by hand.
    """
    by_name = {figure.subject: figure for figure in figures}
    rows = []
    for figure in figures:
        raw = by_name.get(f"raw-{figure.subject.rpartition('-')[2]}")
        rows.append(
            [
                figure.subject,
                "-" if figure.instructions is None else f"{figure.instructions:,.0f}",
                "-" if figure.median is None else f"{figure.median:.1f}",
                ratio(figure.median, None if raw is None else raw.median),
            ]
        )
    note = f"A text of {len(MESSAGE)} characters, {CONNECTIONS} connections; the aim is {LIMIT} × by hand on Granian."
    return markdown("Echo over a WebSocket", ["", "instructions", "CPU µs", "× by hand"], rows, note=note)


def as_data(figures: list[WebSocketFigure]) -> list[dict[str, object]]:
    """
    Return the figures as they are saved.
    """
    return [asdict(figure) for figure in figures]


def main() -> None:
    """
    Read the command line and run.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.websocket", description=__doc__)
    parser.add_argument("subject", choices=list(SUBJECTS))
    parser.add_argument("--blocks", type=int, nargs="+", default=[500, 2500], help="messages per counted block")
    parser.add_argument("--load", type=int, default=0, help="load the server on this port instead")
    parser.add_argument("--seconds", type=float, default=3.0, help="for so long")
    options = parser.parse_args()
    if options.load:
        print(load(options.load, options.seconds))
        return
    asyncio.run(run_subject(options.subject, options.blocks))


if __name__ == "__main__":
    main()

"""
A real server in a process of its own, for tests: started on a free loopback port, always stopped.

::

    with serve("main:app", directory=tmp_path) as server:
        httpx2.get(f"{server.url}/")

A script (a path that ends with `.py`) finds its port in the environment variable `PORT`.
"""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

SOURCE = Path(__file__).parents[2] / "src"


class ServerProcess:
    """
    A server's process; `with` or `async with` starts and stops it.

    Attributes:
        port: The port it listens on.
        url: Its address, without a slash at the end.
    """

    def __init__(
        self,
        target: str | Path,
        *,
        server: str,
        interface: str | None,
        workers: int,
        env: Mapping[str, str] | None,
        directory: Path | None,
        arguments: Sequence[str],
        ready_timeout: float,
        wait_until_ready: bool,
        plain: bool,
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._directory = directory or Path.cwd()
        self._ready_timeout = ready_timeout
        self._wait_until_ready = wait_until_ready
        if str(target).endswith(".py"):
            command = [str(target), *arguments]
        else:
            # A Unix socket takes the place of a port.
            port = [] if "--uds" in arguments else ["--port", str(self.port)]
            said = [] if plain else [*port, "--workers", str(workers)]
            command = ["-m", "covet", "run", str(target), *said, "--server", server]
            command += [*(["--interface", interface] if interface else []), *arguments]
        self._command = [sys.executable, *command]
        paths = [str(SOURCE), (env or {}).get("PYTHONPATH", ""), os.environ.get("PYTHONPATH", "")]
        self._env = {**os.environ, "PORT": str(self.port), "PYTHONUNBUFFERED": "1", **(env or {})}
        self._env["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
        self._log = Path(tempfile.mkstemp(prefix="covet-server-", suffix=".log")[1])
        self._process: subprocess.Popen[bytes] | None = None

    # ── Start and stop ───────────────────────────────────────────────────────

    def start(self) -> None:
        """Start the process and wait until it answers."""
        with self._log.open("wb") as log:
            # A session of its own: whatever it leaves behind can be ended with it, and nothing else.
            self._process = subprocess.Popen(
                self._command,
                cwd=self._directory,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if self._wait_until_ready:
            self._await_ready()

    def _await_ready(self) -> None:
        """Wait until a worker accepts connections."""
        deadline = time.monotonic() + self._ready_timeout
        while time.monotonic() < deadline:
            if self.returncode is not None:
                raise RuntimeError(f"The server ended with status {self.returncode}:\n{self.log()}")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        self.kill()
        raise RuntimeError(f"The server did not listen within {self._ready_timeout} s:\n{self.log()}")

    def send_signal(self, number: int = signal.SIGTERM) -> None:
        """Send a signal to the supervising process."""
        os.kill(self.pid, number)

    def wait(self, timeout: float = 20.0) -> int:
        """Wait for the end; returns the exit status."""
        assert self._process is not None
        return self._process.wait(timeout)

    def stop(self, number: int = signal.SIGTERM, *, timeout: float = 20.0) -> int:
        """Ask the server to stop and wait for it; returns the exit status."""
        if self.returncode is None:
            self.send_signal(number)
        return self.wait(timeout)

    def kill(self) -> None:
        """End the process and all it has started, at once."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)

    # ── What is known about it ───────────────────────────────────────────────

    @property
    def pid(self) -> int:
        """The supervising process."""
        assert self._process is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit status; `None` while it runs."""
        return None if self._process is None else self._process.poll()

    def worker_pids(self) -> list[int]:
        """List the server's child processes that serve."""
        return [
            number for number in children_of(self.pid) if b"resource_tracker" not in _read(f"/proc/{number}/cmdline")
        ]

    def log(self) -> str:
        """Read what the server has written so far, to both streams."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    # ── Blocks ───────────────────────────────────────────────────────────────

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self._clean_up()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self.returncode is None:
                self.stop(timeout=15)
        finally:
            self._clean_up()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.__exit__, kind, error, trace)

    def _clean_up(self) -> None:
        self.kill()
        self._log.unlink(missing_ok=True)


def serve(
    target: str | Path,
    *,
    server: str = "granian",
    interface: str | None = None,
    workers: int = 1,
    env: Mapping[str, str] | None = None,
    directory: Path | None = None,
    arguments: Sequence[str] = (),
    ready_timeout: float = 15.0,
    wait_until_ready: bool = True,
    plain: bool = False,
) -> ServerProcess:
    """
    Prepare a real server for `"module:app"`, or for a script that runs its own.

    Args:
        target: An import string, or the path of a script.
        server: The server that `covet run` drives.
        interface: RSGI or ASGI; the server's own choice by default.
        workers: How many workers serve.
        env: Further environment variables.
        directory: The working directory, which is importable; the tests' own by default.
        arguments: Further arguments of `covet run`, or of the script.
        ready_timeout: Seconds until it must listen.
        wait_until_ready: Whether to wait until it listens; not, if its start is meant to fail.
        plain: Whether port and workers are left to the application's settings.
    """
    return ServerProcess(
        target,
        server=server,
        interface=interface,
        workers=workers,
        env=env,
        directory=directory,
        arguments=arguments,
        ready_timeout=ready_timeout,
        wait_until_ready=wait_until_ready,
        plain=plain,
    )


def free_port() -> int:
    """Find a loopback port that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def children_of(pid: int) -> list[int]:
    """List the processes that a process has started (Linux)."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and f"\nPPid:\t{pid}\n".encode() in _read(str(entry / "status")):
            found.append(int(entry.name))
    return sorted(found)


def members_of(session: int) -> list[int]:
    """List the processes of a session, which is what a server and all it has started share (Linux)."""
    found = []
    for entry in Path("/proc").iterdir():
        # The name may hold spaces and parentheses; after its last one come state, parent, group, session.
        fields = _read(str(entry / "stat")).rpartition(b")")[2].split()
        if entry.name.isdigit() and len(fields) > 3 and int(fields[3]) == session:
            found.append(int(entry.name))
    return sorted(found)


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""

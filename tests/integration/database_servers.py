"""
Servers of databases that a test may kill and freeze: each is its own, in a temporary folder.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import pytest

from scripts.service_kinds import SERVICES
from scripts.services import _find_free_port

_START_SECONDS = 60.0
# What is committed is with the operating system: it survives the end of the server, though not of the machine.
_SAFER = {"mysql": ("--innodb-flush-log-at-trx-commit=2",)}


class DatabaseServer:
    """
    A server of a kind, which is started on entry and gone on exit, in whatever state it was left.

    Args:
        kind: `"postgresql"` or `"mysql"`.
    """

    def __init__(self, kind: str) -> None:
        self._service = SERVICES[kind]
        program = self._service.find_program()
        if program is None:
            pytest.skip(f"there is no program of {kind} to start; install {self._service.package}")
        self._program = program
        self._port = _find_free_port()
        is_root = os.name == "posix" and os.geteuid() == 0
        self._user = "nobody" if self._service.refuses_root and is_root else None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where its database is."""
        return urlsplit(self._service.url.format(port=self._port))._replace(path="/tea").geturl()

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix=f"covet-{self._service.name}-")
        folder = Path(self._folder.name)
        if self._user is not None:
            shutil.chown(folder, self._user)
        if self._service.prepare is not None:
            command = self._service.prepare(self._program, folder)
            subprocess.run(command, cwd=folder, user=self._user, capture_output=True, check=True)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._folder.cleanup()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        folder = Path(self._folder.name)
        with (folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._program, *self._service.arguments(folder, self._port), *_SAFER.get(self._service.name, ())],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                user=self._user,
            )
        end = time.monotonic() + _START_SECONDS
        while not self._answers():
            if time.monotonic() > end or self._process.poll() is not None:
                raise RuntimeError((folder / "log").read_text(errors="replace")[-2000:])
            time.sleep(0.02)

    def _answers(self) -> bool:
        with suppress(OSError):
            return self._service.answers("127.0.0.1", self._port)
        return False

    async def create_database(self) -> None:
        """Create the database of its URL."""
        execute = self._service.execute
        assert execute is not None
        where = {"postgresql": "/postgres", "mysql": "/mysql"}[self._service.name]
        await execute(urlsplit(self.url)._replace(path=where).geturl(), ["CREATE DATABASE tea"])

    def kill(self) -> None:
        """Kill all of its processes, as a loss of power would."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
            self._process = None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop all of its processes within the block: what is connected stays so, and nothing is answered."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        # The parent first: it starts no more of them.
        for process in (self._process.pid, *_find_children(self._process.pid)):
            with suppress(ProcessLookupError):
                os.kill(process, number)


def _find_children(parent: int) -> list[int]:
    """Find all processes below one, the nearest first; one look at all of them, since clients wait meanwhile."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # The name of a program, which stands in parentheses, may have spaces.
            fields = path.read_text().rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(int(path.parent.name))
    found = list(children.get(parent, ()))
    for process in found:
        found += children.get(process, ())
    return found

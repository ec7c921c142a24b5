"""
Schemathesis drives whole applications by their documents, with every check it has: what is promised there holds.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.server_process import ServerProcess, serve
from tests.integration.described_library import CARD

ROOT = Path(__file__).parents[2]

# A method that HTTP does not define, or not yet, is answered with 501 (RFC 9110 §9.1), not with 405.
CONFIGURATION = """
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
    """

    target: str
    paths: tuple[str, ...] = ("/openapi.json",)
    arguments: tuple[str, ...] = ()


APPLICATIONS = {
    "todo": Application("examples.todo.app:app"),
    "library": Application("tests.integration.described_library:app", arguments=("--header", f"x-card:{CARD}")),
    # It takes a list in a form for something else than its one item, and writes lists of objects in a way of its own:
    # two paths are left to test_openapi_agreement.py.
    "gallery": Application(
        "tests.integration.described_gallery:app", arguments=("--exclude-path", "/orders", "--exclude-path", "/guests")
    ),
    "shop": Application("tests.integration.described_shop:app", ("/openapi.json", "/internal/openapi.json")),
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
    with serve(application.target, directory=tmp_path, env={"PYTHONPATH": str(ROOT)}) as server:
        for path in application.paths:
            check(server, path, application, tmp_path, "--max-examples", "10", "--seed", "2026")


@pytest.mark.campaign
@most_applications
def test_every_check_passes_with_many_examples(name: str, tmp_path: Path) -> None:
    """
    Many examples of each operation, other ones in each run, over both protocols.
    """
    application = APPLICATIONS[name]
    for interface in ("rsgi", "asgi"):
        env = {"PYTHONPATH": str(ROOT)}
        with serve(application.target, interface=interface, directory=tmp_path, env=env) as server:
            for path in application.paths:
                check(server, path, application, tmp_path, "--max-examples", "500")


def check(server: ServerProcess, path: str, application: Application, folder: Path, *arguments: str) -> None:
    """
    Run the command of Schemathesis; it ends with 0 if all is well.
    """
    configuration = folder / "schemathesis.toml"
    configuration.write_text(CONFIGURATION, "utf-8")
    command: list[str | Path] = [
        Path(sys.executable).with_name("schemathesis"), "--config-file", configuration, "run", f"{server.url}{path}",
        "--checks", "all", "--no-color", *application.arguments, *arguments,
    ]  # fmt: skip
    environment = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": "tests.e2e.schemathesis_hooks",
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    }

    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout + result.stderr

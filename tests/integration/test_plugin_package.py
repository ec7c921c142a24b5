"""
The template for plugins, built and installed as a real package, is found by its entry point.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

TEMPLATE = ROOT / "examples" / "plugin"

APPLICATION = """
import asyncio
import json
import sys

from covet import create_app
from covet.testing import TestClient

app = create_app()


async def main() -> dict[str, object]:
    async with TestClient(app) as client:
        response = await client.get("/greet/Ada")
        health = await app.plugin_manager.check_health()
    return {
        "status": response.status_code,
        "body": response.json() if response.status_code == 200 else None,
        "header": response.headers.get("x-greeting"),
        "healthy": {name: report.is_healthy for name, report in health.items()},
        "plugins": [[record.name, str(record.origin), record.state.value] for record in app.plugin_manager.records],
        "imported": "covet_greeting" in sys.modules,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main())))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    Build the template and install it into a directory.
    """
    folder = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # The build works on a copy: it leaves nothing in the checkout.
    copy = tmp_path_factory.mktemp("template")
    run("cp", "-R", f"{TEMPLATE}/.", str(copy))
    run(*pip, "--no-deps", "--no-build-isolation", "--no-index", "--target", str(folder), str(copy))
    return folder


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """
    Put an application into a directory that enables and configures the plugin.
    """
    (tmp_path / "main.py").write_text(APPLICATION)
    (tmp_path / "config.toml").write_text(
        'discover_plugins = ["greeting"]\n\n[plugins.greeting]\nword = "Good morning"\n'
    )
    return tmp_path


def run(*command: str, cwd: Path | None = None, site: Path | None = None, status: int = 0) -> str:
    """
    Run a command that ends with a status; return what it wrote.
    """
    path = os.pathsep.join([str(ROOT / "src"), *([str(site)] if site else [])])
    ended = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert ended.returncode == status, ended.stdout + ended.stderr
    return ended.stdout + (ended.stderr if status else "")


@pytest.mark.slow
def test_enabled_plugin_is_served(site: Path, directory: Path) -> None:
    """
    Discovered by name, configured by the file, started and healthy.
    """
    answer = json.loads(run(sys.executable, "-W", "error", "main.py", cwd=directory, site=site))

    assert answer == {
        "status": 200,
        "body": {"greeting": "Good morning, Ada!"},
        "header": "Good morning",
        "healthy": {"greeting": True},
        "plugins": [["greeting", "entry point (covet-greeting 1.0.0)", "stopped"]],
        "imported": True,
    }


@pytest.mark.slow
def test_installed_plugin_is_not_enabled(site: Path, directory: Path) -> None:
    """
    To be installed is not enough: it is not even imported.
    """
    (directory / "config.toml").unlink()

    answer = json.loads(run(sys.executable, "-W", "error", "main.py", cwd=directory, site=site))

    assert (answer["status"], answer["plugins"], answer["imported"]) == (404, [], False)


@pytest.mark.slow
def test_command_of_the_plugin_is_called(site: Path, directory: Path) -> None:
    """
    `covet --app main:app greet` runs it.
    """
    written = run(sys.executable, "-m", "covet", "--app", "main:app", "greet", "Ada", cwd=directory, site=site)

    assert written == "Hello, Ada!\n"


@pytest.mark.slow
def test_plugin_is_listed_with_its_origin(site: Path, directory: Path) -> None:
    """
    `covet plugins list` says which distribution it is from, and that it starts.
    """
    written = run(
        sys.executable, "-m", "covet", "plugins", "list", "main:app", "--start", "--json", cwd=directory, site=site
    )

    [row] = json.loads(written)
    assert (row["name"], row["version"], row["state"]) == ("greeting", "1.0.0", "started")
    assert row["origin"] == "entry point (covet-greeting 1.0.0)"
    assert sorted(row["timings"]) == ["init_app", "on_shutdown", "on_startup"]


@pytest.mark.slow
def test_wrong_configuration_is_reported_with_file_and_line(site: Path, directory: Path) -> None:
    """
    The application does not start.
    """
    (directory / "config.toml").write_text(
        'discover_plugins = ["greeting"]\n\n[plugins.greeting]\nwordd = "Good morning"\n'
    )

    written = run(sys.executable, "main.py", cwd=directory, site=site, status=1)

    assert "plugins.greeting.wordd is no setting. Did you mean 'word'?" in written
    assert "config.toml, line 4" in written


@pytest.mark.slow
def test_template_passes_its_own_tests(site: Path) -> None:
    """
    As whoever copies it runs them.
    """
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(TEMPLATE),
        str(TEMPLATE),
    ]

    assert "3 passed" in run(*command, cwd=TEMPLATE)

"""
The wheel, alone in an empty environment, runs an application: the core depends on nothing.
"""

import json
import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest

from covet._version import __version__
from covet.openapi.ui_files import UIS, list_missing
from tests.architecture.source import ROOT, list_tracked_files

APPLICATION = """
import asyncio
import json
from dataclasses import dataclass
from importlib.metadata import distributions
from typing import Annotated

import covet
from covet import CovetPy, Form
from covet.cache import Cache
from covet.cache_plugin import CachePlugin
from covet.middleware import CacheMiddleware
from covet.testing import TestClient


@dataclass
class Item:
    name: str
    price: float
    quantity: int = 1


app = CovetPy(plugins=[CachePlugin()])


@app.get("/cups", middleware=[CacheMiddleware()])
async def count_cups(cache: Cache) -> dict[str, object]:
    return {"cups": await cache.get_or_set("cups", lambda: [1, None]), "times": await cache.increment("times")}


@app.post("/items/{shop:int}")
async def create_item(shop: int, item: Item) -> dict[str, object]:
    return {"shop": shop, "name": item.name, "total": item.price * item.quantity}


@app.post("/forms")
async def read_form(item: Annotated[Item, Form()]) -> Item:
    return item


async def main() -> dict[str, object]:
    found = {}
    for protocol in ("asgi", "rsgi"):
        async with TestClient(app, protocol=protocol) as client:
            good = await client.post("/items/7", json={"name": "tea", "price": 2.5, "quantity": 4})
            bad = await client.post("/items/7", json={"price": "free", "quantity": 1.5})
            form = await client.post("/forms", data={"name": "tea", "price": "2.5"})
            cups = [(await client.get("/cups")).json() for _ in range(2)]
            found[protocol] = {
                "cups": cups,
                "form": [form.status_code, form.headers["content-type"], form.json()],
                "good": [good.status_code, good.headers["content-type"], good.json()],
                "bad": [bad.status_code, bad.headers["content-type"], bad.json()],
            }
    return found


print(json.dumps({
    "installed": sorted(distribution.metadata["Name"] for distribution in distributions()),
    "file": covet.__file__,
    "version": covet.__version__,
    "answers": asyncio.run(main()),
}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    Build the wheel of this checkout.
    """
    folder = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT))
    return next(folder.glob("covetpy-*.whl"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    Install the wheel alone into an empty environment, and name its interpreter.
    """
    folder = tmp_path_factory.mktemp("empty")
    venv.create(folder, with_pip=False)
    interpreter = folder / "bin" / "python"
    # The pip of this environment installs into the other: the empty one stays empty.
    _run(sys.executable, "-m", "pip", f"--python={interpreter}", "install", "--no-index", "--no-deps", str(wheel))
    return interpreter


@pytest.fixture(scope="module")
def report(python: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """
    Run the application there.
    """
    script = tmp_path_factory.mktemp("application") / "application.py"
    script.write_text(APPLICATION, "utf-8")
    result: dict[str, object] = json.loads(_run(str(python), "-W", "error", str(script)))
    return result


def test_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    """
    The wheel carries the package with its type marker and licence, no test and no benchmark.
    """
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()

    folders = {name.partition("/")[0] for name in names}
    assert folders == {"covet", f"covetpy-{__version__}.dist-info"}
    assert "covet/py.typed" in names
    assert f"covetpy-{__version__}.dist-info/licenses/LICENSE" in names
    assert [name for name in names if "__pycache__" in name] == []


def test_the_source_archive_holds_all_that_is_tracked(tmp_path: Path) -> None:
    """
    Whoever packages CovetPy can run its tests and commands from the archive: only hidden files stay behind.
    """
    _run(sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", str(tmp_path), str(ROOT))

    with tarfile.open(next(tmp_path.glob("covetpy-*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    tracked = {path.relative_to(ROOT).as_posix() for path in list_tracked_files()}
    missing = {name for name in tracked - names if not name.startswith(".")}
    # The build adds the metadata, what git ignores, which says so itself, and the files of the pages if they are there.
    added = {name for name in names - tracked if not name.startswith("src/covet/openapi/ui/")}
    assert missing == set()
    assert added <= {"PKG-INFO", ".gitignore"}


@pytest.mark.skipif(bool(list_missing()), reason="the files of Swagger UI and Redoc are not there: run make ui")
def test_wheel_holds_the_pages_with_their_licences(wheel: Path) -> None:
    """
    Whoever installs it needs no npm.
    """
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())

    wanted = {name for ui in UIS.values() for name in (*ui.files, *ui.licences)}
    assert {f"covet/openapi/ui/{name}" for name in wanted} <= names


def test_nothing_else_is_installed(report: dict[str, object], python: Path) -> None:
    """
    The environment has one distribution, and covet is imported from it.
    """
    assert report["installed"] == ["covetpy"]
    assert report["version"] == __version__
    assert Path(str(report["file"])).is_relative_to(python.parent.parent)


@pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
def test_typed_handler_answers(report: dict[str, object], protocol: str) -> None:
    """
    A path parameter and a dataclass body reach the handler, and its answer is JSON.
    """
    answers = _answers_of(report, protocol)

    assert answers["good"] == [200, "application/json", {"shop": 7, "name": "tea", "total": 10.0}]


@pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
def test_a_cache_in_memory_needs_no_library(report: dict[str, object], protocol: str) -> None:
    """
    Neither that of results nor that of responses: the handler runs once.
    """
    assert _answers_of(report, protocol)["cups"] == [{"cups": [1, None], "times": 1}] * 2


@pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
def test_a_form_needs_no_library(report: dict[str, object], protocol: str) -> None:
    """
    An urlencoded one; only the other kind needs one.
    """
    answers = _answers_of(report, protocol)

    assert answers["form"] == [200, "application/json", {"name": "tea", "price": 2.5, "quantity": 1}]


@pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
def test_invalid_body_lists_every_error(report: dict[str, object], protocol: str) -> None:
    """
    Without msgspec too, all errors of a body come at once.
    """
    status, media_type, problem = _answers_of(report, protocol)["bad"]

    assert (status, media_type) == (422, "application/problem+json")
    assert sorted(error["pointer"] for error in problem["errors"]) == ["/name", "/price", "/quantity"]
    assert {error["source"] for error in problem["errors"]} == {"body"}


# What JSON holds has no narrower type.
def _answers_of(report: dict[str, object], protocol: str) -> dict[str, Any]:
    answers = report["answers"]
    if not isinstance(answers, dict):
        pytest.fail(f"the application reported {answers!r}")
    found: dict[str, Any] = answers[protocol]
    return found


def test_settings_need_no_library(python: Path, tmp_path: Path) -> None:
    """
    Arguments, the environment, `.env`, TOML and JSON are read there; YAML says what it needs.
    """
    (tmp_path / "config.toml").write_text("[server]\nport = 1\n[app]\nname = '${NAME}'\n")
    (tmp_path / ".env").write_text("NAME='from .env'\n")
    (tmp_path / "other.json").write_text('{"debug": true}')
    (tmp_path / "other.yaml").write_text("debug: true")
    script = tmp_path / "script.py"
    script.write_text(
        "import json, os\n"
        "os.chdir(os.path.dirname(__file__))\n"
        "os.environ['COVET_SERVER_WORKERS'] = '2'\n"
        "from covet.config import ConfigurationError, Settings\n"
        "settings = Settings(environment='testing')\n"
        "values = [settings.app.name, settings.server.port, settings.server.workers, settings.is_testing]\n"
        "values.append(Settings.from_file('other.json').debug)\n"
        "try:\n"
        "    Settings.from_file('other.yaml')\n"
        "except ConfigurationError as exc:\n"
        "    values.append(str(exc))\n"
        "print(json.dumps(values))\n"
    )

    *values, error = json.loads(_run(str(python), "-W", "error", str(script)))

    assert values == ["from .env", 1, 2, True, True]
    assert 'pip install "covetpy[yaml]"' in error


def test_secrets_need_no_library(python: Path, tmp_path: Path) -> None:
    """
    Signing and scrypt work there; Argon2 and encryption say what they need.
    """
    script = tmp_path / "script.py"
    script.write_text(
        "import asyncio, json\n"
        "from covet.exceptions import MissingDependencyError\n"
        "from covet.security import Encrypter, PasswordHasher, Signer\n"
        "signer = Signer('k' * 32, purpose='a test')\n"
        "hasher = PasswordHasher()\n"
        "async def log_in():\n"
        "    stored = await hasher.hash('correct horse')\n"
        "    return stored[:22], await hasher.verify(stored, 'correct horse'), await hasher.verify(stored, 'wrong')\n"
        "values = [signer.unseal(signer.seal([7], expires_in=60)), *asyncio.run(log_in())]\n"
        "for ask in (lambda: Encrypter('k' * 32, purpose='a test'), lambda: hasher.needs_rehash('$argon2id$')):\n"
        "    try:\n"
        "        ask()\n"
        "    except MissingDependencyError as exc:\n"
        "        values.append(exc.library)\n"
        "print(json.dumps(values))\n"
    )

    values = json.loads(_run(str(python), "-W", "error", str(script)))

    assert values == [[7], "$scrypt$ln=16,r=8,p=2$", True, False, "cryptography", "argon2-cffi"]


def _run(*command: str) -> str:
    # Neither this environment's packages nor a user's own ones may leak into the empty one.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    result = subprocess.run(
        command, cwd=Path(sys.prefix), env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    if result.returncode != 0:
        pytest.fail(f"{' '.join(command)} failed:\n{result.stdout}{result.stderr}")
    return result.stdout


def test_batteries_are_enabled_by_their_names(python: Path, tmp_path: Path) -> None:
    """
    The debug pages need no library, and settings enable them by the name that the wheel offers.
    """
    script = tmp_path / "script.py"
    script.write_text(
        "import asyncio, json\n"
        "from covet import create_app\n"
        "from covet.config import Settings, Sources\n"
        "from covet.testing import TestClient\n"
        "app = create_app(Settings(sources=Sources.none(), debug=True, discover_plugins=['debug']))\n"
        "async def ask():\n"
        "    return (await TestClient(app, base_url='http://localhost').get('/_debug/plugins')).json()\n"
        "print(json.dumps(asyncio.run(ask())['plugins'][0]['origin']))\n"
    )

    assert json.loads(_run(str(python), "-W", "error", str(script))) == f"entry point (covetpy {__version__})"

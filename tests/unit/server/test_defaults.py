"""
What an application says of how it is served, and how it is asked without being imported here.
"""

import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from covet import CovetPy
from covet.config import Settings, Sources
from covet.exceptions import ConfigurationError
from covet.server.defaults import UnknownDefaultsError, ask_target, read_defaults
from covet.server.target import ImportTarget

SHOP = """
import os, sys
from covet import CovetPy
from covet.config import Settings, Sources

print("importing")
print("importing", file=sys.stderr)
app = CovetPy(settings=Settings(server={"port": 9000, "uds": None, "tls_key": "k", "tls_certificate": "c"},
                                sources=Sources.none()))
app.run()

def create_app():
    return CovetPy(settings=Settings(server={"port": 9001}, sources=Sources.none()))
"""


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    return tmp_path


def test_an_application_without_settings_says_nothing() -> None:
    """Neither do other kinds of application."""
    assert read_defaults(CovetPy()) == {}
    assert read_defaults(SimpleNamespace(server_defaults=3)) == {}


def test_settings_say_how_the_application_is_served() -> None:
    """The section `server`, without what is the application's own, and how to log."""
    settings = Settings(
        server={"port": 9000, "drain_timeout": "5s"}, logging={"format": "json"}, sources=Sources.none()
    )

    defaults = read_defaults(CovetPy(settings=settings))

    assert (defaults["port"], defaults["drain_timeout"], defaults["log_format"]) == (9000, 5.0, "json")
    assert "body_limit" not in defaults


def test_an_application_that_says_what_cannot_be_is_refused() -> None:
    """Its options are checked as those of `run()` are."""
    with pytest.raises(ConfigurationError, match=r"run\(\) has no option 'prot'.\n  Did you mean 'port'\?"):
        read_defaults(SimpleNamespace(server_defaults={"prot": 9}))


def test_a_target_is_asked_without_being_imported_here(directory: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What it prints is not seen twice, and workers that are forked still import it by themselves."""
    (directory / "shop_asked.py").write_text(SHOP)

    defaults = ask_target(ImportTarget("shop_asked"))

    assert (defaults["port"], defaults["tls_key"]) == (9000, "k")
    assert "shop_asked" not in sys.modules
    assert capfd.readouterr() == ("", "")


def test_a_factory_is_called_to_be_asked(directory: Path) -> None:
    """What it makes says what holds."""
    (directory / "shop_made.py").write_text(SHOP)

    assert ask_target(ImportTarget("shop_made", "create_app", factory=True))["port"] == 9001


def test_what_is_imported_already_is_asked_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process could not find it, such as the script that runs."""
    settings = Settings(server={"port": 9002}, sources=Sources.none())
    monkeypatch.setitem(sys.modules, "only_here", SimpleNamespace(app=CovetPy(settings=settings)))

    assert ask_target(ImportTarget("only_here"))["port"] == 9002


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("raise RuntimeError('no tea')", "RuntimeError: no tea\nImporting 'shop_broken' failed with RuntimeError."),
        (
            (
                "class App:\n    async def __call__(self): ...\n    @property\n    def server_defaults(self):\n"
                "        raise KeyError('no tea')\napp = App()"
            ),
            "KeyError: 'no tea'",
        ),
        ("ap = 1", "Module 'shop_broken' has no 'app'."),
        ("from covet import create_app\napp = create_app(debuk=True)", "debuk is no setting. Did you mean 'debug'?"),
    ],
)
def test_what_cannot_be_imported_says_why(directory: Path, text: str, message: str) -> None:
    """The text is the one that a worker would write."""
    (directory / "shop_broken.py").write_text(text)

    with pytest.raises(UnknownDefaultsError) as caught:
        ask_target(ImportTarget("shop_broken"))

    assert message in caught.value.text
    assert "covet/server" not in caught.value.text


@pytest.mark.parametrize(
    "text", ["import os; os._exit(9)", "raise SystemExit(3)", "import os; os.kill(os.getpid(), 9)"]
)
def test_an_import_that_ends_its_process_is_left_to_the_worker(directory: Path, text: str) -> None:
    """Nothing is known then, and the worker shows why."""
    (directory / "shop_ending.py").write_text(text)

    assert ask_target(ImportTarget("shop_ending")) == {}


def test_an_application_that_leaves_a_thread_behind_is_asked_all_the_same(directory: Path) -> None:
    """The process that asks it does not wait for its threads."""
    (directory / "shop_thread.py").write_text(
        f"import threading\nthreading.Thread(target=threading.Event().wait).start()\n{SHOP}"
    )

    assert ask_target(ImportTarget("shop_thread"))["port"] == 9000


def test_without_an_interpreter_to_start_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """An embedded Python has none."""
    monkeypatch.setattr(sys, "executable", "")

    assert ask_target(ImportTarget("nowhere_at_all")) == {}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_asking(directory: Path, number: signal.Signals) -> None:
    """The process ends in order, and so does the one that imports; the handlers are as before."""
    (directory / "shop_hanging.py").write_text(
        "import os, pathlib, threading\n"
        "pathlib.Path('pid.tmp').write_text(str(os.getpid()))\nos.rename('pid.tmp', 'pid')\n"
        "threading.Event().wait()\n"
    )
    before = signal.getsignal(number)

    def strike() -> None:
        while not (directory / "pid").exists():
            time.sleep(0.01)
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=strike)
    thread.start()
    with pytest.raises(SystemExit) as caught:
        ask_target(ImportTarget("shop_hanging"))
    thread.join()

    assert caught.value.code == 0
    assert signal.getsignal(number) is before
    with pytest.raises(ProcessLookupError):
        os.kill(int((directory / "pid").read_text()), 0)

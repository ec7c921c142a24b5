"""
`covet check`: one report, a status, and nothing started.
"""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from covet.cli.commands import covet


def call(*arguments: str) -> SimpleNamespace:
    """Call the command in this process; returns status, output and errors."""
    result = CliRunner().invoke(covet, ["check", *arguments])
    return SimpleNamespace(status=result.exit_code, output=result.stdout, errors=result.stderr)


def test_good_application_is_counted(composed: Path) -> None:
    """Every part in a line, on standard output, with status 0."""
    result = call("composed:app")

    assert (result.status, result.errors) == (0, "")
    title, settings, *others = [line.split(maxsplit=1) for line in result.output.splitlines()]
    assert title == ["composed:app", "can start."]
    assert settings[1].endswith(" values for development (default, environment's default, keyword argument)")
    assert others == [
        ["plugins", "0 plugins"],
        ["middleware", "1 layer around every route"],
        ["routes", "4 routes, and 2 mounted applications"],
        ["services", "2 services, injected in 1 place"],
        ["events", "1 subscription"],
    ]


def test_bad_application_is_reported_whole(composed: Path) -> None:
    """All errors of all parts at once, mounted applications included, on standard error, with status 1."""
    result = call("decomposed:app")

    assert (result.status, result.output) == (1, "")
    assert (
        result.errors
        == """\
decomposed:app cannot start: 5 errors.

routes
  GET /a, parameter 'page': It has no annotation.
    Write its type, such as page: int. Names in braces in the path, and request, need none.
  GET /c, parameter 'item': User would come from the body, which GET does not have.
    Take its fields as parameters, or say Annotated[..., Body()] if a body is meant.

services
  Host is not registered.
    the event handler decomposed.greet, {place}/decomposed.py:64
    └─> host: Host  <── not registered
    Register it: container.register(Host).
  Host is not registered.
    GET /b (decomposed.second), {place}/decomposed.py:46
    └─> mailer: Mailer (transient), {place}/decomposed.py:34
        └─> host: Host  <── not registered
    Register it: container.register(Host).

routes, mounted at /inner
  GET /inside, parameter 'thing': It has no annotation.
    Write its type, such as thing: int. Names in braces in the path, and request, need none.

warnings: plugins
  The plugin 'degraded' is not there, the application runs without it: init_app() raised ConnectionError: refused.
  The settings have a section [plugins.degradde], and no plugin 'degradde' is there. {hint}
""".replace("{place}", composed.name).replace("{hint}", "Did you mean 'degraded'? Available: degraded.")
    )


@pytest.mark.parametrize("target", ["composed:app", "decomposed:app"])
def test_nothing_is_started(composed: Path, target: str) -> None:
    """Neither handlers of the start nor lifespans nor plugins."""
    call(target)

    assert sys.modules[target.partition(":")[0]].started == []


@pytest.mark.parametrize(
    ("target", "part", "messages"),
    [
        (
            "decomposed:without_settings",
            "settings",
            ["databasee is no setting. Did you mean 'database'?", "debug must be true or false, got 3"],
        ),
        ("decomposed:without_plugin", "plugins", ["'lonely' 1.0 needs 'nobody', which is not there."]),
        ("decomposed:failing", "application", ["KeyError: 'own'"]),
        ("decomposed:nothing", "application", ["Module 'decomposed' has no 'nothing'."]),
    ],
)
def test_application_that_cannot_be_made_is_reported(
    composed: Path, target: str, part: str, messages: list[str]
) -> None:
    """By the part that prevents it, each error by itself."""
    found = json.loads(call(target, "--factory", "--json").output)

    assert found["ok"] is False
    assert {item["part"] for item in found["errors"]} == {part}
    for message, item in zip(messages, found["errors"], strict=True):
        assert message in item["message"]


def test_json_has_everything(composed: Path) -> None:
    """For programs, on standard output, with the same status."""
    good, bad = call("composed:app", "--json"), call("decomposed:app", "--json")

    assert (good.status, bad.status) == (0, 1)
    assert json.loads(good.output) == {
        "target": "composed:app",
        "ok": True,
        "errors": [],
        "warnings": [],
        "counts": json.loads(good.output)["counts"],
    }
    assert [item["part"] for item in json.loads(bad.output)["errors"]] == [
        *("routes", "routes", "services", "services", "routes, mounted at /inner"),
    ]


def test_deployment_is_checked_where_that_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is unsafe is an error, what is unwise a warning; without the option there is neither."""
    (tmp_path / "deployed.py").write_text(
        "from covet import CovetPy\n"
        "from covet.middleware import CORSMiddleware\n"
        "app = CovetPy(middleware=[CORSMiddleware(allow_origins=['*'])])\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))

    plain = call("deployed:app")
    deployed = call("--deploy", "deployed:app")
    as_json = call("--deploy", "--json", "deployed:app")
    sys.modules.pop("deployed", None)

    assert (plain.status, deployed.status, as_json.status) == (0, 1, 1)
    assert deployed.errors.startswith("deployed:app is unsafe: 1 error.\n\ndeployment\n  [D112] ")
    assert "\nwarnings: deployment\n  [D103] " in deployed.errors
    parts = {item["part"] for name in ("errors", "warnings") for item in json.loads(as_json.output)[name]}
    assert parts == {"deployment"}


CHECKED = """
from covet import CovetPy
from covet.checks import Check
from covet.plugins import Plugin


class Shop(Plugin):
    name, version = "shop", "1.0"

    def init_app(self, app): ...

    def checks(self):
        return [
            Check("S1", "error", "shop", "Restock.", self.look),
            Check("S2", "error", "shop", "Call them.", self.call),
            Check("S3", "warning", "shop", "Lock it.", lambda: "It is open.", is_deployment=True),
        ]

    async def look(self):
        return "It is empty."

    async def call(self):
        raise ConnectionError("refused")


app = CovetPy(plugins=[Shop])
outer = CovetPy()
outer.mount("/shop", app)
"""


def test_plugins_contribute_checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of mounted applications, too; those of a deployment where that is asked for."""
    (tmp_path / "checked.py").write_text(CHECKED)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))

    plain, mounted, deployed = call("checked:app"), call("checked:outer"), call("checked:app", "--deploy", "--json")
    sys.modules.pop("checked", None)

    assert (plain.status, mounted.status, deployed.status) == (1, 1, 1)
    assert plain.errors == (
        "checked:app is not ready: 1 error.\n\n"
        "plugin shop\n  [S1] It is empty.\n    Restock.\n\n"
        "warnings: plugin shop\n  [S2] shop could not be checked: ConnectionError: refused\n    Call them.\n"
    )
    assert "\nplugin shop, mounted at /shop\n  [S1] It is empty.\n" in mounted.errors
    report = json.loads(deployed.output)
    assert report["counts"]["checks"] == "2 checks of plugins"
    assert {"part": "deployment", "id": "S3", "message": "[S3] It is open.\n  Lock it."} in report["warnings"]

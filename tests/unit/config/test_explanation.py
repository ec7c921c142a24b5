"""
Where values came from.
"""

import json
from pathlib import Path

import pytest

from covet.config import ConfigurationError, Settings, Sources
from covet.config.secret import MASK


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings with a value of nearly every layer."""
    monkeypatch.chdir(tmp_path)
    Path("config.toml").write_text(
        "[server]\nworkers = 2\n\n[database]\nurl = 'postgresql://ada:enigma@db/shop'\n\n"
        "[plugins.hello]\ngreeting = 'hi'\ntoken = '${TOKEN}'\ncode = '${TOKEN}'\n"
    )
    Path(".env").write_text("COVET_SERVER_PORT=9\nTOKEN=hunter2\n")
    Path("secrets").mkdir()
    Path("secrets/security__secret_key").write_text("a-very-long-secret-of-this-application")
    Path("secrets/plugins__hello__pins").write_text("hunter2")
    Path("secrets/app__name").write_text("hunter2")
    sources = Sources(secrets="secrets", variables={"COVET_ENV": "staging"}, command_line={"logging.level": "warning"})
    return Settings(sources=sources, debug=True)


def test_each_value_has_its_layer_file_and_line(settings: Settings) -> None:
    """One look says where to change it."""
    wanted = ("debug", "logging.level", "environment", "server.port", "server.workers", "logging.format", "cache.url")

    rows = [settings.explain().find(path).to_dict() for path in wanted]

    assert [(row["value"], row["layer"], row["name"], row["file"], row["line"]) for row in rows] == [
        (True, "keyword argument", "debug", None, None),
        ("warning", "command line", "logging.level", None, None),
        ("staging", "environment", "COVET_ENV", None, None),
        (9, ".env", "COVET_SERVER_PORT", ".env", 1),
        (2, "config file", "server.workers", "config.toml", 2),
        ("json", "environment's default", "staging", None, None),
        (None, "default", "", None, None),
    ]


def test_every_setting_is_explained(settings: Settings) -> None:
    """Those of plugins included, whose fields nobody here knows."""
    explained = settings.explain()
    closed = [field.name for field in Settings.read_shape().walk() if not field.is_open]

    paths = [row.path for row in explained]

    assert paths[: len(closed)] == closed
    assert sorted(paths[len(closed) :]) == [f"plugins.hello.{name}" for name in ("code", "greeting", "pins", "token")]
    assert len(explained) == len(paths)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("database.url", f"postgresql://ada:{MASK}@db/shop"),
        ("security.secret_key", MASK),
        ("plugins.hello.greeting", "hi"),
        ("plugins.hello.token", MASK),
        ("plugins.hello.code", MASK),
        ("plugins.hello.pins", MASK),
        ("app.name", MASK),
    ],
)
def test_secrets_are_masked(settings: Settings, path: str, value: str) -> None:
    """By type, by name, by where they come from: a secret file, or a variable that a plugin's setting refers to."""
    row = settings.explain().find(path)
    plain: object = settings.dict()
    for part in path.split("."):
        assert isinstance(plain, dict)
        plain = plain[part]

    assert row.value == value
    assert plain == value
    assert "hunter2" not in str(settings.explain())


def test_the_table_is_aligned(settings: Settings) -> None:
    """People read the columns, programs the data."""
    lines = str(settings.explain()).splitlines()

    assert lines[0].split() == ["SETTING", "VALUE", "LAYER", "FROM"]
    assert next(line for line in lines if line.startswith("server.workers")).split() == [
        "server.workers", "2", "config", "file", "config.toml:2", "server.workers",
    ]  # fmt: skip
    column = lines[0].index("VALUE")
    assert all(line[column - 2 : column] == "  " for line in lines)


def test_the_data_is_json(settings: Settings) -> None:
    """Whatever the types of the values."""
    rows = json.loads(json.dumps(settings.explain().to_list()))

    assert rows[0] == {
        "path": "environment", "value": "staging", "layer": "environment", "name": "COVET_ENV", "file": None,
        "line": None, "reloadable": False,
    }  # fmt: skip
    assert [row["path"] for row in rows if row["reloadable"]][:2] == ["database.echo", "security.rate_limit_requests"]


def test_an_unknown_setting_is_an_error(settings: Settings) -> None:
    """The closest one is suggested."""
    with pytest.raises(ConfigurationError, match=r"There is no setting 'server\.prot'") as caught:
        settings.explain().find("server.prot")

    assert "Did you mean 'server.port'?" in str(caught.value)

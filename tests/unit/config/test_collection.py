"""
What all sources say.
"""

from pathlib import Path

import pytest

from covet.config import Environment, Settings, Sources
from covet.config.collection import Collected, Variables, choose_environment, collect, make_profile_layer
from covet.config.dotenv import Assignment
from covet.config.errors import Origin
from covet.config.layers import Entry, Layer, merge
from covet.config.names import VariableNames
from covet.config.references import ReferenceFailedError

SHAPE = Settings.read_shape()


def gather(sources: Sources, **overrides: object) -> Collected:
    """Ask the sources."""
    return collect(SHAPE, sources, VariableNames(SHAPE, sources.env_prefix), overrides)


def values_of(collected: Collected) -> dict[str, object]:
    """Show what wins, by its paths."""
    return {".".join(path): entry.value for path, entry in merge(collected.layers).items()}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory with one file of each kind."""
    (tmp_path / "config.toml").write_text("[server]\nport = 1\nhost = 'file'\nworkers = 1\n")
    (tmp_path / "config.staging.toml").write_text("[server]\nport = 2\nhost = 'special'\n")
    (tmp_path / ".env").write_text("COVET_ENV=staging\nCOVET_SERVER_PORT=3\n")
    (tmp_path / "staging.env").write_text("COVET_SERVER_PORT=5\n")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "server__port").write_text("4\n")
    (tmp_path / "secrets" / "unrelated").write_bytes(b"\xff")
    return tmp_path


def test_every_source_is_asked(directory: Path) -> None:
    """The stronger one wins, value by value."""
    sources = Sources(directory=directory, secrets="secrets", variables={"COVET_SERVER__BACKLOG": "200"})

    collected = gather(sources, debug=True)

    assert values_of(collected) == {
        "debug": True,
        "environment": "staging",
        "server.backlog": "200",
        "server.port": "4",
        "server.host": "special",
        "server.workers": 1,
    }
    assert collected.problems == ()
    assert collected.warnings == ()
    assert collected.config_file == directory / "config.toml"


def test_the_files_are_listed_with_their_states(directory: Path) -> None:
    """Those that are not there yet are among them: they may come."""
    stamps = gather(Sources(directory=directory, secrets="secrets", variables={})).stamps

    present = {file.name for file, stamp in stamps.items() if stamp is not None}

    assert present == {"config.toml", "config.staging.toml", ".env", "secrets", "server__port", "unrelated"}
    assert stamps[directory / "config.yaml"] is None


@pytest.mark.parametrize(
    ("sources", "values"),
    [
        (Sources(secrets=None, variables={}), {"server.port": "3", "server.host": "special"}),
        (Sources(dotenv=None, secrets=None, variables={}), {"server.port": 1, "server.host": "file"}),
        (Sources(use_files=False, secrets=None, variables={}), {"server.port": "3"}),
        (Sources(dotenv=None, secrets=None, variables={"COVET_ENV": "stage"}), {"server.port": 2}),
        (Sources(dotenv="staging.env", secrets=None, variables={}), {"server.port": "5"}),
    ],
)
def test_sources_can_be_switched_off(
    directory: Path, monkeypatch: pytest.MonkeyPatch, sources: Sources, values: dict[str, object]
) -> None:
    """What is off is not asked; relative names start from the directory."""
    monkeypatch.chdir(directory)

    found = values_of(gather(sources))

    assert {name: found[name] for name in values} == values
    assert ("server.host" in found) == sources.use_files


def test_the_environment_of_the_process_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Unless another one is given, and only when it is asked."""
    monkeypatch.setenv("COVET_SERVER_PORT", "9")

    assert values_of(gather(Sources(directory=tmp_path, secrets=None))) == {"server.port": "9"}


def test_a_file_may_have_any_name(tmp_path: Path) -> None:
    """Beside it, the file of the environment is looked for."""
    (tmp_path / "shop.json").write_text('{"environment": "prod", "server": {"port": 1, "host": "a"}}')
    (tmp_path / "shop.production.toml").write_text("[server]\nport = 2\n")
    (tmp_path / "config.toml").write_text("debug = true\n")

    found = values_of(gather(Sources(file=tmp_path / "shop.json", secrets=None, variables={})))

    assert found == {"environment": "prod", "server.port": 2, "server.host": "a"}


def problems_of(sources: Sources) -> list[str]:
    """List what is wrong with the sources."""
    return [str(problem) for problem in gather(sources).problems]


def test_what_is_wrong_with_files_is_collected(tmp_path: Path) -> None:
    """One file does not hide another."""
    (tmp_path / "config.toml").write_text("a = \n")
    (tmp_path / ".env").write_text("hunter2\n")

    assert problems_of(Sources(directory=tmp_path, secrets="nowhere", variables={})) == [
        f"{tmp_path}/nowhere cannot be read: No such file or directory.",
        f"{tmp_path}/.env is no assignment: write NAME=value ({tmp_path}/.env, line 1).",
        f"{tmp_path}/config.toml is no TOML: Invalid value ({tmp_path}/config.toml, line 1).",
    ]


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    """Only files that are looked for may be missing."""
    file = tmp_path / "config.toml"

    assert problems_of(Sources(file=file, secrets=None, variables={})) == [
        f"{file} cannot be read: No such file or directory."
    ]
    assert problems_of(Sources(directory=tmp_path, dotenv="other.env", secrets=None, variables={})) == [
        f"{tmp_path}/other.env cannot be read: No such file or directory."
    ]


def test_a_missing_library_is_a_problem_like_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report says how to install it."""
    monkeypatch.setitem(__import__("sys").modules, "yaml", None)
    (tmp_path / "config.yaml").write_text("debug: true\n")

    assert problems_of(Sources(directory=tmp_path, secrets=None, variables={})) == [
        (
            f"{tmp_path}/config.yaml cannot be read: PyYAML is needed for reading config.yaml.\n"
            '  Install it with: pip install "covetpy[yaml]"'
        )
    ]


def test_an_unreadable_secret_of_ours_is_a_problem(tmp_path: Path) -> None:
    """One that no setting has is somebody else's."""
    (tmp_path / "debug").write_bytes(b"\xff")
    (tmp_path / "other").write_bytes(b"\xff")

    assert problems_of(Sources(use_files=False, dotenv=None, secrets=tmp_path, variables={})) == []
    (tmp_path / "COVET_DEBUG").write_bytes(b"\xff")
    assert problems_of(Sources(use_files=False, dotenv=None, secrets=tmp_path, variables={})) == [
        f"{tmp_path}/COVET_DEBUG is no UTF-8 text ({tmp_path}/COVET_DEBUG, line 1)."
    ]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("SERVER__PORT", {"server.port": "x"}),
        ("server_port", {"server.port": "x"}),
        ("covet_server_port", {"server.port": "x"}),
        ("security-secret-key", {"security.secret_key": "x"}),
        ("plugins__hello__key", {"plugins.hello.key": "x"}),
        ("covet_debug", {"debug": "x"}),
        ("debug", {}),
        ("database", {}),
        ("port", {}),
    ],
)
def test_secret_files_are_named_as_containers_name_them(tmp_path: Path, name: str, values: dict[str, str]) -> None:
    """Case, prefix and hyphens do not matter; a common word alone is somebody else's."""
    (tmp_path / name).write_text("x\n")

    collected = gather(Sources(use_files=False, dotenv=None, secrets=tmp_path, variables={}))

    assert values_of(collected) == values
    assert collected.problems == ()


def test_the_file_of_an_environment_cannot_choose_it(tmp_path: Path) -> None:
    """Otherwise a file for development could say that it is production."""
    (tmp_path / "config.development.toml").write_text("[app]\nenvironment = 'production'\n")

    assert problems_of(Sources(directory=tmp_path, secrets=None, variables={})) == [
        (
            "environment cannot be set in a file that is read for one environment only; remove it there "
            f"(app.environment in {tmp_path}/config.development.toml, line 2)."
        )
    ]


def test_two_files_are_warned_about(tmp_path: Path) -> None:
    """TOML is read; what the other says would be missed."""
    (tmp_path / "config.toml").write_text("")
    (tmp_path / "config.json").write_text("{}")

    collected = gather(Sources(directory=tmp_path, secrets=None, variables={}))

    assert collected.warnings == (
        f"{tmp_path}/config.toml is read, and config.json beside it is not. Keep one of them.",
    )


# ── References ───────────────────────────────────────────────────────────────


def test_references_find_environment_secrets_and_dotenv() -> None:
    """In this order; `.env` may refer to itself and to the environment."""
    variables = Variables(
        {"A": "env"},
        {"A": "secret", "B": "secret"},
        {
            "A": Assignment("A", "dotenv", 1),
            "C": Assignment("C", "${A} ${D}", 2),
            "D": Assignment("D", "${A}", 3, is_literal=True),
        },
    )

    assert [variables.look_up(name) for name in "ABCDE"] == ["env", "secret", "env ${A}", "${A}", None]


def test_a_variable_that_is_defined_by_itself_is_an_error() -> None:
    """It ends, however long the circle is."""
    variables = Variables({}, {}, {"A": Assignment("A", "${B}", 1), "B": Assignment("B", "x${A}", 2)})

    with pytest.raises(ReferenceFailedError, match="refers to \\$\\{A\\}, which is defined by itself"):
        variables.look_up("A")


def test_references_are_followed_within_lists_and_tables() -> None:
    """Other values stay what they are; a literal is not read."""
    variables = Variables({"A": "x"})
    value = {"list": ["${A}", 1], "text": "${A}"}

    assert variables.resolve(Entry(value, Origin("f"), is_literal=False)) == {"list": ["x", 1], "text": "x"}
    assert variables.resolve(Entry(value, Origin("f"))) == value


# ── Environments ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "environment"),
    [
        ("prod", Environment.PRODUCTION),
        ("${WHERE}", Environment.STAGING),
        ("${NOWHERE}", Environment.DEVELOPMENT),
        ("moon", Environment.DEVELOPMENT),
    ],
)
def test_the_environment_is_known_first(value: str, environment: Environment) -> None:
    """What is wrong with its name is reported with the rest, later."""
    layer: Layer = {("environment",): Entry(value, Origin("f"), is_literal=False)}

    assert choose_environment(SHAPE, (layer,), Variables({"WHERE": "stage"})) is environment


def test_an_environment_has_defaults() -> None:
    """They are below every file, and only for what there is to set."""

    class Bare:
        """A class without sections."""

        debug: bool = False

    layer = make_profile_layer(SHAPE, Environment.TESTING)

    assert layer[("logging", "level")] == Entry("warning", Origin("environment's default", "testing"))
    from covet.config.fields import read_annotations

    assert make_profile_layer(read_annotations(Bare), Environment.TESTING) == {}


def test_nothing_of_it_is_shown() -> None:
    """It holds the environment of the process, and so everything secret."""
    collected = gather(Sources.none(variables={"COVET_DB_URL": "hunter2"}))

    assert "hunter2" not in repr(collected)
    assert "hunter2" not in repr(collected.variables)

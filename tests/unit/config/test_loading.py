"""
Layers to values, and everything that is wrong in one report.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.config import ConfigurationWarning, Environment, InvalidSettingsError, Secret, Settings, Sources
from covet.config.layers import LAYERS
from covet.config.secret import MASK

SECRET = "s3cr3t-value-of-32-bytes-or-more!"


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A section with a required field, a secret and a check of its own."""

    host: str
    password: Secret | None = None
    retries: tuple[int, int] = (1, 2)

    def __post_init__(self) -> None:
        if self.retries[0] > self.retries[1]:
            raise ValueError(f"retries are {self.retries} with {self.password and self.password.reveal()}")


class Shop(Settings):
    """Settings with sections of their own."""

    mail: Mail
    spare: Mail | None = None
    key: Secret = Secret("x7Gq2!vR9sLw4tZ8pKd5nB3hJc6mF1yQ")


def report_of(cls: type[Settings] = Settings, *, variables: dict[str, str] | None = None, **overrides: Any) -> str:
    """Load what is wrong; returns the report."""
    with pytest.raises(InvalidSettingsError) as caught:
        cls(sources=Sources.none(variables=variables), **overrides)
    return str(caught.value)


def test_everything_that_is_wrong_is_one_report() -> None:
    """Sources, names, values, checks and dangers are told together, each with its place."""
    report = report_of(
        Shop,
        variables={"COVET_SERVER_PORT": "x", "COVET_ENV": "prod", "COVET_SECURITY_SECRET_KEY": "changeme"},
        debug=True,
        databasee={},
        security={"cors_allow_origins": "*"},
    )

    assert [line for line in report.splitlines() if not line.startswith("    ")] == [
        "6 settings are wrong.",
        (
            "  databasee is no setting. Did you mean 'database'? Available: app, cache, database, debug, "
            "discover_plugins, environment, key, limits, logging, mail, middleware, plugins, security, server, spare "
            "(keyword argument databasee)."
        ),
        "  server.port must be an integer, got 'x' (COVET_SERVER_PORT in the environment).",
        (
            "  security.secret_key is a placeholder, which production refuses "
            "(COVET_SECURITY_SECRET_KEY in the environment)."
        ),
        "  mail.host is missing.",
        (
            "  debug is on, which production refuses: debug pages show the source and the variables of errors "
            "(keyword argument debug)."
        ),
        (
            "  security.cors_allow_origins contains '*', which production refuses: the pages of every site could read "
            "what is answered; list the origins (keyword argument security.cors_allow_origins)."
        ),
    ]


def test_each_problem_has_three_ways_out() -> None:
    """The report can be mended without the documentation."""
    assert report_of(Shop, spare={}, key="k" * 3) == (
        "1 setting is wrong.\n"
        "  mail.host is missing.\n"
        '    Set the environment variable: export COVET_MAIL__HOST="..." (or COVET_MAIL_HOST)\n'
        '    Or add to config.toml, below [mail]: host = "..."\n'
        '    Or pass it: Settings(mail={"host": "..."})'
    )


def test_an_optional_section_is_there_once_it_is_set() -> None:
    """Then its required fields are required."""
    none = Shop(sources=Sources.none(), mail={"host": "a"})
    one = Shop(sources=Sources.none(variables={"COVET_SPARE__HOST": "b"}), mail={"host": "a"})

    assert none.spare is None
    assert one.spare == Mail(host="b")
    assert "spare.host is missing" in report_of(Shop, mail={"host": "a"}, spare={"retries": "1,2"})


def test_parts_of_a_value_are_told_by_their_place() -> None:
    """An item of a list is not the list."""
    assert "mail.retries at [1] must be an integer (keyword argument mail.retries)." in report_of(
        Shop, mail={"host": "a", "retries": "1,x"}
    )


def test_what_a_section_checks_itself_joins_the_report() -> None:
    """Its text is the author's, freed of the secrets that it may hold."""
    report = report_of(Shop, mail={"host": "a", "retries": "3,2", "password": SECRET}, debug="maybe")

    assert f"mail is wrong: retries are (3, 2) with {MASK}." in report
    assert "debug must be true or false, got 'maybe'" in report
    assert SECRET not in report


def test_the_value_of_a_secret_is_never_shown() -> None:
    """Not even one of the wrong type, or one that stands where it does not belong."""
    report = report_of(
        variables={"COVET_DEBUG": "${X}", "COVET_DB_POOL_SIZE": "postgres://u:hunter22@h"},
        security={"secret_key": 12345678},
    )

    assert "security.secret_key must be a text (keyword argument security.secret_key)." in report
    assert "12345678" not in report
    assert "hunter22" not in report


def test_a_default_is_checked_as_well() -> None:
    """A slip in a class is found at the start; `None` stands for none, whatever the type says."""

    class Sloppy(Settings):
        """Defaults that are no values of their types."""

        count: int = "eight"  # type: ignore[assignment]
        text: str = None  # type: ignore[assignment]

    assert "count has a default that must be an integer (default)." in report_of(Sloppy)
    assert Sloppy(sources=Sources.none(), count=8).text is None


def test_a_weak_default_is_refused() -> None:
    """A secret in the source is none."""

    class Careless(Settings):
        """The key of the tutorial."""

        key: Secret = Secret("changeme")

    assert "key has a default that is a placeholder, which production refuses (default)." in report_of(
        Careless, environment="prod"
    )
    assert Careless(sources=Sources.none()).key == "changeme"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory with settings that refer to variables."""
    (tmp_path / "config.toml").write_text(
        "[server]\nport = '${PORT}'\nhost = '${NOWHERE}'\n\n[plugins.a]\nkey = '${KEY}'\nbad = ['${NOWHERE}']\n"
    )
    return tmp_path


def test_an_undefined_reference_has_file_and_line(directory: Path) -> None:
    """Within lists of plugins as well; the value of the reference is parsed by its type."""
    with pytest.raises(InvalidSettingsError) as caught:
        Settings(sources=Sources(directory=directory, secrets=None, variables={"PORT": "x", "KEY": "k"}))

    message = "refers to ${NOWHERE}, which is not defined; define NOWHERE in the environment or in .env"
    found = [(problem.path, problem.message, problem.origin and problem.origin.line) for problem in caught.value.errors]
    assert found == [
        ("server.host", f"{message}, or write ${{NOWHERE:-default}}", 3),
        ("server.port", "must be an integer", 2),
        ("plugins.a.bad", f"{message}, or write ${{NOWHERE:-default}}", 7),
    ]


def test_a_reference_that_is_overridden_is_not_followed(directory: Path) -> None:
    """What is not used cannot be wrong."""
    sources = Sources(directory=directory, secrets=None, variables={"KEY": "k"})

    settings = Settings(sources=sources, server={"port": 1, "host": "a"}, plugins={"a": {"bad": []}})

    assert settings.server.port == 1
    assert settings.plugins == {"a": {"key": "k", "bad": ()}}


def test_plugins_are_tables() -> None:
    """Each has one of its own."""
    assert "plugins.a must be a table, got 5." in report_of(plugins={"a": 5}).replace(
        " (keyword argument plugins.a)", ""
    )


@pytest.mark.parametrize(
    ("name", "environment", "text", "is_warned"),
    [
        ("config.toml", "dev", f"[security]\nsecret_key = '{SECRET}'\n", True),
        ("config.production.toml", "prod", f"[security]\nsecret_key = '{SECRET}'\n", True),
        ("config.toml", "prod", "[security]\nsecret_key = '${KEY}'\n", False),
        (".env", "dev", f"COVET_SECURITY_SECRET_KEY={SECRET}\n", False),
        (".env", "prod", f"COVET_SECURITY_SECRET_KEY={SECRET}\n", True),
        (".env", "prod", "COVET_SECURITY_SECRET_KEY=${KEY}\n", False),
        ("config.toml", "prod", "[security]\nsecret_key = ''\n", False),
        ("config.toml", "prod", f"[security]\nsecret_key_fallbacks = ['{SECRET}']\n", True),
        ("config.toml", "prod", f"[security]\nsecret_key_fallbacks = ['${{KEY}}', '{SECRET}x']\n", True),
        ("config.toml", "prod", "[security]\nsecret_key_fallbacks = ['${KEY}']\n", False),
        ("config.toml", "prod", "[security]\nsecret_key_fallbacks = []\n", False),
    ],
)
def test_secrets_in_files_are_warned_about(
    tmp_path: Path, name: str, environment: str, text: str, is_warned: bool, recwarn: pytest.WarningsRecorder
) -> None:
    """Secrets come from the environment or from secret files; `.env` is for development."""
    (tmp_path / name).write_text(text)
    variables = {"COVET_ENV": environment, "KEY": SECRET}

    Settings(sources=Sources(directory=tmp_path, secrets=None, variables=variables))

    messages = [str(warning.message) for warning in recwarn if warning.category is ConfigurationWarning]
    assert [f"{name}, line " in message and "holds a secret in clear" in message for message in messages] == (
        [True] if is_warned else []
    )
    assert SECRET not in "".join(messages)


# ── Properties ───────────────────────────────────────────────────────────────


def load_layers(directory: Path, chosen: dict[str, int]) -> int:
    """Set the port in some layers; returns the one that is taken."""
    for file in directory.rglob("*"):
        if file.is_file():
            file.unlink()
    secrets = directory / "secrets"
    secrets.mkdir(exist_ok=True)
    files = {"environment's config file": "config.testing.toml", "config file": "config.toml"}
    for layer, name in files.items():
        if layer in chosen:
            (directory / name).write_text(f"[server]\nport = {chosen[layer]}\n")
    if ".env" in chosen:
        (directory / ".env").write_text(f"COVET_SERVER_PORT={chosen['.env']}\n")
    if "secret file" in chosen:
        (secrets / "server__port").write_text(str(chosen["secret file"]))
    variables = {"COVET_ENV": "testing"}
    if "environment" in chosen:
        variables["COVET_SERVER__PORT"] = str(chosen["environment"])
    commands = {"server.port": str(chosen["command line"])} if "command line" in chosen else {}
    overrides: dict[str, Any] = {"server": {"port": chosen["keyword argument"]}} if "keyword argument" in chosen else {}
    sources = Sources(directory=directory, secrets="secrets", variables=variables, command_line=commands)
    return Settings(sources=sources, **overrides).server.port


_SETTABLE = [layer for layer in LAYERS if layer not in {"environment's default", "default"}]


@given(chosen=st.dictionaries(st.sampled_from(_SETTABLE), st.integers(1, 65_535)))
def test_precedence_is_monotone(chosen: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever layers say something, the strongest of them is taken, and the default if none does."""
    directory = tmp_path_factory.mktemp("layers")

    port = load_layers(directory, chosen)

    strongest = next((layer for layer in LAYERS if layer in chosen), None)
    assert port == (8000 if strongest is None else chosen[strongest])


_PLACES = st.sampled_from(
    [
        ("COVET_SECURITY__SECRET_KEY", False),
        ("COVET_SECURITY_JWT_SECRET_KEY", False),
        ("COVET_MAIL__PASSWORD", False),
        ("COVET_KEY", False),
        ("COVET_DB_URL", True),
        ("COVET_CACHE__URL", True),
        ("COVET_PLUGINS__A__API_KEY", False),
        ("COVET_PLUGINS__A__URL", True),
    ]
)


@given(
    # Hypothesis tries words of the source as well: no word of the framework has digits around it.
    token=st.text(alphabet="abcdefghijkmnpqrstuvwxyz23456789", min_size=8).map(lambda text: f"7q{text}q7"),
    places=st.lists(_PLACES, min_size=1, unique=True),
    environment=st.sampled_from(list(Environment)),
    port=st.sampled_from(["80", "x"]),
)
def test_nothing_leaks_a_secret(
    token: str, places: list[tuple[str, bool]], environment: Environment, port: str
) -> None:
    """Whether loading works or not, no text that is made of settings or of their report holds a secret."""
    variables = {name: f"redis://u:{token}@host/0" if is_url else token for name, is_url in places}
    variables |= {"COVET_ENV": environment, "COVET_MAIL__HOST": "a", "COVET_SERVER_PORT": port}

    try:
        settings = Shop(sources=Sources.none(variables=variables))
    except InvalidSettingsError as exc:
        shown = [str(exc), repr(exc), repr(exc.errors), str(exc.args)]
    else:
        explained = settings.explain()
        shown = [repr(settings), str(settings.dict()), str(explained), repr(explained), str(explained.to_list())]
        shown += [repr(settings.database), repr(settings.security), repr(settings.mail), repr(settings.sources)]
        shown += [repr(vars(settings)["_collected"]), repr(vars(settings)["_loaded"])]
        newer = settings.replace(key="9f86d081884c7d659a2feaa0c55ad015", plugins={"a": {}}, database={"url": "x"})
        shown += [repr(settings.compare(newer))]

    assert not any(token in text for text in shown)

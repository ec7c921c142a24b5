"""
The front: Settings.
"""

import copy
import pickle
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any, Literal, assert_type, cast

import pytest

from covet.config import (
    ConfigurationError,
    ConfigurationWarning,
    DatabaseSettings,
    Environment,
    FrozenSettingsError,
    InvalidSettingsError,
    Secret,
    Settings,
    SettingsWatcher,
    Sources,
    section,
)

NONE = Sources.none()


@section
class Bag:
    """Collections that Python could change."""

    names: list[str]
    sizes: dict[str, int]
    tags: set[str]
    anything: Any = None


class Bags(Settings):
    """Settings with them."""

    bag: Bag


STANDARDS_TOML = """
[app]
name = "MyApp"
version = "1.0.0"
environment = "production"

[server]
host = "0.0.0.0"
port = 8000
workers = 4

[database]
url = "postgresql://user:pass@localhost/dbname"
pool_size = 10

[security]
jwt_secret_key = "${JWT_SECRET_KEY}"  # Reference env var
cors_allow_origins = ["https://example.com"]
"""


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, in an environment without settings."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_file_of_the_standards_loads(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it stands there, with the variable that it refers to."""
    (directory / "config.toml").write_text(STANDARDS_TOML)
    monkeypatch.setenv("JWT_SECRET_KEY", "9f86d081884c7d659a2feaa0c55ad015")

    settings = Settings.from_file("config.toml")

    assert settings.is_production
    assert (settings.app.name, settings.app.version) == ("MyApp", "1.0.0")
    assert (settings.server.host, settings.server.port, settings.server.workers) == ("0.0.0.0", 8000, 4)
    assert settings.database == DatabaseSettings(url="postgresql://user:pass@localhost/dbname", pool_size=10)
    assert settings.security.jwt_secret_key == "9f86d081884c7d659a2feaa0c55ad015"
    assert settings.security.cors_allow_origins == ("https://example.com",)
    assert settings == Settings()


def test_the_variables_of_the_standards_load(directory: Path) -> None:
    """As they stand there, but for the placeholder, which production refuses."""
    (directory / ".env").write_text(
        "COVET_ENV=production\nCOVET_DEBUG=false\nCOVET_DB_URL=postgresql://user:pass@localhost/dbname\n"
        "COVET_SECURITY_JWT_SECRET_KEY=your-secret-key-here\nCOVET_SERVER_HOST=0.0.0.0\nCOVET_SERVER_PORT=8000\n"
    )

    with pytest.raises(InvalidSettingsError) as caught:
        Settings()
    settings = Settings(environment="development")

    assert [problem.path for problem in caught.value.errors] == ["security.jwt_secret_key"]
    assert "in .env, line 4" in str(caught.value)
    assert settings.database.url == "postgresql://user:pass@localhost/dbname"
    assert (settings.server.host, settings.server.port, settings.debug) == ("0.0.0.0", 8000, False)


def test_hidden_paths_name_what_is_not_shown(directory: Path) -> None:
    """Secret files, and what tables of others refer to as a whole."""
    (directory / "secrets").mkdir()
    (directory / "secrets" / "app_name").write_text("hunter2")
    (directory / "config.toml").write_text("[plugins.shop]\ndsn = '${DSN}'\nurl = 'db://${DSN}'\n")

    settings = Settings(sources=Sources(secrets="secrets", variables={"DSN": "hunter2"}))

    assert settings.hidden_paths == {("app", "name"), ("plugins", "shop", "dsn")}


def test_secrets_are_hidden_in_any_text(directory: Path) -> None:
    """Those of secret files and of tables of others, too, and passwords of URLs that are in no setting."""
    (directory / "secrets").mkdir()
    (directory / "secrets" / "app_name").write_text("open-sesame")
    (directory / "config.toml").write_text("[plugins.shop]\npins = ['${PIN}']\n")
    settings = Settings(
        security={"secret_key": "k" * 32}, sources=Sources(secrets="secrets", variables={"PIN": "hunter2"})
    )

    hidden = settings.hide_secrets(f"{'k' * 32}, open-sesame, hunter2, db://ada:enigma@host, development")

    assert hidden == "**********, **********, **********, db://ada:**********@host, development"


def test_without_anything_there_are_defaults(directory: Path) -> None:
    """An empty directory is no error."""
    settings = Settings()

    assert (settings.environment, settings.debug, settings.database.url) == (Environment.DEVELOPMENT, False, None)
    assert settings.plugins == {}


@pytest.mark.parametrize(
    ("environment", "flags"),
    [
        ("development", (True, False, False, False)),
        ("testing", (False, True, False, False)),
        ("staging", (False, False, True, False)),
        (Environment.PRODUCTION, (False, False, False, True)),
    ],
)
def test_the_environment_can_be_asked_for(environment: str, flags: tuple[bool, ...]) -> None:
    """There is one question for each."""
    settings = Settings(environment=environment, sources=NONE)

    assert (settings.is_development, settings.is_testing, settings.is_staging, settings.is_production) == flags


def test_sections_are_mappings_or_objects() -> None:
    """Both say the same."""
    as_mapping = Settings(database={"url": "x"}, sources=NONE)
    as_object = Settings(database=DatabaseSettings(url="x"), sources=NONE)

    assert as_mapping == as_object
    assert hash(as_mapping) == hash(as_object)
    assert as_mapping != Settings(sources=NONE)
    assert as_mapping != "settings"


def test_an_object_is_checked_as_well() -> None:
    """A dataclass of Python checks nothing by itself."""
    with pytest.raises(InvalidSettingsError, match="pool_size must be at least 1, got 0"):
        Settings(database=DatabaseSettings(pool_size=0), sources=NONE)


def test_the_prefix_can_be_another() -> None:
    """Then the usual variables are somebody else's."""
    variables = {"SHOP_DEBUG": "on", "COVET_DEBUG": "off", "COVET_NONSENSE": "1"}

    settings = Settings(sources=Sources.none(variables=variables), env_prefix="SHOP_")

    assert settings.debug is True
    assert settings.sources.env_prefix == "SHOP_"


def test_the_prefix_of_the_standards(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said plainly, it is the default."""
    monkeypatch.setenv("COVET_DEBUG", "on")

    assert Settings(env_prefix="COVET_").debug is True


def test_sources_are_sources() -> None:
    """A path in their place is not taken for one; it may hold a password and is not shown."""
    with pytest.raises(ConfigurationError) as caught:
        Settings(sources=cast("Sources", "config.toml"))

    assert str(caught.value) == (
        "sources must be Sources, got a value of type str.\n"
        "  Write sources=Sources(directory=...), or Settings.from_file(...) for one file."
    )


def test_from_file_reads_that_file(directory: Path) -> None:
    """Even when other sources are off; a missing one is an error."""
    (directory / "shop.toml").write_text("debug = true\n")

    assert Settings.from_file("shop.toml", sources=NONE).debug is True
    assert Settings.from_file("shop.toml", sources=NONE, debug=False).debug is False
    with pytest.raises(InvalidSettingsError, match=r"nowhere\.toml cannot be read: No such file"):
        Settings.from_file("nowhere.toml", sources=NONE)


# ── Frozen ───────────────────────────────────────────────────────────────────


def test_settings_never_change() -> None:
    """The error says what to do instead."""
    settings = Settings(sources=NONE)

    with pytest.raises(FrozenSettingsError) as caught:
        settings.debug = True
    with pytest.raises(FrozenSettingsError, match="'debug' cannot be deleted"):
        del settings.debug

    assert str(caught.value) == (
        "Settings never change: 'debug' cannot be set.\n  Make others: settings.replace(debug=...)."
    )
    assert isinstance(caught.value, AttributeError)


def test_plugins_never_change() -> None:
    """Neither their tables."""
    settings = Settings(plugins={"a": {"b": {"c": [1]}}}, sources=NONE)

    with pytest.raises(TypeError):
        cast("dict[str, Any]", settings.plugins["a"])["x"] = 1
    assert settings.plugins == {"a": {"b": {"c": (1,)}}}


@pytest.mark.parametrize("values", [{}, {"security": {"secret_key": "k" * 32}}])
def test_settings_cannot_be_pickled(values: dict[str, Any]) -> None:
    """A pickle would hold secrets in clear: their own, and those of the environment that they have read."""
    settings = Settings(**values, sources=NONE)

    with pytest.raises(TypeError) as caught:
        pickle.dumps(settings)

    assert str(caught.value) == (
        "Settings cannot be pickled: what they were read from would be written in clear, the environment included. "
        "Make them anew where they are needed: Settings()."
    )


def test_a_copy_is_the_settings_themselves() -> None:
    """They never change, so there is nothing that a copy would keep apart."""
    settings = Settings(security={"secret_key": "k" * 32}, plugins={"a": {"b": [1]}}, sources=NONE)

    assert copy.copy(settings) is settings
    assert copy.deepcopy({"settings": settings})["settings"] is settings


@pytest.mark.parametrize(
    "change",
    [
        lambda bag: bag.names.append("b"),
        lambda bag: bag.names.clear(),
        lambda bag: bag.names.__setitem__(0, "b"),
        lambda bag: bag.sizes.update(a=2),
        lambda bag: bag.sizes.pop("a"),
        lambda bag: bag.tags.add("b"),
        lambda bag: bag.anything["a"].append(2),
    ],
)
def test_collections_of_own_sections_never_change(change: Any) -> None:
    """Whoever wants to change one is told how: settings are shared by all who read them."""
    bag = Bags(bag={"names": ["a"], "sizes": {"a": 1}, "tags": {"a"}, "anything": {"a": [1]}}, sources=NONE).bag

    with pytest.raises(FrozenSettingsError, match=r"Settings never change.*\n.*Make others: settings.replace"):
        change(bag)

    assert (bag.names, bag.sizes, bag.tags, bag.anything) == (["a"], {"a": 1}, {"a"}, {"a": [1]})


def test_the_representation_is_short() -> None:
    """It says which settings, not all of them."""
    assert repr(Settings(sources=NONE, database={"url": "x"})) == "Settings(environment='development', debug=False)"


# ── replace ──────────────────────────────────────────────────────────────────


def test_replace_changes_what_it_names() -> None:
    """The rest stays; the original as well."""
    settings = Settings(database={"url": "x", "pool_size": 3}, sources=NONE)

    replaced = settings.replace(database={"url": "y"}, debug=True).replace(debug=False)

    assert replaced.database == DatabaseSettings(url="y", pool_size=3)
    assert (settings.database.url, replaced.debug) == ("x", False)


def test_replace_asks_no_source_again(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has changed outside meanwhile is not seen."""
    (directory / "config.toml").write_text("[app]\nname = '${NAME}'\n")
    monkeypatch.setenv("NAME", "first")
    settings = Settings()
    monkeypatch.setenv("NAME", "second")
    (directory / "config.toml").write_text("wrong")

    assert settings.replace(debug=True).app.name == "first"


def test_replace_follows_the_environment() -> None:
    """Its defaults and its checks are those of the new one."""
    settings = Settings(sources=NONE)

    assert settings.replace(environment="prod").logging.format == "json"
    with pytest.raises(InvalidSettingsError, match="debug is on, which production refuses"):
        settings.replace(environment="prod", debug=True)


def test_replace_refuses_what_is_wrong() -> None:
    """As loading does, all at once."""
    with pytest.raises(InvalidSettingsError) as caught:
        Settings(sources=NONE).replace(debu=True, server={"port": -1})

    assert [problem.path for problem in caught.value.errors] == ["debu", "server.port"]


def test_replace_does_not_warn_again() -> None:
    """Whoever loaded the settings was warned."""
    with pytest.warns(ConfigurationWarning):
        settings = Settings(sources=Sources.none(variables={"COVET_NONSENSE": "1"}))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        settings.replace(debug=True)


# ── Subclasses ───────────────────────────────────────────────────────────────


@section
class PaymentSettings:
    """
    How customers pay.

    Attributes:
        provider: Who takes the money.
        api_key: What the provider knows the shop by.
    """

    provider: str
    api_key: Secret | None = None


class ShopSettings(Settings):
    """
    The settings of a shop.

    Attributes:
        currency: What prices are in.
        payments: How customers pay.
    """

    currency: str = "EUR"
    payments: PaymentSettings


def test_own_sections_are_like_the_others() -> None:
    """Variables, files and keyword arguments set them; the type checker knows them."""
    variables = {"COVET_CURRENCY": "CHF", "COVET_PAYMENTS__API_KEY": "k"}

    settings = ShopSettings(sources=Sources.none(variables=variables), payments={"provider": "stripe"})

    payments: PaymentSettings = settings.payments
    currency: str = settings.currency
    assert (currency, payments) == ("CHF", PaymentSettings(provider="stripe", api_key=Secret("k")))
    assert settings.replace(currency="USD").payments is not None


def test_type_checkers_know_the_settings() -> None:
    """Checked by mypy: sections, fields, and what the methods of a subclass return."""
    settings = ShopSettings(sources=NONE, payments={"provider": "stripe"})

    assert_type(settings.payments.api_key, Secret | None)
    assert_type(settings.database.url, str | None)
    assert_type(settings.server.drain_timeout, float)
    assert_type(settings.logging.format, Literal["text", "json"])
    assert_type(settings.replace(debug=True), ShopSettings)
    assert_type(settings.watch(), SettingsWatcher[ShopSettings])


def test_a_default_of_a_builtin_setting_can_be_another() -> None:
    """A class that says so is how an application has its own defaults."""

    class Named(Settings):
        """An application with a name and an own idea of the server."""

        environment: Environment = Environment.TESTING
        database: DatabaseSettings = DatabaseSettings(url="sqlite://", pool_size=1)

    settings = Named(sources=NONE, database={"pool_size": 2})

    assert settings.is_testing
    assert settings.logging.level == "warning"
    assert settings.database == DatabaseSettings(url="sqlite://", pool_size=2)


@pytest.mark.parametrize("name", ["replace", "explain", "sources", "env_prefix", "is_production", "dict"])
def test_names_of_settings_itself_are_taken(name: str) -> None:
    """A field would hide a method, or be hidden by an argument."""
    cls = type("Wrong", (Settings,), {"__annotations__": {name: int}})

    with pytest.raises(ConfigurationError) as caught:
        cls(sources=NONE)

    assert str(caught.value) == (
        f"Wrong has a setting named {name!r}, which is a name of Settings itself.\n  Choose another name."
    )


# ── Warnings, imports, cost ──────────────────────────────────────────────────


def test_a_warning_points_to_the_caller() -> None:
    """The line that made the settings is the one to look at."""
    with pytest.warns(ConfigurationWarning) as caught:
        Settings(sources=Sources.none(variables={"COVET_NONSENSE": "1"}))

    assert caught[0].filename == __file__


def test_importing_covet_does_not_import_settings() -> None:
    """An application without settings does not pay for them, and importing them reads nothing."""
    script = (
        "import sys, os\n"
        "import covet\n"
        "assert 'covet.config' not in sys.modules\n"
        "os.environ = None\n"
        "os.getenv = None\n"
        "import covet.config\n"
        "assert not {'tomllib', 'yaml', 'click'} & set(sys.modules)\n"
    )

    subprocess.run([sys.executable, "-c", script], check=True, timeout=30)


def test_loading_is_idempotent(directory: Path) -> None:
    """Loading twice gives the same, and changes neither the environment nor a file."""
    import os

    (directory / ".env").write_text("COVET_DEBUG=on\nOTHER=1\n")
    before = dict(os.environ)

    first, second = Settings(), Settings()

    assert first == second
    assert dict(os.environ) == before

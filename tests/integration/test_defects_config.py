"""
Known defects of configuration that must not come back: a test names each.
"""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from covet.config import FrozenSettingsError, InvalidSettingsError, Settings, Sources
from covet.serialization import encode_json

PLACEHOLDERS = ["your-secret-key", "your-secret-key-here", "change-me", "short", "${JWT_SECRET_KEY}"]


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A section with a list."""

    names: list[str] = field(default_factory=list)


class Shop(Settings):
    """Settings with it, and with a list of their own."""

    listed: Listed
    names: list[str] = []  # noqa: RUF012 - what a test below is about


def test_a_debug_endpoint_does_not_print_secrets() -> None:
    """What an endpoint makes of `settings.dict()`, or of the settings' parts, has no secret in it."""
    settings = Settings(
        sources=Sources.none(),
        database={"url": "postgresql://ada:hunter2@db/shop"},
        security={"secret_key": "hunter2", "jwt_secret_key": "hunter2"},
        plugins={"mail": {"password": "hunter2"}},
    )

    shown = json.dumps({"config": settings.dict()}) + encode_json(settings.security).decode() + str(settings.explain())

    assert "hunter2" not in shown


def test_no_origins_are_not_all_origins() -> None:
    """`cors_allow_origins=[]` stays empty, and so do hosts."""
    settings = Settings(sources=Sources.none(), security={"cors_allow_origins": [], "allowed_hosts": []})

    assert settings.security.cors_allow_origins == ()
    assert settings.security.allowed_hosts == ()


def test_overrides_do_not_change_settings_that_others_use() -> None:
    """A factory that sets attributes on the settings it was given changes every application that has them."""
    settings = Settings(sources=Sources.none())

    with pytest.raises(FrozenSettingsError):
        settings.debug = True  # what the sample did, with setattr
    overridden = settings.replace(debug=True)

    assert (settings.debug, overridden.debug) == (False, True)


def test_defaults_are_not_shared() -> None:
    """Two settings of one class, which is read once, have nothing in common that can be changed."""
    first, second = Shop(sources=Sources.none()), Shop(sources=Sources.none())

    for names in (first.listed.names, first.names):
        with pytest.raises(FrozenSettingsError):
            names.append("tea")

    assert (second.listed.names, second.names) == ([], [])
    assert (Shop(sources=Sources.none()).listed.names, Shop.names) == ([], [])


def test_zero_and_empty_values_are_values() -> None:
    """A falsy value of a strong layer is not taken for none."""
    variables = {"COVET_DEBUG": "true", "COVET_SERVER_PORT": "1", "COVET_APP__NAME": "x", "COVET_MIDDLEWARE": "a"}

    settings = Settings(
        sources=Sources.none(variables=variables), debug=False, server={"port": 0}, app={"name": ""}, middleware=[]
    )

    assert (settings.debug, settings.server.port, settings.app.name, settings.middleware) == (False, 0, "", ())


def test_importing_reads_no_environment(tmp_path: Path) -> None:
    """Settings are read when they are made, so that a test or another application can have its own."""
    (tmp_path / "config.toml").write_text("wrong")
    script = "import os; os.environ['COVET_SERVER_PORT'] = 'x'; import covet.config, covet; print('imported')"

    result = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=30
    )

    assert (result.stdout, result.stderr) == ("imported\n", "")


@pytest.mark.row(77)
@pytest.mark.parametrize("key", PLACEHOLDERS)
def test_a_key_from_the_documentation_is_refused(key: str) -> None:
    """Both strings of the standards, short keys, and a reference that nobody followed; the setting is named."""
    variables = {"COVET_ENV": "production", "COVET_SECURITY_JWT_SECRET_KEY": key}

    with pytest.raises(InvalidSettingsError) as caught:
        Settings(sources=Sources.none(variables=variables))

    assert [problem.path for problem in caught.value.errors] == ["security.jwt_secret_key"]
    assert "COVET_SECURITY_JWT_SECRET_KEY" in str(caught.value)
    assert key not in caught.value.errors[0].message


@pytest.mark.row(77)
def test_a_process_with_such_a_key_does_not_start(tmp_path: Path) -> None:
    """An undefined variable in a file is an error as well, and the process ends with a status that says so."""
    (tmp_path / "config.toml").write_text(
        "environment = 'production'\n[security]\njwt_secret_key = '${JWT_SECRET_KEY}'\nsecret_key = 'change-me'\n"
    )
    script = "import warnings; warnings.simplefilter('ignore'); from covet.config import Settings; Settings()"

    result = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=30)

    assert result.returncode != 0
    assert "security.jwt_secret_key refers to ${JWT_SECRET_KEY}, which is not defined" in result.stderr
    assert "security.secret_key is a placeholder, which production refuses" in result.stderr

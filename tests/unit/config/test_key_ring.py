"""
The key ring of the settings: which keys, how strong, and what is said when there are none.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from covet.config import InvalidSettingsError, Settings, Sources
from covet.config.key_ring import describe_secret, make_key_ring
from covet.config.secret import MIN_KEY_BYTES
from covet.exceptions import ConfigurationError
from covet.security import KeyRing, Signer
from covet.security.key_ring import MIN_SECRET_BYTES

NEW = "4f1c2e7d9a8b6350c7d1e2f3a4b5968778695a4b3c2d1e0f"
OLD = "9a8b7c6d5e4f30211203f4e5d6c7b8a90918273645546372"


def make(environment: str = "production", **security: object) -> Settings:
    """Make settings of nothing but these values."""
    return Settings(environment=environment, security=security, sources=Sources.none())


def test_ring_has_the_secret_key_first_and_then_those_before() -> None:
    """What is new is signed with the first; all are believed."""
    ring = make_key_ring(make(secret_key=NEW, secret_key_fallbacks=[OLD]), needed_for="sessions")

    assert ring.derive("x") == KeyRing(NEW, OLD).derive("x")


@pytest.mark.row(76)
def test_row_076_rotation_is_a_matter_of_settings() -> None:
    """The old key becomes a fallback, reads what it signed, and signs nothing; without it, that is refused."""
    before, during, after = (
        Signer(make_key_ring(make(**values), needed_for="sessions"), purpose="session")
        for values in (
            {"secret_key": OLD},
            {"secret_key": NEW, "secret_key_fallbacks": (OLD,)},
            {"secret_key": NEW},
        )
    )
    token = before.seal("x", expires_in=60)

    assert during.unseal(token) == "x"
    assert after.unseal(during.seal("y", expires_in=60)) == "y"
    with pytest.raises(Exception, match="The signature is not valid"):
        after.unseal(token)


def test_fallbacks_come_from_the_environment_too() -> None:
    """Separated by commas, as every list."""
    variables = {
        "COVET_ENV": "production",
        "COVET_SECURITY__SECRET_KEY": NEW,
        "COVET_SECURITY__SECRET_KEY_FALLBACKS": f"{OLD},{OLD[::-1]}",
    }
    settings = Settings(sources=Sources(dotenv=None, secrets=None, file=None, variables=variables))

    assert len(make_key_ring(settings, needed_for="sessions")) == 3
    assert OLD not in f"{settings!r}{settings.explain()}{settings.dict()}"


@pytest.mark.parametrize("environment", ["development", "production"])
@pytest.mark.parametrize("security", [{}, {"secret_key": ""}, {"secret_key_fallbacks": [OLD]}])
def test_missing_key_is_named_with_what_makes_one(environment: str, security: dict[str, object]) -> None:
    """In development as well: keys that change with every restart would be a riddle."""
    settings = make(environment, **security)

    with pytest.raises(ConfigurationError) as caught:
        make_key_ring(settings, needed_for="SessionMiddleware")

    assert str(caught.value) == (
        "'security.secret_key' is missing, and SessionMiddleware cannot do without it."
        "\n  Make one with: covet secret, and set COVET_SECURITY_SECRET_KEY to it"
    )


def test_the_command_writes_the_file_that_is_read(tmp_path: Path) -> None:
    """What it says makes the key be there: the file of variables stands beside the configuration file."""
    file = tmp_path / "config.toml"
    file.write_text("", "utf-8")
    settings = Settings.from_file(file, sources=Sources(variables={}, env_prefix="SHOP_"))
    with pytest.raises(ConfigurationError) as caught:
        make_key_ring(settings, needed_for="sessions")

    command, _, target = str(caught.value).partition("Make one with: ")[2].partition(" >> ")
    assert target == str(tmp_path / ".env")
    program = [sys.executable, "-m", "covet", *command.split()[1:]]
    line = subprocess.run(program, check=True, capture_output=True, text=True).stdout
    Path(target).write_text(line, "utf-8")
    read = Settings.from_file(file, sources=Sources(variables={}, env_prefix="SHOP_"))
    assert len(make_key_ring(read, needed_for="sessions")) == 1
    hint = "Make one with: covet secret, and set COVET_SECURITY_JWT_SECRET_KEY to it"
    assert describe_secret(Sources.none(), "security.jwt_secret_key") == hint


@pytest.mark.row(77)
@pytest.mark.parametrize("environment", ["staging", "production"])
@pytest.mark.parametrize(
    "weak", ["your-secret-key-here", "change-me", "k3y" * 10, "${JWT_SECRET_KEY}", "0123456789" * 4]
)
def test_row_077_weak_fallback_is_refused_like_a_weak_key(environment: str, weak: str) -> None:
    """Whoever guesses a key that is believed is everybody, however old it is."""
    with pytest.raises(InvalidSettingsError) as caught:
        make(environment, secret_key=NEW, secret_key_fallbacks=[OLD, weak])

    [problem] = caught.value.errors
    assert problem.path == "security.secret_key_fallbacks"
    assert problem.message.endswith(f", which {environment} refuses") or "refers to" in problem.message
    assert OLD not in str(caught.value)


@pytest.mark.parametrize("environment", ["development", "testing"])
def test_short_key_will_do_for_developers(environment: str) -> None:
    """As it does for the settings; an empty fallback is none anywhere."""
    assert len(make_key_ring(make(environment, secret_key="dev"), needed_for="sessions")) == 1
    with pytest.raises(ConfigurationError, match="Secret 2 of the key ring is empty"):
        make_key_ring(make(environment, secret_key="dev", secret_key_fallbacks=[""]), needed_for="sessions")


def test_rotation_that_changes_nothing_is_refused() -> None:
    """The key is its own fallback."""
    with pytest.raises(ConfigurationError, match="The same secret stands in the key ring twice"):
        make_key_ring(make(secret_key=NEW, secret_key_fallbacks=[NEW]), needed_for="sessions")


def test_both_ask_for_the_same_length() -> None:
    """What the settings accept is accepted by the ring."""
    assert MIN_KEY_BYTES == MIN_SECRET_BYTES


def test_settings_alone_load_nothing_that_signs() -> None:
    """Who needs no keys does not pay for them."""
    code = "import covet.config, sys; print([name for name in sys.modules if name.startswith('covet.security')])"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert loaded.stdout == "[]\n"

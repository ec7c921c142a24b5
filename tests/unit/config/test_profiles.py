"""
What environments mean.
"""

import pytest

from covet.config import Environment, Secret, Settings
from covet.config.fields import Field
from covet.config.profiles import PROFILES, find_dangers, find_weak_secrets

FIELDS = {field.name: field for field in Settings.read_shape().walk()}


def test_profiles_name_fields_that_exist() -> None:
    """A default for a field that nobody has would never be seen."""
    paths = {".".join(path) for profile in PROFILES.values() for path in profile}

    assert paths <= FIELDS.keys()
    assert set(PROFILES) == set(Environment)


def test_profiles_differ_from_the_defaults() -> None:
    """What is the same everywhere is the field's own default."""
    same = [
        (environment, path)
        for environment, profile in PROFILES.items()
        for path, value in profile.items()
        if FIELDS[".".join(path)].default == value
    ]

    assert same == []


@pytest.mark.parametrize("environment", [Environment.STAGING, Environment.PRODUCTION])
@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("your-secret-key-here", "is a placeholder, which {} refuses"),
        ("k3y" * 10, "has 30 bytes, fewer than 32, which {} refuses"),
    ],
)
def test_weak_secrets_are_refused(environment: Environment, key: str, message: str) -> None:
    """Outside of development and testing, whoever guesses the key is everybody."""
    found = find_weak_secrets(FIELDS["security.jwt_secret_key"], Secret(key), environment)

    assert list(found) == [message.format(environment)]


@pytest.mark.parametrize("environment", [Environment.DEVELOPMENT, Environment.TESTING])
def test_weak_secrets_are_fine_for_developers(environment: Environment) -> None:
    """A test may have the key that it likes."""
    assert list(find_weak_secrets(FIELDS["security.jwt_secret_key"], Secret("k"), environment)) == []


def test_secrets_within_collections_are_looked_at() -> None:
    """Each of them has to be strong."""
    field = Field(path=("keys",), annotation=list[Secret], parse=lambda value: value, is_secret=True)
    value = [Secret("changeme"), {"a": (Secret("short"),)}, Secret("9f86d081884c7d65")]

    assert list(find_weak_secrets(field, value, Environment.PRODUCTION)) == [
        "is a placeholder, which production refuses",
        "has 5 bytes, fewer than 16, which production refuses",
    ]


DANGEROUS: dict[tuple[str, ...], object] = {
    ("debug",): True,
    ("security", "allowed_hosts"): ("example.com", "*"),
    ("security", "cors_allow_origins"): ("*",),
}


def test_production_refuses_what_is_dangerous() -> None:
    """Each danger says what could happen."""
    assert dict(find_dangers(DANGEROUS, Environment.PRODUCTION)) == {
        ("debug",): "is on, which production refuses: debug pages show the source and the variables of errors",
        ("security", "allowed_hosts"): (
            "contains '*', which production refuses: a forged Host header would reach links and caches; "
            "list the names of the application"
        ),
        ("security", "cors_allow_origins"): (
            "contains '*', which production refuses: the pages of every site could read what is answered; "
            "list the origins"
        ),
    }


@pytest.mark.parametrize("environment", [Environment.DEVELOPMENT, Environment.TESTING, Environment.STAGING])
def test_other_environments_allow_it(environment: Environment) -> None:
    """Somebody has to be able to debug."""
    assert list(find_dangers(DANGEROUS, environment)) == []


def test_production_allows_what_is_not_dangerous() -> None:
    """A star within an origin stands for one label only."""
    values: dict[tuple[str, ...], object] = {
        ("debug",): False,
        ("security", "cors_allow_origins"): ("https://*.example.com",),
    }

    assert list(find_dangers(values, Environment.PRODUCTION)) == []

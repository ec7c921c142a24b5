"""
Environments and their names.
"""

from typing import cast

import pytest

from covet.config import Environment


@pytest.mark.parametrize(
    ("name", "environment"),
    [
        ("development", Environment.DEVELOPMENT),
        ("DEV", Environment.DEVELOPMENT),
        ("local", Environment.DEVELOPMENT),
        (" Prod ", Environment.PRODUCTION),
        ("test", Environment.TESTING),
        ("stage", Environment.STAGING),
        ("Production", Environment.PRODUCTION),
    ],
)
def test_short_names_are_read(name: str, environment: Environment) -> None:
    """The names that people use mean the four environments, in any case."""
    assert Environment(name) is environment


@pytest.mark.parametrize("name", ["", "prd", "production2", 1, None])
def test_other_names_are_refused(name: object) -> None:
    """Whatever is none of them is an error, not an environment of its own."""
    with pytest.raises(ValueError, match="is not a valid Environment"):
        Environment(cast("str", name))


def test_only_developers_environments_are_lenient() -> None:
    """Weak secrets are for development and testing."""
    lenient = [environment for environment in Environment if environment.is_lenient]

    assert lenient == [Environment.DEVELOPMENT, Environment.TESTING]


def test_an_environment_is_its_name() -> None:
    """It compares and prints as text."""
    assert str(Environment.PRODUCTION) == "production"
    assert f"{Environment.PRODUCTION}" == "production"

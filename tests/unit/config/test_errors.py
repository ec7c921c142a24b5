"""
The report of what is wrong.
"""

from pathlib import Path

import pytest

from covet.config import ConfigurationError, InvalidSettingsError, Origin, SettingProblem


@pytest.mark.parametrize(
    ("origin", "text"),
    [
        (Origin("environment", "COVET_DEBUG"), "COVET_DEBUG in the environment"),
        (Origin("command line", "debug"), "command line debug"),
        (Origin("keyword argument", "debug"), "keyword argument debug"),
        (Origin("default"), "default"),
        (Origin("config file", "a.b", Path("config.toml"), 3), "a.b in config.toml, line 3"),
        (Origin("secret file", "", Path("/run/secrets/key")), "/run/secrets/key"),
    ],
)
def test_an_origin_says_where_to_look(origin: Origin, text: str) -> None:
    """File and line, or the name of a variable."""
    assert str(origin) == text


def test_a_report_has_all_problems_with_their_fixes() -> None:
    """Each problem has its place, and each way to mend it a line."""
    error = InvalidSettingsError(
        [
            SettingProblem("a.b", "is missing", None, ("Set A", "set B")),
            SettingProblem("", "config.toml is no TOML", Origin("config file", "", Path("config.toml"), 2)),
        ]
    )

    assert str(error) == (
        "2 settings are wrong.\n"
        "  a.b is missing.\n"
        "    Set A\n"
        "    Or set B\n"
        "  config.toml is no TOML (config.toml, line 2)."
    )


def test_a_report_is_a_configuration_error_with_data() -> None:
    """Whoever catches the standards' error gets it, and finds the problems as data."""
    problem = SettingProblem("a", "is missing")

    error = InvalidSettingsError([problem])

    assert isinstance(error, ConfigurationError)
    assert error.errors == (problem,)

"""
The report of what is wrong.
"""

from pathlib import Path

import pytest

from covet.config import ConfigurationError, InvalidSettingsError, Origin, SettingProblem, Settings, Sources


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


def test_a_report_knows_the_files_that_were_asked(tmp_path: Path) -> None:
    """Whoever follows them sees what mends it, even a file that was not there."""
    (tmp_path / "config.toml").write_text("[logging]\nlevel = 'loud'\n")

    with pytest.raises(InvalidSettingsError) as caught:
        Settings(sources=Sources(directory=tmp_path, secrets=None, variables={}))

    stamps = caught.value.stamps
    assert stamps[tmp_path / "config.toml"] is not None
    assert stamps[tmp_path / "config.development.toml"] is None
    assert InvalidSettingsError([]).stamps == {}

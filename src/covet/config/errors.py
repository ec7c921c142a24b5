"""
What is wrong with settings: one report of everything, each with the ways to mend it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from covet.exceptions import ConfigurationError


class ConfigurationWarning(UserWarning):
    """Settings work as they are, but something about them is probably a mistake."""


@dataclass(frozen=True, slots=True)
class Origin:
    """
    Where a value came from.

    Attributes:
        layer: The layer, such as `"environment"` or `"config file"`.
        name: What it is called there: a variable, a key; empty for defaults.
        file: The file that has it, if one has.
        line: The line in that file, from 1, if it is known.

    Example:
        >>> print(Origin("config file", "database.url", Path("config.toml"), 3))
        database.url in config.toml, line 3
        >>> print(Origin("environment", "COVET_DEBUG"))
        COVET_DEBUG in the environment
    """

    layer: str
    name: str = ""
    file: Path | None = None
    line: int | None = None

    def __str__(self) -> str:
        if self.file is None:
            if self.layer == "environment":
                return f"{self.name} in the environment"
            return f"{self.layer} {self.name}".rstrip()
        line = "" if self.line is None else f", line {self.line}"
        place = f"{self.file}{line}"
        return f"{self.name} in {place}" if self.name else place


@dataclass(frozen=True, slots=True)
class SettingProblem:
    """
    One thing that is wrong.

    Attributes:
        path: The setting, such as `"database.url"`; empty if it is no setting, but a file.
        message: What is wrong, in words that follow the path. It never holds a secret.
        origin: Where the wrong value came from, if there is one.
        fixes: What to do, one way each.

    Example:
        >>> print(SettingProblem("debug", "must be true or false, got 'maybe'", Origin("environment", "COVET_DEBUG")))
        debug must be true or false, got 'maybe' (COVET_DEBUG in the environment).
    """

    path: str
    message: str
    origin: Origin | None = None
    fixes: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = "" if self.origin is None else f" ({self.origin})"
        lines = [f"{self.path} {self.message}{place}.".lstrip()]
        lines += [f"  {'Or ' if index else ''}{fix}" for index, fix in enumerate(self.fixes)]
        return "\n".join(lines)


class InvalidSettingsError(ConfigurationError):
    """
    The settings cannot be used; carries everything that is wrong with them.

    Attributes:
        errors: The problems, in order of the settings.
        stamps: The files that were asked, and the state that each was read in: a change of one may mend it.

    Example:
        >>> print(InvalidSettingsError([SettingProblem("debug", "must be true or false")]))
        1 setting is wrong.
          debug must be true or false.
    """

    def __init__(self, errors: Sequence[SettingProblem], *, stamps: Mapping[Path, object] | None = None) -> None:
        count = len(errors)
        super().__init__(f"{count} setting{' is' if count == 1 else 's are'} wrong.")
        self.errors: tuple[SettingProblem, ...] = tuple(errors)
        self.stamps: Mapping[Path, object] = {} if stamps is None else stamps

    def __str__(self) -> str:
        listed = "\n".join(str(problem) for problem in self.errors)
        return f"{self.message}\n" + "\n".join(f"  {line}" for line in listed.splitlines())


class FrozenSettingsError(ConfigurationError, AttributeError):
    """Something tried to change settings, which never change."""

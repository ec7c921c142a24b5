"""
Where settings are looked for: every place can be moved, and switched off.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from covet.config.names import DEFAULT_PREFIX
from covet.exceptions import ConfigurationError

DEFAULT_DOTENV = ".env"
"""The file of variables that is read if it is there."""

DEFAULT_SECRETS = Path("/run/secrets")
"""Where containers put the files of their secrets."""


@dataclass(frozen=True, kw_only=True)
class Sources:
    """
    The places that settings come from, besides keyword arguments.

    Attributes:
        directory: Where `config.toml` and its kin, and `.env`, are looked for.
        file: The configuration file, instead of looking for one; it must be there. Its directory takes the place of
            `directory`, unless that is given as well.
        use_files: Whether configuration files are read at all.
        dotenv: The file of variables, relative to the directory; `None` for none. Another than `.env` must be there.
        secrets: The directory of secret files; `None` for none. Another than the usual must be there.
        variables: The environment, instead of that of the process.
        command_line: Values by their names, such as `{"server.port": "8000"}`.
        env_prefix: What the names of variables begin with.

    Example:
        >>> Sources.none(variables={"COVET_DEBUG": "on"}).use_files
        False
    """

    directory: Path | str | None = None
    file: Path | str | None = None
    use_files: bool = True
    dotenv: Path | str | None = DEFAULT_DOTENV
    secrets: Path | str | None = DEFAULT_SECRETS
    # Not shown: whoever prints the sources must not print the environment.
    variables: Mapping[str, str] | None = field(default=None, repr=False)
    command_line: Mapping[str, object] = field(default_factory=dict, repr=False)
    env_prefix: str = DEFAULT_PREFIX

    @classmethod
    def none(
        cls,
        *,
        variables: Mapping[str, str] | None = None,
        command_line: Mapping[str, object] | None = None,
        env_prefix: str = DEFAULT_PREFIX,
    ) -> "Sources":
        """
        Read nothing but keyword arguments and what is given here: for tests, and for programs that embed others.

        Args:
            variables: An environment; none by default.
            command_line: Values by their names.
            env_prefix: What the names of variables begin with.
        """
        return cls(
            use_files=False,
            dotenv=None,
            secrets=None,
            variables={} if variables is None else variables,
            command_line={} if command_line is None else command_line,
            env_prefix=env_prefix,
        )

    @property
    def root(self) -> Path:
        """The directory that relative names start from."""
        if self.directory is not None:
            return Path(self.directory)
        return Path() if self.file is None else Path(self.file).parent


def choose_sources(sources: Sources | None, env_prefix: str | None) -> Sources:
    """
    Complete the sources: the usual ones by default, with the prefix if one is given.

    Raises:
        ConfigurationError: If they are none.

    Example:
        >>> choose_sources(None, "SHOP_").env_prefix
        'SHOP_'
    """
    chosen = Sources() if sources is None else sources
    if not isinstance(chosen, Sources):
        raise ConfigurationError(
            f"sources must be Sources, got a value of type {type(chosen).__name__}.",
            hint="Write sources=Sources(directory=...), or Settings.from_file(...) for one file.",
        )
    return chosen if env_prefix is None else replace(chosen, env_prefix=env_prefix)

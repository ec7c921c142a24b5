"""
What an environment means: its own defaults, and what it refuses.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from covet.config.environment import Environment
from covet.config.fields import Field, Path
from covet.config.secret import Secret, find_weakness

_SERVED: Final[Mapping[Path, object]] = MappingProxyType(
    {("security", "rate_limit_enabled"): True, ("logging", "format"): "json"}
)

PROFILES: Final[Mapping[Environment, Mapping[Path, object]]] = MappingProxyType(
    {
        Environment.DEVELOPMENT: MappingProxyType({("server", "access_log"): True}),
        Environment.TESTING: MappingProxyType({("logging", "level"): "warning"}),
        Environment.STAGING: _SERVED,
        Environment.PRODUCTION: _SERVED,
    }
)
"""The defaults of each environment, where they differ from the fields' own."""


def find_weak_secrets(field: Field, value: object, environment: Environment) -> Iterator[str]:
    """
    Say what is wrong with the secrets of a field, where weak ones are refused.

    Example:
        >>> from covet.config.fields import read_section
        >>> from covet.config.sections import SecuritySettings
        >>> field = read_section(SecuritySettings, ("security",)).members["jwt_secret_key"]
        >>> list(find_weak_secrets(field, Secret("changeme"), Environment.PRODUCTION))
        ['is a placeholder, which production refuses']
    """
    if environment.is_lenient or not field.is_secret:
        return
    for secret in _walk_secrets(value):
        weakness = find_weakness(secret.reveal(), min_bytes=field.min_bytes)
        if weakness is not None:
            yield f"{weakness}, which {environment} refuses"


def find_dangers(values: Mapping[Path, object], environment: Environment) -> Iterator[tuple[Path, str]]:
    """
    Say what production refuses: debug pages, every host, every origin.

    Example:
        >>> list(find_dangers({("debug",): True}, Environment.PRODUCTION))
        [(('debug',), 'is on, which production refuses: debug pages show the source and the variables of errors')]
    """
    if environment is not Environment.PRODUCTION:
        return
    if values.get(("debug",)) is True:
        yield ("debug",), "is on, which production refuses: debug pages show the source and the variables of errors"
    for path, reason in _WILDCARDS.items():
        allowed = values.get(path)
        if isinstance(allowed, list | tuple | set | frozenset) and "*" in allowed:
            yield path, f"contains '*', which production refuses: {reason}"


_WILDCARDS: Final[Mapping[Path, str]] = {
    (
        "security",
        "allowed_hosts",
    ): "a forged Host header would reach links and caches; list the names of the application",
    ("security", "cors_allow_origins"): "the pages of every site could read what is answered; list the origins",
}


def _walk_secrets(value: object) -> Iterator[Secret]:
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _walk_secrets(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from _walk_secrets(item)

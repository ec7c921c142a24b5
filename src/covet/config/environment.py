"""
The environments an application runs in, and what each of them is called.
"""

from enum import StrEnum


class Environment(StrEnum):
    """
    Where the application runs; it decides about defaults and about what is refused.

    The short names `dev`, `test`, `stage` and `prod` are read as well, in any case.

    Example:
        >>> Environment("prod")
        <Environment.PRODUCTION: 'production'>
        >>> Environment.TESTING.is_lenient, Environment.STAGING.is_lenient
        (True, False)
    """

    DEVELOPMENT = "development"
    TESTING = "testing"
    STAGING = "staging"
    PRODUCTION = "production"

    @classmethod
    def _missing_(cls, value: object) -> "Environment | None":
        if not isinstance(value, str):
            return None
        name = value.strip().lower()
        return cls.__members__.get(_ALIASES.get(name, name).upper())

    @property
    def is_lenient(self) -> bool:
        """Whether weak secrets are allowed: nobody but its developers can reach the application."""
        return self in {Environment.DEVELOPMENT, Environment.TESTING}


_ALIASES = {
    "dev": "development",
    "develop": "development",
    "local": "development",
    "test": "testing",
    "stage": "staging",
    "prod": "production",
}

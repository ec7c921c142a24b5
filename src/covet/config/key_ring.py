"""
The keys of an application, as its settings have the secrets.

It is imported by whoever needs keys: settings alone do without what signs.
"""

from covet.config.settings import Settings
from covet.exceptions import ConfigurationError
from covet.security.key_ring import MIN_SECRET_BYTES, KeyRing

__all__ = ["make_key_ring"]


def make_key_ring(settings: Settings, *, needed_for: str) -> KeyRing:
    """
    Make the key ring of `security.secret_key` and `security.secret_key_fallbacks`.

    Outside of development and testing the settings have refused weak secrets already; within, a short one will do.

    Args:
        settings: The settings.
        needed_for: What needs it, named in the error.

    Raises:
        ConfigurationError: If there is no secret key, or it is one of the keys before it.

    Example:
        >>> from covet.config import Sources
        >>> settings = Settings(security={"secret_key": "k" * 32}, sources=Sources.none())
        >>> make_key_ring(settings, needed_for="sessions")
        KeyRing(<1 secret>)
        >>> make_key_ring(Settings(sources=Sources.none()), needed_for="sessions")
        Traceback (most recent call last):
            ...
        covet.exceptions.ConfigurationError: 'security.secret_key' is missing, and sessions cannot do without it.
          Make one with: covet secret --env >> .env
    """
    security = settings.security
    # An empty one is what a variable without a value sets.
    if not security.secret_key:
        raise ConfigurationError(
            f"'security.secret_key' is missing, and {needed_for} cannot do without it.",
            hint="Make one with: covet secret --env >> .env",
        )
    min_bytes = 1 if settings.environment.is_lenient else MIN_SECRET_BYTES
    return KeyRing(security.secret_key, *security.secret_key_fallbacks, min_bytes=min_bytes)
